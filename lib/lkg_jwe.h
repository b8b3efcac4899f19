/*
 * The key of encrypted cookies, as its two files share it.
 */

#ifndef LKG_JWE_H
#define LKG_JWE_H

#include <openssl/evp.h>

#include "lkg_private.h"

LKG_PRIVATE_BEGIN


#define LKG_JWE_KEY_MAX     64      /* bytes of an A256CBC-HS512 key */
#define LKG_JWE_TAG_MAX     32


typedef struct {
    const char      *name;          /* as in the header's "enc" */
    size_t           key_len;
    size_t           mac_len;       /* part of the key that is for the MAC */
    size_t           iv_len;
    size_t           tag_len;
} lkg_jwe_suite;


struct lkg_jwe_key {
    const lkg_jwe_suite  *suite;
    EVP_CIPHER           *cipher;
    EVP_CIPHER_CTX       *decrypt;  /* keyed; each cookie sets the IV */
    EVP_MAC_CTX          *mac;      /* keyed; NULL for an AEAD cipher */
    char                 *thumbprint;
    char                 *header;   /* base64url of the usual header, */
    char                 *header_kid;           /* without and with "kid" */
    unsigned char         secret[LKG_JWE_KEY_MAX];
};


/* The tag of A256CBC-HS512 (RFC 7518, section 5.2.2.1). */
int lkg_jwe_mac(lkg_jwe_key *key, lkg_str aad, const unsigned char *iv,
    const unsigned char *text, size_t len, unsigned char *tag);

LKG_PRIVATE_END

#endif /* LKG_JWE_H */
