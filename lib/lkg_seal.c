/*
 * What a cache keeps for a request, so that only the same request finds it
 * and can read it: AES-256-GCM with a key made of the request itself.
 */

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "lkg_private.h"


#define LKG_SEAL_IV   12
#define LKG_SEAL_TAG  16


/* The first byte keeps name and key apart, lengths keep the parts apart. */

static int
lkg_seal_digest(unsigned char *digest, unsigned char purpose,
    const lkg_str *parts, size_t n)
{
    int             rc;
    size_t          i, k;
    EVP_MD_CTX     *ctx;
    unsigned char   len[8];

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return LKG_ERR_NOMEM;
    }

    rc = LKG_ERR_CRYPTO;

    if (!EVP_DigestInit_ex(ctx, EVP_sha256(), NULL)
        || !EVP_DigestUpdate(ctx, &purpose, 1))
    {
        goto done;
    }

    for (i = 0; i < n; i++) {

        for (k = 0; k < sizeof(len); k++) {
            len[k] = (uint64_t) parts[i].len >> (56 - 8 * k);
        }

        if (!EVP_DigestUpdate(ctx, len, sizeof(len))
            || !EVP_DigestUpdate(ctx, parts[i].data, parts[i].len))
        {
            goto done;
        }
    }

    if (EVP_DigestFinal_ex(ctx, digest, NULL)) {
        rc = LKG_OK;
    }

done:

    EVP_MD_CTX_free(ctx);

    return rc;
}


int
lkg_seal_init(lkg_seal *seal, const lkg_str *parts, size_t n)
{
    int  rc;

    rc = lkg_seal_digest(seal->name, 'n', parts, n);

    if (rc == LKG_OK) {
        rc = lkg_seal_digest(seal->key, 'k', parts, n);
    }

    if (rc != LKG_OK) {
        lkg_seal_clear(seal);
    }

    return rc;
}


int
lkg_seal_close(const lkg_seal *seal, unsigned char *sealed, const void *text,
    size_t len)
{
    int              rc, n, tail;
    unsigned char   *iv, *tag, *body;
    EVP_CIPHER_CTX  *ctx;

    if (len > LKG_VALUE_MAX) {
        return LKG_ERR_TOOBIG;
    }

    iv = sealed;
    tag = iv + LKG_SEAL_IV;
    body = tag + LKG_SEAL_TAG;

    if (RAND_bytes(iv, LKG_SEAL_IV) != 1) {
        return LKG_ERR_CRYPTO;
    }

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return LKG_ERR_NOMEM;
    }

    rc = LKG_ERR_CRYPTO;

    if (EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->key, iv)
        && EVP_EncryptUpdate(ctx, body, &n, text, len)
        && EVP_EncryptFinal_ex(ctx, body + n, &tail)
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, LKG_SEAL_TAG, tag))
    {
        rc = LKG_OK;
    }

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}


int
lkg_seal_open(const lkg_seal *seal, void *text, const unsigned char *sealed,
    size_t len)
{
    int                   rc, n, tail;
    unsigned char        *p, tag[LKG_SEAL_TAG];
    EVP_CIPHER_CTX       *ctx;
    const unsigned char  *body;

    if (len < LKG_SEAL_EXTRA || len > LKG_VALUE_MAX + LKG_SEAL_EXTRA) {
        return LKG_ERR_FORMAT;
    }

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return LKG_ERR_NOMEM;
    }

    p = text;
    body = sealed + LKG_SEAL_EXTRA;
    memcpy(tag, sealed + LKG_SEAL_IV, LKG_SEAL_TAG);

    rc = LKG_ERR_CRYPTO;

    if (EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->key, sealed)
        && EVP_DecryptUpdate(ctx, p, &n, body, len - LKG_SEAL_EXTRA)
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, LKG_SEAL_TAG, tag))
    {
        rc = EVP_DecryptFinal_ex(ctx, p + n, &tail) > 0 ? LKG_OK
                                                        : LKG_ERR_SIGNATURE;
    }

    EVP_CIPHER_CTX_free(ctx);

    if (rc != LKG_OK) {
        OPENSSL_cleanse(text, len - LKG_SEAL_EXTRA);
    }

    return rc;
}


void
lkg_seal_clear(lkg_seal *seal)
{
    OPENSSL_cleanse(seal, sizeof(lkg_seal));
}
