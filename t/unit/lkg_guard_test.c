/*
 * The guard: which tokens still open LiveKit's door, and which do not.
 */

#include <jansson.h>

#include "lkg_private.h"
#include "lkg_test.h"


#define NOW      1800000000
#define KEY      "LKdevkey"
#define SECRET   "secretsecretsecretsecretsecretsecret12"
#define HEAD     "\"iss\":\"" KEY "\",\"exp\":1800000600,\"nbf\":1799999990,"
#define lit(s)   (s), sizeof(s) - 1

static const char  policy_text[] =
    "{\"version\":1,"
    "\"roles\":{"
      "\"teacher\":{\"may_take\":[\"student\",\"technician\"],\"grants\":{"
        "\"canPublish\":true,\"canSubscribe\":true,\"canPublishData\":true}},"
      "\"student\":{\"grants\":{"
        "\"canSubscribe\":true,\"canPublishData\":true}},"
      "\"singer\":{\"grants\":{\"canPublish\":true,"
        "\"canPublishSources\":[\"microphone\",\"screen_share\"]}},"
      "\"technician\":{\"grants\":{\"canUpdateOwnMetadata\":true},"
        "\"roomPreset\":\"large\"},"
      "\"staff\":{\"privileged\":true,\"grants\":{\"canPublish\":true,"
        "\"canSubscribe\":true,\"canPublishData\":true,\"roomAdmin\":true,"
        "\"hidden\":true,\"destinationRoom\":\"lobby\"},"
        "\"sip\":{\"call\":true},\"agent\":{\"databaseAdmin\":true},"
        "\"observability\":{\"write\":true},"
        "\"kindDetails\":[\"forwarded\"]}},"
    "\"rooms\":[{\"match\":\"exam-*\",\"roles\":{"
      "\"student\":{\"grants\":{\"canPublishData\":false}},"
      "\"teacher\":{\"may_take\":[]}}}],"
    "\"accept\":{\"room_config\":[\"max_participants\",\"tags\"]},"
    "\"devices\":true}";

static const char  alone_text[] =
    "{\"version\":1,\"roles\":{\"guest\":{}},\"default_role\":\"guest\"}";

static lkg_keys      *keys;
static lkg_policy    *policy;
static lkg_policy    *alone;
static lkg_access     facts;
static lkg_decision   decision;


/* A token of these claims. */

static lkg_token *
token_of(const char *claims)
{
    char            text[4096];
    size_t          len;
    lkg_hmac       *mac;
    lkg_token      *token;
    unsigned char   digest[LKG_SHA256_LEN];

    len = lkg_b64url_encode(text, "{\"alg\":\"HS256\"}", 15);
    text[len++] = '.';
    len += lkg_b64url_encode(text + len, claims, strlen(claims));

    if (lkg_hmac_new(&mac, SECRET, strlen(SECRET)) != LKG_OK
        || lkg_hmac_sign(mac, text, len, digest) != LKG_OK)
    {
        ok(0, "HMAC");
    }

    lkg_hmac_free(mac);

    text[len++] = '.';
    len += lkg_b64url_encode(text + len, digest, sizeof(digest));

    if (lkg_token_verify(&token, keys, text, len, NOW) != LKG_OK) {
        ok(0, "the token is good: %s", claims);
    }

    return token;
}


/* Facts that say nothing but the role. */

static void
member(const char *role)
{
    lkg_fact  fact;

    lkg_access_init(&facts);

    for (fact = LKG_FACT_STATE; fact <= LKG_FACT_KICK; fact++) {
        if (fact != LKG_FACT_MEMBER
            && lkg_access_set(&facts, fact, NULL, 0) != LKG_OK)
        {
            ok(0, "no such field");
        }
    }

    if (lkg_access_set(&facts, LKG_FACT_MEMBER, role, role ? strlen(role) : 0)
        != LKG_OK)
    {
        ok(0, "a role");
    }
}


static void
fact(lkg_fact name, const char *value)
{
    if (lkg_access_set(&facts, name, value, strlen(value)) != LKG_OK) {
        ok(0, "fact %s", value);
    }
}


/* What becomes of a token: the reason's name, with the field if there is one,
 * or what is wrong with it. */

static lkg_str
guarded(const lkg_policy *p, const char *claims)
{
    int           rc;
    lkg_str       result;
    lkg_guest     guest;
    lkg_token    *token;
    lkg_reason    reason;
    static char   text[128];

    memset(&decision, 0, sizeof(decision));

    token = token_of(claims);
    rc = lkg_guard_read(&guest, token, &reason);

    if (rc == LKG_OK) {
        rc = lkg_guard_decide(&decision, p, &guest, &facts, NOW);
        reason = decision.reason;
    }

    if (rc != LKG_OK && rc != LKG_ERR_DENIED) {
        snprintf(text, sizeof(text), "%s", lkg_strerror(rc));

    } else if ((rc == LKG_OK) != (reason == LKG_ALLOWED)) {
        snprintf(text, sizeof(text), "the code and the reason differ");

    } else {
        snprintf(text, sizeof(text), "%s%s%s", lkg_reason_name(reason),
                 decision.field ? " " : "",
                 decision.field ? decision.field : "");
    }

    lkg_token_free(token);

    result.data = text;
    result.len = strlen(text);

    return result;
}


#define VIDEO(more)                                                          \
    "{" HEAD "\"sub\":\"u1\",\"video\":{\"room\":\"math\",\"roomJoin\":true" \
    more "}}"

#define STUDENT                                                              \
    VIDEO(",\"canPublish\":false,\"canSubscribe\":true,"                     \
          "\"canPublishData\":true")

#define CLAIM(more)                                                          \
    "{" HEAD "\"sub\":\"u1\"," more ",\"video\":{\"room\":\"math\","         \
    "\"roomJoin\":true,\"canPublish\":false,\"canSubscribe\":true,"          \
    "\"canPublishData\":true}}"


static void
test_grants(void)
{
    size_t  i;

    static const struct {
        const char  *role;
        const char  *claims;
        const char  *result;
    } tokens[] = {
        /* absent: LiveKit's own defaults */
        { "teacher", VIDEO(""), "allowed" },
        { "student", VIDEO(""), "more_grants canPublish" },
        { "student", STUDENT, "allowed" },
        { "student", VIDEO(",\"canPublish\":false"), "allowed" },
        { "student", VIDEO(",\"canPublish\":null"),
          "more_grants canPublish" },
        { "student", VIDEO(",\"canPublish\":false,\"canSubscribe\":null"),
          "allowed" },
        { "singer", VIDEO(",\"canPublish\":true,\"canSubscribe\":false,"
                          "\"canPublishData\":false,"
                          "\"canPublishSources\":[\"microphone\"]"),
          "allowed" },
        { "singer", VIDEO(",\"canSubscribe\":false,"
                          "\"canPublishSources\":[\"microphone\"]"),
          "more_grants canPublishData" },
        { "singer", VIDEO(",\"canPublishData\":false,"
                          "\"canPublishSources\":[\"microphone\"]"),
          "more_grants canSubscribe" },

        /* less than there may be */
        { "teacher", STUDENT, "allowed" },
        { "teacher", VIDEO(",\"canPublish\":false,\"canSubscribe\":false"),
          "allowed" },

        /* sources: an empty list is every source */
        { "teacher", VIDEO(",\"canPublishSources\":[\"camera\"]"),
          "allowed" },
        { "singer", VIDEO(",\"canSubscribe\":false,"
                          "\"canPublishData\":false"),
          "more_grants canPublishSources" },
        { "singer", VIDEO(",\"canSubscribe\":false,\"canPublishData\":false,"
                          "\"canPublishSources\":[]"),
          "more_grants canPublishSources" },
        { "singer", VIDEO(",\"canSubscribe\":false,\"canPublishData\":false,"
                          "\"canPublishSources\":null"),
          "more_grants canPublishSources" },
        { "singer", VIDEO(",\"canSubscribe\":false,\"canPublishData\":false,"
                          "\"canPublishSources\":[\"screen_share\","
                          "\"microphone\"]"),
          "allowed" },
        { "singer", VIDEO(",\"canSubscribe\":false,\"canPublishData\":false,"
                          "\"canPublishSources\":[\"camera\","
                          "\"microphone\"]"),
          "more_grants canPublishSources" },
        { "singer", VIDEO(",\"canSubscribe\":false,\"canPublish\":false,"
                          "\"canPublishSources\":[\"camera\"]"),
          "allowed" },
        { "singer", VIDEO(",\"canSubscribe\":false,\"canPublishData\":false,"
                          "\"canPublishSources\":[\"MICROPHONE\"]"),
          "more_grants canPublishSources" },
        { "teacher", VIDEO(",\"canPublishSources\":[\"hologram\"]"),
          "more_grants canPublishSources" },

        /* a role that the member may take, whole or not at all */
        { "teacher", VIDEO(",\"canPublish\":false,\"canSubscribe\":false,"
                           "\"canUpdateOwnMetadata\":true"),
          "allowed" },
        { "teacher", VIDEO(",\"canUpdateOwnMetadata\":true"),
          "more_grants canUpdateOwnMetadata" },
        { "student", VIDEO(",\"canPublish\":false,\"canSubscribe\":false,"
                           "\"canUpdateOwnMetadata\":true"),
          "more_grants canUpdateOwnMetadata" },

        /* every other field */
        { "teacher", VIDEO(",\"canSubscribeMetrics\":true"),
          "more_grants canSubscribeMetrics" },
        { "teacher", VIDEO(",\"canManageAgentSession\":true"),
          "more_grants canManageAgentSession" },
        { "teacher", VIDEO(",\"roomCreate\":true"),
          "more_grants roomCreate" },
        { "teacher", VIDEO(",\"roomList\":true"), "more_grants roomList" },
        { "teacher", VIDEO(",\"roomRecord\":true"),
          "more_grants roomRecord" },
        { "teacher", VIDEO(",\"roomAdmin\":true"), "more_grants roomAdmin" },
        { "teacher", VIDEO(",\"ingressAdmin\":true"),
          "more_grants ingressAdmin" },
        { "teacher", VIDEO(",\"hidden\":true"), "more_grants hidden" },
        { "teacher", VIDEO(",\"recorder\":true"), "more_grants recorder" },
        { "teacher", VIDEO(",\"agent\":true"), "more_grants agent" },
        { "teacher", VIDEO(",\"destinationRoom\":\"lobby\""),
          "more_grants destinationRoom" },
        { "teacher", VIDEO(",\"destinationRoom\":\"\""), "allowed" },
        { "teacher", VIDEO(",\"roomAdmin\":false,\"hidden\":false"),
          "allowed" },
        { "staff", VIDEO(",\"roomAdmin\":true,\"hidden\":true,"
                         "\"destinationRoom\":\"lobby\""),
          "allowed" },
        { "staff", VIDEO(",\"destinationRoom\":\"vault\""),
          "more_grants destinationRoom" },
        { "staff", VIDEO(",\"roomRecord\":true"), "more_grants roomRecord" },

        /* fields of a LiveKit that is newer than we are */
        { "staff", VIDEO(",\"canFly\":true"), "more_grants video" },
        { "staff", VIDEO(",\"canFly\":false,\"wings\":[],\"speed\":0"),
          "allowed" },
        { "staff", VIDEO(",\"speed\":1"), "more_grants video" }
    };

    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        member(tokens[i].role);
        is_str(guarded(policy, tokens[i].claims), tokens[i].result,
               tokens[i].claims);
    }
}


static void
test_claims(void)
{
    size_t  i;

    static const struct {
        const char  *role;
        const char  *claims;
        const char  *result;
    } tokens[] = {
        { "student", CLAIM("\"sip\":{\"call\":true}"), "more_grants sip" },
        { "staff", CLAIM("\"sip\":{\"call\":true}"), "allowed" },
        { "staff", CLAIM("\"sip\":{\"call\":true,\"admin\":true}"),
          "more_grants sip" },
        { "student", CLAIM("\"sip\":{\"call\":false},\"agent\":null"),
          "allowed" },
        { "student", CLAIM("\"sip\":{\"forward\":true}"),
          "more_grants sip" },
        { "staff", CLAIM("\"agent\":{\"databaseAdmin\":true}"), "allowed" },
        { "staff", CLAIM("\"agent\":{\"admin\":true}"),
          "more_grants agent" },
        { "staff", CLAIM("\"inference\":{\"perform\":true}"),
          "more_grants inference" },
        { "staff", CLAIM("\"observability\":{\"write\":true}"), "allowed" },
        { "student", CLAIM("\"observability\":{\"write\":true}"),
          "more_grants observability" },
        { "student", CLAIM("\"kindDetails\":[\"forwarded\"]"),
          "more_grants kindDetails" },
        { "staff", CLAIM("\"kindDetails\":[\"forwarded\"]"), "allowed" },
        { "staff", CLAIM("\"kindDetails\":[\"CLOUD_AGENT\"]"),
          "more_grants kindDetails" },
        { "student", CLAIM("\"kindDetails\":[]"), "allowed" },
        { "student", CLAIM("\"roomPreset\":\"large\""),
          "more_grants roomPreset" },
        { "student", CLAIM("\"roomPreset\":\"\""), "allowed" },
        { "technician",
          "{" HEAD "\"sub\":\"u1\",\"roomPreset\":\"large\",\"video\":{"
          "\"room\":\"math\",\"roomJoin\":true,\"canPublish\":false,"
          "\"canSubscribe\":false}}", "allowed" },

        /* the room as it is made with this token */
        { "student", CLAIM("\"roomConfig\":{\"maxParticipants\":9}"),
          "allowed" },
        { "student", CLAIM("\"roomConfig\":{\"max_participants\":9,"
                           "\"tags\":{\"a\":\"b\"}}"), "allowed" },
        { "student", CLAIM("\"roomConfig\":{\"emptyTimeout\":9}"),
          "more_grants roomConfig" },
        { "student", CLAIM("\"roomConfig\":{\"egress\":{\"room\":{"
                           "\"roomName\":\"math\"}}}"),
          "more_grants roomConfig" },
        { "student", CLAIM("\"roomConfig\":{\"name\":\"\",\"emptyTimeout\":0,"
                           "\"syncStreams\":false,\"agents\":[],"
                           "\"metadata\":\"\",\"egress\":null}"),
          "allowed" },
        { "student", CLAIM("\"roomConfig\":{\"agents\":[{}]}"),
          "more_grants roomConfig" },

        /* what is no grant, the claims of others among it */
        { "student", CLAIM("\"name\":\"Bob\",\"metadata\":\"{}\","
                           "\"attributes\":{\"role\":\"teacher\"},"
                           "\"aud\":\"x\",\"orgs\":{\"a\":true},"
                           "\"identity\":\"u9\""), "allowed" },

        /* other kinds of participants */
        { "student", CLAIM("\"kind\":\"\""), "allowed" },
        { "student", CLAIM("\"kind\":\"standard\""), "allowed" },
        { "student", CLAIM("\"kind\":null"), "allowed" },
        { "staff", CLAIM("\"kind\":\"egress\""), "not_participant" },
        { "staff", CLAIM("\"kind\":\"AGENT\""), "not_participant" },
        { "staff", CLAIM("\"kind\":\"Standard\""), "not_participant" },

        /* of another type than LiveKit's */
        { "staff", CLAIM("\"kind\":4"), "malformed input" },
        { "staff", CLAIM("\"sip\":[]"), "malformed input" },
        { "staff", CLAIM("\"sip\":{\"call\":1}"), "malformed input" },
        { "staff", CLAIM("\"roomPreset\":{}"), "malformed input" },
        { "staff", CLAIM("\"roomConfig\":\"\""), "malformed input" },
        { "staff", CLAIM("\"kindDetails\":\"forwarded\""),
          "malformed input" },
        { "staff", VIDEO(",\"canPublish\":\"true\""),
          "malformed input" },
        { "staff", VIDEO(",\"roomAdmin\":1"), "malformed input" },
        { "staff", VIDEO(",\"canPublishSources\":\"camera\""),
          "malformed input" },
        { "staff", VIDEO(",\"canPublishSources\":[3]"),
          "malformed input" },
        { "staff", VIDEO(",\"destinationRoom\":true"),
          "malformed input" },

        /* LiveKit takes these names for the ones that we know */
        { "staff", CLAIM("\"Sub\":\"u2\""), "malformed input" },
        { "staff", CLAIM("\"\xc5\xbfub\":\"u2\""), "malformed input" },
        { "staff", CLAIM("\"\\u017fub\":\"u2\""), "malformed input" },
        { "staff", CLAIM("\"\xe2\x84\xaaind\":\"agent\""),
          "malformed input" },
        { "staff", CLAIM("\"VIDEO\":{}"), "malformed input" },
        { "staff", CLAIM("\"Jti\":\"x\""), "malformed input" },
        { "staff", CLAIM("\"EXP\":1"), "malformed input" },
        { "staff", CLAIM("\"SIP\":{\"call\":true}"),
          "malformed input" },
        { "staff", CLAIM("\"sip\":{\"Call\":true}"),
          "malformed input" },
        { "staff", VIDEO(",\"Room\":\"other\""), "malformed input" },
        { "staff", VIDEO(",\"roomadmin\":true"), "malformed input" },
        { "staff", VIDEO(",\"canPubli\xc5\xbfh\":true"),
          "malformed input" },
        { "staff", CLAIM("\"\xc5\xbf\xc5\xbf\":1,\"subs\":1,\"su\":2"),
          "allowed" }
    };

    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        member(tokens[i].role);
        is_str(guarded(policy, tokens[i].claims), tokens[i].result,
               tokens[i].claims);
    }
}


static void
test_who(void)
{
    int          rc;
    size_t       i;
    lkg_guest    guest;
    lkg_token   *token;
    lkg_reason   reason;

    static const struct {
        const char  *claims;
        const char  *identity;
        const char  *device;
        const char  *reason;
    } tokens[] = {
        { "\"sub\":\"u1\"", "u1", "", "allowed" },
        { "\"sub\":\"u1#cam\"", "u1", "", "allowed" },
        { "\"sub\":\"u1#cam~x\"", "u1", "", "allowed" },
        { "\"sub\":\"u1~phone\"", "u1", "phone", "allowed" },
        { "\"sub\":\"u1~phone#cam\"", "u1", "phone", "allowed" },
        { "\"sub\":\"u1~\"", "u1", "", "identity_mismatch" },
        { "\"sub\":\"u1~#\"", "u1", "", "identity_mismatch" },
        { "\"sub\":\"u1~a b\"", "u1", "a b", "identity_mismatch" },
        { "\"sub\":\"u1~a~b\"", "u1", "a~b", "identity_mismatch" },
        { "\"sub\":\"\",\"jti\":\"u1\"", "u1", "", "allowed" },
        { "\"jti\":\"u1\"", "u1", "", "allowed" },
        { "\"sub\":\"u1\",\"jti\":\"u2\"", "u1", "", "allowed" },
        { "\"sub\":\"#cam\"", "", "", "identity_invalid" },
        { "\"sub\":\"~phone\"", "", "phone", "identity_invalid" },
        { "\"identity\":\"u1\"", "", "", "identity_invalid" },
        { "\"sub\":\"\"", "", "", "identity_invalid" },
        { "\"sub\":\"u\\n1\"", "u\n1", "", "identity_invalid" }
    };

    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        char  claims[512];

        snprintf(claims, sizeof(claims), "{" HEAD "%s,\"video\":{\"room\":"
                 "\"math\",\"roomJoin\":true}}", tokens[i].claims);

        member("teacher");
        token = token_of(claims);
        rc = lkg_guard_read(&guest, token, &reason);

        is_str(guest.identity, tokens[i].identity, tokens[i].claims);
        is_str(guest.device, tokens[i].device, "its device");
        is_str(guest.room, "math", "its room");
        is_int(guest.nbf, 1799999990, "its beginning");

        if (rc != LKG_OK) {
            is_int(rc, LKG_ERR_DENIED, "refused at once");
        }

        lkg_token_free(token);

        is_str(guarded(policy, claims), tokens[i].reason, "the decision");
    }

    member(NULL);

    is_str(guarded(alone, "{" HEAD "\"sub\":\"u1~phone\",\"video\":{\"room\":"
                   "\"math\",\"roomJoin\":true,\"canPublish\":false,"
                   "\"canSubscribe\":false}}"),
           "identity_mismatch", "a device where the policy has none");
    is_str(guarded(NULL, "{" HEAD "\"sub\":\"u1~a b\",\"video\":{\"room\":"
                   "\"math\",\"roomJoin\":true}}"),
           "allowed", "bans only: whatever the device");
}


static void
test_where(void)
{
    size_t  i;

    static const struct {
        const char  *claims;
        const char  *result;
    } tokens[] = {
        { "{" HEAD "\"sub\":\"u1\"}", "no_join" },
        { "{" HEAD "\"sub\":\"u1\",\"video\":null}", "no_join" },
        { "{" HEAD "\"sub\":\"u1\",\"video\":{\"room\":\"math\"}}",
          "no_join" },
        { "{" HEAD "\"sub\":\"u1\",\"video\":{\"room\":\"math\","
          "\"roomJoin\":false,\"roomAdmin\":true}}", "no_join" },
        { "{" HEAD "\"sub\":\"u1\",\"video\":{\"roomJoin\":true}}",
          "room_invalid" },
        { "{" HEAD "\"sub\":\"u1\",\"video\":{\"roomJoin\":true,"
          "\"room\":\"\"}}", "room_invalid" },
        { "{" HEAD "\"sub\":\"u1\",\"video\":{\"roomJoin\":true,"
          "\"room\":\"a}b\"}}", "room_invalid" },
        { "{" HEAD "\"sub\":\"u1\",\"video\":{\"roomJoin\":true,"
          "\"room\":7}}", "malformed input" },
        { "{" HEAD "\"sub\":\"u1\",\"video\":[]}", "malformed input" },
        { "{" HEAD "\"sub\":{},\"video\":{\"roomJoin\":true,"
          "\"room\":\"a\"}}", "malformed input" },

        /* what a role is in this room */
        { "{" HEAD "\"sub\":\"u1\",\"video\":{\"roomJoin\":true,"
          "\"room\":\"exam-1\",\"canPublish\":false,"
          "\"canPublishData\":true}}", "more_grants canPublishData" },
        { "{" HEAD "\"sub\":\"u1\",\"video\":{\"roomJoin\":true,"
          "\"room\":\"exam-1\",\"canPublish\":false}}", "allowed" }
    };

    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        member("student");
        is_str(guarded(policy, tokens[i].claims), tokens[i].result,
               tokens[i].claims);
    }

    member("teacher");
    is_str(guarded(policy, "{" HEAD "\"sub\":\"u1\",\"video\":{\"roomJoin\":"
                   "true,\"room\":\"exam-1\",\"canPublish\":false,"
                   "\"canSubscribe\":false,\"canUpdateOwnMetadata\":true}}"),
           "more_grants canUpdateOwnMetadata",
           "a role that may not be taken in this room");
}


static void
test_facts(void)
{
    const lkg_policy  *modes[2];
    size_t             i;

    static const char  old[] =
        "{\"iss\":\"" KEY "\",\"exp\":1800000600,\"sub\":\"u1\",\"video\":{"
        "\"room\":\"math\",\"roomJoin\":true,\"canPublish\":false}}";

    modes[0] = policy;
    modes[1] = NULL;

    for (i = 0; i < 2; i++) {
        member("student");
        fact(LKG_FACT_BAN, "0");
        is_str(guarded(modes[i], STUDENT), "banned", "banned for ever");

        member("student");
        fact(LKG_FACT_BAN, "1800000001");
        is_str(guarded(modes[i], STUDENT), "banned", "banned still");

        member("student");
        fact(LKG_FACT_BAN, "1800000000");
        is_str(guarded(modes[i], STUDENT), "allowed", "banned no more");

        member("student");
        fact(LKG_FACT_STATE, "closed");
        is_str(guarded(modes[i], STUDENT), "room_closed", "closed");

        member("student");
        fact(LKG_FACT_KICK, "1799999990");
        is_str(guarded(modes[i], STUDENT), "kicked",
               "a token that begins with the kick");
        is_str(guarded(modes[i], old), "kicked", "one that has no beginning");

        member("student");
        fact(LKG_FACT_KICK, "1799999989");
        is_str(guarded(modes[i], STUDENT), "allowed",
               "one that begins after the kick");
        is_str(guarded(modes[i], old), "kicked", "one without a beginning");

        member("student");
        fact(LKG_FACT_KICK, "0");
        is_str(guarded(modes[i], old), "kicked", "a kick at the epoch");

        member("student");
        fact(LKG_FACT_KICK, "1800000050");
        is_str(guarded(modes[i], "{\"iss\":\"" KEY "\",\"exp\":1800000600,"
                       "\"nbf\":1800000060,\"sub\":\"u1\",\"video\":{"
                       "\"room\":\"math\",\"roomJoin\":true,"
                       "\"canPublish\":false}}"),
               "kicked", "one of the future while the kick lasts");
    }

    member(NULL);
    is_str(guarded(policy, STUDENT), "not_member", "not a member");
    is_str(guarded(NULL, STUDENT), "allowed", "bans only: not a member");
    is_str(guarded(alone, VIDEO(",\"canPublish\":false,"
                                "\"canSubscribe\":false")),
           "allowed", "the default role");

    member("student;exp=1800000000");
    is_str(guarded(policy, STUDENT), "member_expired", "a former member");
    is_str(guarded(NULL, STUDENT), "allowed", "bans only: a former member");

    member("nobody");
    is_str(guarded(policy, STUDENT), "role_unknown", "an unknown role");

    member("student");
    fact(LKG_FACT_DENY, "1");
    is_str(guarded(policy, STUDENT), "not_allowed", "denied");
    is_str(guarded(NULL, STUDENT), "allowed", "bans only: denied");

    member("student");
    fact(LKG_FACT_EXPIRES, "1799999999");
    is_str(guarded(policy, STUDENT), "member_expired", "an end");

    is_str(guarded(NULL, VIDEO(",\"roomAdmin\":true")), "allowed",
           "bans only: any grants");
    is_str(guarded(NULL, CLAIM("\"kind\":\"agent\"")), "not_participant",
           "bans only: any kind");
}


static void
test_role(void)
{
    member("teacher");
    is_str(guarded(policy, STUDENT), "allowed", "a teacher");
    is_str(lkg_role_name(decision.role), "teacher", "in the own role");

    is_str(guarded(policy, VIDEO(",\"canPublish\":false,\"canSubscribe\":"
                                 "false,\"canUpdateOwnMetadata\":true")),
           "allowed", "as another");
    is_str(lkg_role_name(decision.role), "technician", "in that role");

    is_str(guarded(policy, VIDEO(",\"hidden\":true")), "more_grants hidden",
           "as none");
    is_str(lkg_role_name(decision.role), "teacher", "the own role is told");

    is_str(guarded(NULL, STUDENT), "allowed", "bans only");
    ok(decision.role == NULL, "has no role");
}


static void
test_contract(void)
{
    lkg_guest    guest;
    lkg_token   *token;
    lkg_reason   reason;

    token = token_of(STUDENT);
    member("student");

    is_int(lkg_guard_read(&guest, token, &reason), LKG_OK, "a guest");
    is_int(reason, LKG_ALLOWED, "with nothing against it yet");

    is_int(lkg_guard_decide(&decision, policy, &guest, NULL, NOW),
           LKG_ERR_INVALID, "no facts");
    is_int(decision.reason, LKG_NOT_ALLOWED, "is no");
    is_int(lkg_guard_decide(&decision, policy, &guest, &facts, -1),
           LKG_ERR_INVALID, "no time");

    ok(lkg_access_set(&facts, LKG_FACT_KICK, "x", 1) == LKG_ERR_FORMAT,
       "a bad value");
    is_int(lkg_guard_decide(&decision, NULL, &guest, &facts, NOW),
           LKG_ERR_INVALID, "is no answer");

    lkg_access_init(&facts);
    ok(lkg_access_set(&facts, LKG_FACT_MEMBER, lit("student")) == LKG_OK,
       "nobody asked for bans");
    is_int(lkg_guard_decide(&decision, policy, &guest, &facts, NOW),
           LKG_ERR_INVALID, "is no answer either");

    member("student");
    memset(&guest, 0, sizeof(guest));
    is_int(lkg_guard_decide(&decision, policy, &guest, &facts, NOW),
           LKG_ERR_INVALID, "nobody");

    lkg_token_free(token);
}


/* What livekit-server-sdk and LiveKit itself make: who of them may join, and
 * with which role's grants. */

static void
test_vectors(void)
{
    int           rc;
    size_t        i, j;
    json_t       *doc, *v, *made;
    lkg_guest     guest;
    lkg_token    *token;
    const char   *text, *id, *result;
    lkg_reason    reason;
    static const char  *makers[] = { "js", "go" };

    static const struct {
        const char  *id;
        const char  *result;        /* for a teacher */
    } expected[] = {
        { "V01", "more_grants" }, { "V02", "allowed" }, { "V03", "allowed" },
        { "V04", "allowed" }, { "V06", "allowed" }, { "V07", "allowed" },
        { "V09", "allowed" }, { "V10", "no_join" },
        { "V12", "identity_invalid" }, { "V13", "no_join" },
        { "V14", "allowed" }
    };

    doc = json_load_file("t/vectors/livekit-tokens.json", 0, NULL);
    if (!ok(doc != NULL, "vectors")) {
        return;
    }

    json_array_foreach(json_object_get(doc, "cases"), i, v) {
        id = json_string_value(json_object_get(v, "id"));
        result = NULL;

        for (j = 0; j < sizeof(expected) / sizeof(expected[0]); j++) {
            if (strcmp(expected[j].id, id) == 0) {
                result = expected[j].result;
            }
        }

        if (!ok(result != NULL, "%s is expected", id)) {
            continue;
        }

        for (j = 0; j < 2; j++) {
            made = json_object_get(v, makers[j]);
            text = json_string_value(json_object_get(made, "token"));

            if (text == NULL) {
                continue;
            }

            rc = lkg_token_verify(&token, keys, text, strlen(text), NOW);
            if (!is_int(rc, LKG_OK, "a vector's token is good")) {
                continue;
            }

            member("teacher");
            rc = lkg_guard_read(&guest, token, &reason);

            if (rc == LKG_OK) {
                rc = lkg_guard_decide(&decision, policy, &guest, &facts, NOW);
                reason = decision.reason;
            }

            ok(rc == LKG_OK || rc == LKG_ERR_DENIED, "%s of %s is understood",
               id, makers[j]);
            ok(strcmp(lkg_reason_name(reason), result) == 0, "%s of %s: %s",
               id, makers[j], result);

            lkg_token_free(token);
        }
    }

    json_decref(doc);
}


int
main(void)
{
    if (lkg_keys_new(&keys) != LKG_OK
        || lkg_keys_add(keys, lit("LKother"), lit("another secret")) != LKG_OK
        || lkg_keys_add(keys, lit(KEY), lit(SECRET)) != LKG_OK
        || lkg_policy_load(&policy, lit(policy_text), NULL) != LKG_OK
        || lkg_policy_load(&alone, lit(alone_text), NULL) != LKG_OK)
    {
        ok(0, "keys and policies");
        return done_testing();
    }

    test_grants();
    test_claims();
    test_who();
    test_where();
    test_facts();
    test_role();
    test_contract();
    test_vectors();

    lkg_policy_free(policy);
    lkg_policy_free(alone);
    lkg_keys_free(keys);

    return done_testing();
}
