/*
 * Signature algorithms (RFC 7518, section 3; RFC 8037) and the keys that a
 * signed token can be verified with.
 */

#ifndef LKG_JWA_H
#define LKG_JWA_H

#include <openssl/evp.h>

#include "lkg_private.h"

LKG_PRIVATE_BEGIN


#define LKG_JWA_RSA_MIN     2048    /* bits */
#define LKG_JWA_RSA_MAX     8192
#define LKG_JWA_SIGN_MAX    (LKG_JWA_RSA_MAX / 8)


/* lkg_jwa.c: what a public key of this type and size can verify; 0: nothing. */
unsigned lkg_jwa_fits(const EVP_PKEY *key);

int lkg_jwa_verify(lkg_jwa alg, EVP_PKEY *key, lkg_str input,
    const unsigned char *signature, size_t len);


/* lkg_jwk.c: one key; *what says what is wrong with it, in static storage. */

/* A public key or a certificate in PEM, exactly one. */
int lkg_jwk_pem(EVP_PKEY **out, const char *text, size_t len,
    const char **what);

/* A JWK (RFC 7517); *out is NULL for one that we have no use for. */
int lkg_jwk_json(EVP_PKEY **out, unsigned *algs, const lkg_json *doc,
    lkg_json_node jwk, const char **what);

LKG_PRIVATE_END

#endif /* LKG_JWA_H */
