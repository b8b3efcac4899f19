/*
 * Keys, and tokens that are signed with them, for the tests of signed
 * sessions.
 */

#ifndef LKG_SIGN_TEST_H
#define LKG_SIGN_TEST_H

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "lkg_private.h"
#include "lkg_session_test.h"


#define TOKEN_MAX  8192


/* "RSA-2048", "P-256", "ED25519", ... */

static inline EVP_PKEY *
key_new(const char *type)
{
    EVP_PKEY  *key;

    if (strncmp(type, "RSA-", 4) == 0) {
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t) atoi(type + 4));

    } else if (strncmp(type, "P-", 2) == 0) {
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", type);

    } else {
        key = EVP_PKEY_Q_keygen(NULL, NULL, type);
    }

    if (key == NULL) {
        printf("Bail out! no key %s\n", type);
        exit(1);
    }

    return key;
}


/* What was written to the BIO, as text for free(). */

static inline char *
bio_text(BIO *bio)
{
    long   len;
    char  *data, *text;

    len = BIO_get_mem_data(bio, &data);
    text = malloc(len + 1);

    if (text == NULL) {
        printf("Bail out! no memory\n");
        exit(1);
    }

    memcpy(text, data, len);
    text[len] = '\0';

    BIO_free(bio);

    return text;
}


static inline char *
pem_public(EVP_PKEY *key)
{
    BIO  *bio = BIO_new(BIO_s_mem());

    PEM_write_bio_PUBKEY(bio, key);

    return bio_text(bio);
}


static inline char *
pem_private(EVP_PKEY *key)
{
    BIO  *bio = BIO_new(BIO_s_mem());

    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);

    return bio_text(bio);
}


/* "BEGIN RSA PUBLIC KEY" */

static inline char *
pem_pkcs1(EVP_PKEY *key)
{
    int             len;
    BIO            *bio = BIO_new(BIO_s_mem());
    unsigned char  *der = NULL;

    len = i2d_PublicKey(key, &der);
    PEM_write_bio(bio, PEM_STRING_RSA_PUBLIC, "", der, len);
    OPENSSL_free(der);

    return bio_text(bio);
}


static inline char *
pem_certificate(EVP_PKEY *key)
{
    BIO   *bio = BIO_new(BIO_s_mem());
    X509  *cert = X509_new();

    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_sign(cert, key, EVP_sha256());
    PEM_write_bio_X509(bio, cert);
    X509_free(cert);

    return bio_text(bio);
}


static inline size_t
bn_member(char *dst, EVP_PKEY *key, const char *param, const char *name,
    size_t len)
{
    char           text[2048];
    BIGNUM        *bn = NULL;
    unsigned char  bytes[1024];

    EVP_PKEY_get_bn_param(key, param, &bn);

    len = len ? len : (size_t) BN_num_bytes(bn);
    BN_bn2binpad(bn, bytes, (int) len);
    BN_free(bn);

    len = lkg_b64url_encode(text, bytes, len);

    return sprintf(dst, ",\"%s\":\"%.*s\"", name, (int) len, text);
}


/* The JWK's members, without braces; "more" is put before them. */

static inline char *
jwk(char *dst, EVP_PKEY *key, const char *more)
{
    char           text[64];
    size_t         n, len, bits;
    unsigned char  bytes[32];

    n = sprintf(dst, "%s%s", more, *more ? "," : "");

    if (EVP_PKEY_is_a(key, "RSA")) {
        n += sprintf(dst + n, "\"kty\":\"RSA\"");
        n += bn_member(dst + n, key, OSSL_PKEY_PARAM_RSA_N, "n", 0);
        bn_member(dst + n, key, OSSL_PKEY_PARAM_RSA_E, "e", 0);

    } else if (EVP_PKEY_is_a(key, "EC")) {
        bits = EVP_PKEY_get_bits(key);
        n += sprintf(dst + n, "\"kty\":\"EC\",\"crv\":\"P-%zu\"", bits);
        n += bn_member(dst + n, key, OSSL_PKEY_PARAM_EC_PUB_X, "x",
                       (bits + 7) / 8);
        bn_member(dst + n, key, OSSL_PKEY_PARAM_EC_PUB_Y, "y",
                  (bits + 7) / 8);

    } else {
        len = sizeof(bytes);
        EVP_PKEY_get_raw_public_key(key, bytes, &len);
        len = lkg_b64url_encode(text, bytes, len);
        sprintf(dst + n, "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%.*s\"",
                (int) len, text);
    }

    return dst;
}


/* r and s as two numbers of equal length, as a JWS has them. */

static inline size_t
raw_signature(unsigned char *sig, size_t len, size_t half)
{
    ECDSA_SIG            *pair;
    const unsigned char  *p;

    p = sig;
    pair = d2i_ECDSA_SIG(NULL, &p, (long) len);

    BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig, (int) half);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig + half, (int) half);
    ECDSA_SIG_free(pair);

    return 2 * half;
}


/* Signs as the algorithm wants it, whatever the token's header says. */

static inline size_t
sign_bytes(unsigned char *sig, const char *alg, EVP_PKEY *key,
    const char *input, size_t input_len, int salt)
{
    size_t         len;
    const char    *digest;
    EVP_MD_CTX    *ctx;
    EVP_PKEY_CTX  *params;

    digest = strstr(alg, "256") ? "SHA256"
             : strstr(alg, "384") ? "SHA384"
             : strstr(alg, "512") ? "SHA512" : NULL;

    len = 1024;
    ctx = EVP_MD_CTX_new();

    if (!EVP_DigestSignInit_ex(ctx, &params, digest, NULL, NULL, key, NULL)
        || (alg[0] == 'P'
            && (EVP_PKEY_CTX_set_rsa_padding(params, RSA_PKCS1_PSS_PADDING)
                <= 0
                || EVP_PKEY_CTX_set_rsa_pss_saltlen(params, salt) <= 0))
        || EVP_DigestSign(ctx, sig, &len, (const unsigned char *) input,
                          input_len) <= 0)
    {
        printf("Bail out! cannot sign %s\n", alg);
        exit(1);
    }

    EVP_MD_CTX_free(ctx);

    if (alg[0] == 'E' && alg[1] == 'S') {
        len = raw_signature(sig, len, (EVP_PKEY_get_bits(key) + 7) / 8);
    }

    return len;
}


static inline size_t
unsigned_token(char *token, const char *header, const char *claims)
{
    size_t  n;

    n = lkg_b64url_encode(token, header, strlen(header));
    token[n++] = '.';
    n += lkg_b64url_encode(token + n, claims, strlen(claims));
    token[n] = '\0';

    return n;
}


/* token has TOKEN_MAX bytes. */

static inline char *
sign_header(char *token, const char *alg, EVP_PKEY *key, const char *header,
    const char *claims)
{
    size_t         n, len;
    unsigned char  sig[1024];

    n = unsigned_token(token, header, claims);
    len = sign_bytes(sig, alg, key, token, n, RSA_PSS_SALTLEN_DIGEST);

    token[n++] = '.';
    n += lkg_b64url_encode(token + n, sig, len);
    token[n] = '\0';

    return token;
}


static inline char *
sign(char *token, const char *alg, EVP_PKEY *key, const char *claims)
{
    char  header[64];

    snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"typ\":\"JWT\"}", alg);

    return sign_header(token, alg, key, header, claims);
}


/* HMAC with any secret, again whatever the header says. */

static inline char *
sign_hmac(char *token, const char *digest, const char *secret, size_t len,
    const char *header, const char *claims)
{
    size_t         n;
    lkg_hmac      *mac;
    unsigned char  sig[LKG_HMAC_MAX];

    n = unsigned_token(token, header, claims);

    if (lkg_hmac_new_digest(&mac, digest, secret, len) != LKG_OK
        || lkg_hmac_sign(mac, token, n, sig) != LKG_OK)
    {
        printf("Bail out! no HMAC\n");
        exit(1);
    }

    token[n++] = '.';
    n += lkg_b64url_encode(token + n, sig, lkg_hmac_len(mac));
    token[n] = '\0';

    lkg_hmac_free(mac);

    return token;
}


/*
 * A conf of a preset: parameters separated by blanks, then key= or jwks=
 * with a text that may have blanks of its own.
 */

static inline int
try_conf(lkg_session_conf **conf, const char *preset, const char *params,
    const char *name, const char *value, lkg_error *err)
{
    int    rc;
    char   text[1024], *param, *rest;

    rc = lkg_session_conf_new(conf, preset, strlen(preset), err);

    snprintf(text, sizeof(text), "%s", params);

    for (param = strtok_r(text, " ", &rest);
         rc == LKG_OK && param;
         param = strtok_r(NULL, " ", &rest))
    {
        rc = set(*conf, param, err);
    }

    if (rc == LKG_OK && name) {
        rc = lkg_session_conf_set(*conf, name, strlen(name), value,
                                  strlen(value), err);
    }

    if (rc == LKG_OK) {
        rc = lkg_session_conf_ready(*conf, err);
    }

    if (rc != LKG_OK) {
        lkg_session_conf_free(*conf);
        *conf = NULL;
    }

    return rc;
}


static inline lkg_session_conf *
key_conf(const char *preset, const char *params, const char *name,
    const char *value)
{
    lkg_error          err;
    lkg_session_conf  *conf;

    if (try_conf(&conf, preset, params, name, value, &err) != LKG_OK) {
        printf("Bail out! %s %s: %s\n", preset, params, err.text);
        exit(1);
    }

    return conf;
}


/* "format" with the value where it says %s. */

static inline char *
put_in(char *dst, size_t size, const char *format, const char *value)
{
    const char  *at;

    at = strstr(format, "%s");
    snprintf(dst, size, "%.*s%s%s", (int) (at - format), format, value,
             at + 2);

    return dst;
}


/* Opens a token in the cookie "token", and closes it again. */

static inline int
opens(lkg_session_conf *conf, const char *token)
{
    int           rc;
    char          cookie[TOKEN_MAX + 128];
    lkg_session  *s;

    snprintf(cookie, sizeof(cookie), "token=%s", token);

    rc = open_at(&s, conf, cookie, NULL, NOW);

    lkg_session_free(s);

    return rc;
}

#endif /* LKG_SIGN_TEST_H */
