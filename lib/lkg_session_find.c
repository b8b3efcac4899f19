/*
 * The text of a request that is the session: of a cookie, or of the header
 * Authorization, without what the framework put around it.
 */

#include <stdlib.h>
#include <strings.h>

#include "lkg_session.h"


void
lkg_session_text_free(lkg_session_text *text)
{
    free(text->joined);
    free(text->decoded);
    lkg_json_free(text->wrapper);
}


/* The framework's names in order: the first that is there is the session. */

static int
lkg_session_cookie(lkg_session_text *text, const lkg_session_conf *conf,
    const lkg_session_input *in)
{
    int             rc;
    size_t          i;
    const lkg_str  *name;

    for (i = 0; i < conf->cookies.n; i++) {
        name = &conf->cookies.values[i];

        rc = lkg_cookie_find(&text->value, &text->joined, in->cookies,
                             in->ncookies, name->data, name->len,
                             conf->cookie_flags);

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


/* base64url of UTF-8, and no other form of the same bytes. */

static int
lkg_session_unwrap_base64(lkg_str *json, char *text)
{
    size_t  len;

    static const char  mark[] = "base64-";

    if (json->len < sizeof(mark)
        || memcmp(json->data, mark, sizeof(mark) - 1) != 0)
    {
        return LKG_OK;
    }

    if (lkg_b64url_decode(text, &len, json->data + sizeof(mark) - 1,
                          json->len - (sizeof(mark) - 1)) != LKG_OK)
    {
        return LKG_ERR_FORMAT;
    }

    json->data = text;
    json->len = len;

    return LKG_OK;
}


/*
 * @supabase/ssr keeps its whole session in the cookie.  Only the access token
 * is signed: "user", beside it, anybody could have written.
 */

static int
lkg_session_unwrap(lkg_session_text *text)
{
    int      rc;
    char    *plain;
    size_t   len;
    lkg_str  json;

    len = text->value.len;

    text->decoded = malloc(2 * len + lkg_b64url_decoded(0));
    if (text->decoded == NULL) {
        return LKG_ERR_NOMEM;
    }

    plain = text->decoded + len;
    json.data = text->decoded;

    rc = lkg_percent_decode(text->decoded, &json.len, text->value.data, len);

    if (rc == LKG_OK) {
        rc = lkg_session_unwrap_base64(&json, plain);
    }

    if (rc == LKG_OK) {
        rc = lkg_json_parse(&text->wrapper, json.data, json.len, 0);
    }

    if (rc != LKG_OK) {
        return rc;
    }

    text->value = lkg_json_string(text->wrapper,
                                  lkg_json_get(text->wrapper, LKG_JSON_ROOT,
                                               lkg_lit("access_token")));

    return text->value.len ? LKG_OK : LKG_ERR_FORMAT;
}


int
lkg_session_find(lkg_session_text *text, const lkg_session_conf *conf,
    const lkg_session_input *in)
{
    int      rc;
    lkg_str  bearer;

    text->joined = NULL;
    text->decoded = NULL;
    text->wrapper = NULL;
    text->cookie = 0;

    rc = lkg_session_cookie(text, conf, in);

    if (rc == LKG_OK && conf->preset->id == LKG_PRESET_SUPABASE) {
        rc = lkg_session_unwrap(text);
    }

    if (!conf->bearer || (rc != LKG_OK && rc != LKG_ERR_ABSENT)) {
        return rc;
    }

    bearer = lkg_session_bearer(in->authorization);

    if (bearer.data == NULL) {
        return rc;
    }

    if (rc == LKG_OK
        && !lkg_str_eq(bearer, text->value.data, text->value.len)
        && !lkg_session_foreign(conf, text->value))
    {
        return LKG_ERR_AMBIGUOUS;
    }

    text->value = bearer;

    return LKG_OK;
}


/* Parts of a compact token (RFC 7515, 7516), or 0 if it is none. */

static unsigned
lkg_session_parts(lkg_str value)
{
    char      c;
    size_t    i;
    unsigned  parts;

    if (value.len == 0 || value.data[0] == '.') {
        return 0;
    }

    for (parts = 1, i = 0; i < value.len; i++) {
        c = value.data[i];

        if (c == '.') {
            parts++;

        } else if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z')
                   && !(c >= '0' && c <= '9') && c != '-' && c != '_')
        {
            return 0;
        }
    }

    return parts;
}


/* An id that express signed, percent-encoded or not. */

static int
lkg_session_express(lkg_str value)
{
    size_t  i;

    static const lkg_str  marks[] = { lkg_str_lit("s:"), lkg_str_lit("s%3A") };

    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (value.len >= marks[i].len + LKG_SID_SIGNATURE
            && strncasecmp(value.data, marks[i].data, marks[i].len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Forms that cannot be mistaken: so that one name can be that of sessions of
 * two kinds, and the failure is that of the kind that it is.
 */

int
lkg_session_foreign(const lkg_session_conf *conf, lkg_str value)
{
    int       sid;
    unsigned  parts;

    parts = lkg_session_parts(value);
    sid = lkg_session_express(value);

    switch (conf->preset->scheme) {

    case LKG_SCHEME_JWS:
        return parts == 5 || sid || lkg_sid_plain(value);

    case LKG_SCHEME_JWE:
        return parts == 3 || sid || lkg_sid_plain(value);

    case LKG_SCHEME_OPAQUE:
        return parts == 3 || parts == 5 || sid;

    default:
        return parts == 3 || parts == 5;
    }
}
