/*
 * Who a session's claims speak of.
 */

#include <inttypes.h>
#include <stdio.h>

#include "lkg_private.h"


int
lkg_identity_valid(const char *identity, size_t len)
{
    return len != 0
           && len <= LKG_IDENTITY_MAX
           && lkg_text_without(identity, len, LKG_TEXT_HASH);
}


lkg_str
lkg_identity_base(const char *identity, size_t len)
{
    size_t   i;
    lkg_str  base;

    for (i = 0; i < len; i++) {
        if (identity[i] == '#' || identity[i] == '~') {
            break;
        }
    }

    base.data = identity;
    base.len = i;

    return base;
}


/*
 * The member that stands beside an e-mail, and whose name begins as the
 * e-mail's does: "https://x/email_verified" for "https://x/email".
 */

static lkg_json_node
lkg_identity_beside(const lkg_json *claims, lkg_json_node object,
    lkg_str begin, const char *name, size_t len)
{
    char  text[LKG_IDENTITY_MAX];

    if (begin.len + len > sizeof(text)) {
        return LKG_JSON_NONE;
    }

    memcpy(text, begin.data, begin.len);
    memcpy(text + begin.len, name, len);

    return lkg_json_get(claims, object, text, begin.len + len);
}


/*
 * OpenID Connect's email_verified is a boolean; emailVerified is a boolean
 * (Better Auth) or the time at which it was verified (next-auth adapters).
 */

static int
lkg_identity_verified(const lkg_json *claims, lkg_json_node object,
    lkg_str begin)
{
    int64_t        time;
    lkg_str        date;
    lkg_json_node  n;

    n = lkg_identity_beside(claims, object, begin, lkg_lit("email_verified"));

    if (n != LKG_JSON_NONE) {
        return lkg_json_typeof(claims, n) == LKG_JSON_TRUE;
    }

    n = lkg_identity_beside(claims, object, begin, lkg_lit("emailVerified"));

    switch (lkg_json_typeof(claims, n)) {

    case LKG_JSON_TRUE:
        return 1;

    case LKG_JSON_STRING:
        date = lkg_json_string(claims, n);
        return date.len && date.data[0] >= '1' && date.data[0] <= '9';

    case LKG_JSON_INTEGER:
    case LKG_JSON_REAL:
        return lkg_json_int(claims, n, &time) == LKG_OK && time > 0;

    default:
        return 0;
    }
}


/*
 * True where the path names an e-mail that nobody has verified.  object and
 * last are where the claim was found.
 */

static int
lkg_identity_doubtful(const lkg_json *claims, lkg_str path,
    lkg_json_node object, size_t last)
{
    lkg_str  begin;

    static const char  email[] = "email";

    begin.data = path.data + last;
    begin.len = path.len - last;

    if (begin.len < sizeof(email) - 1) {
        return 0;
    }

    begin.len -= sizeof(email) - 1;

    if (memcmp(begin.data + begin.len, email, sizeof(email) - 1) != 0
        || (begin.len && strchr("./:#", begin.data[begin.len - 1]) == NULL))
    {
        return 0;
    }

    return !lkg_identity_verified(claims, object, begin);
}


static lkg_json_node
lkg_identity_claim(const lkg_json *claims, const lkg_paths *paths,
    int email_unverified)
{
    size_t         i, last;
    lkg_str        path;
    lkg_json_node  n, object;
    lkg_json_type  type;

    for (i = 0; i < paths->npaths; i++) {
        path = paths->paths[i];

        n = lkg_json_resolve(claims, path.data, path.len, &object, &last);
        type = lkg_json_typeof(claims, n);

        if (type == LKG_JSON_ABSENT || type == LKG_JSON_NULL) {
            continue;
        }

        if (!email_unverified
            && lkg_identity_doubtful(claims, path, object, last))
        {
            continue;
        }

        return n;
    }

    return LKG_JSON_NONE;
}


int
lkg_identity_find(lkg_str *identity, char buf[LKG_IDENTITY_MAX],
    const lkg_json *claims, const lkg_paths *paths, lkg_str prefix,
    int email_unverified)
{
    char           digits[24];
    int64_t        number;
    lkg_str        value;
    lkg_json_node  n;

    n = lkg_identity_claim(claims, paths, email_unverified);

    switch (lkg_json_typeof(claims, n)) {

    case LKG_JSON_STRING:
        value = lkg_json_string(claims, n);
        break;

    case LKG_JSON_INTEGER:
        if (lkg_json_int(claims, n, &number) != LKG_OK) {
            return LKG_ERR_IDENTITY;
        }

        value.data = digits;
        value.len = snprintf(digits, sizeof(digits), "%" PRId64, number);
        break;

    default:
        return LKG_ERR_IDENTITY;
    }

    if (value.len == 0 || prefix.len + value.len > LKG_IDENTITY_MAX) {
        return LKG_ERR_IDENTITY;
    }

    if (prefix.len) {
        memcpy(buf, prefix.data, prefix.len);
    }

    memcpy(buf + prefix.len, value.data, value.len);

    identity->data = buf;
    identity->len = prefix.len + value.len;

    return lkg_identity_valid(identity->data, identity->len)
           ? LKG_OK : LKG_ERR_IDENTITY;
}


lkg_str
lkg_identity_name(const lkg_json *claims, const lkg_paths *paths, int cut)
{
    size_t   n, len;
    lkg_str  name, none = { NULL, 0 };

    name = lkg_json_string(claims, lkg_claims_first(claims, paths));

    if (name.len == 0 || !lkg_text_plain(name.data, name.len)) {
        return none;
    }

    if (name.len <= LKG_NAME_MAX) {
        return name;
    }

    if (!cut) {
        return none;
    }

    for (n = 0, len = 0; len + n <= LKG_NAME_MAX; /* void */ ) {
        len += n;
        n = lkg_utf8_seq(name.data + len, name.len - len);
    }

    name.len = len;

    return name;
}
