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
    { "redis", "secret=x", "knows only" },
    { "introspect", "user=x", "knows only" },
    { "jwt", "user=x", "knows only" },
    { "jwt", "project=x", "knows only" },
    { "clerk", "ref=x", "knows only" },
    { "firebase", "aud=x", "knows only" },
    { "express", "alg=HS256", "knows only" },
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
    { "jwt", "alg=HS256,", "HS256, HS384, HS512, RS256, RS384, RS512, PS256, "
                           "PS384, PS512, ES256, ES384, ES512, EdDSA" },
    { "jwt", "alg=none", "HS256" },
    { "jwt", "alg=,", "HS256" },
    { "jwt", "alg=RS256,RS1", "HS256" },
    { "jwt", "alg=RS256, ES256", "HS256" },
    { "clerk", "alg=ES256", "separated by commas: RS256" },
    { "supabase", "alg=EdDSA", "separated by commas: HS256, RS256, ES256" },
    { "supabase", "ref=a b", "ref= can only hold" },
    { "supabase", "ref=a/b", "ref= can only hold" },
    { "supabase", "ref=", "ref= needs a value" },
    { "firebase", "project=\"", "project= can only hold" },
    { "jwt", "key=x", "key= is not PEM" },
    { "jwt", "secret=-----BEGIN PUBLIC KEY-----", "give a public key as key="
      },
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
    char               many[16], text[300];
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

    snprintf(text, sizeof(text), "prefix=%0257d", 0);
    ok(set(conf, text, &err) == LKG_ERR_INVALID
       && strcmp(err.text, "prefix= is longer than 256 bytes") == 0,
       "a long text");

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


static const param_case  needs[] = {
    { "jwt", "cookie=c", "needs secret=, key= or jwks=" },
    { "clerk", "iss=i", "needs key= or jwks=" },
    { "firebase", "project=p", "needs key= or jwks=" },
    { "supabase", "ref=x", "needs secret=, key= or jwks=" },
    { "supabase", "secret=" SECRET, "needs ref= or cookie=, or bearer" },
    { "next-auth", "salt=s", "needs secret=" },
    { "auth0", "cookie=c", "needs secret=" },
    { "express", "cookie=c", "needs secret=" },
    { "better-auth", "cookie=c", "needs secret=" },
    { "redis", "user=u", "needs cookie=" },
    { "jwt", "alg=RS256 cookie=c secret=" SECRET, "needs key= or jwks=" },
    { "supabase", "ref=x secret=" SECRET " cookie=c", "not both" }
};


/* What is missing is named; and what was set before may be completed. */

static void
test_needs(void)
{
    char               text[256], *param, *rest;
    size_t             i;
    lkg_error          err;
    lkg_session_conf  *conf;

    for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        if (lkg_session_conf_new(&conf, needs[i].preset,
                                 strlen(needs[i].preset), NULL) != LKG_OK)
        {
            ok(0, "a conf");
            return;
        }

        snprintf(text, sizeof(text), "%s", needs[i].param);

        for (param = strtok_r(text, " ", &rest);
             param && set(conf, param, &err) == LKG_OK;
             param = strtok_r(NULL, " ", &rest))
        {
            /* void */
        }

        if (!ok(param == NULL
                && lkg_session_conf_ready(conf, &err) == LKG_ERR_INVALID
                && strstr(err.text, needs[i].says),
                "%s with %s", needs[i].preset, needs[i].param))
        {
            printf("#   %s\n", err.text);
        }

        lkg_session_conf_free(conf);
    }

    if (lkg_session_conf_new(&conf, "next-auth", 9, NULL) == LKG_OK) {
        is_int(lkg_session_conf_ready(conf, NULL), LKG_ERR_INVALID,
               "no secret yet");
        is_int(set(conf, "cookie=c", NULL), LKG_OK, "a cookie");
        is_int(set(conf, "secret=" SECRET, NULL), LKG_OK, "a secret");
        is_int(lkg_session_conf_ready(conf, NULL), LKG_OK, "ready");
    }

    lkg_session_conf_free(conf);
}


/* Each preset's list of parameters fits into the error. */

static void
test_lists(void)
{
    size_t             i;
    lkg_error          err;
    lkg_session_conf  *conf;

    static const char *const  presets[] = {
        "jwt", "next-auth", "authjs", "auth0", "auth0-v3", "clerk", "supabase",
        "firebase", "express", "better-auth", "redis", "introspect"
    };

    for (i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
        err.text[0] = '\0';

        ok(lkg_session_conf_new(&conf, presets[i], strlen(presets[i]), NULL)
           == LKG_OK
           && set(conf, "x=y", &err) == LKG_ERR_INVALID
           && strlen(err.text) > 16
           && strcmp(err.text + strlen(err.text) - 16, "email_unverified")
              == 0, "%s", err.text);

        lkg_session_conf_free(conf);

        ok(lkg_session_conf_new(&conf, "x", 1, &err) == LKG_ERR_INVALID
           && strstr(err.text, presets[i]), "%s is in the list of presets",
           presets[i]);
    }
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
    test_needs();
    test_lists();
    test_ready();

    return done_testing();
}
