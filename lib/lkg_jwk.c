/*
 * Public keys as they are given: PEM, and JSON Web Keys (RFC 7517; RFC 7518,
 * section 6; RFC 8037).
 */

#include <limits.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "lkg_jwa.h"


#define LKG_JWK_E_MAX  8        /* bytes of an RSA public exponent */


typedef struct {
    const char  *crv;
    const char  *group;
    size_t       len;           /* of a coordinate */
} lkg_jwk_curve;

static const lkg_jwk_curve  lkg_jwk_curves[] = {
    { "P-256", "prime256v1", 32 },
    { "P-384", "secp384r1", 48 },
    { "P-521", "secp521r1", 66 }
};

#define LKG_JWK_COORDINATE_MAX  66


static EVP_PKEY *
lkg_jwk_der(const char *name, const unsigned char *der, long len)
{
    X509                 *cert;
    EVP_PKEY             *key;
    const unsigned char  *p;

    p = der;
    key = NULL;

    if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
        key = d2i_PUBKEY(NULL, &p, len);

    } else if (strcmp(name, PEM_STRING_RSA_PUBLIC) == 0) {
        key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, len);

    } else if (strcmp(name, PEM_STRING_X509) == 0) {
        cert = d2i_X509(NULL, &p, len);
        key = cert ? X509_get_pubkey(cert) : NULL;
        X509_free(cert);
    }

    if (key && p != der + len) {
        EVP_PKEY_free(key);
        key = NULL;
    }

    return key;
}


/* The next block of PEM; 0 where there is none. */

static int
lkg_jwk_block(BIO *bio, EVP_PKEY **key, const char **what)
{
    int             ok;
    long            len;
    char           *name, *header;
    unsigned char  *der;

    if (!PEM_read_bio(bio, &name, &header, &der, &len)) {
        return 0;
    }

    ok = (strstr(name, "PRIVATE KEY") == NULL);

    *key = ok ? lkg_jwk_der(name, der, len) : NULL;
    *what = ok ? "is not a public key or certificate that OpenSSL can read"
               : "holds a private key: give the public one";

    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, len);

    return 1;
}


int
lkg_jwk_pem(EVP_PKEY **out, const char *text, size_t len, const char **what)
{
    BIO         *bio;
    EVP_PKEY    *second;
    const char  *ignored;

    *out = NULL;
    *what = "is not PEM";

    if (len > INT_MAX) {
        return LKG_ERR_FORMAT;
    }

    bio = BIO_new_mem_buf(text, (int) len);
    if (bio == NULL) {
        return LKG_ERR_NOMEM;
    }

    /* of two, which one was meant? */

    if (lkg_jwk_block(bio, out, what)
        && *out && lkg_jwk_block(bio, &second, &ignored))
    {
        *what = "holds more than one key or certificate";

        EVP_PKEY_free(second);
        EVP_PKEY_free(*out);
        *out = NULL;
    }

    BIO_free(bio);

    return *out ? LKG_OK : LKG_ERR_FORMAT;
}


static lkg_str
lkg_jwk_text(const lkg_json *doc, lkg_json_node jwk, const char *name)
{
    return lkg_json_string(doc, lkg_json_get(doc, jwk, name, strlen(name)));
}


/* The bytes of a member, between min and max of them. */

static int
lkg_jwk_bytes(unsigned char *bytes, size_t *len, const lkg_json *doc,
    lkg_json_node jwk, const char *name, size_t min, size_t max)
{
    lkg_str  text;

    text = lkg_jwk_text(doc, jwk, name);

    if (text.len == 0 || text.len > lkg_b64url_encoded(max)) {
        return LKG_ERR_FORMAT;
    }

    if (lkg_b64url_decode(bytes, len, text.data, text.len) != LKG_OK
        || *len < min || *len > max)
    {
        return LKG_ERR_FORMAT;
    }

    return LKG_OK;
}


static EVP_PKEY *
lkg_jwk_make(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY      *key;
    OSSL_PARAM    *params;
    EVP_PKEY_CTX  *ctx;

    key = NULL;
    params = OSSL_PARAM_BLD_to_param(build);
    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (params && ctx
        && (EVP_PKEY_fromdata_init(ctx) <= 0
            || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0))
    {
        key = NULL;
    }

    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);

    return key;
}


static int
lkg_jwk_rsa(EVP_PKEY **out, const lkg_json *doc, lkg_json_node jwk,
    const char **what)
{
    BIGNUM          *n, *e;
    size_t           nlen, elen;
    unsigned char    nbytes[LKG_JWA_SIGN_MAX + 2], ebytes[LKG_JWK_E_MAX + 2];
    OSSL_PARAM_BLD  *build;

    if (lkg_jwk_bytes(nbytes, &nlen, doc, jwk, "n", 1, LKG_JWA_SIGN_MAX)
        != LKG_OK
        || lkg_jwk_bytes(ebytes, &elen, doc, jwk, "e", 1, LKG_JWK_E_MAX)
           != LKG_OK)
    {
        *what = "\"n\" and \"e\" must be base64url, \"n\" of at most 8192 "
                "bits";
        return LKG_ERR_FORMAT;
    }

    n = BN_bin2bn(nbytes, nlen, NULL);
    e = BN_bin2bn(ebytes, elen, NULL);
    build = OSSL_PARAM_BLD_new();

    *what = "\"n\" and \"e\" make no RSA key";

    if (n && e && build && BN_is_odd(n) && BN_is_odd(e) && !BN_is_one(e)
        && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n)
        && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
    {
        *out = lkg_jwk_make("RSA", build);
    }

    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);

    return *out ? LKG_OK : LKG_ERR_FORMAT;
}


static int
lkg_jwk_ec(EVP_PKEY **out, const lkg_json *doc, lkg_json_node jwk,
    const lkg_jwk_curve *curve, const char **what)
{
    size_t           n, len;
    unsigned char    point[1 + 2 * LKG_JWK_COORDINATE_MAX + 2];
    OSSL_PARAM_BLD  *build;

    len = curve->len;
    point[0] = 4;               /* uncompressed (SEC 1, section 2.3.3) */

    if (lkg_jwk_bytes(point + 1, &n, doc, jwk, "x", len, len) != LKG_OK
        || lkg_jwk_bytes(point + 1 + len, &n, doc, jwk, "y", len, len)
           != LKG_OK)
    {
        *what = "\"x\" and \"y\" must be base64url and as long as the curve "
                "wants them";
        return LKG_ERR_FORMAT;
    }

    build = OSSL_PARAM_BLD_new();

    *what = "\"x\" and \"y\" are no point of the curve";

    if (build
        && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
                                           curve->group, 0)
        && OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
                                            point, 1 + 2 * len))
    {
        *out = lkg_jwk_make("EC", build);
    }

    OSSL_PARAM_BLD_free(build);

    return *out ? LKG_OK : LKG_ERR_FORMAT;
}


static int
lkg_jwk_okp(EVP_PKEY **out, const lkg_json *doc, lkg_json_node jwk,
    const char **what)
{
    size_t         len;
    unsigned char  x[32 + 2];

    *what = "\"x\" must be 32 bytes in base64url";

    if (lkg_jwk_bytes(x, &len, doc, jwk, "x", 32, 32) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    *out = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, x, len);

    return *out ? LKG_OK : LKG_ERR_FORMAT;
}


/* "use" and "key_ops" (RFC 7517, sections 4.2 and 4.3). */

static int
lkg_jwk_verifies(const lkg_json *doc, lkg_json_node jwk)
{
    lkg_json_node  n;

    n = lkg_json_get(doc, jwk, lkg_lit("use"));

    if (n != LKG_JSON_NONE
        && !lkg_str_eq(lkg_json_string(doc, n), lkg_lit("sig")))
    {
        return 0;
    }

    n = lkg_json_get(doc, jwk, lkg_lit("key_ops"));

    if (n == LKG_JSON_NONE) {
        return 1;
    }

    for (n = lkg_json_first(doc, n);
         n != LKG_JSON_NONE;
         n = lkg_json_next(doc, n))
    {
        if (lkg_str_eq(lkg_json_string(doc, n), lkg_lit("verify"))) {
            return 1;
        }
    }

    return 0;
}


static int
lkg_jwk_key(EVP_PKEY **out, const lkg_json *doc, lkg_json_node jwk,
    const char **what)
{
    size_t   i;
    lkg_str  kty, crv;

    kty = lkg_jwk_text(doc, jwk, "kty");
    crv = lkg_jwk_text(doc, jwk, "crv");

    if (lkg_str_eq(kty, lkg_lit("oct"))) {
        *what = "\"kty\" is \"oct\", a secret: give it as secret=";
        return LKG_ERR_INVALID;
    }

    if (lkg_json_get(doc, jwk, lkg_lit("d")) != LKG_JSON_NONE) {
        *what = "\"d\" makes it a private key: give the public one";
        return LKG_ERR_INVALID;
    }

    if (lkg_str_eq(kty, lkg_lit("RSA"))) {
        return lkg_jwk_rsa(out, doc, jwk, what);
    }

    if (lkg_str_eq(kty, lkg_lit("OKP")) && lkg_str_eq(crv, lkg_lit("Ed25519")))
    {
        return lkg_jwk_okp(out, doc, jwk, what);
    }

    if (!lkg_str_eq(kty, lkg_lit("EC"))) {
        return LKG_OK;
    }

    for (i = 0; i < sizeof(lkg_jwk_curves) / sizeof(lkg_jwk_curves[0]); i++) {
        if (lkg_str_eq(crv, lkg_jwk_curves[i].crv,
                       strlen(lkg_jwk_curves[i].crv)))
        {
            return lkg_jwk_ec(out, doc, jwk, &lkg_jwk_curves[i], what);
        }
    }

    return LKG_OK;
}


int
lkg_jwk_json(EVP_PKEY **out, unsigned *algs, const lkg_json *doc,
    lkg_json_node jwk, const char **what)
{
    int            rc;
    lkg_jwa        alg;
    lkg_json_node  n;

    *out = NULL;
    *algs = 0;

    if (lkg_json_typeof(doc, jwk) != LKG_JSON_OBJECT) {
        *what = "is not an object";
        return LKG_ERR_FORMAT;
    }

    rc = lkg_jwk_key(out, doc, jwk, what);
    if (rc != LKG_OK || *out == NULL) {
        return rc;
    }

    *algs = lkg_jwk_verifies(doc, jwk) ? lkg_jwa_fits(*out) : 0;

    n = lkg_json_get(doc, jwk, lkg_lit("alg"));

    if (n != LKG_JSON_NONE) {
        alg = lkg_jwa_find(lkg_json_string(doc, n));
        *algs &= alg < LKG_JWA_N ? lkg_jwa_bit(alg) : 0;
    }

    if (*algs == 0) {
        EVP_PKEY_free(*out);
        *out = NULL;
    }

    return LKG_OK;
}
