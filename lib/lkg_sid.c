/*
 * Cookies that hold no more than the id of a session, with a signature
 * (cookie-signature of express, better-call of Better Auth) or without.
 */

#include <openssl/crypto.h>

#include "lkg_session.h"


static int
lkg_sid_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
           || (c >= '0' && c <= '9') || c == '-' || c == '_';
}


/* The id becomes a part of a key in Redis, where ":" would part names. */

int
lkg_sid_plain(lkg_str value)
{
    size_t  i;

    if (value.len < LKG_SID_MIN || value.len > LKG_SID_MAX) {
        return 0;
    }

    for (i = 0; i < value.len; i++) {
        if (!lkg_sid_character(value.data[i])) {
            return 0;
        }
    }

    return 1;
}


/* The application made it: what RFC 3986 calls unreserved can stand there. */

static int
lkg_sid_unreserved(lkg_str id)
{
    char    c;
    size_t  i;

    if (id.len == 0 || id.len > LKG_SID_SIGNED) {
        return 0;
    }

    for (i = 0; i < id.len; i++) {
        c = id.data[i];

        if (!lkg_sid_character(c) && c != '.' && c != '~') {
            return 0;
        }
    }

    return 1;
}


int
lkg_sid_sign(char text[LKG_SID_SIGNATURE], lkg_str id, int padded,
    lkg_hmac *mac)
{
    int            rc;
    size_t         i, n;
    unsigned char  digest[LKG_HMAC_MAX];

    rc = lkg_hmac_sign(mac, id.data, id.len, digest);
    if (rc != LKG_OK) {
        return rc;
    }

    n = lkg_b64url_encode(text, digest, LKG_SHA256_LEN);

    for (i = 0; i < n; i++) {
        text[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    }

    if (padded) {
        text[n++] = '=';
    }

    text[n] = '\0';

    return LKG_OK;
}


int
lkg_sid_verify(lkg_str *id, lkg_str value, int padded, lkg_hmac **macs,
    size_t nmacs)
{
    int          rc;
    char         ours[LKG_SID_SIGNATURE];
    size_t       i, len;
    const char  *theirs;

    len = lkg_b64url_encoded(LKG_SHA256_LEN) + (padded != 0);

    /* no dot at that place: no signature, or one that was cut */

    if (value.len < len + 2 || value.data[value.len - len - 1] != '.') {
        return LKG_ERR_SIGNATURE;
    }

    theirs = value.data + value.len - len;
    id->data = value.data;
    id->len = value.len - len - 1;

    for (i = 0; i < nmacs; i++) {
        rc = lkg_sid_sign(ours, *id, padded, macs[i]);
        if (rc != LKG_OK) {
            return rc;
        }

        if (CRYPTO_memcmp(ours, theirs, len) == 0) {
            return lkg_sid_unreserved(*id) ? LKG_OK : LKG_ERR_FORMAT;
        }
    }

    return LKG_ERR_SIGNATURE;
}
