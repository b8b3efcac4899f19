/*
 * From the headers of a request to a session: find the cookie, check or
 * decrypt it, and read who it speaks of.
 */

#include <stdlib.h>

#include <openssl/crypto.h>

#include "lkg_session.h"


static int
lkg_session_verify_macs(const lkg_jws *jws, lkg_hmac **macs, size_t nmacs)
{
    int     rc;
    size_t  i;

    rc = LKG_ERR_SIGNATURE;

    for (i = 0; i < nmacs && rc == LKG_ERR_SIGNATURE; i++) {
        rc = lkg_jws_check(jws, macs[i]);
    }

    return rc;
}


/* The header chooses among what was configured, and nothing else. */

static int
lkg_session_verify_header(const lkg_jws *jws, lkg_session_conf *conf)
{
    int             rc;
    lkg_jws_header  header;

    if (conf->algs & lkg_jwa_bit(LKG_JWA_HS256)
        && lkg_jws_common_hs256(jws))
    {
        return lkg_session_verify_macs(jws, conf->macs[LKG_JWA_HS256],
                                       conf->nkeys);
    }

    rc = lkg_jws_read(&header, jws);
    if (rc != LKG_OK) {
        return rc;
    }

    if (!(conf->algs & lkg_jwa_bit(header.alg))) {
        return LKG_ERR_SIGNATURE;
    }

    if (lkg_jwa_bit(header.alg) & LKG_JWA_HMACS) {
        return lkg_session_verify_macs(jws, conf->macs[header.alg],
                                       conf->nkeys);
    }

    return lkg_jwks_verify(conf->jwks, jws, &header);
}


static int
lkg_session_verify(lkg_session *s, size_t *len, lkg_session_conf *conf,
    lkg_str token)
{
    int      rc;
    lkg_jws  jws;

    rc = lkg_jws_split(&jws, token.data, token.len);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_session_verify_header(&jws, conf);
    if (rc != LKG_OK) {
        return rc;
    }

    return lkg_b64url_decode(s->plain, len, jws.payload.data,
                             jws.payload.len);
}


/* nextjs-auth0 3 has the times in the header, which the tag covers as well. */

static int
lkg_session_read_header(lkg_session *s, const lkg_session_conf *conf,
    lkg_str token, int64_t now)
{
    int        rc;
    char       text[LKG_JOSE_HEADER_MAX + 2];
    lkg_json  *header;

    rc = lkg_jwe_read(&header, text, token.data, token.len);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_session_claim(s, conf, header, now);

    lkg_json_free(header);

    return rc;
}


static int
lkg_session_read(lkg_session *s, lkg_session_conf *conf,
    const lkg_session_text *text, int64_t now)
{
    int     rc;
    size_t  len;

    if (conf->preset->scheme == LKG_SCHEME_JWS) {
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

    return conf->preset->id == LKG_PRESET_AUTH0_V3
           ? lkg_session_read_header(s, conf, text->value, now)
           : lkg_session_claim(s, conf, s->claims, now);
}


/* The id is left in plain. */

static int
lkg_session_read_signed(lkg_session *s, lkg_session_conf *conf,
    const lkg_session_text *text)
{
    int      rc;
    lkg_str  value;

    static const char  mark[] = "s:";   /* of express's cookie-signature */

    value.data = (const char *) s->plain;

    rc = lkg_percent_decode((char *) s->plain, &value.len, text->value.data,
                            text->value.len);
    if (rc != LKG_OK) {
        return rc;
    }

    if (conf->preset->id == LKG_PRESET_EXPRESS) {
        if (value.len < sizeof(mark)
            || memcmp(value.data, mark, sizeof(mark) - 1) != 0)
        {
            return LKG_ERR_FORMAT;
        }

        value.data += sizeof(mark) - 1;
        value.len -= sizeof(mark) - 1;
    }

    return lkg_sid_verify(&s->id, value,
                          conf->preset->id == LKG_PRESET_BETTER_AUTH,
                          conf->macs[LKG_JWA_HS256], conf->nkeys);
}


static int
lkg_session_read_stored(lkg_session *s, lkg_session_conf *conf,
    const lkg_session_text *text)
{
    int  rc;

    if (conf->preset->scheme == LKG_SCHEME_SIGNED) {
        rc = lkg_session_read_signed(s, conf, text);

    } else {
        rc = lkg_sid_plain(text->value) ? LKG_OK : LKG_ERR_FORMAT;

        if (rc == LKG_OK) {
            memcpy(s->plain, text->value.data, text->value.len);
            s->id.data = (const char *) s->plain;
            s->id.len = text->value.len;
        }
    }

    if (rc != LKG_OK) {
        return rc;
    }

    s->stage = LKG_STAGE_VALUE;

    return LKG_MORE;
}


static lkg_session *
lkg_session_new(size_t size)
{
    lkg_session  *s;

    s = malloc(sizeof(*s) + size);

    if (s) {
        memset(s, 0, offsetof(lkg_session, digits));
        s->size = size;
    }

    return s;
}


static int
lkg_session_try(lkg_session **out, lkg_session_conf *conf,
    const lkg_session_text *text, int64_t now)
{
    int           rc;
    lkg_session  *s;

    if (text->value.len > LKG_COOKIE_MAX) {
        return LKG_ERR_TOOBIG;
    }

    s = lkg_session_new(text->value.len);
    if (s == NULL) {
        return LKG_ERR_NOMEM;
    }

    rc = lkg_session_conf_mechanism(conf) == LKG_SESSION_STORED
         ? lkg_session_read_stored(s, conf, text)
         : lkg_session_read(s, conf, text, now);

    if (rc < 0) {
        lkg_session_free(s);

        return rc == LKG_ERR_FORMAT && lkg_session_foreign(conf, text->value)
               ? LKG_ERR_ABSENT : rc;
    }

    *out = s;

    return rc;
}


/*
 * The application sees what we would look for, and more.  Where cookie= tells
 * which of them carry a session, others are no reason to ask.
 */

static int
lkg_session_ask(lkg_session **out, const lkg_session_conf *conf,
    const lkg_session_input *in)
{
    int                there;
    size_t             i;
    lkg_session_text   text;

    there = (in->authorization.len != 0);

    if (!there && conf->cookies.n) {
        there = (lkg_session_find(&text, conf, in) != LKG_ERR_ABSENT);
        lkg_session_text_free(&text);

    } else {
        for (i = 0; i < in->ncookies; i++) {
            there |= (in->cookies[i].len != 0);
        }
    }

    if (!there) {
        return LKG_ERR_ABSENT;
    }

    *out = lkg_session_new(0);
    if (*out == NULL) {
        return LKG_ERR_NOMEM;
    }

    (*out)->stage = LKG_STAGE_VALUE;

    return LKG_MORE;
}


int
lkg_session_open(lkg_session **out, lkg_session_conf *conf,
    const lkg_session_input *in, int64_t now)
{
    int               rc;
    lkg_session_text  text;

    *out = NULL;

    if (!conf->ready || now < 0 || now > LKG_SESSION_NOW_MAX) {
        return LKG_ERR_INVALID;
    }

    if (conf->preset->scheme == LKG_SCHEME_ASK) {
        return lkg_session_ask(out, conf, in);
    }

    rc = lkg_session_find(&text, conf, in);

    if (rc == LKG_OK) {
        rc = lkg_session_try(out, conf, &text, now);
    }

    lkg_session_text_free(&text);

    return rc;
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


lkg_str
lkg_session_user(const lkg_session *s)
{
    return s->user;
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


static void
lkg_session_value_clear(lkg_session_value *value)
{
    lkg_json_free(value->json);

    if (value->text) {
        OPENSSL_cleanse(value->text, value->len);
        free(value->text);
    }
}


void
lkg_session_free(lkg_session *s)
{
    if (s == NULL) {
        return;
    }

    if (s->claims != s->value.json) {
        lkg_json_free(s->claims);
    }

    lkg_session_value_clear(&s->value);
    lkg_session_value_clear(&s->person);

    OPENSSL_cleanse(s->plain, s->size);
    free(s);
}
