/*
 * Compact JWS (RFC 7515), and its HMACs (RFC 7518, section 3.2).
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
lkg_jws_read_json(lkg_jws_header *header, const lkg_json *json)
{
    lkg_str        kid;
    lkg_json_node  n;

    if (lkg_json_typeof(json, LKG_JSON_ROOT) != LKG_JSON_OBJECT) {
        return LKG_ERR_FORMAT;
    }

    if (lkg_json_get(json, LKG_JSON_ROOT, lkg_lit("crit")) != LKG_JSON_NONE
        || lkg_json_get(json, LKG_JSON_ROOT, lkg_lit("b64"))
           != LKG_JSON_NONE)
    {
        return LKG_ERR_SIGNATURE;
    }

    n = lkg_json_get(json, LKG_JSON_ROOT, lkg_lit("alg"));
    header->alg = lkg_jwa_find(lkg_json_string(json, n));

    n = lkg_json_get(json, LKG_JSON_ROOT, lkg_lit("kid"));
    kid = lkg_json_string(json, n);

    if (n != LKG_JSON_NONE && kid.data == NULL) {
        return LKG_ERR_FORMAT;
    }

    header->named = (n != LKG_JSON_NONE);
    header->kid_len = kid.len;

    if (kid.len && kid.len <= LKG_KID_MAX) {
        memcpy(header->kid, kid.data, kid.len);
    }

    return LKG_OK;
}


int
lkg_jws_common_hs256(const lkg_jws *jws)
{
    size_t  i;

    for (i = 0; i < sizeof(lkg_jws_common) / sizeof(lkg_str); i++) {
        if (lkg_str_eq(jws->header, lkg_jws_common[i].data,
                       lkg_jws_common[i].len))
        {
            return 1;
        }
    }

    return 0;
}


int
lkg_jws_header_hs256(const lkg_jws *jws)
{
    int             rc;
    lkg_jws_header  header;

    if (lkg_jws_common_hs256(jws)) {
        return LKG_OK;
    }

    rc = lkg_jws_read(&header, jws);

    if (rc == LKG_OK && header.alg != LKG_JWA_HS256) {
        rc = LKG_ERR_SIGNATURE;
    }

    return rc;
}


int
lkg_jws_read(lkg_jws_header *header, const lkg_jws *jws)
{
    int        rc;
    char       text[LKG_JOSE_HEADER_MAX + 2];
    size_t     len;
    lkg_json  *json;

    if (jws->header.len > lkg_b64url_encoded(LKG_JOSE_HEADER_MAX)) {
        return LKG_ERR_TOOBIG;
    }

    rc = lkg_b64url_decode(text, &len, jws->header.data, jws->header.len);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_json_parse(&json, text, len, 0);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_jws_read_json(header, json);

    lkg_json_free(json);

    return rc;
}


int
lkg_jws_check(const lkg_jws *jws, lkg_hmac *mac)
{
    int            rc;
    size_t         want, len;
    unsigned char  theirs[LKG_HMAC_MAX + 2], ours[LKG_HMAC_MAX];

    want = lkg_hmac_len(mac);

    if (jws->signature.len != lkg_b64url_encoded(want)) {
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

    if (CRYPTO_memcmp(ours, theirs, want) != 0) {
        return LKG_ERR_SIGNATURE;
    }

    return LKG_OK;
}
