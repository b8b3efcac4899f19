/*
 * Verifying RS, PS, ES (RFC 7518, sections 3.3 to 3.5) and EdDSA (RFC 8037)
 * signatures; and the names of all algorithms.
 *
 * All of them go through EVP: libjwt 1.10, the oldest that there is, checks
 * neither exp nor whether a key is of the algorithm's type, and has no PS256,
 * EdDSA or JWKS, so here it is only the second opinion in the tests.
 */

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "lkg_jwa.h"


#define LKG_JWA_DER_MAX  160    /* an ECDSA signature of P-521 takes 141 */


typedef enum {
    LKG_JWA_MAC = 0,
    LKG_JWA_RSA,
    LKG_JWA_PSS,
    LKG_JWA_EC,
    LKG_JWA_ED
} lkg_jwa_kind;


typedef struct {
    const char      *name;
    const char      *digest;
    lkg_jwa_kind     kind;
    const char      *group;     /* the curve, as OpenSSL calls it */
    size_t           len;       /* of a signature; 0: the key's */
} lkg_jwa_info;


static const lkg_jwa_info  lkg_jwas[LKG_JWA_N] = {
    { "HS256", "SHA256", LKG_JWA_MAC, NULL, 32 },
    { "HS384", "SHA384", LKG_JWA_MAC, NULL, 48 },
    { "HS512", "SHA512", LKG_JWA_MAC, NULL, 64 },
    { "RS256", "SHA256", LKG_JWA_RSA, NULL, 0 },
    { "RS384", "SHA384", LKG_JWA_RSA, NULL, 0 },
    { "RS512", "SHA512", LKG_JWA_RSA, NULL, 0 },
    { "PS256", "SHA256", LKG_JWA_PSS, NULL, 0 },
    { "PS384", "SHA384", LKG_JWA_PSS, NULL, 0 },
    { "PS512", "SHA512", LKG_JWA_PSS, NULL, 0 },
    { "ES256", "SHA256", LKG_JWA_EC, "prime256v1", 64 },
    { "ES384", "SHA384", LKG_JWA_EC, "secp384r1", 96 },
    { "ES512", "SHA512", LKG_JWA_EC, "secp521r1", 132 },
    { "EdDSA", NULL, LKG_JWA_ED, NULL, 64 }
};


lkg_jwa
lkg_jwa_find(lkg_str name)
{
    unsigned  alg;

    for (alg = 0; alg < LKG_JWA_N; alg++) {
        if (lkg_str_eq(name, lkg_jwas[alg].name, strlen(lkg_jwas[alg].name)))
        {
            break;
        }
    }

    return alg;
}


const char *
lkg_jwa_name(lkg_jwa alg)
{
    return lkg_jwas[alg].name;
}


const char *
lkg_jwa_digest(lkg_jwa alg)
{
    return lkg_jwas[alg].digest;
}


int
lkg_jwa_list(unsigned *algs, const char *value, size_t len)
{
    lkg_jwa      alg;
    lkg_str      name;
    const char  *comma, *end;

    *algs = 0;
    end = value + len;

    for ( /* void */ ; /* void */ ; value = comma + 1) {
        comma = memchr(value, ',', end - value);

        name.data = value;
        name.len = (comma ? comma : end) - value;

        alg = lkg_jwa_find(name);
        if (alg == LKG_JWA_N) {
            return LKG_ERR_INVALID;
        }

        *algs |= lkg_jwa_bit(alg);

        if (comma == NULL) {
            return LKG_OK;
        }
    }
}


static unsigned
lkg_jwa_fits_kind(lkg_jwa_kind kind, const char *group)
{
    unsigned  alg, algs;

    for (algs = 0, alg = 0; alg < LKG_JWA_N; alg++) {
        if (lkg_jwas[alg].kind == kind
            && (group == NULL || strcmp(lkg_jwas[alg].group, group) == 0))
        {
            algs |= lkg_jwa_bit(alg);
        }
    }

    return algs;
}


unsigned
lkg_jwa_fits(const EVP_PKEY *key)
{
    int   bits;
    char  group[64];

    if (EVP_PKEY_is_a(key, "RSA")) {
        bits = EVP_PKEY_get_bits(key);

        if (bits < LKG_JWA_RSA_MIN || bits > LKG_JWA_RSA_MAX) {
            return 0;
        }

        return lkg_jwa_fits_kind(LKG_JWA_RSA, NULL)
               | lkg_jwa_fits_kind(LKG_JWA_PSS, NULL);
    }

    if (EVP_PKEY_is_a(key, "EC")) {
        return EVP_PKEY_get_group_name(key, group, sizeof(group), NULL)
               ? lkg_jwa_fits_kind(LKG_JWA_EC, group) : 0;
    }

    return EVP_PKEY_is_a(key, "ED25519") ? lkg_jwa_fits_kind(LKG_JWA_ED, NULL)
                                         : 0;
}


/* r and s, each in half of the bytes, become what OpenSSL wants to see. */

static int
lkg_jwa_der(unsigned char der[LKG_JWA_DER_MAX], size_t *der_len,
    const unsigned char *signature, size_t len)
{
    int             n;
    BIGNUM         *r, *s;
    ECDSA_SIG      *sig;
    unsigned char  *p;

    r = BN_bin2bn(signature, len / 2, NULL);
    s = BN_bin2bn(signature + len / 2, len / 2, NULL);
    sig = ECDSA_SIG_new();

    if (r == NULL || s == NULL || sig == NULL || !ECDSA_SIG_set0(sig, r, s)) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(sig);
        return LKG_ERR_CRYPTO;
    }

    n = i2d_ECDSA_SIG(sig, NULL);

    if (n > 0 && n <= LKG_JWA_DER_MAX) {
        p = der;
        n = i2d_ECDSA_SIG(sig, &p);

    } else {
        n = 0;
    }

    ECDSA_SIG_free(sig);

    if (n <= 0) {
        return LKG_ERR_CRYPTO;
    }

    *der_len = n;

    return LKG_OK;
}


/* PS*: MGF1 with the same digest, and a salt as long as it. */

static int
lkg_jwa_begin(EVP_MD_CTX *ctx, const lkg_jwa_info *info, EVP_PKEY *key)
{
    EVP_PKEY_CTX  *params;

    if (EVP_DigestVerifyInit_ex(ctx, &params, info->digest, NULL, NULL, key,
                                NULL) <= 0)
    {
        return LKG_ERR_CRYPTO;
    }

    if (info->kind == LKG_JWA_PSS
        && (EVP_PKEY_CTX_set_rsa_padding(params, RSA_PKCS1_PSS_PADDING) <= 0
            || EVP_PKEY_CTX_set_rsa_pss_saltlen(params,
                                                RSA_PSS_SALTLEN_DIGEST) <= 0))
    {
        return LKG_ERR_CRYPTO;
    }

    return LKG_OK;
}


static int
lkg_jwa_check(lkg_jwa alg, EVP_PKEY *key, lkg_str input,
    const unsigned char *signature, size_t len)
{
    int                  rc;
    size_t               want;
    EVP_MD_CTX          *ctx;
    unsigned char        der[LKG_JWA_DER_MAX];
    const lkg_jwa_info  *info;

    info = &lkg_jwas[alg];
    want = info->len ? info->len : (size_t) EVP_PKEY_get_size(key);

    if (info->kind == LKG_JWA_MAC || len != want) {
        return LKG_ERR_SIGNATURE;
    }

    if (info->kind == LKG_JWA_EC) {
        rc = lkg_jwa_der(der, &len, signature, len);
        if (rc != LKG_OK) {
            return rc;
        }

        signature = der;
    }

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return LKG_ERR_NOMEM;
    }

    rc = lkg_jwa_begin(ctx, info, key);

    if (rc == LKG_OK
        && EVP_DigestVerify(ctx, signature, len,
                            (const unsigned char *) input.data, input.len)
           != 1)
    {
        rc = LKG_ERR_SIGNATURE;
    }

    EVP_MD_CTX_free(ctx);

    return rc;
}


/* A bad signature leaves nothing for the next user of the error queue. */

int
lkg_jwa_verify(lkg_jwa alg, EVP_PKEY *key, lkg_str input,
    const unsigned char *signature, size_t len)
{
    int  rc;

    ERR_set_mark();
    rc = lkg_jwa_check(alg, key, input, signature, len);
    ERR_pop_to_mark();

    return rc;
}
