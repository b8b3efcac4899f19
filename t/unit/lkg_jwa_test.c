/*
 * Signature algorithms: the RFCs' own examples, libjwt's tokens and ours,
 * and each algorithm against each other.
 */

#include <jwt.h>

#include "lkg_sign_test.h"


#define CLAIMS  "{\"sub\":\"u1\"," LATER "}"


typedef struct {
    const char  *alg;
    const char  *type;
    jwt_alg_t    libjwt;        /* JWT_ALG_NONE: Debian 12's has it not */
} algorithm;

static const algorithm  algorithms[] = {
    { "RS256", "RSA-2048", JWT_ALG_RS256 },
    { "RS384", "RSA-2048", JWT_ALG_RS384 },
    { "RS512", "RSA-2048", JWT_ALG_RS512 },
    { "PS256", "RSA-2048", JWT_ALG_NONE },
    { "PS384", "RSA-2048", JWT_ALG_NONE },
    { "PS512", "RSA-2048", JWT_ALG_NONE },
    { "ES256", "P-256", JWT_ALG_ES256 },
    { "ES384", "P-384", JWT_ALG_ES384 },
    { "ES512", "P-521", JWT_ALG_ES512 },
    { "EdDSA", "ED25519", JWT_ALG_NONE }
};

#define NALGORITHMS  (sizeof(algorithms) / sizeof(algorithms[0]))


static EVP_PKEY  *keys[NALGORITHMS];


static void
make_keys(void)
{
    size_t  i;

    for (i = 0; i < NALGORITHMS; i++) {
        if (i && strcmp(algorithms[i].type, algorithms[i - 1].type) == 0) {
            keys[i] = keys[i - 1];
            EVP_PKEY_up_ref(keys[i]);

        } else {
            keys[i] = key_new(algorithms[i].type);
        }
    }
}


static lkg_session_conf *
pem_conf(EVP_PKEY *key, const char *alg)
{
    char              *pem, params[200];
    lkg_session_conf  *conf;

    snprintf(params, sizeof(params), "cookie=token%s%s", alg ? " alg=" : "",
             alg ? alg : "");

    pem = pem_public(key);
    conf = key_conf("jwt", params, "key", pem);
    free(pem);

    return conf;
}


typedef struct {
    const char  *what;
    const char  *jwk;
    const char  *token;
} example;

static const example  examples[] = {

    { "RFC 7515 A.3, ES256",
      "{\"kty\":\"EC\",\"crv\":\"P-256\","
      "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
      "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
      "LmNvbS9pc19yb290Ijp0cnVlfQ."
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQ"
      "xfKTUJqPP3-Kg6NU1Q" },

    { "RFC 8037 A.4, EdDSA",
      "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
      "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsP"
      "t9g7sVvpAr_MuM0KAg" }
};


/* They have expired, or are no claims at all: only the signature counts. */

static void
test_examples(void)
{
    char            text[1024];
    size_t          i;
    lkg_jws         jws;
    lkg_jwks       *jwks;
    lkg_jws_header  header;

    for (i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        snprintf(text, sizeof(text), "{\"keys\":[%s]}", examples[i].jwk);

        ok(lkg_jwks_load(&jwks, text, strlen(text), NULL) == LKG_OK
           && lkg_jws_split(&jws, examples[i].token,
                            strlen(examples[i].token)) == LKG_OK
           && lkg_jws_read(&header, &jws) == LKG_OK
           && lkg_jwks_verify(jwks, &jws, &header) == LKG_OK,
           "%s", examples[i].what);

        lkg_jwks_free(jwks);
    }
}


/*
 * A token is opened by a conf of its algorithm and key, and by no other;
 * neither where the header tells the truth nor where it names what the conf
 * wants to see.
 */

static void
test_matrix(void)
{
    int                wrong, right;
    char               token[TOKEN_MAX], header[64];
    size_t             i, j;
    lkg_session_conf  *conf;

    wrong = 0;
    right = 0;

    for (i = 0; i < NALGORITHMS; i++) {
        conf = pem_conf(keys[i], algorithms[i].alg);

        for (j = 0; j < NALGORITHMS; j++) {
            sign(token, algorithms[j].alg, keys[j], CLAIMS);

            if (i == j) {
                right += opens(conf, token) == LKG_OK;
                continue;
            }

            wrong += opens(conf, token) != LKG_ERR_SIGNATURE;

            snprintf(header, sizeof(header), "{\"alg\":\"%s\"}",
                     algorithms[i].alg);
            sign_header(token, algorithms[j].alg, keys[j], header, CLAIMS);

            wrong += opens(conf, token) != LKG_ERR_SIGNATURE;
        }

        lkg_session_conf_free(conf);
    }

    is_int(right, NALGORITHMS, "each algorithm opens its own tokens");
    is_int(wrong, 0, "and none of the others'");
}


/* With no alg=, the key's type has one way, and the list may have more. */

static void
test_lists(void)
{
    char               token[TOKEN_MAX];
    lkg_session_conf  *conf;

    conf = pem_conf(keys[0], NULL);

    is_int(opens(conf, sign(token, "RS256", keys[0], CLAIMS)), LKG_OK,
           "of an RSA key it is RS256");
    is_int(opens(conf, sign(token, "PS256", keys[0], CLAIMS)),
           LKG_ERR_SIGNATURE, "and not PS256");
    is_int(opens(conf, sign(token, "RS512", keys[0], CLAIMS)),
           LKG_ERR_SIGNATURE, "nor RS512");

    lkg_session_conf_free(conf);
    conf = pem_conf(keys[0], "RS512,PS256");

    is_int(opens(conf, sign(token, "PS256", keys[0], CLAIMS)), LKG_OK,
           "unless alg= says so");
    is_int(opens(conf, sign(token, "RS512", keys[0], CLAIMS)), LKG_OK,
           "any of them");
    is_int(opens(conf, sign(token, "RS256", keys[0], CLAIMS)),
           LKG_ERR_SIGNATURE, "and then nothing else");

    lkg_session_conf_free(conf);
    conf = pem_conf(keys[7], NULL);

    is_int(opens(conf, sign(token, "ES384", keys[7], CLAIMS)), LKG_OK,
           "of a key on P-384 it is ES384");

    lkg_session_conf_free(conf);
}


/* The HMACs: by secret, and only the one that was configured. */

static void
test_hmacs(void)
{
    int                wrong;
    char               params[100], *cookie, token[TOKEN_MAX], header[40];
    size_t             i, j;
    lkg_session_conf  *conf;

    static const char *const  algs[] = { "HS256", "HS384", "HS512" };
    static const char *const  digests[] = { "SHA256", "SHA384", "SHA512" };

    wrong = 0;

    for (i = 0; i < 3; i++) {
        snprintf(params, sizeof(params), "alg=%s", algs[i]);
        conf = jwt(params);

        cookie = make(conf, CLAIMS);
        is_int(opens(conf, cookie + strlen("token=")), LKG_OK, algs[i]);
        lkg_free(cookie);

        for (j = 0; j < 3; j++) {
            if (j == i) {
                continue;
            }

            snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", algs[j]);
            sign_hmac(token, digests[j], lkg_lit(SECRET), header, CLAIMS);
            wrong += opens(conf, token) != LKG_ERR_SIGNATURE;

            snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", algs[i]);
            sign_hmac(token, digests[j], lkg_lit(SECRET), header, CLAIMS);
            wrong += opens(conf, token) != LKG_ERR_SIGNATURE;
        }

        lkg_session_conf_free(conf);
    }

    is_int(wrong, 0, "and none of the others");

    conf = jwt("alg=HS256,HS512 secret=another-session-test-secret");
    sign_hmac(token, "SHA512", lkg_lit("another-session-test-secret"),
              "{\"alg\":\"HS512\"}", CLAIMS);
    is_int(opens(conf, token), LKG_OK, "two algorithms, two secrets");
    lkg_session_conf_free(conf);
}


/* Each bit of the signature turned, and each length but the right one. */

static void
test_signatures(void)
{
    int                accepted;
    char               token[TOKEN_MAX], copy[TOKEN_MAX];
    size_t             i, j, n, len, extra;
    unsigned char      sig[1024 + 1];
    lkg_session_conf  *conf;

    for (i = 0; i < NALGORITHMS; i++) {
        conf = pem_conf(keys[i], algorithms[i].alg);
        sign(token, algorithms[i].alg, keys[i], CLAIMS);

        n = strrchr(token, '.') - token + 1;
        accepted = 0;

        if (lkg_b64url_decode(sig, &len, token + n, strlen(token + n))
            != LKG_OK)
        {
            ok(0, "a signature");
            return;
        }

        for (j = 0; j < len; j++) {
            sig[j] ^= 1 << j % 8;
            memcpy(copy, token, n);
            copy[n + lkg_b64url_encode(copy + n, sig, len)] = '\0';
            accepted += opens(conf, copy) != LKG_ERR_SIGNATURE;
            sig[j] ^= 1 << j % 8;
        }

        sig[len] = 0;

        for (extra = 0; extra < 4; extra++) {
            j = extra < 2 ? extra : len + extra - 2 - (extra == 2);
            memcpy(copy, token, n);
            copy[n + lkg_b64url_encode(copy + n, sig, j)] = '\0';
            accepted += opens(conf, copy) != LKG_ERR_SIGNATURE;
        }

        ok(accepted == 0, "%s: no other signature", algorithms[i].alg);
        lkg_session_conf_free(conf);
    }
}


/* r and s of nothing, and DER where r and s should stand. */

static void
test_ecdsa(void)
{
    char               token[TOKEN_MAX];
    size_t             n, len;
    EVP_MD_CTX        *ctx;
    unsigned char      sig[256];
    lkg_session_conf  *conf;

    conf = pem_conf(keys[6], "ES256");

    n = unsigned_token(token, "{\"alg\":\"ES256\"}", CLAIMS);
    token[n++] = '.';

    memset(sig, 0, sizeof(sig));
    token[n + lkg_b64url_encode(token + n, sig, 64)] = '\0';
    is_int(opens(conf, token), LKG_ERR_SIGNATURE, "r and s are 0");

    memset(sig, 0xff, sizeof(sig));
    token[n + lkg_b64url_encode(token + n, sig, 64)] = '\0';
    is_int(opens(conf, token), LKG_ERR_SIGNATURE, "over the group's order");

    ctx = EVP_MD_CTX_new();
    len = sizeof(sig);
    EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, keys[6], NULL);
    EVP_DigestSign(ctx, sig, &len, (unsigned char *) token, n - 1);
    EVP_MD_CTX_free(ctx);

    token[n + lkg_b64url_encode(token + n, sig, len)] = '\0';
    is_int(opens(conf, token), LKG_ERR_SIGNATURE, "a signature in DER");

    len = raw_signature(sig, len, 32);
    token[n + lkg_b64url_encode(token + n, sig, len)] = '\0';
    is_int(opens(conf, token), LKG_OK, "and as RFC 7518 wants it");

    lkg_session_conf_free(conf);
}


static void
test_pss(void)
{
    size_t             i, n, len;
    char               token[TOKEN_MAX];
    unsigned char      sig[512];
    lkg_session_conf  *conf;

    static const int  salts[] = { 0, 20, 31, 33, RSA_PSS_SALTLEN_MAX };

    conf = pem_conf(keys[3], "PS256");

    for (i = 0; i < sizeof(salts) / sizeof(salts[0]); i++) {
        n = unsigned_token(token, "{\"alg\":\"PS256\"}", CLAIMS);
        len = sign_bytes(sig, "PS256", keys[3], token, n, salts[i]);
        token[n++] = '.';
        token[n + lkg_b64url_encode(token + n, sig, len)] = '\0';

        is_int(opens(conf, token), LKG_ERR_SIGNATURE,
               "a salt of another length than the digest's");
    }

    lkg_session_conf_free(conf);
}


/* What libjwt signs is opened, and what we would open libjwt verifies. */

static void
test_libjwt(void)
{
    int                made, read;
    char              *pem, *public, *text, token[TOKEN_MAX];
    jwt_t             *jwt;
    size_t             i, n;
    lkg_session_conf  *conf;

    made = 0;
    read = 0;
    n = 0;

    for (i = 0; i < NALGORITHMS; i++) {
        if (algorithms[i].libjwt == JWT_ALG_NONE) {
            continue;
        }

        n++;
        conf = pem_conf(keys[i], algorithms[i].alg);
        pem = pem_private(keys[i]);
        public = pem_public(keys[i]);
        text = NULL;

        if (jwt_new(&jwt) == 0
            && jwt_add_grant(jwt, "sub", "u1") == 0
            && jwt_add_grant_int(jwt, "exp", HOUR) == 0
            && jwt_set_alg(jwt, algorithms[i].libjwt,
                           (unsigned char *) pem, (int) strlen(pem)) == 0)
        {
            text = jwt_encode_str(jwt);
        }

        made += text && opens(conf, text) == LKG_OK;

        free(text);
        jwt_free(jwt);

        sign(token, algorithms[i].alg, keys[i], CLAIMS);
        jwt = NULL;

        read += jwt_decode(&jwt, token, (unsigned char *) public,
                           (int) strlen(public)) == 0
                && jwt_get_alg(jwt) == algorithms[i].libjwt;

        jwt_free(jwt);
        free(pem);
        free(public);
        lkg_session_conf_free(conf);
    }

    is_int(n, 6, "libjwt has six of these algorithms");
    is_int(made, n, "its tokens are opened");
    is_int(read, n, "and it reads those that we open");
}


int
main(void)
{
    size_t  i;

    make_keys();

    test_examples();
    test_matrix();
    test_lists();
    test_hmacs();
    test_signatures();
    test_ecdsa();
    test_pss();
    test_libjwt();

    for (i = 0; i < NALGORITHMS; i++) {
        EVP_PKEY_free(keys[i]);
    }

    return done_testing();
}
