/*
 * Configuring sessions: what is refused, and what the error says.
 */

#include "lkg_session_test.h"


typedef struct {
    const char  *preset;
    const char  *param;
    const char  *says;          /* is part of the error */
} param_case;

static const param_case  params[] = {
    { "jwt", "cooky=x", "cookie=" },
    { "jwt", "salt=x", "knows only" },
    { "next-auth", "iss=x", "knows only" },
    { "next-auth", "bearer", "knows only" },
    { "authjs", "alg=HS256", "knows only" },
    { "jwt", "secret=", "secret= needs a value" },
    { "jwt", "secret", "secret= needs a value" },
    { "jwt", "cookie=", "cookie= needs a value" },
    { "jwt", "cookie=a b", "cookie= cannot be" },
    { "jwt", "cookie=a;b", "cookie= cannot be" },
    { "jwt", "cookie=a,b", "cookie= cannot be" },
    { "jwt", "cookie=\303\274", "cookie= cannot be" },
    { "jwt", "bearer=on", "bearer takes no value" },
    { "jwt", "bearer=", "bearer takes no value" },
    { "jwt", "email_unverified=1", "email_unverified takes no value" },
    { "jwt", "alg=RS256", "HS256" },
    { "jwt", "alg=none", "HS256" },
    { "jwt", "alg=hs256", "HS256" },
    { "next-auth", "enc=A128GCM", "A256GCM or A256CBC-HS512" },
    { "jwt", "leeway=301", "0 to 300" },
    { "jwt", "leeway=-1", "0 to 300" },
    { "jwt", "leeway=1s", "0 to 300" },
    { "jwt", "leeway=99999999999999999999", "0 to 300" },
    { "jwt", "identity=,", "identity= must be" },
    { "jwt", "identity=a,,b", "identity= must be" },
    { "jwt", "identity=.a", "identity= must be" },
    { "jwt", "identity=a.", "identity= must be" },
    { "jwt", "identity=a..b", "identity= must be" },
    { "jwt", "name=a,b,c,d,e,f,g,h,i", "1 to 8 claims" },
    { "jwt", "prefix=a~", "prefix= cannot be" },
    { "jwt", "prefix=#", "prefix= cannot be" },
    { "jwt", "prefix=\n", "prefix= cannot be" }
};


static void
test_parameters(void)
{
    char               many[16];
    size_t             i;
    lkg_error          err;
    lkg_session_conf  *conf;

    for (i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        if (lkg_session_conf_new(&conf, params[i].preset,
                                 strlen(params[i].preset), NULL) != LKG_OK)
        {
            ok(0, "a conf");
            return;
        }

        memset(&err, 'x', sizeof(err));

        if (!ok(set(conf, params[i].param, &err) == LKG_ERR_INVALID
                && err.line == 0
                && memchr(err.text, '\0', sizeof(err.text))
                && strstr(err.text, params[i].says),
                "refused (%zu): %s", i, params[i].says))
        {
            printf("#   %.200s\n", err.text);
        }

        is_int(set(conf, params[i].param, NULL), LKG_ERR_INVALID,
               "also where nobody wants to know why");

        lkg_session_conf_free(conf);
    }

    if (lkg_session_conf_new(&conf, "jwt", 3, NULL) != LKG_OK) {
        ok(0, "a conf");
        return;
    }

    ok(set(conf, "cookie=a", NULL) == LKG_OK
       && set(conf, "cookie=b", &err) == LKG_ERR_INVALID
       && strcmp(err.text, "cookie is given twice") == 0, "cookie= twice");
    ok(set(conf, "leeway=1", NULL) == LKG_OK
       && set(conf, "leeway=1", &err) == LKG_ERR_INVALID, "leeway= twice");

    for (i = 0; i < 8; i++) {
        snprintf(many, sizeof(many), "aud=%zu", i);

        if (set(conf, many, NULL) != LKG_OK) {
            ok(0, "%s", many);
        }
    }

    ok(set(conf, "aud=x", &err) == LKG_ERR_INVALID
       && strstr(err.text, "8 times at most"), "aud= nine times");

    lkg_session_conf_free(conf);
}


/* No text may repeat what was given: it could be a secret. */

static void
test_no_secret_in_errors(void)
{
    size_t             i;
    lkg_error          err;
    lkg_session_conf  *conf;

    static const char *const  given[] = {
        "hunter2", "hunter2=x", "x=hunter2", "secret", "alg=hunter2",
        "cookie=hunter2;", "leeway=hunter2", "prefix=hunter2~",
        "identity=hunter2..", "bearer=hunter2"
    };

    if (lkg_session_conf_new(&conf, "jwt", 3, NULL) != LKG_OK) {
        ok(0, "a conf");
        return;
    }

    for (i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        ok(set(conf, given[i], &err) == LKG_ERR_INVALID
           && strstr(err.text, "hunter2") == NULL, "%s", given[i]);
    }

    lkg_session_conf_free(conf);

    ok(lkg_session_conf_new(&conf, "hunter2", 7, &err) == LKG_ERR_INVALID
       && conf == NULL && strstr(err.text, "jwt, next-auth, authjs")
       && strstr(err.text, "hunter2") == NULL, "no such preset");
}


static void
test_ready(void)
{
    lkg_error          err;
    lkg_session       *s;
    lkg_session_conf  *conf;
    char              *cookie;

    if (lkg_session_conf_new(&conf, "jwt", 3, NULL) != LKG_OK) {
        ok(0, "a conf");
        return;
    }

    ok(lkg_session_conf_ready(conf, &err) == LKG_ERR_INVALID
       && strstr(err.text, "secret="), "no secret");
    is_int(open_at(&s, conf, "a=b", NULL, NOW), LKG_ERR_INVALID,
           "nothing can be opened");
    is_int(lkg_session_make(&cookie, conf, "{}", 2), LKG_ERR_INVALID,
           "or made");

    is_int(set(conf, "secret=short", NULL), LKG_OK, "a secret");

    ok(lkg_session_conf_ready(conf, &err) == LKG_ERR_INVALID
       && strstr(err.text, "cookie=") && strstr(err.text, "bearer"),
       "neither cookie= nor bearer");

    is_int(set(conf, "cookie=c", NULL), LKG_OK, "a cookie");
    is_int(lkg_session_conf_ready(conf, &err), LKG_OK, "is enough");
    ok(lkg_session_conf_weak(conf), "but the secret is a short one");

    is_int(lkg_session_conf_ready(conf, &err), LKG_ERR_INVALID,
           "ready is ready");
    is_int(set(conf, "leeway=1", &err), LKG_ERR_INVALID, "and stays so");

    lkg_session_conf_free(conf);

    conf = jwt("");
    ok(!lkg_session_conf_weak(conf), "a secret of 32 bytes is not short");
    lkg_session_conf_free(conf);

    lkg_session_conf_free(NULL);
    lkg_session_free(NULL);
    lkg_free(NULL);
}


int
main(void)
{
    test_parameters();
    test_no_secret_in_errors();
    test_ready();

    return done_testing();
}
