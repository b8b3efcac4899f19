/*
 * Sessions out of anything: header lines as they may come; claims and
 * headers of tokens that are authentic, as no attacker could make them but
 * an application might; values as Redis or an application may give them; and
 * sets of keys.
 *
 * The first byte says which; lines end with LF.
 */

#include <stdlib.h>
#include <string.h>

#include "lkg_session.h"


#define SECRET   "session-fuzz-secret-0123456789abcdef"
#define NOW      1795350000
#define LINES    8
#define NCONFS   (sizeof(confs) / sizeof(confs[0]))
#define NWAYS    6
#define JWKSCONF 5       /* number of a conf with jwks= */

/* A cookie for each conf whose value is elsewhere. */

#define ID       "abcdefghijklmnop"
#define MAC      "Ig6DVAxio7yIadbFbj0tzaFhoKukxgjh7/RS0XzYdW8"
#define STORED   "token=" ID "; connect.sid=s:" ID "." MAC ";"                \
                 "better-auth.session_token=" ID "." MAC "="

#define JWKS     "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\"," \
                 "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","    \
                 "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"   \
                 "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","                     \
                 "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


#define must(condition)                                                      \
    do { if (!(condition)) { __builtin_trap(); } } while (0)


typedef struct {
    const char  *name;
    const char  *value;
} setting;

static const struct {
    const char  *preset;
    setting      settings[8];
} presets[] = {
    { "jwt", { { "secret", SECRET }, { "cookie", "token" },
               { "bearer", NULL } } },
    { "jwt", { { "secret", SECRET }, { "secret", "another" },
               { "cookie", "token" }, { "iss", "i" }, { "aud", "a" },
               { "expires", "end,x.end" }, { "prefix", "p:" },
               { "leeway", "300" } } },
    { "next-auth", { { "secret", SECRET }, { "secret", "another" },
                     { "email_unverified", NULL } } },
    { "authjs", { { "secret", SECRET }, { "secret", "another" } } },
    { "jwt", { { "secret", SECRET }, { "alg", "HS384,HS512" },
               { "cookie", "token" },
               { "identity", "https://x.y/id,a.b,email" } } },
    { "jwt", { { "jwks", JWKS }, { "cookie", "token" } } },
    { "supabase", { { "secret", SECRET }, { "ref", "x" }, { "bearer", NULL },
                    { "expires", "end" } } },
    { "auth0", { { "secret", SECRET } } },
    { "express", { { "secret", SECRET }, { "secret", "another" },
                   { "user", "userId,passport.user" } } },
    { "better-auth", { { "secret", SECRET } } },
    { "redis", { { "cookie", "token" }, { "user", "userId" },
                 { "identity", "userId,email" } } },
    { "introspect", { { "email_unverified", NULL } } },
    { "auth0-v3", { { "secret", SECRET } } }
};

static lkg_session_conf  *confs[13];
static lkg_hmac          *mac;


static void
configure(void)
{
    size_t          i, j;
    const setting  *s;

    if (mac) {
        return;
    }

    must(lkg_hmac_new(&mac, lkg_lit(SECRET)) == LKG_OK);

    for (i = 0; i < NCONFS; i++) {
        must(lkg_session_conf_new(&confs[i], presets[i].preset,
                                  strlen(presets[i].preset), NULL) == LKG_OK);

        for (j = 0; j < 8 && presets[i].settings[j].name; j++) {
            s = &presets[i].settings[j];
            must(lkg_session_conf_set(confs[i], s->name, strlen(s->name),
                                      s->value,
                                      s->value ? strlen(s->value) : 0, NULL)
                 == LKG_OK);
        }

        must(lkg_session_conf_ready(confs[i], NULL) == LKG_OK);
    }
}


static void
must_be_refusal(int rc)
{
    must(rc == LKG_ERR_ABSENT || rc == LKG_ERR_AMBIGUOUS
         || rc == LKG_ERR_TOOBIG || rc == LKG_ERR_FORMAT
         || rc == LKG_ERR_SIGNATURE || rc == LKG_ERR_EXPIRED
         || rc == LKG_ERR_IDENTITY);
}


static void
check_session(const lkg_session *session)
{
    lkg_str  s;

    s = lkg_session_identity(session);
    must(lkg_identity_valid(s.data, s.len));

    s = lkg_session_name(session);
    must(s.len <= LKG_NAME_MAX && lkg_utf8_valid(s.data, s.len));

    s = lkg_session_email(session);
    must(s.len <= LKG_NAME_MAX && lkg_utf8_valid(s.data, s.len));

    s = lkg_session_id(session);
    must(lkg_utf8_valid(s.data, s.len));

    must(lkg_json_typeof(lkg_session_claims(session), LKG_JSON_ROOT)
         == LKG_JSON_OBJECT);
}


/* An id that can be a part of a key, and nobody yet. */

static void
check_pending(const lkg_session *session)
{
    size_t   i;
    lkg_str  s;

    s = lkg_session_id(session);
    must(s.len <= LKG_SID_SIGNED);

    for (i = 0; i < s.len; i++) {
        must(s.data[i] > ' ' && s.data[i] < 127
             && strchr("{}:/\\*\"'", s.data[i]) == NULL);
    }

    must(lkg_session_identity(session).len == 0);
    must(lkg_session_claims(session) == NULL);
}


/* The text in memory of its own, which is gone when the call is over. */

static int
complete(lkg_session *s, lkg_session_conf *conf, const uint8_t *data,
    size_t size)
{
    int    rc;
    char  *copy;

    if (data == NULL) {
        return lkg_session_complete(s, conf, NULL, 0, NOW);
    }

    copy = malloc(size ? size : 1);
    must(copy != NULL);

    if (size) {
        memcpy(copy, data, size);
    }

    rc = lkg_session_complete(s, conf, copy, size, NOW);
    free(copy);

    return rc;
}


static void
open_session(lkg_session_conf *conf, const lkg_session_input *in)
{
    int           rc;
    lkg_session  *session;

    rc = lkg_session_open(&session, conf, in, NOW);

    if (rc < 0) {
        must(session == NULL);
        must_be_refusal(rc);
        return;
    }

    if (rc == LKG_MORE) {
        check_pending(session);

    } else {
        check_session(session);
        must(lkg_session_expires(session) > NOW - 300);
    }

    lkg_session_free(session);
}


/* The value of a session, and what it leads to: two lines. */

static void
fuzz_value(lkg_session_conf *conf, const uint8_t *data, size_t size)
{
    int                 rc;
    size_t              first;
    lkg_str             line = lkg_str_lit(STORED);
    lkg_session        *s;
    const uint8_t      *end;
    lkg_session_input   in = { &line, 1, { NULL, 0 } };

    if (lkg_session_open(&s, conf, &in, NOW) != LKG_MORE) {
        lkg_session_free(s);
        return;
    }

    end = size ? memchr(data, '\n', size) : NULL;
    first = end ? (size_t) (end - data) : size;

    rc = complete(s, conf, data, first);

    if (rc == LKG_MORE) {
        must(lkg_session_user(s).len != 0);
        rc = complete(s, conf, end ? end + 1 : NULL,
                      end ? size - first - 1 : 0);
        must(rc != LKG_MORE);
    }

    if (rc == LKG_OK) {
        check_session(s);

    } else {
        must_be_refusal(rc);
        must(lkg_session_identity(s).len == 0);
        must(lkg_session_claims(s) == NULL);
    }

    lkg_session_free(s);
}


/* A set of keys, which a conf either takes whole or not at all. */

static void
fuzz_jwks(lkg_session_conf *conf, const uint8_t *data, size_t size)
{
    int        rc;
    lkg_error  err;

    err.text[0] = '\0';

    rc = lkg_session_conf_set_jwks(conf, (const char *) data, size, &err);

    must(rc == LKG_OK || rc == LKG_ERR_FORMAT || rc == LKG_ERR_INVALID
         || rc == LKG_ERR_TOOBIG);
    must(rc == LKG_OK || err.text[0] != '\0');

    rc = lkg_session_conf_set_jwks(conf, lkg_lit(JWKS), &err);
    must(rc == LKG_OK);
}


static void
fuzz_pem(const uint8_t *data, size_t size)
{
    lkg_session_conf  *conf;

    must(lkg_session_conf_new(&conf, "jwt", 3, NULL) == LKG_OK);

    (void) !lkg_session_conf_set(conf, "key", 3, (const char *) data, size,
                                 NULL);

    lkg_session_conf_free(conf);
}


/* Each line in memory of its own, so that a byte read too far is seen. */

static void
fuzz_headers(lkg_session_conf *conf, const uint8_t *data, size_t size)
{
    char               *copy;
    size_t              n, i;
    lkg_str             lines[LINES + 1];
    const uint8_t      *end;
    lkg_session_input   in;

    for (n = 0; n < LINES + 1 && size; n++) {
        end = memchr(data, '\n', size);
        lines[n].len = end ? (size_t) (end - data) : size;

        copy = malloc(lines[n].len ? lines[n].len : 1);
        must(copy != NULL);
        memcpy(copy, data, lines[n].len);
        lines[n].data = copy;

        size -= lines[n].len + (end != NULL);
        data += lines[n].len + (end != NULL);
    }

    memset(&in, 0, sizeof(in));

    if (n) {
        in.authorization = lines[0];
        in.cookies = &lines[1];
        in.ncookies = n - 1;
    }

    open_session(conf, &in);

    for (i = 0; i < n; i++) {
        free((char *) lines[i].data);
    }
}


/* An authentic cookie with these claims. */

static void
fuzz_claims(lkg_session_conf *conf, const uint8_t *data, size_t size)
{
    int                 rc;
    char               *cookie;
    lkg_str             line;
    lkg_session_input   in = { &line, 1, { NULL, 0 } };

    rc = lkg_session_make(&cookie, conf, (const char *) data, size);

    if (rc != LKG_OK) {
        must(cookie == NULL);
        must(rc == LKG_ERR_FORMAT || rc == LKG_ERR_TOOBIG
             || rc == LKG_ERR_INVALID);
        return;
    }

    line.data = cookie;
    line.len = strlen(cookie);

    open_session(conf, &in);
    lkg_free(cookie);
}


/* A token whose signature is right, with this header and this payload. */

static void
fuzz_token(lkg_session_conf *conf, const uint8_t *data, size_t size)
{
    char               *text;
    size_t              n, header;
    lkg_str             line;
    const uint8_t      *end;
    unsigned char       digest[LKG_SHA256_LEN];
    lkg_session_input   in = { &line, 1, { NULL, 0 } };

    end = size ? memchr(data, '\n', size) : NULL;
    header = end ? (size_t) (end - data) : size;

    text = malloc(sizeof("token=") + 2 * size + 64);
    must(text != NULL);

    memcpy(text, "token=", 6);
    n = 6;

    n += lkg_b64url_encode(text + n, data, header);
    text[n++] = '.';

    if (end) {
        n += lkg_b64url_encode(text + n, end + 1, size - header - 1);
    }

    must(lkg_hmac_sign(mac, text + 6, n - 6, digest) == LKG_OK);

    text[n++] = '.';
    n += lkg_b64url_encode(text + n, digest, sizeof(digest));

    line.data = text;
    line.len = n;

    open_session(conf, &in);
    free(text);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned           what;
    lkg_session_conf  *conf;

    configure();

    if (size == 0) {
        return 0;
    }

    what = *data++;
    size--;

    conf = confs[what % NCONFS];

    switch (what / NCONFS % NWAYS) {

    case 0:
        fuzz_headers(conf, data, size);
        break;

    case 1:
        fuzz_claims(conf, data, size);
        break;

    case 2:
        fuzz_token(conf, data, size);
        break;

    case 3:
        fuzz_value(conf, data, size);
        break;

    case 4:
        fuzz_jwks(confs[JWKSCONF], data, size);
        break;

    default:
        fuzz_pem(data, size);
        break;
    }

    return 0;
}
