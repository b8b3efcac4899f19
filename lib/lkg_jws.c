/*
 * Compact JWS (RFC 7515) with HS256 (RFC 7518, section 3.2).
 */

#include <openssl/crypto.h>

#include "lkg_private.h"


/* {"alg":"HS256"} and {"alg":"HS256","typ":"JWT"}: nearly all there are. */

static const lkg_str  lkg_jws_common[] = {
    lkg_str_lit("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"),
    lkg_str_lit("eyJhbGciOiJIUzI1NiJ9")
};


int
lkg_jws_split(lkg_jws *jws, const char *token, size_t len)
{
    const char  *end, *first, *second;

    if (len > LKG_COOKIE_MAX) {
        return LKG_ERR_TOOBIG;
    }

    if (len == 0) {
        return LKG_ERR_FORMAT;
    }

    end = token + len;

    first = memchr(token, '.', len);
    if (first == NULL || first == token) {
        return LKG_ERR_FORMAT;
    }

    second = memchr(first + 1, '.', end - first - 1);
    if (second == NULL || memchr(second + 1, '.', end - second - 1)) {
        return LKG_ERR_FORMAT;
    }

    jws->header.data = token;
    jws->header.len = first - token;
    jws->payload.data = first + 1;
    jws->payload.len = second - first - 1;
    jws->signature.data = second + 1;
    jws->signature.len = end - second - 1;
    jws->signing_input.data = token;
    jws->signing_input.len = second - token;

    return LKG_OK;
}


/* "crit" and "b64" change what is signed (RFC 7515, 4.1.11; RFC 7797). */

static int
lkg_jws_header_json(const lkg_json *header)
{
    lkg_json_node  alg;

    if (lkg_json_typeof(header, LKG_JSON_ROOT) != LKG_JSON_OBJECT) {
        return LKG_ERR_FORMAT;
    }

    alg = lkg_json_get(header, LKG_JSON_ROOT, lkg_lit("alg"));

    if (!lkg_str_eq(lkg_json_string(header, alg), lkg_lit("HS256"))
        || lkg_json_get(header, LKG_JSON_ROOT, lkg_lit("crit"))
           != LKG_JSON_NONE
        || lkg_json_get(header, LKG_JSON_ROOT, lkg_lit("b64"))
           != LKG_JSON_NONE)
    {
        return LKG_ERR_SIGNATURE;
    }

    return LKG_OK;
}


int
lkg_jws_header_hs256(const lkg_jws *jws)
{
    int        rc;
    char       text[LKG_JOSE_HEADER_MAX + 2];
    size_t     i, len;
    lkg_json  *header;

    for (i = 0; i < sizeof(lkg_jws_common) / sizeof(lkg_str); i++) {
        if (lkg_str_eq(jws->header, lkg_jws_common[i].data,
                       lkg_jws_common[i].len))
        {
            return LKG_OK;
        }
    }

    if (jws->header.len > lkg_b64url_encoded(LKG_JOSE_HEADER_MAX)) {
        return LKG_ERR_TOOBIG;
    }

    rc = lkg_b64url_decode(text, &len, jws->header.data, jws->header.len);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_json_parse(&header, text, len, 0);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_jws_header_json(header);

    lkg_json_free(header);

    return rc;
}


int
lkg_jws_check(const lkg_jws *jws, lkg_hmac *mac)
{
    int            rc;
    size_t         len;
    unsigned char  theirs[LKG_SHA256_LEN + 2], ours[LKG_SHA256_LEN];

    if (jws->signature.len != lkg_b64url_encoded(LKG_SHA256_LEN)) {
        return LKG_ERR_SIGNATURE;
    }

    rc = lkg_b64url_decode(theirs, &len, jws->signature.data,
                           jws->signature.len);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_hmac_sign(mac, jws->signing_input.data, jws->signing_input.len,
                       ours);
    if (rc != LKG_OK) {
        return rc;
    }

    if (CRYPTO_memcmp(ours, theirs, LKG_SHA256_LEN) != 0) {
        return LKG_ERR_SIGNATURE;
    }

    return LKG_OK;
}
