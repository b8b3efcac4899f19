/*
 * Reading LiveKit tokens, as LiveKit's auth/verifier.go does.
 */

#include <stdlib.h>

#include "lkg_private.h"


#define LKG_TOKEN_LEEWAY  60


struct lkg_token {
    lkg_json  *header;
    lkg_json  *claims;
    char       text[];          /* both borrow it */
};


static int
lkg_token_part(lkg_json **out, char *text, size_t *len, const lkg_str *part)
{
    int  rc;

    rc = lkg_b64url_decode(text, len, part->data, part->len);

    if (rc == LKG_OK) {
        rc = lkg_json_parse(out, text, *len, 0);
    }

    if (rc == LKG_OK
        && lkg_json_typeof(*out, LKG_JSON_ROOT) != LKG_JSON_OBJECT)
    {
        rc = LKG_ERR_FORMAT;
    }

    return rc;
}


static int
lkg_token_open(lkg_token **out, const lkg_jws *jws)
{
    int         rc;
    size_t      len;
    lkg_token  *token;

    token = malloc(sizeof(lkg_token) + lkg_b64url_decoded(jws->header.len)
                   + lkg_b64url_decoded(jws->payload.len));
    if (token == NULL) {
        return LKG_ERR_NOMEM;
    }

    token->header = NULL;
    token->claims = NULL;

    rc = lkg_token_part(&token->header, token->text, &len, &jws->header);

    if (rc == LKG_OK) {
        rc = lkg_token_part(&token->claims, token->text + len, &len,
                            &jws->payload);
    }

    if (rc != LKG_OK) {
        lkg_token_free(token);
        return rc;
    }

    *out = token;

    return LKG_OK;
}


static int
lkg_token_times(const lkg_json *claims, int64_t now)
{
    int64_t        exp, nbf;
    lkg_json_node  n;

    n = lkg_json_get(claims, LKG_JSON_ROOT, lkg_lit("exp"));

    if (lkg_json_int(claims, n, &exp) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    nbf = 0;
    n = lkg_json_get(claims, LKG_JSON_ROOT, lkg_lit("nbf"));

    if (n != LKG_JSON_NONE && lkg_json_int(claims, n, &nbf) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    if (now - LKG_TOKEN_LEEWAY >= exp || now + LKG_TOKEN_LEEWAY < nbf) {
        return LKG_ERR_EXPIRED;
    }

    return LKG_OK;
}


/* Nothing of a token is parsed before one of the keys has signed it. */

static int
lkg_token_signer(lkg_key **key, lkg_keys *keys, const lkg_jws *jws)
{
    int     rc;
    size_t  i;

    for (i = 0; i < keys->n; i++) {
        rc = lkg_jws_check(jws, keys->keys[i].mac);

        if (rc != LKG_ERR_SIGNATURE) {
            *key = &keys->keys[i];
            return rc;
        }
    }

    return LKG_ERR_SIGNATURE;
}


static int
lkg_token_check(const lkg_key *key, const lkg_json *claims, int64_t now)
{
    lkg_str  iss;

    iss = lkg_json_string(claims, lkg_json_get(claims, LKG_JSON_ROOT,
                                               lkg_lit("iss")));

    if (!lkg_str_eq(iss, key->id, key->id_len)) {
        return LKG_ERR_SIGNATURE;
    }

    return lkg_token_times(claims, now);
}


int
lkg_token_verify(lkg_token **out, lkg_keys *keys, const char *token,
    size_t len, int64_t now)
{
    int         rc;
    lkg_jws     jws;
    lkg_key    *key;
    lkg_token  *t;

    *out = NULL;

    if (now < 0 || now > LKG_TIME_MAX) {
        return LKG_ERR_INVALID;
    }

    rc = lkg_jws_split(&jws, token, len);

    if (rc == LKG_OK) {
        rc = lkg_jws_header_hs256(&jws);
    }

    if (rc == LKG_OK) {
        rc = lkg_token_signer(&key, keys, &jws);
    }

    if (rc == LKG_OK) {
        rc = lkg_token_open(&t, &jws);
    }

    if (rc != LKG_OK) {
        return rc == LKG_ERR_TOOBIG ? LKG_ERR_FORMAT : rc;
    }

    rc = lkg_token_check(key, t->claims, now);
    if (rc != LKG_OK) {
        lkg_token_free(t);
        return rc;
    }

    *out = t;

    return LKG_OK;
}


int
lkg_token_decode(lkg_token **out, const char *token, size_t len)
{
    int      rc;
    lkg_jws  jws;

    *out = NULL;

    rc = lkg_jws_split(&jws, token, len);

    if (rc == LKG_OK) {
        rc = lkg_token_open(out, &jws);
    }

    return rc == LKG_ERR_TOOBIG ? LKG_ERR_FORMAT : rc;
}


const lkg_json *
lkg_token_claims(const lkg_token *token)
{
    return token->claims;
}


const lkg_json *
lkg_token_header(const lkg_token *token)
{
    return token->header;
}


void
lkg_token_free(lkg_token *token)
{
    if (token == NULL) {
        return;
    }

    lkg_json_free(token->header);
    lkg_json_free(token->claims);
    free(token);
}
