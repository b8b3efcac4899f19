/*
 * Out of memory: each allocation of a call fails in its turn, and each time
 * the call must say so and leave nothing behind.
 *
 * Linked with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc.
 */

#include <jansson.h>

#include "lkg_private.h"
#include "lkg_test.h"


#define SECRET  "secretsecretsecretsecretsecretsecret12"

static const char  policy_text[] =
    "{\"version\":1,"
    "\"token\":{\"name\":\"{name}\",\"metadata\":{\"a\":[\"{role}\",1.5]},"
      "\"attributes\":{\"a\":\"{claim.x}\",\"b\":\"y\"}},"
    "\"roles\":{\"t\":{\"privileged\":true,\"may_take\":[\"s\"],"
      "\"grants\":{\"destinationRoom\":\"x\"},\"sip\":{\"call\":true}},"
      "\"s\":{}},"
    "\"default_role\":\"s\","
    "\"rooms\":[{\"match\":\"a*\",\"roles\":{\"s\":{\"grants\":{},"
      "\"may_take\":[\"s\"]},\"t\":{}}}],"
    "\"recording\":{\"file\":\"{id}.mp4\"},"
    "\"accept\":{\"participant_attributes\":[\"b\"],"
      "\"room_config\":[\"tags\"]},"
    "\"chat\":{\"types\":{\"a\":{\"roles\":[\"s\",\"t\"]},\"b\":{}}}}";

/* The same features behind "fillers" roles, so that every allocation is once
 * the one that needs a new block of memory. */

static char    text[32768];
static size_t  text_len;

static void
fill(int fillers)
{
    int    i;
    char  *p;

    p = text + sprintf(text, "%s", "{\"version\":1,\"roles\":{");

    for (i = 0; i < fillers; i++) {
        p += sprintf(p, "\"%0*d\":{\"privileged\":true,\"grants\":"
                     "{\"destinationRoom\":\"%0*d\"}},",
                     1 + i % 32, i, 1 + i % 64, i);
    }

    p += sprintf(p, "%s",
                 "\"t\":{\"privileged\":true,\"may_take\":[\"s\"],"
                 "\"grants\":{\"destinationRoom\":\"x\"}},\"s\":{}},"
                 "\"rooms\":[{\"match\":\"a*\",\"roles\":{\"s\":"
                 "{\"may_take\":[\"s\"]},\"t\":{\"grants\":{}}}}],"
                 "\"accept\":{\"participant_attributes\":[\"b\"]}}");

    text_len = p - text;
}


static const char  wrong_text[] =
    "{\"version\":1,\"roles\":{\"t\":{\"grants\":{\"canPublsh\":true}}}}";

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static int   spare_jansson;
static long  countdown;     /* 0: none fails */
static long  failed;


static int
fails(void)
{
    if (countdown && --countdown == 0) {
        failed++;
        return 1;
    }

    return 0;
}


void *
__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}


void *
__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}


void *
__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}


static void *
jansson_malloc(size_t size)
{
    return spare_jansson ? __real_malloc(size) : __wrap_malloc(size);
}


static int
load_text(void)
{
    int          rc;
    lkg_policy  *policy;

    rc = lkg_policy_load(&policy, text, text_len, NULL);
    lkg_policy_free(policy);

    return rc;
}


static int
load(void)
{
    int          rc;
    lkg_error    err;
    lkg_policy  *policy;

    rc = lkg_policy_load(&policy, policy_text, sizeof(policy_text) - 1, &err);

    if (rc != LKG_OK && (policy != NULL || err.text[0] == '\0')) {
        return LKG_ERR_INVALID;
    }

    lkg_policy_free(policy);

    return rc;
}


static int
load_wrong(void)
{
    int          rc;
    lkg_error    err;
    lkg_policy  *policy;

    rc = lkg_policy_load(&policy, wrong_text, sizeof(wrong_text) - 1, &err);

    return rc == LKG_ERR_FORMAT && err.line == 1 && err.column == 38 ? LKG_OK
                                                                     : rc;
}


static int
client_config(void)
{
    int   rc;
    char *out;

    static const char  json[] = "{\"logLevel\":\"\\u0077arn\","
        "\"reconnectDelays\":[0,300],\"publishDefaults\":"
        "{\"simulcast\":true,\"videoSimulcastLayers\":[\"h180\"]}}";

    rc = lkg_client_config_load(&out, json, sizeof(json) - 1, NULL, 0, NULL);

    if (rc != LKG_OK && out != NULL) {
        return LKG_ERR_INVALID;
    }

    lkg_free(out);

    return rc;
}


static int
add_keys(void)
{
    int        rc;
    lkg_keys  *keys;

    rc = lkg_keys_new(&keys);

    if (rc == LKG_OK) {
        rc = lkg_keys_add(keys, lkg_lit("a"), lkg_lit(SECRET));
    }

    if (rc == LKG_OK) {
        rc = lkg_keys_add(keys, lkg_lit("b"), lkg_lit(SECRET));
    }

    lkg_keys_free(keys);

    return rc;
}


static lkg_keys  *livekit;

static int
verify(void)
{
    int         rc;
    lkg_token  *token;

    /* {"alg":"HS256","kid":"x"} {"iss":"\u0061","exp":1800000100} */

    static const char  jwt[] =
        "eyJhbGciOiJIUzI1NiIsImtpZCI6IngifQ."
        "eyJpc3MiOiJcdTAwNjEiLCJleHAiOjE4MDAwMDAxMDB9."
        "vq_GC1CfeHT660yDbElJP7kdYGrK__EzmyGVBQMZ6VY";

    rc = lkg_token_verify(&token, livekit, jwt, sizeof(jwt) - 1, 1800000000);
    if (rc != LKG_OK && token != NULL) {
        return LKG_ERR_INVALID;
    }

    lkg_token_free(token);

    return rc;
}


/* A conf with parameters: pairs of names and values, ended by NULL. */

static int
conf_make(lkg_session_conf **conf, const char *preset,
    const char *const *params)
{
    int        rc;
    lkg_error  err;

    rc = lkg_session_conf_new(conf, preset, strlen(preset), &err);

    for ( /* void */ ; rc == LKG_OK && *params; params += 2) {
        rc = lkg_session_conf_set(*conf, params[0], strlen(params[0]),
                                  params[1], strlen(params[1]), &err);
    }

    if (rc == LKG_OK) {
        rc = lkg_session_conf_ready(*conf, &err);
    }

    if (rc != LKG_OK) {
        lkg_session_conf_free(*conf);
        *conf = NULL;
    }

    return rc;
}


#define JWKS                                                                 \
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"\\u0061\"," \
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"

static int
jwks(void)
{
    int                       rc;
    lkg_session_conf         *conf;
    static const char *const  params[] = { "jwks", JWKS, "cookie", "c",
                                           "iss", "i", NULL };

    rc = conf_make(&conf, "jwt", params);

    if (rc == LKG_OK) {
        rc = lkg_session_conf_set_jwks(conf, lkg_lit(JWKS), NULL);
    }

    lkg_session_conf_free(conf);

    return rc;
}


static int
pem(void)
{
    int                       rc;
    lkg_session_conf         *conf;
    static const char *const  params[] = {
        "key", "-----BEGIN PUBLIC KEY-----\n"
               "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
               "-----END PUBLIC KEY-----\n",
        "project", "p", NULL
    };

    rc = conf_make(&conf, "firebase", params);
    lkg_session_conf_free(conf);

    /* an Ed25519 key is none for Firebase, which is found out at the end */

    return rc == LKG_ERR_INVALID ? LKG_OK : rc;
}


/* A cookie that is made, opened, and where it is an id, completed. */

static int
session(const char *preset, const char *const *params, const char *claims)
{
    int                 rc;
    char               *cookie;
    lkg_str             line;
    lkg_session        *s;
    lkg_session_conf   *conf;
    lkg_session_input   in = { &line, 1, { NULL, 0 } };

    rc = conf_make(&conf, preset, params);
    if (rc != LKG_OK) {
        return rc;
    }

    s = NULL;
    rc = lkg_session_make(&cookie, conf, claims, strlen(claims));

    if (rc == LKG_OK) {
        line.data = cookie;
        line.len = strlen(cookie);
        rc = lkg_session_open(&s, conf, &in, 1800000000);
    }

    if (rc == LKG_MORE) {
        rc = lkg_session_complete(s, conf, lkg_lit("{\"userId\":\"\\u0061\"}"),
                                  1800000000);
    }

    if (rc == LKG_MORE) {
        rc = lkg_session_complete(s, conf, lkg_lit("{\"name\":\"\\u0062\"}"),
                                  1800000000);
    }

    lkg_session_free(s);
    lkg_free(cookie);
    lkg_session_conf_free(conf);

    return rc;
}


static int
supabase(void)
{
    static const char *const  params[] = { "secret", SECRET, "ref", "x",
                                           NULL };

    return session("supabase", params, "{\"sub\":\"\\u0061\",\"aud\":"
                   "\"authenticated\",\"exp\":1800000100}");
}


static int
express(void)
{
    static const char *const  params[] = { "secret", SECRET, "user", "userId",
                                           NULL };

    return session("express", params, "{\"id\":\"abc\"}");
}


static int
auth0(void)
{
    static const char *const  params[] = { "secret", SECRET, NULL };

    return session("auth0", params, "{\"user\":{\"sub\":\"a\"},"
                   "\"exp\":1800000100}");
}


static int
introspect(void)
{
    int                       rc;
    lkg_str                   line = lkg_str_lit("c=x");
    lkg_session              *s;
    lkg_session_conf         *conf;
    lkg_session_input         in = { &line, 1, { NULL, 0 } };
    static const char *const  params[] = { "cookie", "c", NULL };

    rc = conf_make(&conf, "introspect", params);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_session_open(&s, conf, &in, 1800000000);

    if (rc == LKG_MORE) {
        rc = lkg_session_complete(s, conf, lkg_lit("{\"id\":\"\\u0061\"}"),
                                  1800000000);
    }

    lkg_session_free(s);
    lkg_session_conf_free(conf);

    return rc;
}


static int
webhook(void)
{
    int           rc;
    lkg_webhook  *w;

    static const char  body[] =
        "{\"event\":\"egress_started\",\"egressInfo\":"
        "{\"egressId\":\"\\u0045G\",\"roomName\":\"\\u0061\"}}";

    rc = lkg_webhook_open(&w, body, sizeof(body) - 1);
    if (rc != LKG_OK && w != NULL) {
        return LKG_ERR_INVALID;
    }

    lkg_webhook_free(w);

    return rc;
}


/* Lets the first, the second, ... allocation fail until none does. */

static int
exhausted(int (*call)(void), long *wrong)
{
    int   rc;
    long  n;

    for (n = 1; n < 10000; n++) {
        failed = 0;
        countdown = n;

        rc = call();

        countdown = 0;

        if (failed == 0) {
            break;
        }

        *wrong += rc != LKG_ERR_NOMEM;
    }

    return n > 1 ? rc : LKG_ERR_INVALID;
}


static void
exhaust(int (*call)(void), const char *name)
{
    int   rc;
    long  wrong;

    wrong = 0;
    rc = exhausted(call, &wrong);

    is_int(rc, LKG_OK, name);
    is_int(wrong, 0, "... says so when there is no memory");
}


static void
exhaust_blocks(void)
{
    int   fillers, rc;
    long  wrong;

    rc = LKG_OK;
    wrong = 0;

    /* jansson may abort where a string cannot grow by its last quote */

    spare_jansson = 1;

    for (fillers = 0; fillers < 60 && rc == LKG_OK; fillers++) {
        fill(fillers);
        rc = exhausted(load_text, &wrong);
    }

    is_int(rc, LKG_OK, "policies of all sizes");
    is_int(wrong, 0, "... say so when there is no memory");
}


int
main(void)
{
    json_set_alloc_funcs(jansson_malloc, free);

    ok(lkg_keys_new(&livekit) == LKG_OK
       && lkg_keys_add(livekit, lkg_lit("a"), lkg_lit(SECRET)) == LKG_OK,
       "a key");

    exhaust(webhook, "a webhook");
    exhaust(load, "a policy");
    exhaust(load_wrong, "a policy with a fault");
    exhaust(add_keys, "two keys");
    exhaust(verify, "a token");
    exhaust(jwks, "a set of keys");
    exhaust(pem, "a key");
    exhaust(supabase, "a signed session");
    exhaust(express, "a session with two values");
    exhaust(auth0, "an encrypted session");
    exhaust(introspect, "an application's answer");
    exhaust(client_config, "a configuration of browsers");
    exhaust_blocks();

    lkg_keys_free(livekit);

    return done_testing();
}
