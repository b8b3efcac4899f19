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
    "\"accept\":{\"participant_attributes\":[\"b\"],"
      "\"room_config\":[\"tags\"]}}";

static const char  wrong_text[] =
    "{\"version\":1,\"roles\":{\"t\":{\"grants\":{\"canPublsh\":true}}}}";

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

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

    static const char  text[] =
        "eyJhbGciOiJIUzI1NiIsImtpZCI6IngifQ."
        "eyJpc3MiOiJcdTAwNjEiLCJleHAiOjE4MDAwMDAxMDB9."
        "vq_GC1CfeHT660yDbElJP7kdYGrK__EzmyGVBQMZ6VY";

    rc = lkg_token_verify(&token, livekit, text, sizeof(text) - 1,
                          1800000000);
    if (rc != LKG_OK && token != NULL) {
        return LKG_ERR_INVALID;
    }

    lkg_token_free(token);

    return rc;
}


/* Lets the first, the second, ... allocation fail until none does. */

static void
exhaust(int (*call)(void), const char *name)
{
    int   rc;
    long  n, wrong;

    wrong = 0;

    for (n = 1; n < 10000; n++) {
        failed = 0;
        countdown = n;

        rc = call();

        countdown = 0;

        if (failed == 0) {
            break;
        }

        wrong += rc != LKG_ERR_NOMEM;
    }

    ok(n > 1, "%s allocates", name);
    is_int(wrong, 0, "... and says so when it cannot");
    is_int(rc, LKG_OK, "... and else succeeds");
}


int
main(void)
{
    json_set_alloc_funcs(__wrap_malloc, free);

    ok(lkg_keys_new(&livekit) == LKG_OK
       && lkg_keys_add(livekit, lkg_lit("a"), lkg_lit(SECRET)) == LKG_OK,
       "a key");

    exhaust(load, "a policy");
    exhaust(load_wrong, "a policy with a fault");
    exhaust(add_keys, "keys");
    exhaust(verify, "a token");

    lkg_keys_free(livekit);

    return done_testing();
}
