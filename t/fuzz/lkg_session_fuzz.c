/*
 * Sessions out of anything: header lines as they may come, and claims and
 * headers of tokens that are authentic, as no attacker could make them but
 * an application might.
 *
 * The first byte says which; lines end with LF.
 */

#include <stdlib.h>
#include <string.h>

#include "lkg_private.h"


#define SECRET   "session-fuzz-secret-0123456789abcdef"
#define NOW      1795350000
#define LINES    8
#define NCONFS   (sizeof(confs) / sizeof(confs[0]))


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
    { "authjs", { { "secret", SECRET }, { "secret", "another" } } }
};

static lkg_session_conf  *confs[4];
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
open_session(lkg_session_conf *conf, const lkg_session_input *in)
{
    int           rc;
    lkg_str       s;
    lkg_session  *session;

    rc = lkg_session_open(&session, conf, in, NOW);

    if (rc != LKG_OK) {
        must(session == NULL);
        must(rc == LKG_ERR_ABSENT || rc == LKG_ERR_AMBIGUOUS
             || rc == LKG_ERR_TOOBIG || rc == LKG_ERR_FORMAT
             || rc == LKG_ERR_SIGNATURE || rc == LKG_ERR_EXPIRED
             || rc == LKG_ERR_IDENTITY);
        return;
    }

    s = lkg_session_identity(session);
    must(lkg_identity_valid(s.data, s.len));

    s = lkg_session_name(session);
    must(s.len <= LKG_NAME_MAX && lkg_utf8_valid(s.data, s.len));

    s = lkg_session_email(session);
    must(s.len <= LKG_NAME_MAX && lkg_utf8_valid(s.data, s.len));

    s = lkg_session_id(session);
    must(lkg_utf8_valid(s.data, s.len));

    must(lkg_session_expires(session) > NOW - 300);
    must(lkg_json_typeof(lkg_session_claims(session), LKG_JSON_ROOT)
         == LKG_JSON_OBJECT);

    lkg_session_free(session);
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
        must(rc == LKG_ERR_FORMAT || rc == LKG_ERR_TOOBIG);
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
    unsigned  what;

    configure();

    if (size == 0) {
        return 0;
    }

    what = *data++;
    size--;

    switch (what / NCONFS % 3) {

    case 0:
        fuzz_headers(confs[what % NCONFS], data, size);
        break;

    case 1:
        fuzz_claims(confs[what % NCONFS], data, size);
        break;

    default:
        fuzz_token(confs[what % 2], data, size);
        break;
    }

    return 0;
}
