/*
 * From the headers of a request to a session: find the cookie, check or
 * decrypt it, and read who it speaks of.
 */

#include <stdlib.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "lkg_session.h"


#define LKG_NOW_MAX  (INT32_MAX * 1024LL)   /* sums cannot overflow */


struct lkg_session {
    lkg_json           *claims;
    lkg_str             identity;
    lkg_str             name;
    lkg_str             email;
    lkg_str             id;
    int64_t             expires;
    size_t              size;           /* of plain */
    char                text[LKG_IDENTITY_MAX];
    unsigned char       plain[];        /* the claims as they came */
};


typedef struct {
    lkg_str             value;
    char               *joined;         /* value, where it came in chunks */
    size_t              cookie;         /* number of its name */
} lkg_session_text;


/* The framework's names in order: the first that is there is the session. */

static int
lkg_session_cookie(lkg_session_text *text, const lkg_session_conf *conf,
    const lkg_session_input *in)
{
    int             rc;
    size_t          i;
    unsigned        flags;
    const lkg_str  *name;

    flags = conf->preset->chunk ? LKG_COOKIE_CHUNKED : 0;

    for (i = 0; i < conf->cookies.n; i++) {
        name = &conf->cookies.values[i];

        rc = lkg_cookie_find(&text->value, &text->joined, in->cookies,
                             in->ncookies, name->data, name->len, flags);

        if (rc != LKG_ERR_ABSENT) {
            text->cookie = i;
            return rc;
        }
    }

    return LKG_ERR_ABSENT;
}


/* "Bearer <token>" (RFC 6750, section 2.1), or none. */

static lkg_str
lkg_session_bearer(lkg_str header)
{
    lkg_str  none = { NULL, 0 };

    static const char  scheme[] = "Bearer ";

    if (header.len < sizeof(scheme)
        || strncasecmp(header.data, scheme, sizeof(scheme) - 1) != 0)
    {
        return none;
    }

    header.data += sizeof(scheme) - 1;
    header.len -= sizeof(scheme) - 1;

    while (header.len && header.data[0] == ' ') {
        header.data++;
        header.len--;
    }

    return header.len ? header : none;
}


static int
lkg_session_find(lkg_session_text *text, const lkg_session_conf *conf,
    const lkg_session_input *in)
{
    int      rc;
    lkg_str  bearer;

    text->joined = NULL;
    text->cookie = 0;

    rc = lkg_session_cookie(text, conf, in);

    if (!conf->bearer || (rc != LKG_OK && rc != LKG_ERR_ABSENT)) {
        return rc;
    }

    bearer = lkg_session_bearer(in->authorization);

    if (bearer.data == NULL) {
        return rc;
    }

    if (rc == LKG_OK) {
        return lkg_str_eq(bearer, text->value.data, text->value.len)
               ? LKG_OK : LKG_ERR_AMBIGUOUS;
    }

    text->value = bearer;

    return LKG_OK;
}


static int
lkg_session_verify(lkg_session *s, size_t *len, lkg_session_conf *conf,
    lkg_str token)
{
    int      rc;
    size_t   i;
    lkg_jws  jws;

    rc = lkg_jws_split(&jws, token.data, token.len);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_jws_header_hs256(&jws);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = LKG_ERR_SIGNATURE;

    for (i = 0; i < conf->nkeys && rc == LKG_ERR_SIGNATURE; i++) {
        rc = lkg_jws_check(&jws, conf->macs[i]);
    }

    if (rc != LKG_OK) {
        return rc;
    }

    return lkg_b64url_decode(s->plain, len, jws.payload.data,
                             jws.payload.len);
}


static int
lkg_session_claim(lkg_session *s, const lkg_session_conf *conf, int64_t now)
{
    int        rc;
    lkg_json  *claims;

    claims = s->claims;

    if (lkg_json_typeof(claims, LKG_JSON_ROOT) != LKG_JSON_OBJECT) {
        return LKG_ERR_FORMAT;
    }

    rc = lkg_claims_times(claims, now, conf->leeway, &s->expires);

    if (rc == LKG_OK) {
        rc = lkg_claims_end(claims, &conf->expires, now, conf->leeway,
                            &s->expires);
    }

    if (rc == LKG_OK) {
        rc = lkg_claims_match(claims, lkg_lit("iss"), &conf->iss, 0);
    }

    if (rc == LKG_OK) {
        rc = lkg_claims_match(claims, lkg_lit("aud"), &conf->aud, 1);
    }

    if (rc == LKG_OK) {
        rc = lkg_claims_match(claims, lkg_lit("azp"), &conf->azp, 0);
    }

    if (rc == LKG_OK) {
        rc = lkg_identity_find(&s->identity, s->text, claims, &conf->identity,
                               conf->prefix, conf->email_unverified);
    }

    if (rc != LKG_OK) {
        return rc;
    }

    s->name = lkg_identity_name(claims, &conf->name, 1);
    s->email = lkg_identity_name(claims, &conf->email, 0);
    s->id = lkg_json_string(claims, lkg_json_get(claims, LKG_JSON_ROOT,
                                                 lkg_lit("jti")));

    return LKG_OK;
}


static int
lkg_session_read(lkg_session *s, lkg_session_conf *conf,
    const lkg_session_text *text, int64_t now)
{
    int     rc;
    size_t  len;

    if (conf->preset->id == LKG_PRESET_JWT) {
        rc = lkg_session_verify(s, &len, conf, text->value);

    } else {
        rc = lkg_jwe_open(s->plain, &len, conf->keys[text->cookie],
                          conf->nkeys, conf->preset->id == LKG_PRESET_AUTHJS,
                          text->value.data, text->value.len);
    }

    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_json_parse(&s->claims, (const char *) s->plain, len, 0);
    if (rc != LKG_OK) {
        return rc;
    }

    return lkg_session_claim(s, conf, now);
}


int
lkg_session_open(lkg_session **out, lkg_session_conf *conf,
    const lkg_session_input *in, int64_t now)
{
    int                rc;
    lkg_session       *s;
    lkg_session_text   text;

    *out = NULL;

    if (!conf->ready || now < 0 || now > LKG_NOW_MAX) {
        return LKG_ERR_INVALID;
    }

    rc = lkg_session_find(&text, conf, in);
    if (rc != LKG_OK) {
        return rc;
    }

    if (text.value.len > LKG_COOKIE_MAX) {
        free(text.joined);
        return LKG_ERR_TOOBIG;
    }

    s = malloc(sizeof(*s) + text.value.len);
    if (s == NULL) {
        free(text.joined);
        return LKG_ERR_NOMEM;
    }

    s->claims = NULL;
    s->size = text.value.len;

    /* a bad cookie must leave nothing for the next user of the error queue */

    ERR_set_mark();
    rc = lkg_session_read(s, conf, &text, now);
    ERR_pop_to_mark();

    free(text.joined);

    if (rc != LKG_OK) {
        lkg_session_free(s);
        return rc;
    }

    *out = s;

    return LKG_OK;
}


lkg_str
lkg_session_identity(const lkg_session *s)
{
    return s->identity;
}


lkg_str
lkg_session_name(const lkg_session *s)
{
    return s->name;
}


lkg_str
lkg_session_email(const lkg_session *s)
{
    return s->email;
}


lkg_str
lkg_session_id(const lkg_session *s)
{
    return s->id;
}


int64_t
lkg_session_expires(const lkg_session *s)
{
    return s->expires;
}


const lkg_json *
lkg_session_claims(const lkg_session *s)
{
    return s->claims;
}


void
lkg_session_free(lkg_session *s)
{
    if (s == NULL) {
        return;
    }

    lkg_json_free(s->claims);

    OPENSSL_cleanse(s->plain, s->size);
    free(s);
}
