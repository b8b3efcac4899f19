/*
 * The decision: who may join, as what, until when, and what a client may
 * ask for.
 */

#include "lkgrant.h"
#include "lkg_test.h"


#define NOW  1800000000
#define lit(s)  (s), sizeof(s) - 1

static const char  policy_text[] =
    "{\"version\":1,"
    "\"roles\":{"
      "\"teacher\":{\"actions\":[\"record\",\"moderate\"],"
                   "\"may_take\":[\"student\"],"
                   "\"grants\":{\"canPublish\":true}},"
      "\"student\":{\"ttl\":60},"
      "\"guest\":{\"ttl\":30}},"
    "\"rooms\":[{\"match\":\"exam-*\",\"roles\":{"
      "\"student\":{\"ttl\":10,\"may_take\":[\"guest\"]},"
      "\"teacher\":{\"actions\":[]}}}],"
    "\"accept\":{\"participant_name\":true,\"participant_metadata\":true,"
      "\"participant_attributes\":[\"lang\",\"hand\"],"
      "\"room_config\":[\"max_participants\",\"metadata\",\"sync_streams\","
      "\"agents\",\"tags\"]},"
    "\"devices\":true}";

/* Nothing accepted, no devices, but anybody is a guest. */

static const char  closed_text[] =
    "{\"version\":1,\"roles\":{\"guest\":{},\"host\":{}},"
    "\"default_role\":\"guest\"}";

static lkg_policy    *policy;
static lkg_policy    *closed;
static lkg_ask        ask;
static lkg_access     access_facts;
static lkg_decision   decision;


static lkg_str
str(const char *text)
{
    lkg_str  s;

    s.data = text;
    s.len = text ? strlen(text) : 0;

    return s;
}


/* u1, a teacher of math-101, with a session for ever. */

static void
teacher(void)
{
    lkg_ask  fresh = LKG_ASK_INIT;

    ask = fresh;
    ask.now = NOW;
    ask.identity = str("u1");
    ask.name = str("Ann");
    ask.room = str("math-101");
    ask.access = &access_facts;

    no_facts(&access_facts);
    ok(lkg_access_set(&access_facts, LKG_FACT_MEMBER, lit("teacher"))
       == LKG_OK, "a teacher");
}


static void
fact(lkg_fact name, const char *value)
{
    if (lkg_access_set(&access_facts, name, value, strlen(value)) != LKG_OK) {
        ok(0, "fact %s", value);
    }
}


static void
is_allowed(const lkg_policy *p, const char *role, int64_t expires,
    const char *name)
{
    int  rc;

    rc = lkg_decide(&decision, p, &ask);

    if (!ok(rc == LKG_OK && decision.reason == LKG_ALLOWED, "%s", name)) {
        printf("#   %s\n", lkg_reason_name(decision.reason));
        return;
    }

    is_str(lkg_role_name(decision.role), role, "... as that role");
    is_int(decision.expires, expires, "... until then");
}


static void
is_denied(const lkg_policy *p, lkg_reason reason, const char *name)
{
    int  rc;

    rc = lkg_decide(&decision, p, &ask);

    if (!ok(rc == LKG_ERR_DENIED && decision.reason == reason
            && decision.expires == 0 && decision.device.len == 0,
            "%s: %s", lkg_reason_name(reason), name))
    {
        printf("#   %d, %s\n", rc, lkg_reason_name(decision.reason));
    }
}


static void
test_facts(void)
{
    teacher();
    is_allowed(policy, "teacher", NOW + 600, "a member");

    fact(LKG_FACT_BAN, "0");
    is_denied(policy, LKG_BANNED, "for ever");

    teacher();
    fact(LKG_FACT_BAN, "1800000001");
    is_denied(policy, LKG_BANNED, "for another second");

    teacher();
    fact(LKG_FACT_BAN, "1800000000");
    is_allowed(policy, "teacher", NOW + 600, "a ban that ends now");

    teacher();
    fact(LKG_FACT_KICK, "1800000000");
    is_denied(policy, LKG_KICKED, "a token of now would be refused");

    teacher();
    fact(LKG_FACT_KICK, "1799999999");
    is_allowed(policy, "teacher", NOW + 600, "kicked before");

    teacher();
    fact(LKG_FACT_STATE, "closed");
    is_denied(policy, LKG_ROOM_CLOSED, "for the teacher, too");

    teacher();
    fact(LKG_FACT_DENY, "1");
    is_denied(policy, LKG_NOT_ALLOWED, "deny says yes");

    teacher();
    fact(LKG_FACT_ALLOW, "0");
    is_denied(policy, LKG_NOT_ALLOWED, "allow says no");

    teacher();
    fact(LKG_FACT_ALLOW, "1");
    fact(LKG_FACT_DENY, "");
    is_allowed(policy, "teacher", NOW + 600, "allow says yes, deny no");

    /* the first reason is the one that is told */

    teacher();
    fact(LKG_FACT_KICK, "1800000060");
    fact(LKG_FACT_STATE, "closed");
    fact(LKG_FACT_BAN, "0");
    is_denied(policy, LKG_BANNED, "before kicked and closed");
}


static void
test_roles(void)
{
    teacher();
    no_facts(&access_facts);
    is_denied(policy, LKG_NOT_MEMBER, "nothing is known");
    ok(decision.role == NULL, "and no role");

    fact(LKG_FACT_ROLE, "student");
    is_allowed(policy, "student", NOW + 60, "a role from elsewhere");

    no_facts(&access_facts);
    fact(LKG_FACT_ROLE, "principal");
    is_denied(policy, LKG_ROLE_UNKNOWN, "a role of nobody here");

    no_facts(&access_facts);
    fact(LKG_FACT_ROLE, "Student");
    is_denied(policy, LKG_ROLE_UNKNOWN, "case counts");

    ask.access = NULL;
    is_denied(policy, LKG_NOT_MEMBER, "no facts are kept");
    is_allowed(closed, "guest", NOW + 600, "no facts, but a default role");

    no_facts(&access_facts);
    ask.access = &access_facts;
    is_allowed(closed, "guest", NOW + 600, "no membership, the same");

    fact(LKG_FACT_BAN, "0");
    is_denied(closed, LKG_BANNED, "a ban counts without a membership");

    no_facts(&access_facts);
    fact(LKG_FACT_ROLE, "host");
    is_allowed(closed, "host", NOW + 600, "a membership comes first");

    no_facts(&access_facts);
    fact(LKG_FACT_ROLE, "nobody");
    is_denied(closed, LKG_ROLE_UNKNOWN, "even if it is not understood");
}


static void
test_taken(void)
{
    teacher();
    ask.role = str("teacher");
    is_allowed(policy, "teacher", NOW + 600, "the own role may be named");

    ask.role = str("student");
    is_allowed(policy, "student", NOW + 60, "a lesser one may be taken");

    ask.role = str("guest");
    is_denied(policy, LKG_ROLE_NOT_TAKEN, "one that is not in the list");

    ask.role = str("admin");
    is_denied(policy, LKG_ROLE_NOT_TAKEN, "one that does not exist");

    teacher();
    no_facts(&access_facts);
    fact(LKG_FACT_ROLE, "student");
    ask.role = str("teacher");
    is_denied(policy, LKG_ROLE_NOT_TAKEN, "a greater one");

    ask.role = str("guest");
    is_denied(policy, LKG_ROLE_NOT_TAKEN, "in this room");

    ask.room = str("exam-1");
    is_allowed(policy, "guest", NOW + 30, "but in an exam");

    ask.role = str("student");
    is_allowed(policy, "student", NOW + 10, "where students get less time");
}


static void
test_actions(void)
{
    teacher();
    ask.action = lkg_action(lit("record"));
    is_allowed(policy, "teacher", NOW + 600, "a teacher may record");

    ask.action = lkg_action(lit("announce"));
    is_denied(policy, LKG_ACTION_NOT_ALLOWED, "but not announce");

    ask.action = 1u << 31;
    is_denied(policy, LKG_ACTION_NOT_ALLOWED, "nor do what nobody can");

    ask.action = lkg_action(lit("record"));
    ask.room = str("exam-1");
    is_denied(policy, LKG_ACTION_NOT_ALLOWED, "nor record exams");

    ask.room = str("math-101");
    ask.role = str("student");
    is_denied(policy, LKG_ACTION_NOT_ALLOWED, "nor record as a student");
}


static void
test_ends(void)
{
    teacher();
    ask.session_expires = NOW + 100;
    is_allowed(policy, "teacher", NOW + 100, "the session ends first");

    no_facts(&access_facts);
    fact(LKG_FACT_MEMBER, "teacher;exp=1800000050");
    is_allowed(policy, "teacher", NOW + 50, "the membership ends first");

    fact(LKG_FACT_EXPIRES, "1800000020");
    is_allowed(policy, "teacher", NOW + 20, "access ends first");

    ask.role = str("student");
    ask.now = NOW - 100;
    is_allowed(policy, "student", NOW - 40, "the ttl ends first");

    ask.now = NOW + 19;
    is_allowed(policy, "student", NOW + 20, "one second is left");

    ask.now = NOW + 20;
    is_denied(policy, LKG_MEMBER_EXPIRED, "access is over");

    teacher();
    no_facts(&access_facts);
    fact(LKG_FACT_MEMBER, "teacher;exp=1800000000");
    is_denied(policy, LKG_MEMBER_EXPIRED, "membership is over");

    teacher();
    ask.session_expires = NOW;
    is_denied(policy, LKG_SESSION_EXPIRED, "nothing is left");

    teacher();
    no_facts(&access_facts);
    fact(LKG_FACT_EXPIRES, "1799999999");
    is_denied(closed, LKG_MEMBER_EXPIRED, "for those without a role, too");
}


static void
test_identity(void)
{
    size_t  i;
    char    text[LKG_IDENTITY_MAX + 2];

    static const char  *wrong[] = {
        "", "u1#x", "u1~phone", "u\n1", "u\xff"
    };

    static const char  *others[] = {
        "u2", "u1~", "u1~a b", "u1~a~b", "u1~a#b", "u1#a", "u1phone", "u",
        "u2~phone", "~phone", "u1~123456789012345678901234567890123"
    };

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        teacher();
        ask.identity = str(wrong[i]);
        is_denied(policy, LKG_IDENTITY_INVALID, "an identity");
    }

    teacher();
    ask.participant_identity = str("u1");
    is_allowed(policy, "teacher", NOW + 600, "the own identity");
    is_str(decision.device, "", "is no device");

    ask.participant_identity = str("u1~Phone_2-x");
    is_allowed(policy, "teacher", NOW + 600, "a device");
    is_str(decision.device, "Phone_2-x", "is told");

    ask.participant_identity = str("u1~12345678901234567890123456789012");
    is_allowed(policy, "teacher", NOW + 600, "32 bytes of it");

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ask.participant_identity = str(others[i]);
        is_denied(policy, LKG_IDENTITY_MISMATCH, others[i]);
    }

    ask.participant_identity = str("u1~phone");
    ask.access = NULL;
    is_denied(closed, LKG_IDENTITY_MISMATCH, "without devices");

    teacher();
    memset(text, 'u', sizeof(text));
    text[LKG_IDENTITY_MAX - 1] = '~';
    ask.identity.data = text;
    ask.identity.len = LKG_IDENTITY_MAX - 1;
    ask.participant_identity.data = text;
    ask.participant_identity.len = LKG_IDENTITY_MAX + 1;
    is_denied(policy, LKG_IDENTITY_INVALID, "too long with its device");
}


static void
test_texts(void)
{
    char  name[LKG_NAME_MAX + 1];

    teacher();
    ask.participant_name = str("Bob");
    ask.participant_metadata = str("{\"a\":\n1}");
    is_allowed(policy, "teacher", NOW + 600, "a name and metadata");

    memset(name, 'n', sizeof(name));
    ask.participant_name.data = name;
    ask.participant_name.len = LKG_NAME_MAX;
    is_allowed(policy, "teacher", NOW + 600, "the longest name");

    ask.participant_name.len = LKG_NAME_MAX + 1;
    is_denied(policy, LKG_BAD_FIELD, "a longer one");
    is_str(str(decision.field), "participant_name", "is named");

    ask.participant_name = str("B\nob");
    is_denied(policy, LKG_BAD_FIELD, "a name of two lines");

    ask.participant_name = str("B\xff");
    is_denied(policy, LKG_BAD_FIELD, "a name in Latin-1");

    ask.participant_name = str("");
    ask.participant_metadata = str("\xff");
    is_denied(policy, LKG_BAD_FIELD, "metadata in Latin-1");
    is_str(str(decision.field), "participant_metadata", "is named");

    ask.participant_metadata.data = "a\0b";
    ask.participant_metadata.len = 3;
    is_denied(policy, LKG_BAD_FIELD, "metadata with NUL");

    teacher();
    ask.access = NULL;
    ask.participant_name = str("Bob");
    is_denied(closed, LKG_FORBIDDEN_FIELD, "a name that is not wanted");
    is_str(str(decision.field), "participant_name", "is named");

    ask.participant_name = str("");
    ask.participant_metadata = str("x");
    is_denied(closed, LKG_FORBIDDEN_FIELD, "metadata that is not wanted");
    is_str(str(decision.field), "participant_metadata", "is named");

    ask.participant_metadata = str("");
    is_allowed(closed, "guest", NOW + 600, "empty is as good as absent");
    ok(decision.field == NULL, "and no field is named");
}


/* What a client may write as participant_attributes and as room_config. */

static void
wish(const lkg_policy *p, int config, const char *json, lkg_reason reason)
{
    int        rc;
    lkg_json  *doc;

    if (lkg_json_parse(&doc, json, strlen(json), 0) != LKG_OK) {
        ok(0, "JSON: %s", json);
        return;
    }

    ask.body = doc;
    ask.participant_attributes = config ? LKG_JSON_NONE : LKG_JSON_ROOT;
    ask.room_config = config ? LKG_JSON_ROOT : LKG_JSON_NONE;

    rc = lkg_decide(&decision, p, &ask);

    if (!ok(rc == (reason ? LKG_ERR_DENIED : LKG_OK)
            && decision.reason == reason, "%s: %s", lkg_reason_name(reason),
            json))
    {
        printf("#   %d, %s\n", rc, lkg_reason_name(decision.reason));
    }

    if (reason) {
        is_str(str(decision.field),
               config ? "room_config" : "participant_attributes",
               "... the field is named");
    }

    ask.body = NULL;
    lkg_json_free(doc);
}


static void
test_attributes(void)
{
    teacher();

    wish(policy, 0, "{\"lang\":\"en\"}", LKG_ALLOWED);
    wish(policy, 0, "{\"lang\":\"\",\"hand\":\"up\"}", LKG_ALLOWED);
    wish(policy, 0, "{}", LKG_ALLOWED);
    wish(policy, 0, "null", LKG_ALLOWED);
    wish(policy, 0, "{\"role\":\"teacher\"}", LKG_FORBIDDEN_FIELD);
    wish(policy, 0, "{\"lang\":\"en\",\"x\":\"y\"}", LKG_FORBIDDEN_FIELD);
    wish(policy, 0, "{\"lang\":1}", LKG_BAD_FIELD);
    wish(policy, 0, "{\"lang\":{}}", LKG_BAD_FIELD);
    wish(policy, 0, "[\"lang\"]", LKG_BAD_FIELD);
    wish(policy, 0, "\"lang\"", LKG_BAD_FIELD);

    ask.access = NULL;

    wish(closed, 0, "{}", LKG_ALLOWED);
    wish(closed, 0, "{\"lang\":\"en\"}", LKG_FORBIDDEN_FIELD);
    wish(closed, 0, "7", LKG_FORBIDDEN_FIELD);
}


static void
test_room_config(void)
{
    teacher();

    wish(policy, 1, "{}", LKG_ALLOWED);
    wish(policy, 1, "null", LKG_ALLOWED);
    wish(policy, 1, "{\"name\":\"\",\"egress\":null,\"agents\":[]}",
         LKG_ALLOWED);
    wish(policy, 1, "{\"max_participants\":5}", LKG_ALLOWED);
    wish(policy, 1, "{\"maxParticipants\":0}", LKG_ALLOWED);
    wish(policy, 1, "{\"maxParticipants\":4294967295}", LKG_ALLOWED);
    wish(policy, 1, "{\"maxParticipants\":4294967296}", LKG_BAD_FIELD);
    wish(policy, 1, "{\"maxParticipants\":-1}", LKG_BAD_FIELD);
    wish(policy, 1, "{\"maxParticipants\":1.5}", LKG_BAD_FIELD);
    wish(policy, 1, "{\"maxParticipants\":\"5\"}", LKG_BAD_FIELD);
    wish(policy, 1, "{\"maxParticipants\":5,\"max_participants\":6}",
         LKG_BAD_FIELD);
    wish(policy, 1, "{\"sync_streams\":true,\"metadata\":\"m\"}",
         LKG_ALLOWED);
    wish(policy, 1, "{\"syncStreams\":1}", LKG_BAD_FIELD);
    wish(policy, 1, "{\"metadata\":{\"a\":1}}", LKG_BAD_FIELD);
    wish(policy, 1, "{\"tags\":{\"a\":\"b\"}}", LKG_ALLOWED);
    wish(policy, 1, "{\"tags\":{\"a\":1}}", LKG_BAD_FIELD);
    wish(policy, 1, "{\"tags\":[\"a\"]}", LKG_BAD_FIELD);
    wish(policy, 1, "{\"agents\":[{\"agent_name\":\"a\",\"metadata\":\"m\"},"
         "{\"agentName\":\"b\",\"attributes\":{\"x\":\"y\"}}]}", LKG_ALLOWED);
    wish(policy, 1, "{\"agents\":[{\"agent_name\":1}]}", LKG_BAD_FIELD);
    wish(policy, 1, "{\"agents\":[{\"command\":\"x\"}]}", LKG_BAD_FIELD);
    wish(policy, 1, "{\"agents\":[7]}", LKG_BAD_FIELD);
    wish(policy, 1, "{\"agents\":{\"a\":1}}", LKG_BAD_FIELD);
    wish(policy, 1, "{\"empty_timeout\":5}", LKG_FORBIDDEN_FIELD);
    wish(policy, 1, "{\"name\":\"x\"}", LKG_FORBIDDEN_FIELD);
    wish(policy, 1, "{\"egress\":{\"room\":{}}}", LKG_FORBIDDEN_FIELD);
    wish(policy, 1, "{\"max_participants\":1,\"x\":1}",
         LKG_FORBIDDEN_FIELD);
    wish(policy, 1, "[1]", LKG_BAD_FIELD);
    wish(policy, 1, "true", LKG_BAD_FIELD);

    ask.access = NULL;

    wish(closed, 1, "{}", LKG_ALLOWED);
    wish(closed, 1, "{\"max_participants\":5}", LKG_FORBIDDEN_FIELD);
    wish(closed, 1, "true", LKG_FORBIDDEN_FIELD);
}


static void
is_invalid(const char *name)
{
    int  rc;

    rc = lkg_decide(&decision, policy, &ask);

    ok(rc == LKG_ERR_INVALID && decision.reason != LKG_ALLOWED
       && decision.role == NULL, "%s", name);
}


static void
test_contract(void)
{
    char  room[LKG_ROOM_MAX + 1];

    memset(room, 'r', sizeof(room));

    teacher();
    ask.size = 8;
    is_invalid("an ask of another size");

    teacher();
    ask.room = str("");
    is_invalid("no room");

    teacher();
    ask.room = str("a{b}");
    is_invalid("a room with braces");

    teacher();
    ask.room.data = room;
    ask.room.len = sizeof(room);
    is_invalid("a long room");

    teacher();
    ask.now = -1;
    is_invalid("before the epoch");

    teacher();
    ask.now = INT64_MAX;
    is_invalid("after the year 9999");

    teacher();
    ask.name = str("\xff");
    is_invalid("a name in Latin-1");

    teacher();
    is_int(lkg_decide(&decision, NULL, &ask), LKG_ERR_INVALID, "no policy");
    is_int(lkg_decide(&decision, policy, NULL), LKG_ERR_INVALID, "no ask");
}


static void
test_reasons(void)
{
    int  i;

    for (i = LKG_ALLOWED; i <= LKG_MORE_GRANTS; i++) {
        ok(strcmp(lkg_reason_name(i), "unknown") != 0
           && (i == 0 || strcmp(lkg_reason_name(i), lkg_reason_name(i - 1))
                         != 0),
           "a name of its own: %s", lkg_reason_name(i));
    }

    is_str(str(lkg_reason_name(LKG_MORE_GRANTS + 1)), "unknown",
           "no such reason");
    is_str(str(lkg_reason_name(LKG_ROOM_CLOSED)), "room_closed",
           "the names stand where they belong");
    is_str(str(lkg_reason_name(LKG_IDENTITY_MISMATCH)), "identity_mismatch",
           "to the end");
}


int
main(void)
{
    lkg_error  err;

    ok(lkg_policy_load(&policy, lit(policy_text), &err) == LKG_OK
       && lkg_policy_load(&closed, lit(closed_text), &err) == LKG_OK,
       "policies");

    test_facts();
    test_roles();
    test_taken();
    test_actions();
    test_ends();
    test_identity();
    test_texts();
    test_attributes();
    test_room_config();
    test_contract();
    test_reasons();

    lkg_policy_free(policy);
    lkg_policy_free(closed);

    return done_testing();
}
