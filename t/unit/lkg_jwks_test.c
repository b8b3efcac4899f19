/*
 * Sets of keys: what can stand in one, which key is taken for a token, and
 * how a set is replaced.
 */

#include "lkg_sign_test.h"


#define CLAIMS   "{\"sub\":\"u1\"," LATER "}"
#define ALL      "alg=RS256,PS256,ES256,ES384,ES512,EdDSA"


static EVP_PKEY  *rsa, *other, *small, *ec, *ed;

static char       rsa_jwk[2048], other_jwk[2048], ec_jwk[512], ed_jwk[512];


static int
load(const char *json, lkg_error *err)
{
    int                rc;
    lkg_session_conf  *conf;

    rc = try_conf(&conf, "jwt", "cookie=token", "jwks", json, err);
    lkg_session_conf_free(conf);

    return rc;
}


typedef struct {
    const char  *json;
    int          good;
    const char  *says;
} set_case;

#define X32  "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y32  "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC   "\"kty\":\"EC\",\"crv\":\"P-256\","
#define OKP  "\"kty\":\"OKP\",\"crv\":\"Ed25519\","

static const set_case  sets[] = {
    { "{\"keys\":[{" EC "\"x\":\"" X32 "\",\"y\":\"" Y32 "\"}]}", 1, "" },
    { "[]", 0, "no JWK set" },
    { "{}", 0, "no JWK set" },
    { "{\"keys\":{}}", 0, "no JWK set" },
    { "{\"keys\":[]}", 0, "no key that fits" },
    { "{\"keys\":[[]]}", 0, "key 1: is not an object" },
    { "{\"keys\":[{}]}", 0, "no key that fits" },
    { "{\"keys\":[],\"keys\":[]}", 0, "a duplicate key" },
    { "{\"keys\":[", 0, "is not JSON, at byte 9" },

    /* what is not ours to use is left out */

    { "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" X32 "\"}]}",
      0, "no key that fits" },
    { "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" X32 "\","
      "\"y\":\"" Y32 "\"}]}", 0, "no key that fits" },
    { "{\"keys\":[{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AA\"}]}",
      0, "no key that fits" },
    { "{\"keys\":[{" EC "\"x\":\"" X32 "\",\"y\":\"" Y32 "\","
      "\"use\":\"enc\"}]}", 0, "no key that fits" },
    { "{\"keys\":[{" EC "\"x\":\"" X32 "\",\"y\":\"" Y32 "\","
      "\"key_ops\":[\"sign\"]}]}", 0, "no key that fits" },
    { "{\"keys\":[{" EC "\"x\":\"" X32 "\",\"y\":\"" Y32 "\","
      "\"key_ops\":[\"sign\",\"verify\"]}]}", 1, "" },
    { "{\"keys\":[{" EC "\"x\":\"" X32 "\",\"y\":\"" Y32 "\","
      "\"alg\":\"ES256\",\"use\":\"sig\"}]}", 1, "" },
    { "{\"keys\":[{" EC "\"x\":\"" X32 "\",\"y\":\"" Y32 "\","
      "\"alg\":\"ES384\"}]}", 0, "no key that fits" },
    { "{\"keys\":[{" EC "\"x\":\"" X32 "\",\"y\":\"" Y32 "\","
      "\"alg\":\"ECDH-ES\"}]}", 0, "no key that fits" },

    /* a secret and a private key are a mistake, and a dangerous one */

    { "{\"keys\":[{" EC "\"x\":\"" X32 "\",\"y\":\"" Y32 "\"},"
      "{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", 0,
      "key 2: \"kty\" is \"oct\"" },
    { "{\"keys\":[{" EC "\"x\":\"" X32 "\",\"y\":\"" Y32 "\","
      "\"d\":\"" X32 "\"}]}", 0, "a private key" },

    /* what is broken is not left out: somebody should know */

    { "{\"keys\":[{" EC "\"x\":\"" Y32 "\",\"y\":\"" X32 "\"}]}",
      0, "no point of the curve" },
    { "{\"keys\":[{" EC "\"x\":\"" X32 "\"}]}", 0,
      "key 1: \"x\" and \"y\" must be" },
    { "{\"keys\":[{" EC "\"x\":\"" X32 "\",\"y\":7}]}", 0,
      "\"x\" and \"y\" must be" },
    { "{\"keys\":[{" EC "\"x\":\"AA" X32 "\",\"y\":\"" Y32 "\"}]}",
      0, "\"x\" and \"y\" must be" },
    { "{\"keys\":[{" EC "\"x\":\"" X32 "=\",\"y\":\"" Y32 "\"}]}",
      0, "\"x\" and \"y\" must be" },
    { "{\"keys\":[{" OKP "\"x\":\"AAAA\"}]}", 0, "32 bytes" },
    { "{\"keys\":[{" OKP "\"x\":\"" X32 "\"}]}", 1, "" },
    { "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"}]}",
      0, "\"n\" and \"e\" must be" },
    { "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\"}]}", 0,
      "\"n\" and \"e\" must be" },
    { "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQ\"}]}",
      0, "make no RSA key" },
    { "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAA\",\"e\":\"AQAB\"}]}",
      0, "make no RSA key" },
    { "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
      0, "no key that fits" }
};


static void
test_sets(void)
{
    int        rc;
    char       text[4096], jwk_text[2048];
    size_t     i;
    lkg_error  err;

    for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        err.text[0] = '\0';
        rc = load(sets[i].json, &err);

        if (!ok(rc == (sets[i].good ? LKG_OK : LKG_ERR_INVALID)
                && strstr(err.text, sets[i].says),
                "set %zu: %s", i, sets[i].good ? "good" : sets[i].says))
        {
            printf("#   %s: %s\n", lkg_strerror(rc), err.text);
        }
    }

    snprintf(text, sizeof(text), "{\"keys\":[{%s}]}", jwk(jwk_text, small, ""));
    is_int(load(text, &err), LKG_ERR_INVALID, "1024 bits of RSA are no key");
}


static char *
keys(char *text, const char *a, const char *b)
{
    sprintf(text, "{\"keys\":[{%s}%s%s%s]}", a, b ? ",{" : "", b ? b : "",
            b ? "}" : "");

    return text;
}


static void
test_kid(void)
{
    char               set[8192], text[TOKEN_MAX], a[2100], b[2100];
    lkg_session_conf  *conf;

    snprintf(a, sizeof(a), "\"kid\":\"a\",%s", rsa_jwk);
    snprintf(b, sizeof(b), "\"kid\":\"b\",%s", other_jwk);

    conf = key_conf("jwt", "cookie=token", "jwks", keys(set, a, b));

    sign_header(text, "RS256", rsa, "{\"alg\":\"RS256\",\"kid\":\"a\"}",
                CLAIMS);
    is_int(opens(conf, text), LKG_OK, "the key that \"kid\" names");

    sign_header(text, "RS256", rsa, "{\"alg\":\"RS256\",\"kid\":\"b\"}",
                CLAIMS);
    is_int(opens(conf, text), LKG_ERR_SIGNATURE, "not one of another name");

    sign_header(text, "RS256", rsa, "{\"alg\":\"RS256\",\"kid\":\"c\"}",
                CLAIMS);
    is_int(opens(conf, text), LKG_ERR_SIGNATURE, "not an unknown name");

    sign_header(text, "RS256", rsa, "{\"alg\":\"RS256\",\"kid\":\"\"}",
                CLAIMS);
    is_int(opens(conf, text), LKG_ERR_SIGNATURE, "an empty name is a name");

    sign_header(text, "RS256", rsa, "{\"alg\":\"RS256\",\"kid\":7}", CLAIMS);
    is_int(opens(conf, text), LKG_ERR_FORMAT, "a number is none");

    sign_header(text, "RS256", rsa,
                "{\"alg\":\"RS256\",\"kid\":\"../../a\",\"jku\":\"http://x\"}",
                CLAIMS);
    is_int(opens(conf, text), LKG_ERR_SIGNATURE, "and a path leads nowhere");

    sign(text, "RS256", other, CLAIMS);
    is_int(opens(conf, text), LKG_OK, "without a name each that fits is tried");

    lkg_session_conf_free(conf);

    /* keys without names are not taken for a token that has one */

    conf = key_conf("jwt", "cookie=token", "jwks", keys(set, rsa_jwk, NULL));

    sign_header(text, "RS256", rsa, "{\"alg\":\"RS256\",\"kid\":\"a\"}",
                CLAIMS);
    is_int(opens(conf, text), LKG_ERR_SIGNATURE, "a key without a name");

    sign(text, "RS256", rsa, CLAIMS);
    is_int(opens(conf, text), LKG_OK, "but for a token without one");

    lkg_session_conf_free(conf);

    /* of one name there may be keys of two types */

    snprintf(a, sizeof(a), "\"kid\":\"a\",%s", ec_jwk);
    snprintf(b, sizeof(b), "\"kid\":\"a\",%s", rsa_jwk);
    conf = key_conf("jwt", "cookie=token " ALL, "jwks", keys(set, a, b));

    sign_header(text, "RS256", rsa, "{\"alg\":\"RS256\",\"kid\":\"a\"}",
                CLAIMS);
    is_int(opens(conf, text), LKG_OK, "the key of that name and type");

    sign_header(text, "ES256", ec, "{\"alg\":\"ES256\",\"kid\":\"a\"}",
                CLAIMS);
    is_int(opens(conf, text), LKG_OK, "and that of the other type");

    lkg_session_conf_free(conf);
}


/* The JWK's own "alg" narrows what the conf allows. */

static void
test_alg(void)
{
    char               set[4096], text[TOKEN_MAX], a[2100];
    lkg_session_conf  *conf;

    snprintf(a, sizeof(a), "\"alg\":\"PS256\",%s", rsa_jwk);
    conf = key_conf("jwt", "cookie=token " ALL, "jwks", keys(set, a, NULL));

    is_int(opens(conf, sign(text, "PS256", rsa, CLAIMS)), LKG_OK,
           "a key that is for PS256");
    is_int(opens(conf, sign(text, "RS256", rsa, CLAIMS)), LKG_ERR_SIGNATURE,
           "is not for RS256");

    lkg_session_conf_free(conf);

    conf = key_conf("jwt", "cookie=token alg=EdDSA", "jwks",
                    keys(set, rsa_jwk, ed_jwk));

    is_int(opens(conf, sign(text, "EdDSA", ed, CLAIMS)), LKG_OK,
           "the conf takes EdDSA");
    is_int(opens(conf, sign(text, "RS256", rsa, CLAIMS)), LKG_ERR_SIGNATURE,
           "and not RS256, for which there is a key");

    lkg_session_conf_free(conf);
}


/* So many keys are tried for a token without a name, and no more. */

static void
test_tries(void)
{
    char               text[TOKEN_MAX], set[32768];
    size_t             i, n;
    lkg_session_conf  *conf;

    n = sprintf(set, "{\"keys\":[");

    for (i = 0; i < LKG_JWKS_TRIED - 1; i++) {
        n += sprintf(set + n, "{%s},{%s},", other_jwk, ec_jwk);
    }

    sprintf(set + n, "{%s}]}", rsa_jwk);
    conf = key_conf("jwt", "cookie=token alg=RS256", "jwks", set);
    sign(text, "RS256", rsa, CLAIMS);

    is_int(opens(conf, text), LKG_OK, "the eighth that fits");
    lkg_session_conf_free(conf);

    sprintf(set + n, "{%s},{%s}]}", other_jwk, rsa_jwk);
    conf = key_conf("jwt", "cookie=token alg=RS256", "jwks", set);

    is_int(opens(conf, text), LKG_ERR_SIGNATURE, "but not the ninth");
    lkg_session_conf_free(conf);

    for (n = sprintf(set, "{\"keys\":[{%s}", ed_jwk), i = 0;
         i < LKG_JWKS_MAX;
         i++)
    {
        n += sprintf(set + n, ",{%s}", ed_jwk);
    }

    sprintf(set + n, "]}");
    is_int(load(set, NULL), LKG_ERR_INVALID, "65 keys are too many");
}


static void
test_replace(void)
{
    char               set[8192], text[TOKEN_MAX];
    lkg_error          err;
    lkg_session_conf  *conf;

    conf = key_conf("jwt", "cookie=token alg=RS256", "jwks",
                    keys(set, rsa_jwk, NULL));

    sign(text, "RS256", other, CLAIMS);
    is_int(opens(conf, text), LKG_ERR_SIGNATURE, "a key that is not there");

    keys(set, rsa_jwk, other_jwk);
    is_int(lkg_session_conf_set_jwks(conf, set, strlen(set), &err), LKG_OK,
           "is put into the set");
    is_int(opens(conf, text), LKG_OK, "and opens its tokens");

    keys(set, ec_jwk, NULL);
    ok(lkg_session_conf_set_jwks(conf, set, strlen(set), &err)
       == LKG_ERR_INVALID && strstr(err.text, "no key that fits"),
       "a set without a key for us");

    is_int(lkg_session_conf_set_jwks(conf, "{\"keys\":[", 9, NULL),
           LKG_ERR_FORMAT, "a set that was cut");
    is_int(lkg_session_conf_set_jwks(conf, "", 0, &err), LKG_ERR_FORMAT,
           "an empty file");
    is_int(opens(conf, text), LKG_OK, "leave the old one");

    keys(set, rsa_jwk, NULL);
    is_int(lkg_session_conf_set_jwks(conf, set, strlen(set), &err), LKG_OK,
           "a key that is taken out");
    is_int(opens(conf, text), LKG_ERR_SIGNATURE, "opens nothing any more");

    lkg_session_conf_free(conf);

    conf = jwt("");
    ok(lkg_session_conf_set_jwks(conf, set, strlen(set), &err)
       == LKG_ERR_INVALID && strstr(err.text, "not configured with jwks="),
       "nothing to replace");
    lkg_session_conf_free(conf);

    if (ok(lkg_session_conf_new(&conf, "clerk", 5, NULL) == LKG_OK
           && lkg_session_conf_set(conf, lkg_lit("jwks"), set, strlen(set),
                                   NULL) == LKG_OK, "a conf"))
    {
        is_int(lkg_session_conf_set_jwks(conf, set, strlen(set), &err),
               LKG_ERR_INVALID, "that is not ready");
    }

    lkg_session_conf_free(conf);
}


/* How long a set can be, and how much can be in it. */

static void
test_limits(void)
{
    char              *many, text[TOKEN_MAX], token[TOKEN_MAX];
    size_t             i, n;
    lkg_error          err;
    lkg_session_conf  *conf;

    many = malloc(LKG_JWKS_TEXT_MAX + 1);

    if (!ok(many != NULL, "memory")) {
        exit(1);
    }

    keys(text, rsa_jwk, NULL);

    memset(many, ' ', LKG_JWKS_TEXT_MAX + 1);
    memcpy(many, text, strlen(text));

    conf = key_conf("jwt", "cookie=token", "jwks", text);
    is_int(lkg_session_conf_set_jwks(conf, many, LKG_JWKS_TEXT_MAX, &err),
           LKG_OK, "a long set");
    is_int(lkg_session_conf_set_jwks(conf, many, LKG_JWKS_TEXT_MAX + 1, &err),
           LKG_ERR_TOOBIG, "too long");

    for (n = sprintf(many, "{\"keys\":[{}"), i = 0; i < 9000; i++) {
        n += sprintf(many + n, ",{}");
    }

    n += sprintf(many + n, "]}");
    ok(lkg_session_conf_set_jwks(conf, many, n, &err) == LKG_ERR_TOOBIG
       && strstr(err.text, "is not JSON"), "too many values");

    n = unsigned_token(token, "{\"alg\":\"RS256\"}", CLAIMS);
    snprintf(token + n, sizeof(token) - n, ".%01400d", 0);
    is_int(opens(conf, token), LKG_ERR_SIGNATURE,
           "a signature longer than any");

    lkg_session_conf_free(conf);
    free(many);
}


int
main(void)
{
    rsa = key_new("RSA-2048");
    other = key_new("RSA-2048");
    small = key_new("RSA-1024");
    ec = key_new("P-256");
    ed = key_new("ED25519");

    jwk(rsa_jwk, rsa, "");
    jwk(other_jwk, other, "");
    jwk(ec_jwk, ec, "");
    jwk(ed_jwk, ed, "");

    test_sets();
    test_kid();
    test_alg();
    test_tries();
    test_replace();
    test_limits();

    EVP_PKEY_free(rsa);
    EVP_PKEY_free(other);
    EVP_PKEY_free(small);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(ed);

    return done_testing();
}
