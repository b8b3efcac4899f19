/*
 * Making encrypted cookies, for tests and tools.
 */

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "lkg_jwe.h"


/* Room in text for one more block than len. */

static int
lkg_jwe_encrypt(lkg_jwe_key *key, lkg_str aad, const unsigned char *iv,
    lkg_str plain, unsigned char *text, size_t *len, unsigned char *tag)
{
    int                   rc, n, tail;
    EVP_CIPHER_CTX       *ctx;
    const lkg_jwe_suite  *suite;

    suite = key->suite;
    rc = LKG_ERR_CRYPTO;

    ctx = EVP_CIPHER_CTX_new();

    if (ctx == NULL
        || !EVP_EncryptInit_ex(ctx, key->cipher, NULL,
                               key->secret + suite->mac_len, iv)
        || (suite->mac_len == 0
            && !EVP_EncryptUpdate(ctx, NULL, &n,
                                  (const unsigned char *) aad.data, aad.len))
        || !EVP_EncryptUpdate(ctx, text, &n,
                              (const unsigned char *) plain.data, plain.len)
        || !EVP_EncryptFinal_ex(ctx, text + n, &tail))
    {
        goto done;
    }

    *len = n + tail;

    if (suite->mac_len) {
        rc = lkg_jwe_mac(key, aad, iv, text, *len, tag);

    } else if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG,
                                   suite->tag_len, tag))
    {
        rc = LKG_OK;
    }

done:

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}


static char *
lkg_jwe_compact(lkg_str header, const unsigned char *iv,
    const unsigned char *text, size_t len, const unsigned char *tag,
    const lkg_jwe_suite *suite)
{
    char  *token, *p;

    token = malloc(header.len + lkg_b64url_encoded(suite->iv_len)
                   + lkg_b64url_encoded(len)
                   + lkg_b64url_encoded(suite->tag_len) + sizeof("...."));
    if (token == NULL) {
        return NULL;
    }

    memcpy(token, header.data, header.len);
    p = token + header.len;

    *p++ = '.';
    *p++ = '.';
    p += lkg_b64url_encode(p, iv, suite->iv_len);
    *p++ = '.';
    p += lkg_b64url_encode(p, text, len);
    *p++ = '.';
    p += lkg_b64url_encode(p, tag, suite->tag_len);
    *p = '\0';

    return token;
}


int
lkg_jwe_seal(char **out, lkg_jwe_key *key, int with_kid,
    const char *plain, size_t len)
{
    int             rc;
    size_t          n;
    lkg_str         header, p;
    unsigned char  *text, iv[EVP_MAX_IV_LENGTH], tag[LKG_JWE_TAG_MAX];

    *out = NULL;

    if (len > LKG_COOKIE_MAX) {
        return LKG_ERR_TOOBIG;
    }

    if (RAND_bytes(iv, key->suite->iv_len) != 1) {
        return LKG_ERR_CRYPTO;
    }

    text = malloc(len + EVP_MAX_BLOCK_LENGTH);
    if (text == NULL) {
        return LKG_ERR_NOMEM;
    }

    header.data = with_kid ? key->header_kid : key->header;
    header.len = strlen(header.data);
    p.data = plain;
    p.len = len;

    rc = lkg_jwe_encrypt(key, header, iv, p, text, &n, tag);

    if (rc == LKG_OK) {
        *out = lkg_jwe_compact(header, iv, text, n, tag, key->suite);
        rc = *out ? LKG_OK : LKG_ERR_NOMEM;
    }

    free(text);

    return rc;
}
