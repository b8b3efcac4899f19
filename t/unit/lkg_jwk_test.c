/*
 * Public keys in PEM: what can be one, and how many.
 */

#include "lkg_sign_test.h"


#define CLAIMS   "{\"sub\":\"u1\"," LATER "}"


static EVP_PKEY  *rsa, *small, *ec;


/* A PEM text is one key, and it is public. */

static void
test_pem(void)
{
    char              *public, *certificate, *private, *weak, *both, *cut;
    char              *pkcs1;
    char               text[TOKEN_MAX];
    size_t             i, len;
    lkg_error          err;
    lkg_session_conf  *conf;

    public = pem_public(rsa);
    certificate = pem_certificate(rsa);
    pkcs1 = pem_pkcs1(rsa);
    private = pem_private(rsa);
    weak = pem_public(small);

    len = strlen(public) + strlen(certificate) + 64;
    both = malloc(len);
    cut = malloc(len);

    if (!ok(both != NULL && cut != NULL, "memory")) {
        exit(1);
    }

    snprintf(both, len, "%s%s", public, certificate);
    snprintf(cut, len, "%.*s", (int) strlen(public) / 2, public);

    sign(text, "RS256", rsa, CLAIMS);

    conf = key_conf("jwt", "cookie=token", "key", certificate);
    is_int(opens(conf, text), LKG_OK, "a certificate");
    lkg_session_conf_free(conf);

    conf = key_conf("jwt", "cookie=token", "key", pkcs1);
    is_int(opens(conf, text), LKG_OK, "a key as PKCS #1 has it");
    lkg_session_conf_free(conf);

    snprintf(both, len, "the key of ours:\n%s\n\n", public);
    conf = key_conf("jwt", "cookie=token", "key", both);
    is_int(opens(conf, text), LKG_OK, "words around the key");
    lkg_session_conf_free(conf);

    snprintf(both, len, "%s%s", public, certificate);

    {
        const char *const  bad[][2] = {
            { both, "holds more than one key" },
            { cut, "is not PEM" },
            { "x", "is not PEM" },
            { private, "holds a private key" },
            { weak, "RSA of 2048 to 8192 bits" },
            { "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
              "not a public key or certificate" },
            { "-----BEGIN PUBLIC KEY-----\n"
              "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURoA\n"
              "-----END PUBLIC KEY-----\n",
              "not a public key or certificate" },
            { "-----BEGIN PUBLIC KEY-----\n"
              "MEMwBQYDK2VxAzoAX9dEm1m0Yf0s5fsYrWrahhrVHeCUeWg1I6k2ypxNdHJ6Z6jH"
              "\n3HHlnFqjvfGqm1Y+m2bFpHEBvP+A\n-----END PUBLIC KEY-----\n",
              "EC on P-256, P-384 or P-521, or Ed25519" }
        };

        for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
            if (!ok(try_conf(&conf, "jwt", "cookie=token", "key", bad[i][0],
                             &err) == LKG_ERR_INVALID
                    && strstr(err.text, bad[i][1]), "%s", bad[i][1]))
            {
                printf("#   %s\n", err.text);
            }
        }
    }

    free(public);
    free(certificate);
    free(pkcs1);
    free(private);
    free(weak);
    free(both);
    free(cut);
}


/* How many, and of which kind together. */

static void
test_several(void)
{
    char              *pem, *ec_pem, text[2048], set_text[2080];
    size_t             i, n;
    lkg_error          err;
    lkg_session_conf  *conf;

    pem = pem_public(rsa);
    ec_pem = pem_public(ec);

    if (!ok(lkg_session_conf_new(&conf, "jwt", 3, NULL) == LKG_OK, "a conf")) {
        exit(1);
    }

    for (n = 0, i = 0; i < LKG_STRINGS_MAX; i++) {
        n += lkg_session_conf_set(conf, lkg_lit("key"), pem, strlen(pem), &err)
             == LKG_OK;
    }

    is_int(n, LKG_STRINGS_MAX, "eight keys");
    ok(lkg_session_conf_set(conf, lkg_lit("key"), pem, strlen(pem), &err)
       == LKG_ERR_INVALID && strstr(err.text, "8 times at most"), "not nine");
    ok(lkg_session_conf_set(conf, lkg_lit("jwks"), lkg_lit("{}"), &err)
       == LKG_ERR_INVALID && strstr(err.text, "not both"), "nor a set");
    lkg_session_conf_free(conf);

    jwk(text, rsa, "");
    snprintf(set_text, sizeof(set_text), "{\"keys\":[{%s}]}", text);

    if (lkg_session_conf_new(&conf, "jwt", 3, NULL) == LKG_OK) {
        is_int(lkg_session_conf_set(conf, lkg_lit("jwks"), set_text,
                                    strlen(set_text), &err), LKG_OK, "a set");
        ok(lkg_session_conf_set(conf, lkg_lit("key"), pem, strlen(pem), &err)
           == LKG_ERR_INVALID && strstr(err.text, "not both"),
           "and then no key");
    }

    lkg_session_conf_free(conf);

    if (lkg_session_conf_new(&conf, "jwt", 3, NULL) == LKG_OK) {
        ok(lkg_session_conf_set(conf, lkg_lit("key"), pem, strlen(pem), NULL)
           == LKG_OK
           && lkg_session_conf_set(conf, lkg_lit("key"), ec_pem,
                                   strlen(ec_pem), NULL) == LKG_OK,
           "keys of two types");
        ok(set(conf, "alg=RS256", NULL) == LKG_OK
           && set(conf, "bearer", NULL) == LKG_OK
           && lkg_session_conf_ready(conf, &err) == LKG_ERR_INVALID
           && strstr(err.text, "key= number 2 fits no algorithm"),
           "each must be for something");
    }

    lkg_session_conf_free(conf);

    free(pem);
    free(ec_pem);
}


int
main(void)
{
    rsa = key_new("RSA-2048");
    small = key_new("RSA-1024");
    ec = key_new("P-256");

    test_pem();
    test_several();

    EVP_PKEY_free(rsa);
    EVP_PKEY_free(small);
    EVP_PKEY_free(ec);

    return done_testing();
}
