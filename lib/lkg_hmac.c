/*
 * HMAC (RFC 2104) with the key schedule made once.
 */

#include <stdio.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "lkg_private.h"


struct lkg_hmac {
    EVP_MAC_CTX  *ctx;
    size_t        len;
};


/* OpenSSL before 3.0.3 does not rewind a keyed context. */

static int
lkg_hmac_rewinds(EVP_MAC_CTX *ctx)
{
    size_t         i, len[2];
    unsigned char  digest[2][EVP_MAX_MD_SIZE];

    for (i = 0; i < 2; i++) {
        if (!EVP_MAC_init(ctx, NULL, 0, NULL)
            || !EVP_MAC_update(ctx, (const unsigned char *) "rewind", 6)
            || !EVP_MAC_final(ctx, digest[i], &len[i], EVP_MAX_MD_SIZE))
        {
            return 0;
        }
    }

    return len[0] == len[1] && memcmp(digest[0], digest[1], len[0]) == 0;
}


EVP_MAC_CTX *
lkg_hmac_context(const char *digest, const void *key, size_t len)
{
    char          name[16];
    EVP_MAC      *algorithm;
    OSSL_PARAM    params[2];
    EVP_MAC_CTX  *ctx;

    snprintf(name, sizeof(name), "%s", digest);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 name, 0);
    params[1] = OSSL_PARAM_construct_end();

    algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    ctx = algorithm ? EVP_MAC_CTX_new(algorithm) : NULL;
    EVP_MAC_free(algorithm);

    if (ctx == NULL) {
        return NULL;
    }

    if (!EVP_MAC_init(ctx, key, len, params) || !lkg_hmac_rewinds(ctx)) {
        EVP_MAC_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


int
lkg_hmac_new(lkg_hmac **out, const void *key, size_t len)
{
    return lkg_hmac_new_digest(out, "SHA256", key, len);
}


int
lkg_hmac_new_digest(lkg_hmac **out, const char *name, const void *key,
    size_t len)
{
    lkg_hmac  *mac;

    *out = NULL;

    if (len == 0) {
        return LKG_ERR_INVALID;
    }

    mac = malloc(sizeof(*mac));
    if (mac == NULL) {
        return LKG_ERR_NOMEM;
    }

    mac->ctx = lkg_hmac_context(name, key, len);
    if (mac->ctx == NULL) {
        free(mac);
        return LKG_ERR_CRYPTO;
    }

    mac->len = EVP_MAC_CTX_get_mac_size(mac->ctx);

    if (mac->len == 0 || mac->len > LKG_HMAC_MAX) {
        lkg_hmac_free(mac);
        return LKG_ERR_CRYPTO;
    }

    *out = mac;

    return LKG_OK;
}


int
lkg_hmac_sign(lkg_hmac *mac, const void *data, size_t len,
    unsigned char *digest)
{
    size_t  n;

    if (!EVP_MAC_init(mac->ctx, NULL, 0, NULL)
        || !EVP_MAC_update(mac->ctx, data, len)
        || !EVP_MAC_final(mac->ctx, digest, &n, mac->len)
        || n != mac->len)
    {
        /* out of memory; a mark for each signature would cost more than it */

        ERR_clear_error();

        return LKG_ERR_CRYPTO;
    }

    return LKG_OK;
}


size_t
lkg_hmac_len(const lkg_hmac *mac)
{
    return mac->len;
}


void
lkg_hmac_free(lkg_hmac *mac)
{
    if (mac == NULL) {
        return;
    }

    EVP_MAC_CTX_free(mac->ctx);
    free(mac);
}
