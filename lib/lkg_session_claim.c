/*
 * What the claims of a session must say, and what they tell.
 */

#include <inttypes.h>
#include <stdio.h>

#include "lkg_session.h"


/*
 * Clerk leaves azp out of tokens that no web page asked for; that of another
 * page is still refused.
 */

static int
lkg_session_azp(const lkg_json *claims, const lkg_session_conf *conf)
{
    if (conf->preset->id == LKG_PRESET_CLERK
        && lkg_json_get(claims, LKG_JSON_ROOT, lkg_lit("azp"))
           == LKG_JSON_NONE)
    {
        return LKG_OK;
    }

    return lkg_claims_match(claims, lkg_lit("azp"), &conf->azp, 0);
}


/* A "pending" session of Clerk's is one that is not signed in yet. */

static int
lkg_session_status(const lkg_json *claims, const lkg_session_conf *conf)
{
    lkg_json_node  n;

    if (conf->preset->id != LKG_PRESET_CLERK) {
        return LKG_OK;
    }

    n = lkg_json_get(claims, LKG_JSON_ROOT, lkg_lit("sts"));

    return n == LKG_JSON_NONE
           || lkg_str_eq(lkg_json_string(claims, n), lkg_lit("active"))
           ? LKG_OK : LKG_ERR_EXPIRED;
}


static int
lkg_session_who(lkg_session *s, const lkg_session_conf *conf)
{
    int  rc;

    rc = lkg_identity_find(&s->identity, s->text, s->claims, &conf->identity,
                           conf->prefix, conf->email_unverified);

    if (rc == LKG_OK) {
        s->name = lkg_identity_name(s->claims, &conf->name, 1);
        s->email = lkg_identity_name(s->claims, &conf->email, 0);
    }

    return rc;
}


int
lkg_session_claim(lkg_session *s, const lkg_session_conf *conf,
    const lkg_json *times, int64_t now)
{
    int          rc;
    lkg_json    *claims;
    const char  *id;

    claims = s->claims;

    if (lkg_json_typeof(claims, LKG_JSON_ROOT) != LKG_JSON_OBJECT) {
        return LKG_ERR_FORMAT;
    }

    rc = lkg_claims_times(times, now, conf->leeway, &s->expires);

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
        rc = lkg_session_azp(claims, conf);
    }

    if (rc == LKG_OK) {
        rc = lkg_session_status(claims, conf);
    }

    if (rc == LKG_OK) {
        rc = lkg_session_who(s, conf);
    }

    if (rc != LKG_OK) {
        return rc;
    }

    id = conf->preset->session ? conf->preset->session : "jti";
    s->id = lkg_json_string(claims, lkg_json_path(claims, id, strlen(id)));

    return LKG_OK;
}


/* The text at user=, fit to be a part of a key, or none. */

static int
lkg_session_leads_on(lkg_session *s, const lkg_session_conf *conf)
{
    int64_t        number;
    lkg_json_node  n;

    n = lkg_claims_first(s->claims, &conf->user);

    switch (lkg_json_typeof(s->claims, n)) {

    case LKG_JSON_ABSENT:
        return LKG_OK;

    case LKG_JSON_STRING:
        s->user = lkg_json_string(s->claims, n);
        break;

    case LKG_JSON_INTEGER:
        if (lkg_json_int(s->claims, n, &number) != LKG_OK) {
            return LKG_ERR_FORMAT;
        }

        s->user.data = s->digits;
        s->user.len = snprintf(s->digits, sizeof(s->digits), "%" PRId64,
                               number);
        break;

    default:
        return LKG_ERR_FORMAT;
    }

    if (!lkg_identity_valid(s->user.data, s->user.len)) {
        s->user.data = NULL;
        s->user.len = 0;
        return LKG_ERR_FORMAT;
    }

    return LKG_MORE;
}


int
lkg_session_claim_value(lkg_session *s, const lkg_session_conf *conf,
    int64_t now)
{
    int  rc;

    if (lkg_json_typeof(s->claims, LKG_JSON_ROOT) != LKG_JSON_OBJECT) {
        return LKG_ERR_FORMAT;
    }

    rc = lkg_claims_end(s->claims, &conf->expires, now, conf->leeway,
                        &s->expires);

    if (rc == LKG_OK) {
        rc = lkg_session_who(s, conf);
    }

    return rc == LKG_OK ? lkg_session_leads_on(s, conf) : rc;
}
