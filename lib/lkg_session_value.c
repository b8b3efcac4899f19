/*
 * Sessions whose value is not in the cookie: what the application keeps in
 * Redis, or answers.
 */

#include <stdlib.h>

#include <openssl/crypto.h>

#include "lkg_session.h"


#define LKG_VALUE_NODES  16384      /* values and keys of the JSON text */


static int
lkg_session_value_set(lkg_session_value *value, const char *json, size_t len)
{
    int  rc;

    if (len > LKG_VALUE_MAX) {
        return LKG_ERR_TOOBIG;
    }

    rc = lkg_str_dup(&value->text, json, len);
    if (rc != LKG_OK) {
        return rc;
    }

    value->len = len;

    return lkg_json_parse(&value->json, value->text, len, LKG_VALUE_NODES);
}


/* null, and of an application's answer {}, are how nobody looks. */

static int
lkg_session_nobody(const lkg_session_conf *conf, const lkg_json *json)
{
    switch (lkg_json_typeof(json, LKG_JSON_ROOT)) {

    case LKG_JSON_NULL:
        return 1;

    case LKG_JSON_OBJECT:
        return conf->preset->scheme == LKG_SCHEME_ASK
               && lkg_json_first(json, LKG_JSON_ROOT) == LKG_JSON_NONE;

    default:
        return 0;
    }
}


static int
lkg_session_first(lkg_session *s, const lkg_session_conf *conf,
    const char *json, size_t len, int64_t now)
{
    int  rc, nobody;

    nobody = conf->preset->scheme == LKG_SCHEME_ASK ? LKG_ERR_ABSENT
                                                    : LKG_ERR_EXPIRED;

    if (json == NULL || len == 0) {
        return nobody;
    }

    rc = lkg_session_value_set(&s->value, json, len);
    if (rc != LKG_OK) {
        return rc;
    }

    if (lkg_session_nobody(conf, s->value.json)) {
        return nobody;
    }

    s->claims = s->value.json;

    return lkg_session_claim_value(s, conf, now);
}


/* Milliseconds since 1970, as JavaScript has them. */

static int
lkg_session_ms(const lkg_json *json, lkg_json_node n, int64_t *ms)
{
    int      rc;
    lkg_str  text;

    if (lkg_json_typeof(json, n) != LKG_JSON_STRING) {
        return lkg_json_int(json, n, ms);
    }

    text = lkg_json_string(json, n);
    rc = lkg_digits(text.data, text.len, ms);

    return rc == LKG_OK ? rc : lkg_date_parse_ms(text, ms);
}


/* Better Auth ends all sessions of a user that began before some moment. */

static int
lkg_session_revoked(const lkg_session *s)
{
    int64_t        before, created;
    lkg_json_node  n;

    if (lkg_session_ms(s->person.json, LKG_JSON_ROOT, &before) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    n = lkg_json_path(s->claims, lkg_lit("session.createdAt"));

    if (lkg_session_ms(s->claims, n, &created) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    return created < before ? LKG_ERR_EXPIRED : LKG_OK;
}


static int
lkg_session_second(lkg_session *s, const lkg_session_conf *conf,
    const char *json, size_t len)
{
    int      rc;
    lkg_str  text;

    if (json == NULL || len == 0) {
        return LKG_OK;
    }

    rc = lkg_session_value_set(&s->person, json, len);
    if (rc != LKG_OK) {
        return rc;
    }

    if (conf->preset->revoked) {
        return lkg_session_revoked(s);
    }

    switch (lkg_json_typeof(s->person.json, LKG_JSON_ROOT)) {

    case LKG_JSON_NULL:
        return LKG_OK;

    case LKG_JSON_OBJECT:
        break;

    default:
        return LKG_ERR_FORMAT;
    }

    text = lkg_identity_name(s->person.json, &conf->name, 1);
    s->name = text.len ? text : s->name;

    text = lkg_identity_name(s->person.json, &conf->email, 0);
    s->email = text.len ? text : s->email;

    return LKG_OK;
}


static void
lkg_session_failed(lkg_session *s)
{
    lkg_str  none = { NULL, 0 };

    s->stage = LKG_STAGE_FAILED;
    s->claims = NULL;
    s->identity = none;
    s->name = none;
    s->email = none;
    s->user = none;
    s->expires = 0;
}


int
lkg_session_complete(lkg_session *s, lkg_session_conf *conf, const char *json,
    size_t len, int64_t now)
{
    int  rc;

    if (now < 0 || now > LKG_SESSION_NOW_MAX) {
        return LKG_ERR_INVALID;
    }

    switch (s->stage) {

    case LKG_STAGE_VALUE:
        rc = lkg_session_first(s, conf, json, len, now);
        break;

    case LKG_STAGE_USER:
        rc = lkg_session_second(s, conf, json, len);
        break;

    default:
        return LKG_ERR_INVALID;
    }

    if (rc < 0) {
        lkg_session_failed(s);
        return rc;
    }

    s->stage = rc == LKG_MORE ? LKG_STAGE_USER : LKG_STAGE_OPEN;

    return rc;
}


int
lkg_session_limit(lkg_session *s, int64_t end, int64_t now)
{
    if (s->stage == LKG_STAGE_FAILED) {
        return LKG_ERR_INVALID;
    }

    if (end <= now) {
        return LKG_ERR_EXPIRED;
    }

    if (s->expires == 0 || end < s->expires) {
        s->expires = end;
    }

    return LKG_OK;
}
