/*
 * Verifying LiveKit tokens, and the keys for it.
 */

#include "lkg_private.h"
#include "lkg_test.h"


#define NOW     1800000000
#define SECRET  "secretsecretsecretsecretsecretsecret12"
#define HS256   "{\"alg\":\"HS256\"}"

static lkg_keys      *keys;
static char           token[1024];
static size_t         token_len;


/* A token of anybody's making. */

static void
sign(const char *header, const char *claims, const char *secret)
{
    lkg_hmac       *mac;
    unsigned char   digest[LKG_SHA256_LEN];

    token_len = lkg_b64url_encode(token, header, strlen(header));
    token[token_len++] = '.';
    token_len += lkg_b64url_encode(token + token_len, claims,
                                   strlen(claims));

    if (lkg_hmac_new(&mac, secret, strlen(secret)) != LKG_OK
        || lkg_hmac_sign(mac, token, token_len, digest) != LKG_OK)
    {
        ok(0, "HMAC");
    }

    lkg_hmac_free(mac);

    token[token_len++] = '.';
    token_len += lkg_b64url_encode(token + token_len, digest,
                                   sizeof(digest));
}


static int
verified(int64_t now)
{
    int         rc;
    lkg_token  *t;

    rc = lkg_token_verify(&t, keys, token, token_len, now);

    if (rc != LKG_OK && t != NULL) {
        ok(0, "no token on failure");
    }

    lkg_token_free(t);

    return rc;
}


static void
test_verify_times(void)
{
    size_t  i;

    static const struct {
        const char  *claims;
        int          rc;
        const char  *name;
    } tokens[] = {
        { "{\"iss\":\"LKdevkey\",\"exp\":1800000001}", LKG_OK,
          "a second is left" },
        { "{\"iss\":\"LKdevkey\",\"exp\":1799999941}", LKG_OK,
          "59 seconds over: clocks differ" },
        { "{\"iss\":\"LKdevkey\",\"exp\":1799999940}", LKG_ERR_EXPIRED,
          "60 seconds over" },
        { "{\"iss\":\"LKdevkey\",\"exp\":1800000100.7}", LKG_OK,
          "exp may be a fraction" },
        { "{\"iss\":\"LKdevkey\",\"exp\":1800000100,\"nbf\":1800000060}",
          LKG_OK, "begins in 60 seconds" },
        { "{\"iss\":\"LKdevkey\",\"exp\":1800000100,\"nbf\":1800000061}",
          LKG_ERR_EXPIRED, "begins in 61 seconds" },
        { "{\"iss\":\"LKdevkey\"}", LKG_ERR_FORMAT, "for ever" },
        { "{\"iss\":\"LKdevkey\",\"exp\":\"1800000100\"}", LKG_ERR_FORMAT,
          "exp is a text" },
        { "{\"iss\":\"LKdevkey\",\"exp\":null}", LKG_ERR_FORMAT,
          "exp is null" },
        { "{\"iss\":\"LKdevkey\",\"exp\":1800000100,\"nbf\":\"0\"}",
          LKG_ERR_FORMAT, "nbf is a text" },
        { "{\"iss\":\"LKdevkey\",\"exp\":9223372036854775807}", LKG_OK,
          "the end of time" },
        { "{\"iss\":\"LKdevkey\",\"exp\":-9223372036854775808}",
          LKG_ERR_EXPIRED, "its beginning" }
    };

    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        sign(HS256, tokens[i].claims, SECRET);
        is_int(verified(NOW), tokens[i].rc, tokens[i].name);
    }
}


static void
test_verify_keys(void)
{
    size_t  i;

    static const char  good[] = "{\"iss\":\"LKdevkey\",\"exp\":1800000100}";

    static const struct {
        const char  *header;
        const char  *claims;
        const char  *secret;
        const char  *name;
    } tokens[] = {
        { HS256, good, "another", "another secret" },
        { HS256, "{\"iss\":\"LKold\",\"exp\":1800000100}", SECRET,
          "the secret of another key" },
        { HS256, "{\"iss\":\"nobody\",\"exp\":1800000100}", SECRET,
          "a key that is not there" },
        { HS256, "{\"exp\":1800000100}", SECRET, "no key" },
        { HS256, "{\"iss\":\"\",\"exp\":1800000100}", SECRET, "an empty key" },
        { HS256, "{\"iss\":[\"LKdevkey\"],\"exp\":1800000100}", SECRET,
          "a list of keys" },
        { "{\"alg\":\"none\"}", good, SECRET, "alg none" },
        { "{\"alg\":\"HS512\"}", good, SECRET, "alg HS512" },
        { "{\"alg\":\"RS256\"}", good, SECRET, "alg RS256" },
        { "{}", good, SECRET, "no alg" },
        { "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", good, SECRET, "crit" },
        { HS256, "{\"iss\":\"LKdevkey\",\"exp\":1800000100,"
          "\"exp\":1800000200}", SECRET, "a claim twice" },
        { HS256, "[]", SECRET, "claims that are none" },
        { HS256, "", SECRET, "no claims" }
    };

    sign(HS256, good, SECRET);
    is_int(verified(NOW), LKG_OK, "the first key");

    sign(HS256, "{\"iss\":\"LKold\",\"exp\":1800000100}", "old secret");
    is_int(verified(NOW), LKG_OK, "the second key");

    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        sign(tokens[i].header, tokens[i].claims, tokens[i].secret);
        ok(verified(NOW) == LKG_ERR_SIGNATURE
           || verified(NOW) == LKG_ERR_FORMAT, "refused: %s", tokens[i].name);
    }
}


static void
test_verify_bytes(void)
{
    char    c;
    size_t  i, taken, len;

    sign(HS256, "{\"iss\":\"LKdevkey\",\"exp\":1800000100}", SECRET);
    is_int(verified(NOW), LKG_OK, "a good token");

    taken = 0;

    for (i = 0; i < token_len; i++) {
        c = token[i];
        token[i] = c == 'A' ? 'B' : 'A';
        taken += verified(NOW) == LKG_OK;
        token[i] = c;
    }

    is_int(taken, 0, "is none with any byte changed");

    len = token_len;

    for (token_len = 0; token_len < len; token_len++) {
        taken += verified(NOW) == LKG_OK;
    }

    is_int(taken, 0, "nor cut at any byte");

    token[token_len++] = '.';
    ok(verified(NOW) != LKG_OK, "nor with more behind it");

    token_len = len;
    is_int(verified(-1), LKG_ERR_INVALID, "nor before the epoch");
}


static void
test_decode(void)
{
    lkg_token       *t;
    const lkg_json  *claims;

    sign("{\"alg\":\"none\"}", "{\"sub\":\"u1\"}", "x");

    is_int(lkg_token_decode(&t, token, token_len), LKG_OK,
           "any token can be shown");

    claims = lkg_token_claims(t);
    is_str(lkg_json_string(claims, lkg_json_get(claims, LKG_JSON_ROOT,
                                                lkg_lit("sub"))),
           "u1", "with its claims");
    is_str(lkg_json_string(lkg_token_header(t),
                           lkg_json_get(lkg_token_header(t), LKG_JSON_ROOT,
                                        lkg_lit("alg"))),
           "none", "and header");
    lkg_token_free(t);

    is_int(lkg_token_decode(&t, lkg_lit("a.b.c")), LKG_ERR_FORMAT,
           "but no text");
    ok(t == NULL, "and gives none");
    is_int(lkg_token_decode(&t, lkg_lit("")), LKG_ERR_FORMAT, "nor nothing");
}


static void
test_keys(void)
{
    char       id[300];
    lkg_keys  *k;

    is_int(lkg_keys_new(&k), LKG_OK, "keys");
    is_int(lkg_keys_add(k, lkg_lit(""), lkg_lit("x")), LKG_ERR_INVALID,
           "no id");
    is_int(lkg_keys_add(k, lkg_lit("a"), lkg_lit("")), LKG_ERR_INVALID,
           "no secret");
    is_int(lkg_keys_add(k, lkg_lit("a\n"), lkg_lit("x")), LKG_ERR_INVALID,
           "an id of two lines");
    is_int(lkg_keys_add(k, lkg_lit("a\xff"), lkg_lit("x")), LKG_ERR_INVALID,
           "an id in Latin-1");

    memset(id, 'i', sizeof(id));
    is_int(lkg_keys_add(k, id, sizeof(id), lkg_lit("x")), LKG_ERR_INVALID,
           "a very long id");

    is_int(lkg_keys_add(k, lkg_lit("a\"b"), lkg_lit("x")), LKG_OK, "a key");
    is_int(lkg_keys_add(k, lkg_lit("a\"b"), lkg_lit("y")), LKG_ERR_INVALID,
           "the same id again");
    is_int(lkg_keys_add(k, lkg_lit("a\"bc"), lkg_lit("x")), LKG_OK,
           "another with the same secret");

    lkg_keys_free(k);
    lkg_keys_free(NULL);
    lkg_token_free(NULL);
    lkg_policy_free(NULL);
}


int
main(void)
{
    ok(lkg_keys_new(&keys) == LKG_OK
       && lkg_keys_add(keys, lkg_lit("LKdevkey"), lkg_lit(SECRET)) == LKG_OK
       && lkg_keys_add(keys, lkg_lit("LKold"), lkg_lit("old secret"))
          == LKG_OK,
       "two keys");

    test_verify_times();
    test_verify_keys();
    test_verify_bytes();
    test_decode();
    test_keys();

    lkg_keys_free(keys);

    return done_testing();
}
