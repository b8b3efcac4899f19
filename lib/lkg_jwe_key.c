/*
 * Keys of encrypted cookies: HKDF-SHA256 (RFC 5869) of the application's
 * secret, and everything that can be made of them before a cookie comes.
 */

#include <stdio.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "lkg_jwe.h"


static const lkg_jwe_suite  lkg_jwe_suites[] = {
    { "A256GCM",       32,  0, 12, 16 },
    { "A256CBC-HS512", 64, 32, 16, 32 }
};


static int
lkg_jwe_derive(lkg_jwe_key *key, lkg_str secret, lkg_str salt, lkg_str info)
{
    int           ok;
    char          sha256[] = "SHA256";
    EVP_KDF      *kdf;
    OSSL_PARAM    params[5];
    EVP_KDF_CTX  *ctx;

    /* without a salt it is this (RFC 5869, section 2.2) */

    static const char  zeros[LKG_SHA256_LEN];

    if (salt.len == 0) {
        salt.data = zeros;
        salt.len = sizeof(zeros);
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                                 sha256, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
                                            (void *) secret.data, secret.len);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
                                            (void *) salt.data, salt.len);
    params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
                                            (void *) info.data, info.len);
    params[4] = OSSL_PARAM_construct_end();

    kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    EVP_KDF_free(kdf);

    ok = ctx && EVP_KDF_derive(ctx, key->secret, key->suite->key_len,
                               params) > 0;

    EVP_KDF_CTX_free(ctx);

    return ok ? LKG_OK : LKG_ERR_CRYPTO;
}


/*
 * RFC 7638 over {"k":"...","kty":"oct"} with SHA-2 of as many bits as the
 * key has: so Auth.js names its keys.
 */

static int
lkg_jwe_thumbprint(lkg_jwe_key *key)
{
    int            ok;
    char           jwk[LKG_JWE_KEY_MAX * 2], text[EVP_MAX_MD_SIZE * 2];
    size_t         n;
    unsigned       len;
    unsigned char  digest[EVP_MAX_MD_SIZE];

    static const char  head[] = "{\"k\":\"", tail[] = "\",\"kty\":\"oct\"}";

    n = sizeof(head) - 1;
    memcpy(jwk, head, n);

    n += lkg_b64url_encode(jwk + n, key->secret, key->suite->key_len);

    memcpy(jwk + n, tail, sizeof(tail) - 1);
    n += sizeof(tail) - 1;

    ok = EVP_Digest(jwk, n, digest, &len,
                    key->suite->key_len == 64 ? EVP_sha512() : EVP_sha256(),
                    NULL);

    OPENSSL_cleanse(jwk, sizeof(jwk));

    if (!ok) {
        return LKG_ERR_CRYPTO;
    }

    n = lkg_b64url_encode(text, digest, len);

    return lkg_str_dup(&key->thumbprint, text, n);
}


static int
lkg_jwe_header(char **out, const lkg_jwe_key *key, const char *kid)
{
    int   len;
    char  json[256], text[lkg_b64url_encoded(256)];

    if (kid) {
        len = snprintf(json, sizeof(json),
                       "{\"alg\":\"dir\",\"enc\":\"%s\",\"kid\":\"%s\"}",
                       key->suite->name, kid);
    } else {
        len = snprintf(json, sizeof(json), "{\"alg\":\"dir\",\"enc\":\"%s\"}",
                       key->suite->name);
    }

    if (len < 0 || (size_t) len >= sizeof(json)) {
        return LKG_ERR_INVALID;
    }

    return lkg_str_dup(out, text, lkg_b64url_encode(text, json, len));
}


static int
lkg_jwe_contexts(lkg_jwe_key *key)
{
    const lkg_jwe_suite  *suite;

    suite = key->suite;

    key->cipher = EVP_CIPHER_fetch(NULL, suite->mac_len ? "AES-256-CBC"
                                                        : "AES-256-GCM",
                                   NULL);
    key->decrypt = EVP_CIPHER_CTX_new();

    if (key->cipher == NULL || key->decrypt == NULL
        || !EVP_DecryptInit_ex(key->decrypt, key->cipher, NULL,
                               key->secret + suite->mac_len, NULL)
        || (size_t) EVP_CIPHER_CTX_get_iv_length(key->decrypt)
           != suite->iv_len)
    {
        return LKG_ERR_CRYPTO;
    }

    if (suite->mac_len) {
        key->mac = lkg_hmac_context("SHA512", key->secret, suite->mac_len);

        if (key->mac == NULL) {
            return LKG_ERR_CRYPTO;
        }
    }

    return LKG_OK;
}


int
lkg_jwe_key_new(lkg_jwe_key **out, lkg_jwe_enc enc,
    const char *secret, size_t secret_len, const char *salt, size_t salt_len,
    const char *info, size_t info_len)
{
    int           rc;
    lkg_str       s, t, i;
    lkg_jwe_key  *key;

    *out = NULL;

    if (secret_len == 0) {
        return LKG_ERR_INVALID;
    }

    key = calloc(1, sizeof(*key));
    if (key == NULL) {
        return LKG_ERR_NOMEM;
    }

    key->suite = &lkg_jwe_suites[enc];

    s.data = secret;
    s.len = secret_len;
    t.data = salt;
    t.len = salt_len;
    i.data = info;
    i.len = info_len;

    rc = lkg_jwe_derive(key, s, t, i);

    if (rc == LKG_OK) {
        rc = lkg_jwe_thumbprint(key);
    }

    if (rc == LKG_OK) {
        rc = lkg_jwe_header(&key->header, key, NULL);
    }

    if (rc == LKG_OK) {
        rc = lkg_jwe_header(&key->header_kid, key, key->thumbprint);
    }

    if (rc == LKG_OK) {
        rc = lkg_jwe_contexts(key);
    }

    if (rc != LKG_OK) {
        lkg_jwe_key_free(key);
        return rc;
    }

    *out = key;

    return LKG_OK;
}


void
lkg_jwe_key_free(lkg_jwe_key *key)
{
    if (key == NULL) {
        return;
    }

    EVP_CIPHER_CTX_free(key->decrypt);
    EVP_CIPHER_free(key->cipher);
    EVP_MAC_CTX_free(key->mac);

    free(key->thumbprint);
    free(key->header);
    free(key->header_kid);

    OPENSSL_cleanse(key, sizeof(*key));
    free(key);
}


lkg_str
lkg_jwe_key_thumbprint(const lkg_jwe_key *key)
{
    lkg_str  thumbprint;

    thumbprint.data = key->thumbprint;
    thumbprint.len = strlen(key->thumbprint);

    return thumbprint;
}
