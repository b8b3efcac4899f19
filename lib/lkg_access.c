/*
 * Facts about one person and one room, out of Redis's texts.
 */

#include "lkg_private.h"


static int
lkg_access_join(char *buf, size_t size, lkg_str head, const char *text,
    size_t len, lkg_str tail)
{
    if (size < head.len + len + tail.len) {
        return LKG_ERR_TOOBIG;
    }

    memcpy(buf, head.data, head.len);

    if (len) {
        memcpy(buf + head.len, text, len);
    }

    memcpy(buf + head.len + len, tail.data, tail.len);

    return head.len + len + tail.len;
}


int
lkg_room_valid(const char *room, size_t len)
{
    if (len == 0) {
        return LKG_ERR_INVALID;
    }

    if (len > LKG_ROOM_MAX) {
        return LKG_ERR_TOOBIG;
    }

    /* braces would cut the key's hash tag short */

    return lkg_text_without(room, len, LKG_TEXT_BRACE) ? LKG_OK
                                                       : LKG_ERR_INVALID;
}


int
lkg_access_key(char *buf, size_t size, const char *room, size_t len)
{
    int  rc;

    static const lkg_str  head = lkg_str_lit("lkg:room:{");
    static const lkg_str  tail = lkg_str_lit("}");

    rc = lkg_room_valid(room, len);
    if (rc != LKG_OK) {
        return rc;
    }

    return lkg_access_join(buf, size, head, room, len, tail);
}


int
lkg_access_field(char *buf, size_t size, lkg_fact fact, const char *identity,
    size_t len)
{
    static const lkg_str  state = lkg_str_lit("state");
    static const lkg_str  none = lkg_str_lit("");
    static const lkg_str  heads[] = {
        [LKG_FACT_MEMBER] = lkg_str_lit("m:"),
        [LKG_FACT_BAN] = lkg_str_lit("b:"),
        [LKG_FACT_KICK] = lkg_str_lit("d:")
    };

    switch (fact) {

    case LKG_FACT_STATE:
        return lkg_access_join(buf, size, state, NULL, 0, none);

    case LKG_FACT_MEMBER:
    case LKG_FACT_BAN:
    case LKG_FACT_KICK:
        break;

    default:
        return LKG_ERR_INVALID;
    }

    if (len > LKG_IDENTITY_MAX) {
        return LKG_ERR_TOOBIG;
    }

    if (!lkg_identity_valid(identity, len)) {
        return LKG_ERR_INVALID;
    }

    return lkg_access_join(buf, size, heads[fact], identity, len, none);
}


void
lkg_access_init(lkg_access *access)
{
    memset(access, 0, sizeof(*access));
}


static int
lkg_access_time(const char *value, size_t len, int64_t *time)
{
    if (lkg_digits(value, len, time) != LKG_OK || *time > LKG_TIME_MAX) {
        return LKG_ERR_FORMAT;
    }

    return LKG_OK;
}


/* The end that comes first counts.  The epoch is over, not "never". */

static int
lkg_access_end(const char *value, size_t len, int64_t *end)
{
    int64_t  time;

    if (lkg_access_time(value, len, &time) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    if (time == 0) {
        time = 1;
    }

    if (*end == 0 || time < *end) {
        *end = time;
    }

    return LKG_OK;
}


static int
lkg_access_role(lkg_access *access, const char *value, size_t len)
{
    if (len == 0 || len > LKG_ROLE_MAX
        || (access->role.len && !lkg_str_eq(access->role, value, len)))
    {
        return LKG_ERR_FORMAT;
    }

    access->role.data = value;
    access->role.len = len;

    return LKG_OK;
}


static int
lkg_access_ban(lkg_access *access, const char *value, size_t len)
{
    int      rc;
    int64_t  until;

    rc = lkg_access_time(value, len, &until);
    if (rc != LKG_OK) {
        return rc;
    }

    if (!access->banned || until == 0
        || (access->banned_until && until > access->banned_until))
    {
        access->banned_until = until;
    }

    access->banned = 1;

    return LKG_OK;
}


static int
lkg_access_kick(lkg_access *access, const char *value, size_t len)
{
    int      rc;
    int64_t  until;

    rc = lkg_access_time(value, len, &until);
    if (rc != LKG_OK) {
        return rc;
    }

    if (until > access->kicked_until) {
        access->kicked_until = until;
    }

    access->kicked = 1;

    return LKG_OK;
}


/* role[;exp=<unix time>] */

static int
lkg_access_member(lkg_access *access, const char *value, size_t len)
{
    size_t       rest;
    const char  *option;

    option = memchr(value, ';', len);

    if (option) {
        rest = len - (option - value);

        if (rest < 5 || memcmp(option, ";exp=", 5) != 0
            || lkg_access_end(option + 5, rest - 5, &access->member_expires)
               != LKG_OK)
        {
            return LKG_ERR_FORMAT;
        }

        len = option - value;
    }

    return lkg_access_role(access, value, len);
}


static int
lkg_access_word(const char *value, size_t len, const char *word)
{
    size_t  i;

    for (i = 0; i < len && word[i]; i++) {
        if ((value[i] | 0x20) != word[i]) {
            return 0;
        }
    }

    return i == len && word[i] == '\0';
}


static int
lkg_access_no(const char *value, size_t len)
{
    return len == 0 || (len == 1 && *value == '0')
           || lkg_access_word(value, len, "false");
}


/* What can be meant as a no must not allow. */

static int
lkg_access_allows(const char *value, size_t len)
{
    return !lkg_access_no(value, len) && *value != '-'
           && !lkg_access_word(value, len, "no")
           && !lkg_access_word(value, len, "off");
}


static void
lkg_access_decision(lkg_access *access, lkg_fact fact, const char *value,
    size_t len)
{
    if (fact == LKG_FACT_DENY) {
        access->deny |= value && !lkg_access_no(value, len);
        return;
    }

    access->allow = value && lkg_access_allows(value, len)
                    && (access->allow
                        || !(access->seen & 1u << LKG_FACT_ALLOW));
}


static int
lkg_access_value(lkg_access *access, lkg_fact fact, const char *value,
    size_t len)
{
    switch (fact) {

    case LKG_FACT_STATE:
        access->closed |= !(len == 4 && memcmp(value, "open", 4) == 0);
        return LKG_OK;

    case LKG_FACT_MEMBER:
        return lkg_access_member(access, value, len);

    case LKG_FACT_BAN:
        return lkg_access_ban(access, value, len);

    case LKG_FACT_KICK:
        return lkg_access_kick(access, value, len);

    case LKG_FACT_ROLE:
        return lkg_access_role(access, value, len);

    case LKG_FACT_EXPIRES:
        return lkg_access_end(value, len, &access->expires);

    default:
        return LKG_ERR_INVALID;
    }
}


int
lkg_access_set(lkg_access *access, lkg_fact fact, const char *value,
    size_t len)
{
    int  rc;

    if (fact > LKG_FACT_EXPIRES) {
        return LKG_ERR_INVALID;
    }

    rc = LKG_OK;

    if (fact == LKG_FACT_ALLOW || fact == LKG_FACT_DENY) {
        lkg_access_decision(access, fact, value, len);

    } else if (value) {
        rc = lkg_access_value(access, fact, value, len);
    }

    access->seen |= 1u << fact;
    access->bad |= (rc != LKG_OK);

    return rc;
}
