/*
 * What liblkgrant costs by itself, and libjwt for the same claims:
 * microseconds of CPU for each operation, a line each.
 *
 *     library POLICY
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jwt.h>
#include <lkgrant.h>


#define SECRET   "an api secret of 32 bytes or even more"
#define SESSION  "a session secret of 32 bytes or more"
#define COUNT    200000


static lkg_keys          *keys;
static lkg_policy        *policy;
static lkg_session_conf  *conf;
static lkg_access         facts;
static lkg_ask            ask = LKG_ASK_INIT;
static lkg_decision       decision;
static char               token[LKG_TOKEN_MAX + 1];
static size_t             token_len;
static char              *cookie;
static int64_t            now;


static void
must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "library: %s failed\n", what);
        exit(1);
    }
}


static lkg_str
str(const char *text)
{
    lkg_str  s;

    s.data = text;
    s.len = strlen(text);

    return s;
}


static void
session(void)
{
    lkg_str            header;
    lkg_session       *s;
    lkg_session_input  in;

    header = str(cookie);

    memset(&in, 0, sizeof(in));
    in.cookies = &header;
    in.ncookies = 1;

    must(lkg_session_open(&s, conf, &in, now) == LKG_OK, "session");
    lkg_session_free(s);
}


static void
decide(void)
{
    must(lkg_decide(&decision, policy, &ask) == LKG_OK, "decide");
}


static void
mint(void)
{
    must(lkg_token_mint(token, sizeof(token), &token_len, policy, &ask,
                        &decision, keys)
         == LKG_OK, "mint");
}


static void
verify(void)
{
    lkg_token  *t;

    must(lkg_token_verify(&t, keys, token, token_len, now) == LKG_OK,
         "verify");
    lkg_token_free(t);
}


static void
jwt_mint(void)
{
    char   *text;
    jwt_t  *jwt;

    must(jwt_new(&jwt) == 0, "jwt_new");

    jwt_add_grant(jwt, "iss", "devkey");
    jwt_add_grant(jwt, "sub", "u2");
    jwt_add_grant(jwt, "name", "Bob");
    jwt_add_grant_int(jwt, "iat", (long) now);
    jwt_add_grant_int(jwt, "nbf", (long) now);
    jwt_add_grant_int(jwt, "exp", (long) now + 600);
    jwt_add_grants_json(jwt, "{\"metadata\":\"{\\\"role\\\":\\\"student\\\"}\","
                        "\"attributes\":{\"role\":\"student\"},"
                        "\"video\":{\"roomJoin\":true,\"room\":\"math\","
                        "\"canPublish\":false,\"canSubscribe\":true,"
                        "\"canPublishData\":true}}");

    must(jwt_set_alg(jwt, JWT_ALG_HS256, (unsigned char *) SECRET,
                     sizeof(SECRET) - 1) == 0, "jwt_set_alg");

    text = jwt_encode_str(jwt);
    must(text != NULL, "jwt_encode_str");

    free(text);
    jwt_free(jwt);
}


static void
jwt_verify(void)
{
    jwt_t  *jwt;

    must(jwt_decode(&jwt, token, (unsigned char *) SECRET, sizeof(SECRET) - 1)
         == 0, "jwt_decode");
    jwt_free(jwt);
}


static void
measure(const char *name, void (*operation)(void))
{
    int      i;
    clock_t  start;

    for (i = 0; i < COUNT / 20; i++) {
        operation();
    }

    start = clock();

    for (i = 0; i < COUNT; i++) {
        operation();
    }

    printf("%s %.3f\n", name,
           (double) (clock() - start) / CLOCKS_PER_SEC * 1e6 / COUNT);
}


static void
load(const char *file)
{
    char      *text;
    FILE      *f;
    size_t     len;
    lkg_error  err;

    text = malloc(1 << 20);
    f = fopen(file, "r");
    must(text && f, file);

    len = fread(text, 1, 1 << 20, f);
    fclose(f);

    must(lkg_policy_load(&policy, text, len, &err) == LKG_OK, file);
    free(text);
}


int
main(int argc, char **argv)
{
    char       claims[256];
    lkg_error  err;

    must(argc == 2, "usage: library POLICY");

    load(argv[1]);
    now = time(NULL);

    must(lkg_keys_new(&keys) == LKG_OK
         && lkg_keys_add(keys, "devkey", 6, SECRET, sizeof(SECRET) - 1)
            == LKG_OK, "keys");

    must(lkg_session_conf_new(&conf, "jwt", 3, &err) == LKG_OK
         && lkg_session_conf_set(conf, "secret", 6, SESSION,
                                 sizeof(SESSION) - 1, &err) == LKG_OK
         && lkg_session_conf_set(conf, "cookie", 6, "session", 7, &err)
            == LKG_OK
         && lkg_session_conf_ready(conf, &err) == LKG_OK, "session conf");

    snprintf(claims, sizeof(claims),
             "{\"sub\":\"u2\",\"name\":\"Bob\",\"exp\":%lld}",
             (long long) now + 86400);

    must(lkg_session_make(&cookie, conf, claims, strlen(claims))
         == LKG_OK, "session make");

    lkg_access_init(&facts);
    must(lkg_access_set(&facts, LKG_FACT_STATE, NULL, 0) == LKG_OK
         && lkg_access_set(&facts, LKG_FACT_BAN, NULL, 0) == LKG_OK
         && lkg_access_set(&facts, LKG_FACT_KICK, NULL, 0) == LKG_OK
         && lkg_access_set(&facts, LKG_FACT_MEMBER, "student", 7) == LKG_OK,
         "facts");

    ask.now = now;
    ask.identity = str("u2");
    ask.name = str("Bob");
    ask.room = str("math");
    ask.access = &facts;

    decide();
    mint();

    measure("session", session);
    measure("decide", decide);
    measure("mint", mint);
    measure("verify", verify);
    measure("libjwt-mint", jwt_mint);
    measure("libjwt-verify", jwt_verify);

    return 0;
}
