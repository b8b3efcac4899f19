/*
 * Making session cookies as the framework would, for tests and tools.
 */

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "lkg_session.h"


static int
lkg_make_jws(char **out, lkg_hmac *mac, const char *claims, size_t len)
{
    int            rc;
    char          *token;
    size_t         n;
    unsigned char  digest[LKG_SHA256_LEN];

    /* {"alg":"HS256","typ":"JWT"} */

    static const char  head[] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.";

    token = malloc(sizeof(head) + lkg_b64url_encoded(len)
                   + 1 + lkg_b64url_encoded(LKG_SHA256_LEN));
    if (token == NULL) {
        return LKG_ERR_NOMEM;
    }

    n = sizeof(head) - 1;
    memcpy(token, head, n);
    n += lkg_b64url_encode(token + n, claims, len);

    rc = lkg_hmac_sign(mac, token, n, digest);
    if (rc != LKG_OK) {
        free(token);
        return rc;
    }

    token[n++] = '.';
    n += lkg_b64url_encode(token + n, digest, sizeof(digest));
    token[n] = '\0';

    *out = token;

    return LKG_OK;
}


static int
lkg_make_whole(char **out, const char *before, const char *between,
    const char *token)
{
    size_t  size;

    size = strlen(before) + strlen(between) + strlen(token) + 1;

    *out = malloc(size);
    if (*out == NULL) {
        return LKG_ERR_NOMEM;
    }

    snprintf(*out, size, "%s%s%s", before, between, token);

    return LKG_OK;
}


/* "name.0=...; name.1=..." */

static int
lkg_make_chunks(char **out, const char *name, const char *token, size_t len,
    size_t chunk)
{
    char    *p, *end;
    size_t   i, n, nchunks, size;

    nchunks = (len + chunk - 1) / chunk;

    if (nchunks > LKG_CHUNKS_MAX) {
        return LKG_ERR_TOOBIG;
    }

    size = len + nchunks * (strlen(name) + sizeof("; .15=")) + 1;

    *out = malloc(size);
    if (*out == NULL) {
        return LKG_ERR_NOMEM;
    }

    p = *out;
    end = p + size;

    for (i = 0; i < nchunks; i++) {
        n = len < chunk ? len : chunk;

        p += snprintf(p, end - p, "%s%s.%u=%.*s", i ? "; " : "", name,
                      (unsigned) i, (int) n, token);

        token += n;
        len -= n;
    }

    return LKG_OK;
}


static int
lkg_make_cookie(char **out, const lkg_session_conf *conf, const char *token)
{
    size_t       len;
    const char  *name;

    len = strlen(token);

    if (len > LKG_COOKIE_MAX) {
        return LKG_ERR_TOOBIG;
    }

    if (conf->cookies.n == 0) {
        return lkg_make_whole(out, "Bearer", " ", token);
    }

    name = conf->cookies.values[0].data;

    if (conf->preset->chunk && len > conf->preset->chunk) {
        return lkg_make_chunks(out, name, token, len, conf->preset->chunk);
    }

    return lkg_make_whole(out, name, "=", token);
}


int
lkg_session_make(char **out, lkg_session_conf *conf, const char *claims,
    size_t len)
{
    int        rc;
    char      *token;
    lkg_json  *json;

    *out = NULL;

    if (!conf->ready) {
        return LKG_ERR_INVALID;
    }

    if (len > LKG_COOKIE_MAX) {
        return LKG_ERR_TOOBIG;
    }

    rc = lkg_json_parse(&json, claims, len, 0);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_json_typeof(json, LKG_JSON_ROOT) == LKG_JSON_OBJECT
         ? LKG_OK : LKG_ERR_FORMAT;

    lkg_json_free(json);

    if (rc != LKG_OK) {
        return rc;
    }

    token = NULL;

    if (conf->preset->id == LKG_PRESET_JWT) {
        rc = lkg_make_jws(&token, conf->macs[0], claims, len);

    } else {
        rc = lkg_jwe_seal(&token, conf->keys[0][0],
                          conf->preset->id == LKG_PRESET_AUTHJS, claims, len);
    }

    if (rc == LKG_OK) {
        rc = lkg_make_cookie(out, conf, token);
    }

    lkg_free(token);

    return rc;
}
