/*
 * The public keys of one configuration.  A JWK set names its keys; those in
 * PEM have no names, so a "kid" says nothing of them.
 */

#include <stdlib.h>

#include <openssl/err.h>

#include "lkg_jwa.h"


#define LKG_JWKS_NODES  8192    /* values and keys of the JSON text */


typedef struct {
    EVP_PKEY    *key;
    unsigned     algs;
    lkg_str      kid;           /* owned; no data: it has none */
} lkg_jwks_key;


struct lkg_jwks {
    int           named;
    size_t        n;
    lkg_jwks_key  keys[LKG_JWKS_MAX];
};


void
lkg_jwks_free(lkg_jwks *jwks)
{
    size_t  i;

    if (jwks == NULL) {
        return;
    }

    for (i = 0; i < jwks->n; i++) {
        EVP_PKEY_free(jwks->keys[i].key);
        free((char *) jwks->keys[i].kid.data);
    }

    free(jwks);
}


int
lkg_jwks_add_pem(lkg_jwks **jwks, const char *text, size_t len,
    lkg_error *err)
{
    int            rc;
    unsigned       algs;
    EVP_PKEY      *key;
    const char    *what;
    lkg_jwks_key  *slot;

    ERR_set_mark();
    rc = lkg_jwk_pem(&key, text, len, &what);
    algs = rc == LKG_OK ? lkg_jwa_fits(key) : 0;
    ERR_pop_to_mark();

    if (rc == LKG_ERR_NOMEM) {
        return lkg_fail(err, rc, "out of memory");
    }

    if (rc != LKG_OK) {
        return lkg_fail(err, LKG_ERR_INVALID, "key= %s", what);
    }

    if (algs == 0) {
        EVP_PKEY_free(key);
        return lkg_fail(err, LKG_ERR_INVALID, "key= must be RSA of %d to %d "
                        "bits, EC on P-256, P-384 or P-521, or Ed25519",
                        LKG_JWA_RSA_MIN, LKG_JWA_RSA_MAX);
    }

    if (*jwks == NULL) {
        *jwks = calloc(1, sizeof(lkg_jwks));
    }

    if (*jwks == NULL || (*jwks)->n == LKG_STRINGS_MAX) {
        EVP_PKEY_free(key);
        return *jwks ? lkg_fail(err, LKG_ERR_INVALID, "key= can be given %d "
                                "times at most", LKG_STRINGS_MAX)
                     : lkg_fail(err, LKG_ERR_NOMEM, "out of memory");
    }

    slot = &(*jwks)->keys[(*jwks)->n++];
    slot->key = key;
    slot->algs = algs;

    return LKG_OK;
}


/* A "kid" that is no short string is no name, and names are compared. */

static int
lkg_jwks_add(lkg_jwks *jwks, EVP_PKEY *key, unsigned algs, lkg_str kid)
{
    int            rc;
    char          *copy;
    lkg_jwks_key  *slot;

    copy = NULL;

    if (kid.data && kid.len <= LKG_KID_MAX) {
        rc = lkg_str_dup(&copy, kid.data, kid.len);
        if (rc != LKG_OK) {
            EVP_PKEY_free(key);
            return rc;
        }
    }

    slot = &jwks->keys[jwks->n++];
    slot->key = key;
    slot->algs = algs;
    slot->kid.data = copy;
    slot->kid.len = copy ? kid.len : 0;

    return LKG_OK;
}


static int
lkg_jwks_read(lkg_jwks *jwks, const lkg_json *doc, lkg_error *err)
{
    int            rc;
    unsigned       algs, number;
    EVP_PKEY      *key;
    const char    *what;
    lkg_json_node  n;

    n = lkg_json_get(doc, LKG_JSON_ROOT, lkg_lit("keys"));

    if (lkg_json_typeof(doc, n) != LKG_JSON_ARRAY) {
        return lkg_fail(err, LKG_ERR_FORMAT, "jwks= is no JWK set: an object "
                        "with an array \"keys\"");
    }

    number = 0;

    for (n = lkg_json_first(doc, n);
         n != LKG_JSON_NONE;
         n = lkg_json_next(doc, n))
    {
        number++;

        rc = lkg_jwk_json(&key, &algs, doc, n, &what);

        if (rc != LKG_OK) {
            return lkg_fail(err, rc, "jwks=, key %u: %s", number, what);
        }

        if (key == NULL) {
            continue;
        }

        if (jwks->n == LKG_JWKS_MAX) {
            EVP_PKEY_free(key);
            return lkg_fail(err, LKG_ERR_TOOBIG, "jwks= holds more than %d "
                            "keys", LKG_JWKS_MAX);
        }

        rc = lkg_jwks_add(jwks, key, algs,
                          lkg_json_string(doc, lkg_json_get(doc, n,
                                                            lkg_lit("kid"))));
        if (rc != LKG_OK) {
            return lkg_fail(err, rc, "out of memory");
        }
    }

    return LKG_OK;
}


int
lkg_jwks_load(lkg_jwks **out, const char *json, size_t len, lkg_error *err)
{
    int             rc;
    lkg_json       *doc;
    lkg_jwks       *jwks;
    lkg_json_fault  fault = { 0, NULL };

    *out = NULL;

    if (len > LKG_JWKS_TEXT_MAX) {
        return lkg_fail(err, LKG_ERR_TOOBIG, "jwks= is longer than %d bytes",
                        LKG_JWKS_TEXT_MAX);
    }

    rc = lkg_json_parse_fault(&doc, json, len, LKG_JWKS_NODES, &fault);

    if (rc == LKG_ERR_NOMEM) {
        return lkg_fail(err, rc, "out of memory");
    }

    if (rc != LKG_OK) {
        return lkg_fail(err, rc, "jwks= is not JSON, at byte %zu: %s",
                        fault.offset, fault.what ? fault.what
                                                 : lkg_strerror(rc));
    }

    jwks = calloc(1, sizeof(lkg_jwks));

    if (jwks == NULL) {
        lkg_json_free(doc);
        return lkg_fail(err, LKG_ERR_NOMEM, "out of memory");
    }

    jwks->named = 1;

    ERR_set_mark();
    rc = lkg_jwks_read(jwks, doc, err);
    ERR_pop_to_mark();

    lkg_json_free(doc);

    if (rc != LKG_OK) {
        lkg_jwks_free(jwks);
        return rc;
    }

    *out = jwks;

    return LKG_OK;
}


unsigned
lkg_jwks_algs(const lkg_jwks *jwks)
{
    size_t    i;
    unsigned  algs;

    for (algs = 0, i = 0; i < jwks->n; i++) {
        algs |= jwks->keys[i].algs;
    }

    return algs;
}


size_t
lkg_jwks_count(const lkg_jwks *jwks)
{
    return jwks->n;
}


unsigned
lkg_jwks_key_algs(const lkg_jwks *jwks, size_t n)
{
    return jwks->keys[n].algs;
}


int
lkg_jwks_named(const lkg_jwks *jwks)
{
    return jwks->named;
}


/* May the key, by its type and its name, have signed this? */

static int
lkg_jwks_suits(const lkg_jwks *jwks, const lkg_jwks_key *key,
    const lkg_jws_header *header)
{
    if (!(key->algs & lkg_jwa_bit(header->alg))) {
        return 0;
    }

    if (!jwks->named || !header->named) {
        return 1;
    }

    return key->kid.data && header->kid_len <= LKG_KID_MAX
           && lkg_str_eq(key->kid, header->kid, header->kid_len);
}


int
lkg_jwks_verify(const lkg_jwks *jwks, const lkg_jws *jws,
    const lkg_jws_header *header)
{
    int            rc;
    size_t         i, len, tried;
    unsigned char  signature[LKG_JWA_SIGN_MAX + 2];

    if (jws->signature.len > lkg_b64url_encoded(LKG_JWA_SIGN_MAX)) {
        return LKG_ERR_SIGNATURE;
    }

    rc = lkg_b64url_decode(signature, &len, jws->signature.data,
                           jws->signature.len);
    if (rc != LKG_OK) {
        return rc;
    }

    tried = 0;

    for (i = 0; i < jwks->n && tried < LKG_JWKS_TRIED; i++) {
        if (!lkg_jwks_suits(jwks, &jwks->keys[i], header)) {
            continue;
        }

        rc = lkg_jwa_verify(header->alg, jwks->keys[i].key,
                            jws->signing_input, signature, len);

        if (rc != LKG_ERR_SIGNATURE) {
            return rc;
        }

        tried++;
    }

    return LKG_ERR_SIGNATURE;
}
