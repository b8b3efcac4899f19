/*
 * Making session cookies as the framework would, for tests and tools.
 */

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "lkg_session.h"


#define LKG_MAKE_HEADER  64     /* {"alg":"HS512","typ":"JWT"} */


/* The first of the algorithms that the conf has a MAC for. */

static lkg_jwa
lkg_make_alg(const lkg_session_conf *conf)
{
    lkg_jwa  alg;

    for (alg = 0; alg < LKG_JWA_NHMACS; alg++) {
        if (conf->macs[alg][0]) {
            break;
        }
    }

    return alg;
}


static int
lkg_make_jws(char **out, const lkg_session_conf *conf, const char *claims,
    size_t len)
{
    int            rc, head_len;
    char           head[LKG_MAKE_HEADER], *token;
    size_t         n;
    lkg_jwa        alg;
    lkg_hmac      *mac;
    unsigned char  digest[LKG_HMAC_MAX];

    alg = lkg_make_alg(conf);
    if (alg == LKG_JWA_NHMACS) {
        return LKG_ERR_INVALID;
    }

    mac = conf->macs[alg][0];

    head_len = snprintf(head, sizeof(head), "{\"alg\":\"%s\",\"typ\":\"JWT\"}",
                        lkg_jwa_name(alg));

    token = malloc(lkg_b64url_encoded(LKG_MAKE_HEADER)
                   + lkg_b64url_encoded(len)
                   + lkg_b64url_encoded(LKG_HMAC_MAX) + sizeof(".."));
    if (token == NULL) {
        return LKG_ERR_NOMEM;
    }

    n = lkg_b64url_encode(token, head, head_len);
    token[n++] = '.';
    n += lkg_b64url_encode(token + n, claims, len);

    rc = lkg_hmac_sign(mac, token, n, digest);
    if (rc != LKG_OK) {
        free(token);
        return rc;
    }

    token[n++] = '.';
    n += lkg_b64url_encode(token + n, digest, lkg_hmac_len(mac));
    token[n] = '\0';

    *out = token;

    return LKG_OK;
}


/* As @supabase/ssr wraps it; the rest of its session is not looked at. */

static int
lkg_make_wrapped(char **out, const char *token)
{
    char    *json, *text;
    size_t   len, size;

    static const char  mark[] = "base64-";
    static const char  format[] = "{\"access_token\":\"%s\"}";

    size = strlen(token) + sizeof(format);

    json = malloc(size);
    text = malloc(sizeof(mark) + lkg_b64url_encoded(size));

    if (json == NULL || text == NULL) {
        free(json);
        free(text);
        return LKG_ERR_NOMEM;
    }

    len = snprintf(json, size, format, token);

    memcpy(text, mark, sizeof(mark) - 1);
    len = lkg_b64url_encode(text + sizeof(mark) - 1, json, len);
    text[sizeof(mark) - 1 + len] = '\0';

    lkg_free(json);

    *out = text;

    return LKG_OK;
}


/* The claim "id", signed where it is to be. */

static int
lkg_make_sid(char **out, const lkg_session_conf *conf, const lkg_json *json)
{
    int      rc, len;
    char     signature[LKG_SID_SIGNATURE];
    char     plain[LKG_SID_SIGNED + LKG_SID_SIGNATURE + sizeof("s:.")];
    lkg_str  id;

    id = lkg_json_string(json, lkg_json_get(json, LKG_JSON_ROOT,
                                            lkg_lit("id")));

    if (id.len == 0 || id.len > LKG_SID_SIGNED) {
        return LKG_ERR_FORMAT;
    }

    if (conf->preset->scheme == LKG_SCHEME_OPAQUE) {
        return lkg_sid_plain(id) ? lkg_str_dup(out, id.data, id.len)
                                 : LKG_ERR_FORMAT;
    }

    rc = lkg_sid_sign(signature, id,
                      conf->preset->id == LKG_PRESET_BETTER_AUTH,
                      conf->macs[LKG_JWA_HS256][0]);
    if (rc != LKG_OK) {
        return rc;
    }

    len = snprintf(plain, sizeof(plain), "%s%.*s.%s",
                   conf->preset->id == LKG_PRESET_EXPRESS ? "s:" : "",
                   (int) id.len, id.data, signature);

    *out = malloc(3 * len + 1);
    if (*out == NULL) {
        return LKG_ERR_NOMEM;
    }

    (*out)[lkg_percent_encode(*out, plain, len)] = '\0';

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
lkg_make_chunks(char **out, const lkg_session_conf *conf, const char *token,
    size_t len)
{
    char        *p, *end;
    size_t       i, n, chunk, nchunks, size;
    const char  *name, *dot;

    name = conf->cookies.values[0].data;
    dot = conf->cookie_flags & LKG_COOKIE_CHUNKED2 ? "__" : ".";
    chunk = conf->preset->chunk;
    nchunks = (len + chunk - 1) / chunk;

    if (nchunks > LKG_CHUNKS_MAX) {
        return LKG_ERR_TOOBIG;
    }

    size = len + nchunks * (strlen(name) + sizeof("; __15=")) + 1;

    *out = malloc(size);
    if (*out == NULL) {
        return LKG_ERR_NOMEM;
    }

    p = *out;
    end = p + size;

    for (i = 0; i < nchunks; i++) {
        n = len < chunk ? len : chunk;

        p += snprintf(p, end - p, "%s%s%s%u=%.*s", i ? "; " : "", name, dot,
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
        return lkg_make_chunks(out, conf, token, len);
    }

    return lkg_make_whole(out, name, "=", token);
}


static int
lkg_make_text(char **out, lkg_session_conf *conf, const lkg_json *json)
{
    int       rc;
    char     *token;
    lkg_str   claims;

    claims = lkg_json_raw(json, LKG_JSON_ROOT);

    switch (conf->preset->scheme) {

    case LKG_SCHEME_SIGNED:
    case LKG_SCHEME_OPAQUE:
        return lkg_make_sid(out, conf, json);

    case LKG_SCHEME_JWE:
        if (conf->preset->id == LKG_PRESET_AUTH0_V3) {
            return LKG_ERR_INVALID;
        }

        return lkg_jwe_seal(out, conf->keys[0][0],
                            conf->preset->id == LKG_PRESET_AUTHJS,
                            claims.data, claims.len);

    case LKG_SCHEME_JWS:
        break;

    default:
        return LKG_ERR_INVALID;
    }

    rc = lkg_make_jws(&token, conf, claims.data, claims.len);

    if (rc != LKG_OK
        || conf->preset->id != LKG_PRESET_SUPABASE || conf->cookies.n == 0)
    {
        *out = rc == LKG_OK ? token : NULL;
        return rc;
    }

    rc = lkg_make_wrapped(out, token);
    lkg_free(token);

    return rc;
}


int
lkg_session_make(char **out, lkg_session_conf *conf, const char *claims,
    size_t len)
{
    int        rc;
    char      *text;
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

    text = NULL;

    rc = lkg_json_typeof(json, LKG_JSON_ROOT) == LKG_JSON_OBJECT
         ? lkg_make_text(&text, conf, json) : LKG_ERR_FORMAT;

    if (rc == LKG_OK) {
        rc = lkg_make_cookie(out, conf, text);
    }

    lkg_free(text);
    lkg_json_free(json);

    return rc;
}
