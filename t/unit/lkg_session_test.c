/*
 * Sessions from configuration to identity, with cookies of our own making;
 * lkg_vectors_test has those of the real libraries.
 */

#include "lkg_session_test.h"


#define OLD  "session-test-old-secret-0123456789ab"


static void
test_presets(void)
{
    char              *cookie;
    size_t             i;
    lkg_session       *s;
    lkg_session_conf  *conf;

    static const char *const  presets[][3] = {
        { "jwt", "cookie=token secret=" SECRET, "token=eyJ" },
        { "next-auth", "secret=" SECRET,
          "__Secure-next-auth.session-token=eyJ" },
        { "next-auth", "cookie=next-auth.session-token secret=" SECRET,
          "next-auth.session-token=eyJ" },
        { "next-auth", "salt=a-salt secret=" SECRET,
          "__Secure-next-auth.session-token=eyJ" },
        { "next-auth", "enc=A256CBC-HS512 secret=" SECRET,
          "__Secure-next-auth.session-token=eyJ" },
        { "authjs", "secret=" SECRET, "__Secure-authjs.session-token=eyJ" },
        { "authjs", "salt=s info=i cookie=c secret=" SECRET, "c=eyJ" },
        { "authjs", "enc=A256GCM secret=" SECRET,
          "__Secure-authjs.session-token=eyJ" }
    };

    for (i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
        conf = configure(presets[i][0], presets[i][1]);
        cookie = make(conf, "{\"sub\":\"u1\",\"name\":\"Ada\",\"email\":"
                            "\"ada@example.com\",\"jti\":\"j1\"," LATER "}");

        ok(strncmp(cookie, presets[i][2], strlen(presets[i][2])) == 0,
           "%s: the cookie's name", presets[i][0]);

        if (ok(open_at(&s, conf, cookie, NULL, NOW) == LKG_OK, "opened")) {
            is_str(lkg_session_identity(s), "u1", "identity");
            is_str(lkg_session_name(s), "Ada", "name");
            is_str(lkg_session_email(s), "ada@example.com", "e-mail");
            is_str(lkg_session_id(s), "j1", "id");
            is_int(lkg_session_expires(s), HOUR, "end");
        }

        lkg_session_free(s);
        lkg_free(cookie);
        lkg_session_conf_free(conf);
    }
}


static void
test_payloads(void)
{
    size_t             i;
    char              *cookie;
    lkg_session       *s;
    lkg_session_conf  *conf;

    static const char *const  bad[] = {
        "[]", "\"x\"", "{", "{\"sub\":\"a\",\"sub\":\"b\"," LATER "}", ""
    };

    conf = jwt("");

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(lkg_session_make(&cookie, conf, bad[i], strlen(bad[i])),
               LKG_ERR_FORMAT, "no cookie of what is no object");
        ok(cookie == NULL, "none");
    }

    is_int(open_at(&s, conf, "token=eyJhbGciOiJIUzI1NiJ9.W10."
                   "WKm_6q_B3bRnt3mgJ7-J5gIRRNDCPJ4JTp1rnvHxGSQ", NULL, NOW),
           LKG_ERR_SIGNATURE, "somebody else's");
    ok(s == NULL, "gives no session");

    lkg_session_conf_free(conf);
}


static void
test_rotation(void)
{
    size_t             i;
    char              *cookie;
    lkg_session       *s;
    lkg_session_conf  *before, *both, *after;

    static const char *const  presets[][2] = {
        { "jwt", "cookie=token" },
        { "next-auth", "cookie=token" },
        { "authjs", "cookie=token" }
    };

    for (i = 0; i < 3; i++) {
        char  params[200];

        snprintf(params, sizeof(params), "%s secret=" OLD, presets[i][1]);
        before = configure(presets[i][0], params);

        snprintf(params, sizeof(params), "%s secret=" SECRET " secret=" OLD,
                 presets[i][1]);
        both = configure(presets[i][0], params);

        snprintf(params, sizeof(params), "%s secret=" SECRET, presets[i][1]);
        after = configure(presets[i][0], params);

        cookie = make(before, "{\"sub\":\"a\"," LATER "}");

        is_int(open_at(&s, both, cookie, NULL, NOW), LKG_OK,
               "an old secret still opens");
        lkg_session_free(s);

        is_int(open_at(&s, after, cookie, NULL, NOW), LKG_ERR_SIGNATURE,
               "until it is taken out");

        lkg_free(cookie);
        cookie = make(both, "{\"sub\":\"a\"," LATER "}");

        is_int(open_at(&s, after, cookie, NULL, NOW), LKG_OK,
               "the first secret is the one that is used");
        lkg_session_free(s);

        lkg_free(cookie);
        lkg_session_conf_free(before);
        lkg_session_conf_free(both);
        lkg_session_conf_free(after);
    }
}


/* The framework's two names: the first that is there is the session. */

static void
test_candidates(void)
{
    char               text[2048], *plain, *secure;
    lkg_session       *s;
    lkg_session_conf  *conf, *plain_conf;

    conf = configure("next-auth", "secret=" SECRET);
    plain_conf = configure("next-auth", "cookie=next-auth.session-token "
                                        "secret=" SECRET);

    secure = make(conf, "{\"sub\":\"secure\"," LATER "}");
    plain = make(plain_conf, "{\"sub\":\"plain\"," LATER "}");

    is_int(open_at(&s, conf, plain, NULL, NOW), LKG_OK, "the plain name");
    is_str(lkg_session_identity(s), "plain", "its session");
    lkg_session_free(s);

    snprintf(text, sizeof(text), "%s; %s", plain, secure);

    is_int(open_at(&s, conf, text, NULL, NOW), LKG_OK, "both names");
    is_str(lkg_session_identity(s), "secure", "the secure one counts");
    lkg_session_free(s);

    snprintf(text, sizeof(text), "%s; %sx", plain, secure);

    ok(open_at(&s, conf, text, NULL, NOW) != LKG_OK,
       "where that is bad, the other one does not help");

    snprintf(text, sizeof(text), "%s; %s; %s", secure, plain, secure + 2);
    is_int(open_at(&s, conf, text, NULL, NOW), LKG_OK,
           "names are compared whole");
    lkg_session_free(s);

    is_int(open_at(&s, conf, "theme=dark", NULL, NOW), LKG_ERR_ABSENT,
           "neither");

    lkg_free(plain);
    lkg_free(secure);
    lkg_session_conf_free(conf);
    lkg_session_conf_free(plain_conf);
}


/* For Auth.js the name is part of the key. */

static void
test_name_in_key(void)
{
    char              *cookie;
    lkg_session       *s;
    lkg_session_conf  *conf;

    conf = configure("authjs", "secret=" SECRET);
    cookie = make(conf, "{\"sub\":\"a\"," LATER "}");

    is_int(open_at(&s, conf, cookie, NULL, NOW), LKG_OK, "its own name");
    lkg_session_free(s);

    is_int(open_at(&s, conf, cookie + strlen("__Secure-"), NULL, NOW),
           LKG_ERR_SIGNATURE, "the other name");

    lkg_free(cookie);
    lkg_session_conf_free(conf);
}


static void
test_chunks(void)
{
    int                nchunks;
    char              *claims, *cookie, *p;
    size_t             i, first, whole;
    lkg_session       *s;
    lkg_session_conf  *conf;

    static const struct {
        const char    *preset;
        size_t         chunk;
    } presets[] = {
        { "next-auth", 3933 },
        { "authjs", 3936 }
    };

    claims = malloc(40000);

    if (!ok(claims != NULL, "memory")) {
        return;
    }

    for (i = 0; i < 2; i++) {
        conf = configure(presets[i].preset, "cookie=c secret=" SECRET);

        snprintf(claims, 40000,
                 "{\"sub\":\"a\"," LATER ",\"pad\":\"%033000d\"}", 0);
        cookie = make(conf, claims);

        first = strcspn(cookie, ";") - strlen("c.0=");
        is_int(first, presets[i].chunk, "the length of a chunk");

        for (nchunks = 0, p = cookie; p; p = strchr(p + 1, ';')) {
            nchunks++;
        }

        is_int(nchunks, 12, "twelve of them");
        is_int(open_at(&s, conf, cookie, NULL, NOW), LKG_OK, "opened");
        lkg_session_free(s);

        /* the last chunk is lost */

        *strrchr(cookie, ';') = '\0';
        is_int(open_at(&s, conf, cookie, NULL, NOW), LKG_ERR_FORMAT,
               "not without the last");
        lkg_free(cookie);


        snprintf(claims, 40000,
                 "{\"sub\":\"a\"," LATER ",\"pad\":\"%02000d\"}", 0);
        cookie = make(conf, claims);
        whole = strlen(cookie) - strlen("c=");
        ok(whole <= presets[i].chunk && strncmp(cookie, "c=", 2) == 0,
           "what fits is not cut");
        is_int(open_at(&s, conf, cookie, NULL, NOW), LKG_OK, "opened");
        lkg_session_free(s);
        lkg_free(cookie);

        lkg_session_conf_free(conf);
    }

    free(claims);
}


static void
test_bearer(void)
{
    char               header[512], *cookie, *other, *bare;
    const char        *token;
    lkg_session       *s;
    lkg_session_conf  *conf, *only, *without;

    conf = jwt("bearer");
    only = configure("jwt", "bearer secret=" SECRET);
    without = jwt("");

    cookie = make(conf, "{\"sub\":\"a\"," LATER "}");
    other = make(conf, "{\"sub\":\"b\"," LATER "}");
    bare = make(only, "{\"sub\":\"a\"," LATER "}");
    token = cookie + strlen("token=");

    snprintf(header, sizeof(header), "Bearer %s", token);

    is_int(open_at(&s, conf, "x=y", header, NOW), LKG_OK, "Authorization");
    is_str(lkg_session_identity(s), "a", "is read");
    lkg_session_free(s);

    is_int(open_at(&s, only, cookie, header, NOW), LKG_OK, "and nothing else");
    lkg_session_free(s);
    is_int(open_at(&s, only, cookie, NULL, NOW), LKG_ERR_ABSENT,
           "where there is no cookie=");
    ok(strcmp(bare, header) == 0, "what is made then is a header");

    is_int(open_at(&s, without, "x=y", header, NOW), LKG_ERR_ABSENT,
           "not where it was not asked for");

    is_int(open_at(&s, conf, cookie, header, NOW), LKG_OK,
           "the same in the cookie");
    lkg_session_free(s);
    is_int(open_at(&s, conf, other, header, NOW), LKG_ERR_AMBIGUOUS,
           "another one in the cookie");
    is_int(open_at(&s, conf, "token=", header, NOW), LKG_ERR_AMBIGUOUS,
           "an empty cookie");
    is_int(open_at(&s, conf, "token=a; token=b", header, NOW),
           LKG_ERR_AMBIGUOUS, "two cookies");

    snprintf(header, sizeof(header), "bEARER   %s", token);
    is_int(open_at(&s, conf, "", header, NOW), LKG_OK, "in any case");
    lkg_session_free(s);

    is_int(open_at(&s, conf, cookie, "Basic YTpi", NOW), LKG_OK,
           "another scheme is not ours");
    lkg_session_free(s);
    is_int(open_at(&s, conf, "", "Bearer", NOW), LKG_ERR_ABSENT, "no token");
    is_int(open_at(&s, conf, "", "Bearer  ", NOW), LKG_ERR_ABSENT, "blanks");
    is_int(open_at(&s, conf, "", "Bearerx.y.z", NOW), LKG_ERR_ABSENT,
           "another word");
    is_int(open_at(&s, conf, "", "Bearer x", NOW), LKG_ERR_FORMAT,
           "no token at all");

    lkg_free(cookie);
    lkg_free(other);
    lkg_free(bare);
    lkg_session_conf_free(conf);
    lkg_session_conf_free(only);
    lkg_session_conf_free(without);
}


/* What comes in a header is bounded as a cookie is. */

static void
test_long_bearer(void)
{
    char              *text;
    lkg_session       *s;
    lkg_session_conf  *conf;

    conf = jwt("bearer");
    text = malloc(LKG_COOKIE_MAX + 16);

    if (ok(text != NULL, "memory")) {
        memset(text, 'A', LKG_COOKIE_MAX + 15);
        text[LKG_COOKIE_MAX + 15] = '\0';
        memcpy(text, "Bearer ", 7);

        is_int(open_at(&s, conf, "a=b", text, NOW), LKG_ERR_TOOBIG,
               "a token that is too long");

        text[LKG_COOKIE_MAX + 7] = '\0';
        is_int(open_at(&s, conf, "a=b", text, NOW), LKG_ERR_FORMAT,
               "as long as it may be, it is only bad");
    }

    free(text);
    lkg_session_conf_free(conf);
}


int
main(void)
{
    test_presets();
    test_payloads();
    test_rotation();
    test_candidates();
    test_name_in_key();
    test_chunks();
    test_bearer();
    test_long_bearer();

    return done_testing();
}
