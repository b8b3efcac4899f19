/*
 * The chat: what the policy says about it, and messages as JSON.
 */

#include "lkg_policy.h"
#include "lkg_test.h"


#define ROLES                                                                \
    "{\"version\":1,\"roles\":{"                                             \
    "\"teacher\":{\"grants\":{\"canPublishData\":true},"                     \
    "\"actions\":[\"announce\",\"moderate\"]},"                              \
    "\"student\":{\"grants\":{\"canPublishData\":true}},"                    \
    "\"listener\":{\"grants\":{\"canSubscribe\":true}}}"


static lkg_policy *
loaded(const char *more)
{
    char         text[2048];
    lkg_error    err;
    lkg_policy  *policy;

    snprintf(text, sizeof(text), ROLES "%s}", more);

    if (lkg_policy_load(&policy, text, strlen(text), &err) != LKG_OK) {
        ok(0, "%s", text);
        printf("#   %u:%u: %s\n", err.line, err.column, err.text);
        exit(1);
    }

    return policy;
}


/* Who may send it: "t", "s", "l" in this order, or "-" where there is no
 * such type; then "+" where it is kept, "!" where it is a pin. */

static void
sent_by(const lkg_policy *policy, const char *name, const char *want)
{
    char                  got[8], *p;
    size_t                i;
    lkg_str               text;
    const lkg_chat_type  *type;

    p = got;
    type = lkg_chat_type_find(policy, name, strlen(name));

    if (type == NULL) {
        *p++ = '-';

    } else {
        for (i = 0; i < lkg_policy_roles(policy); i++) {
            if (lkg_chat_may_send(type, lkg_policy_role(policy, i))) {
                *p++ = "tsl"[i];
            }
        }

        if (lkg_chat_type_stored(type)) {
            *p++ = '+';
        }

        if (lkg_chat_type_pin(type)) {
            *p++ = '!';
        }
    }

    text.data = got;
    text.len = p - got;

    is_str(text, want, name);
}


static void
test_usual(void)
{
    lkg_policy             *policy;
    const lkg_chat_limits  *limits;

    policy = loaded("");

    sent_by(policy, "message", "ts");
    sent_by(policy, "announcement", "t+");
    sent_by(policy, "important", "t+");
    sent_by(policy, "pinned", "t+!");
    sent_by(policy, "unpin", "-");
    sent_by(policy, "", "-");

    limits = lkg_policy_chat(policy);

    is_int(limits->max_text, 4000, "bytes of a message");
    is_int(limits->max_stored, 1000, "messages of a room");
    is_int(limits->page, 50, "messages of a page");

    ok(lkg_chat_type_number(policy, 3) != NULL
       && lkg_chat_type_number(policy, 4) == NULL, "four types");
    is_str(lkg_chat_type_name(lkg_chat_type_number(policy, 0)), "message",
           "of which this is the first");

    lkg_policy_free(policy);
}


static void
test_types(void)
{
    lkg_policy  *policy;

    policy = loaded(",\"chat\":{\"types\":{"
                    "\"all\":{\"roles\":[\"listener\",\"student\"]},"
                    "\"none\":{\"roles\":[],\"store\":true},"
                    "\"deed\":{\"action\":\"moderate\"},"
                    "\"note\":{\"pin\":true,\"store\":true}},"
                    "\"max_text\":8192,\"max_stored\":1,\"page\":100}");

    sent_by(policy, "message", "-");
    sent_by(policy, "all", "sl");
    sent_by(policy, "none", "+");
    sent_by(policy, "deed", "t");
    sent_by(policy, "note", "ts+!");

    is_int(lkg_policy_chat(policy)->max_text, 8192, "max_text");
    is_int(lkg_policy_chat(policy)->max_stored, 1, "max_stored");
    is_int(lkg_policy_chat(policy)->page, 100, "page");

    lkg_policy_free(policy);
}


/* In a room where others have the grants and actions, others may speak. */

static void
test_override(void)
{
    int                   rc;
    lkg_ask               ask = LKG_ASK_INIT;
    lkg_str               room = lkg_str_lit("webinar-1");
    lkg_access            facts;
    lkg_policy           *policy;
    lkg_decision          d;
    const lkg_chat_type  *message, *pinned;

    policy = loaded(",\"rooms\":[{\"match\":\"webinar-*\",\"roles\":"
                    "{\"student\":{\"grants\":{\"canPublishData\":false},"
                    "\"actions\":[\"moderate\"]}}}]");

    message = lkg_chat_type_find(policy, lkg_lit("message"));
    pinned = lkg_chat_type_find(policy, lkg_lit("pinned"));

    no_facts(&facts);
    rc = lkg_access_set(&facts, LKG_FACT_MEMBER, lkg_lit("student"));

    ask.now = 1800000000;
    ask.identity.data = "u2";
    ask.identity.len = 2;
    ask.room = room;
    ask.access = &facts;

    ok(rc == LKG_OK && lkg_decide(&d, policy, &ask) == LKG_OK,
       "a student of a webinar");
    ok(!lkg_chat_may_send(message, d.role), "has no voice there");
    ok(lkg_chat_may_send(pinned, d.role), "but moderates");
    ok(lkg_role_may(d.role, lkg_action(lkg_lit("moderate"))), "... yes");
    ok(!lkg_role_may(d.role, lkg_action(lkg_lit("announce"))), "no more");
    ok(!lkg_role_may(d.role, LKG_ACTION_UNKNOWN), "and nothing unknown");

    lkg_policy_free(policy);
}


/* "@" stands where line 1 must be pointed at. */

static void
refused(const char *marked, const char *message)
{
    int          rc;
    char         text[2048], *at;
    lkg_error    err;
    lkg_policy  *policy;

    snprintf(text, sizeof(text), ROLES ",\"chat\":%s}", marked);

    at = strchr(text, '@');
    memmove(at, at + 1, strlen(at));

    rc = lkg_policy_load(&policy, text, strlen(text), &err);

    if (!ok(rc == LKG_ERR_FORMAT && policy == NULL && err.line == 1
            && err.column == (unsigned) (at - text) + 1
            && strcmp(err.text, message) == 0, "%s", message))
    {
        printf("#   got %d, %u:%u: %s\n", rc, err.line, err.column, err.text);
    }
}


static void
test_refused(void)
{
    refused("@[]", "\"chat\" must be an object");
    refused("{@\"type\":{}}",
            "unknown key \"type\" in \"chat\"; did you mean \"types\"?");
    refused("{\"types\":@{}}", "\"types\" of \"chat\" must be an object "
            "with 1 to 32 types of messages");
    refused("{\"types\":@[]}", "\"types\" of \"chat\" must be an object "
            "with 1 to 32 types of messages");
    refused("{\"types\":{\"a\":@1}}",
            "\"a\" of \"types\" of \"chat\" must be an object");
    refused("{\"types\":{@\"a b\":{}}}", "the name of a type must have 1 to "
            "32 of the characters A-Z a-z 0-9 _ -, and \"unpin\" has its own "
            "meaning");
    refused("{\"types\":{@\"unpin\":{}}}", "the name of a type must have 1 "
            "to 32 of the characters A-Z a-z 0-9 _ -, and \"unpin\" has its "
            "own meaning");
    refused("{\"types\":{\"a\":{\"store\":@1}}}", "\"store\" of \"a\" of "
            "\"types\" of \"chat\" must be true or false");
    refused("{\"types\":{\"a\":{\"pin\":@true}}}",
            "a pin must be kept to be one: it needs \"store\": true");
    refused("{\"types\":{\"a\":{\"action\":@\"anounce\"}}}",
            "unknown action \"anounce\" in \"action\" of \"a\" of \"types\" "
            "of \"chat\"; did you mean \"announce\"?");
    refused("{\"types\":{\"a\":{\"action\":\"announce\",@\"roles\":[]}}}",
            "say who may send it by \"roles\" or by \"action\", not by "
            "both");
    refused("{\"types\":{\"a\":{\"roles\":@\"teacher\"}}}",
            "\"roles\" of \"a\" of \"types\" of \"chat\" must be a list of "
            "roles");
    refused("{\"types\":{\"a\":{\"roles\":[\"teacher\",@\"techer\"]}}}",
            "unknown role \"techer\" in \"roles\" of \"a\" of \"types\" of "
            "\"chat\"; did you mean \"teacher\"?");
    refused("{\"max_text\":@8193}", "\"max_text\" of \"chat\" must be a "
            "whole number from 1 to 8192");
    refused("{\"max_stored\":@0}", "\"max_stored\" of \"chat\" must be a "
            "whole number from 1 to 100000");
    refused("{\"page\":@101}", "\"page\" of \"chat\" must be a whole number "
            "from 1 to 100");
}


static void
test_ids(void)
{
    char    name[LKG_CHAT_ID_MAX + 2];
    size_t  i;

    static const char *const  bad[] = { "a b", "a:b", "\xc3\xa9", "a\n",
                                        "a}", NULL };

    memset(name, 'x', sizeof(name));

    ok(lkg_chat_id_valid(name, LKG_CHAT_ID_MAX), "64 characters");
    ok(!lkg_chat_id_valid(name, LKG_CHAT_ID_MAX + 1), "not 65");
    ok(!lkg_chat_id_valid("", 0), "and not none");
    ok(lkg_chat_id_valid(lkg_lit("aZ-09_")), "all that may be in it");

    for (i = 0; bad[i]; i++) {
        ok(!lkg_chat_id_valid(bad[i], strlen(bad[i])), "bad id %d", (int) i);
    }
}


static void
after(const char *id, const char *want)
{
    int      n;
    char     buf[LKG_STREAM_ID_BUF];
    lkg_str  text;

    n = lkg_stream_after(buf, sizeof(buf), id, strlen(id));

    text.data = buf;
    text.len = n > 0 ? n : 0;

    if (want) {
        is_str(text, want, id);

    } else {
        is_int(n, LKG_ERR_FORMAT, id);
    }
}


static void
test_stream_ids(void)
{
    after("0", "1-0");
    after("1800000000000", "1800000000001-0");
    after("1800000000000-0", "1800000000000-1");
    after("1800000000000-41", "1800000000000-42");
    after("7-9223372036854775807", "8-0");
    after("9223372036854775807-0", "9223372036854775807-1");
    after("9223372036854775807", NULL);
    after("9223372036854775807-9223372036854775807", NULL);
    after("18446744073709551615-0", NULL);
    after("", NULL);
    after("-", NULL);
    after("-1", NULL);
    after("1-", NULL);
    after("1-1-1", NULL);
    after("+", NULL);
    after("$", NULL);
    after("1 ", NULL);
}


static void
test_write(void)
{
    int               n;
    char              buf[512];
    lkg_str           text;
    lkg_chat_message  m;

    static const char  want[] =
        "{\"timestamp\":1800000000123,\"id\":null,\"clientId\":\"c-1\","
        "\"roomName\":\"math\",\"senderId\":\"u\\\"1\",\"senderName\":\"\","
        "\"senderRole\":\"teacher\",\"type\":\"message\",\"message\":"
        "\"\\u003cb\\u003e \\u0026 \\\\ \\n \\u0001 \\u007f \\u2028\\u2029 "
        "\xe2\x80\xa7 \xc3\xa9 \xf0\x9f\x98\x80 \\ufffd\\ufffd\"}";

    memset(&m, 0, sizeof(m));

    m.time = 1800000000123;
    m.client_id = (lkg_str) lkg_str_lit("c-1");
    m.room = (lkg_str) lkg_str_lit("math");
    m.sender = (lkg_str) lkg_str_lit("u\"1");
    m.name = (lkg_str) lkg_str_lit("");
    m.role = (lkg_str) lkg_str_lit("teacher");
    m.type = (lkg_str) lkg_str_lit("message");
    m.text = (lkg_str) lkg_str_lit("<b> & \\ \n \x01 \x7f "
                                   "\xe2\x80\xa8\xe2\x80\xa9 \xe2\x80\xa7 "
                                   "\xc3\xa9 \xf0\x9f\x98\x80 \xff\xc3");

    n = lkg_chat_write(buf, sizeof(buf), &m);

    text.data = buf;
    text.len = n > 0 ? n : 0;

    is_str(text, want, "a message as JSON");

    is_int(lkg_chat_write(buf, sizeof(want) - 1, &m), sizeof(want) - 1,
           "just fits");
    is_int(lkg_chat_write(buf, sizeof(want) - 2, &m), LKG_ERR_TOOBIG,
           "does not");
}


int
main(void)
{
    test_usual();
    test_types();
    test_override();
    test_refused();
    test_ids();
    test_stream_ids();
    test_write();

    return done_testing();
}
