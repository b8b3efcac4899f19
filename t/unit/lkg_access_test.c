/*
 * Facts: keys and fields in Redis, and what their values mean.
 */

#include "lkgrant.h"
#include "lkg_test.h"


#define lit(s)  (s), sizeof(s) - 1


static int __attribute__((noinline))
set(lkg_access *access, lkg_fact fact, const char *value)
{
    lkg_access_init(access);

    return lkg_access_set(access, fact, value, value ? strlen(value) : 0);
}


static void
test_key(void)
{
    int   n;
    char  buf[LKG_KEY_BUF], room[LKG_ROOM_MAX + 1];

    n = lkg_access_key(buf, sizeof(buf), lit("math-101"));
    ok(n == 19 && memcmp(buf, "lkg:room:{math-101}", 19) == 0,
       "the room's hash, with Redis's hash tag around the name");

    memset(room, 'r', sizeof(room));

    is_int(lkg_access_key(buf, sizeof(buf), room, LKG_ROOM_MAX),
           LKG_ROOM_MAX + 11, "the longest room fits");
    is_int(lkg_access_key(buf, sizeof(buf), room, LKG_ROOM_MAX + 1),
           LKG_ERR_TOOBIG, "a longer one is refused");
    is_int(lkg_access_key(buf, 18, lit("math-101")), LKG_ERR_TOOBIG,
           "so is too small a buffer");
    is_int(lkg_access_key(buf, sizeof(buf), lit("")), LKG_ERR_INVALID,
           "a room has a name");
    is_int(lkg_access_key(buf, sizeof(buf), lit("a{b")), LKG_ERR_INVALID,
           "without braces");
    is_int(lkg_access_key(buf, sizeof(buf), lit("a}b")), LKG_ERR_INVALID,
           "of either kind");
    is_int(lkg_access_key(buf, sizeof(buf), lit("a\r\nb")), LKG_ERR_INVALID,
           "without control characters");
    is_int(lkg_access_key(buf, sizeof(buf), lit("a\0b")), LKG_ERR_INVALID,
           "NUL is one");
    is_int(lkg_access_key(buf, sizeof(buf), lit("a\x7f")), LKG_ERR_INVALID,
           "DEL is one");
    is_int(lkg_access_key(buf, sizeof(buf), lit("a\xc2\x85")),
           LKG_ERR_INVALID, "NEL is one");
    is_int(lkg_access_key(buf, sizeof(buf), lit("a\xff")), LKG_ERR_INVALID,
           "and in UTF-8");
    is_int(lkg_access_key(buf, sizeof(buf), lit("caf\xc3\xa9")), 16,
           "which need not be ASCII");
}


static void
is_field(lkg_fact fact, const char *want)
{
    int      n;
    char     buf[LKG_FIELD_BUF];
    lkg_str  got;

    n = lkg_access_field(buf, sizeof(buf), fact, lit("u1"));

    got.data = buf;
    got.len = n > 0 ? n : 0;
    is_str(got, want, want);
}


static void
test_field(void)
{
    char  buf[LKG_FIELD_BUF], id[LKG_IDENTITY_MAX + 1];

    is_field(LKG_FACT_STATE, "state");
    is_field(LKG_FACT_MEMBER, "m:u1");
    is_field(LKG_FACT_BAN, "b:u1");
    is_field(LKG_FACT_KICK, "d:u1");

    is_int(lkg_access_field(buf, sizeof(buf), LKG_FACT_ROLE, lit("u1")),
           LKG_ERR_INVALID, "a custom fact has no field of ours");
    is_int(lkg_access_field(buf, sizeof(buf), LKG_FACT_BAN, lit("")),
           LKG_ERR_INVALID, "nobody has no field");
    is_int(lkg_access_field(buf, sizeof(buf), LKG_FACT_BAN, lit("u1#x")),
           LKG_ERR_INVALID, "nor has what LiveKit appends to");
    is_int(lkg_access_field(buf, sizeof(buf), LKG_FACT_BAN, lit("u1~phone")),
           LKG_ERR_INVALID, "nor has a device");
    is_int(lkg_access_field(buf, 3, LKG_FACT_BAN, lit("u1")),
           LKG_ERR_TOOBIG, "too small a buffer");

    memset(id, 'i', sizeof(id));

    is_int(lkg_access_field(buf, sizeof(buf), LKG_FACT_BAN, id,
                            LKG_IDENTITY_MAX),
           LKG_IDENTITY_MAX + 2, "the longest identity fits");
    is_int(lkg_access_field(buf, sizeof(buf), LKG_FACT_BAN, id, sizeof(id)),
           LKG_ERR_TOOBIG, "a longer one does not");
}


static void
test_state(void)
{
    lkg_access  a;

    ok(set(&a, LKG_FACT_STATE, NULL) == LKG_OK && !a.closed,
       "no state: open");
    ok(set(&a, LKG_FACT_STATE, "open") == LKG_OK && !a.closed, "open");
    ok(set(&a, LKG_FACT_STATE, "closed") == LKG_OK && a.closed, "closed");
    ok(set(&a, LKG_FACT_STATE, "") == LKG_OK && a.closed,
       "empty is not open");
    ok(set(&a, LKG_FACT_STATE, "Open") == LKG_OK && a.closed,
       "nor is another spelling");
}


static void
test_member(void)
{
    size_t       i;
    char         role[66];
    lkg_access   a;

    static const char  *wrong[] = {
        "", ";exp=1", "teacher;", "teacher;exp", "teacher;exp=",
        "teacher;exp=x", "teacher;exp=1 ", "teacher;exp= 1",
        "teacher;exp=-1", "teacher;exp=1;exp=2", "teacher;x=1",
        "teacher;exp=253402300800", "teacher;exp=99999999999999999999",
        "teacher;EXP=1"
    };

    ok(set(&a, LKG_FACT_MEMBER, NULL) == LKG_OK && a.role.len == 0,
       "absent: no member");

    is_int(set(&a, LKG_FACT_MEMBER, "teacher"), LKG_OK, "a member");
    is_str(a.role, "teacher", "with a role");
    is_int(a.member_expires, 0, "for ever");

    is_int(set(&a, LKG_FACT_MEMBER, "student;exp=1800000000"), LKG_OK,
           "a member for some time");
    is_str(a.role, "student", "with a role");
    is_int(a.member_expires, 1800000000, "until then");

    is_int(set(&a, LKG_FACT_MEMBER, "s;exp=0"), LKG_OK, "until the epoch");
    ok(a.member_expires > 0 && a.member_expires < 100,
       "is over, and not for ever");

    is_int(set(&a, LKG_FACT_MEMBER, "s;exp=253402300799"), LKG_OK,
           "until the end of the year 9999");

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ok(set(&a, LKG_FACT_MEMBER, wrong[i]) == LKG_ERR_FORMAT
           && a.role.len == 0, "not understood: \"%s\"", wrong[i]);
    }

    memset(role, 'r', 65);
    role[65] = '\0';
    is_int(set(&a, LKG_FACT_MEMBER, role), LKG_ERR_FORMAT,
           "a role of 65 bytes");
    is_int(set(&a, LKG_FACT_MEMBER, role + 1), LKG_OK, "of 64 bytes");

    is_int(set(&a, LKG_FACT_ROLE, "teacher"), LKG_OK, "a role alone");
    is_str(a.role, "teacher", "is a text");
    is_int(set(&a, LKG_FACT_ROLE, "teacher;exp=1"), LKG_OK,
           "of which nothing is cut off");
    is_str(a.role, "teacher;exp=1", "even if it looks like more");
    ok(set(&a, LKG_FACT_ROLE, NULL) == LKG_OK && a.role.len == 0,
       "no role: no member");
    is_int(set(&a, LKG_FACT_ROLE, ""), LKG_ERR_FORMAT,
           "an empty role is a mistake, not a no");
}


static void
test_times(void)
{
    size_t       i;
    lkg_access   a;

    static const char  *wrong[] = {
        "", " 1", "1 ", "-1", "+1", "1.5", "1e9", "0x10", "soon",
        "253402300800"
    };

    static const lkg_fact  facts[] = {
        LKG_FACT_BAN, LKG_FACT_KICK, LKG_FACT_EXPIRES
    };

    ok(set(&a, LKG_FACT_BAN, NULL) == LKG_OK && !a.banned, "not banned");
    ok(set(&a, LKG_FACT_BAN, "0") == LKG_OK && a.banned
       && a.banned_until == 0, "banned for ever");
    ok(set(&a, LKG_FACT_BAN, "1800000000") == LKG_OK && a.banned
       && a.banned_until == 1800000000, "banned for some time");
    ok(set(&a, LKG_FACT_KICK, NULL) == LKG_OK && !a.kicked, "not kicked");
    ok(set(&a, LKG_FACT_KICK, "1800000000") == LKG_OK && a.kicked
       && a.kicked_until == 1800000000, "kicked");
    ok(set(&a, LKG_FACT_EXPIRES, NULL) == LKG_OK && a.expires == 0,
       "no end");
    ok(set(&a, LKG_FACT_EXPIRES, "1800000000") == LKG_OK
       && a.expires == 1800000000, "an end");
    ok(set(&a, LKG_FACT_EXPIRES, "0") == LKG_OK && a.expires != 0,
       "the epoch is an end, too");

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]) * 3; i++) {
        is_int(set(&a, facts[i % 3], wrong[i / 3]), LKG_ERR_FORMAT,
               wrong[i / 3]);
    }
}


static void
test_yes(void)
{
    size_t       i;
    lkg_access   a;

    static const char  *yes[] = { "1", "true", "yes", "00", " ", "falsey" };
    static const char  *no[] = { "", "0", "false", "False", "FALSE" };
    static const char  *hardly[] = { "no", "No", "off", "OFF", "-1" };

    ok(set(&a, LKG_FACT_ALLOW, NULL) == LKG_OK && !a.allow
       && a.seen == 1u << LKG_FACT_ALLOW,
       "allow absent: asked, and no");
    ok(set(&a, LKG_FACT_DENY, NULL) == LKG_OK && !a.deny, "deny absent: no");

    for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        ok(set(&a, LKG_FACT_ALLOW, yes[i]) == LKG_OK && a.allow,
           "allow \"%s\"", yes[i]);
        ok(set(&a, LKG_FACT_DENY, yes[i]) == LKG_OK && a.deny,
           "deny \"%s\"", yes[i]);
    }

    for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        ok(set(&a, LKG_FACT_ALLOW, no[i]) == LKG_OK && !a.allow
           && a.seen == 1u << LKG_FACT_ALLOW,
           "allow \"%s\": asked, and no", no[i]);
        ok(set(&a, LKG_FACT_DENY, no[i]) == LKG_OK && !a.deny,
           "deny \"%s\": no", no[i]);
    }

    for (i = 0; i < sizeof(hardly) / sizeof(hardly[0]); i++) {
        ok(set(&a, LKG_FACT_ALLOW, hardly[i]) == LKG_OK && !a.allow,
           "allow \"%s\": what can be meant as a no does not allow",
           hardly[i]);
        ok(set(&a, LKG_FACT_DENY, hardly[i]) == LKG_OK && a.deny,
           "deny \"%s\": yes", hardly[i]);
    }
}


/* A fact may be given by several commands. */

static void
test_several(void)
{
    lkg_access  a;

    lkg_access_init(&a);
    ok(lkg_access_set(&a, LKG_FACT_ALLOW, lit("1")) == LKG_OK
       && lkg_access_set(&a, LKG_FACT_ALLOW, lit("0")) == LKG_OK
       && lkg_access_set(&a, LKG_FACT_ALLOW, lit("1")) == LKG_OK
       && !a.allow, "one no among them is a no");

    lkg_access_init(&a);
    ok(lkg_access_set(&a, LKG_FACT_DENY, lit("1")) == LKG_OK
       && lkg_access_set(&a, LKG_FACT_DENY, lit("0")) == LKG_OK
       && a.deny, "one reason to deny is enough");

    lkg_access_init(&a);
    ok(lkg_access_set(&a, LKG_FACT_EXPIRES, lit("20")) == LKG_OK
       && lkg_access_set(&a, LKG_FACT_EXPIRES, lit("10")) == LKG_OK
       && lkg_access_set(&a, LKG_FACT_EXPIRES, lit("30")) == LKG_OK
       && a.expires == 10, "the first end counts");

    is_int(lkg_access_set(&a, (lkg_fact) 99, lit("1")), LKG_ERR_INVALID,
           "no such fact");
}


int
main(void)
{
    test_key();
    test_field();
    test_state();
    test_member();
    test_times();
    test_yes();
    test_several();

    return done_testing();
}
