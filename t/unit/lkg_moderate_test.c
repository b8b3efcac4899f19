/*
 * Moderation: which roles a moderator may give, and what they are to LiveKit.
 */

#include <jansson.h>

#include "lkg_policy.h"
#include "lkg_test.h"


static const char  policy_text[] =
    "{\"version\":1,\"roles\":{"
    "\"owner\":{\"actions\":[\"record\",\"moderate\",\"announce\"]},"
    "\"teacher\":{\"actions\":[\"moderate\",\"announce\"],"
      "\"grants\":{\"canPublish\":true,\"canSubscribe\":true,"
      "\"canPublishData\":true,\"canUpdateOwnMetadata\":true}},"
    "\"clerk\":{\"actions\":[\"record\"]},"
    "\"speaker\":{\"actions\":[\"announce\"],\"grants\":{"
      "\"canPublish\":true,\"canSubscribe\":true,"
      "\"canPublishSources\":[\"microphone\",\"screen_share_audio\"]}},"
    "\"student\":{\"grants\":{\"canSubscribe\":true}},"
    "\"camera\":{\"grants\":{\"canPublish\":true,\"canPublishSources\":"
      "[\"camera\",\"microphone\",\"screen_share\",\"screen_share_audio\"],"
      "\"canSubscribe\":true,\"canPublishData\":true,"
      "\"canUpdateOwnMetadata\":true,\"canSubscribeMetrics\":true,"
      "\"canManageAgentSession\":true}},"
    "\"ghost\":{\"privileged\":true,\"grants\":{\"hidden\":true,"
      "\"recorder\":true,\"agent\":true}},"
    "\"admin\":{\"privileged\":true,\"grants\":{\"roomAdmin\":true}},"
    "\"trusted\":{\"privileged\":true,\"grants\":{\"canSubscribe\":true}}},"
    "\"default_role\":\"student\","
    "\"rooms\":["
      "{\"match\":\"open-*\",\"roles\":{"
        "\"student\":{\"grants\":{\"canPublish\":true,"
          "\"canPublishSources\":[\"camera\"]}},"
        "\"speaker\":{\"actions\":[\"moderate\"]}}}]}";

static lkg_policy  *policy;


static lkg_str
str(const char *text)
{
    lkg_str  s;

    s.data = text;
    s.len = strlen(text);

    return s;
}


static const lkg_role *
role(const char *room, const char *name)
{
    return lkg_policy_role_named(policy, str(room), str(name));
}


/* On whom of the policy's roles the test holds. */

static void
holds(int (*test)(const lkg_role *one, const lkg_role *other),
    const char *what, const char *one, const char *room, const char *want)
{
    char                *p, got[256];
    size_t               i;
    const char          *name;
    static const char   *names[] = {
        "owner", "teacher", "clerk", "speaker", "student", "camera", "ghost",
        "admin", "trusted"
    };

    p = got;
    *p = '\0';

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        name = names[i];

        if (test(role(room, one), role(room, name))) {
            p += sprintf(p, "%s%s", p == got ? "" : " ", name);
        }
    }

    ok(strcmp(got, want) == 0, "%s %s in %s: %s", one, what, room, want);

    if (strcmp(got, want) != 0) {
        printf("#   got %s\n", got);
    }
}


static void
gives(const char *giver, const char *room, const char *want)
{
    holds(lkg_role_may_give, "gives", giver, room, want);
}


static void
moderates(const char *moderator, const char *room, const char *want)
{
    holds(lkg_role_may_moderate, "moderates", moderator, room, want);
}


#define MORE(data, metadata, metrics, agent, ghost)                          \
    ",\"canPublishData\":" data ",\"canUpdateMetadata\":" metadata           \
    ",\"canSubscribeMetrics\":" metrics ",\"canManageAgentSession\":" agent  \
    ",\"hidden\":" ghost ",\"recorder\":" ghost ",\"agent\":" ghost

#define PLAIN  MORE("false", "false", "false", "false", "false")


static void
is_permission(const char *room, const char *name, const char *want)
{
    int      len;
    char     buf[LKG_PERMISSION_BUF];
    json_t  *got, *wanted;

    len = lkg_role_permission(buf, sizeof(buf), role(room, name));

    got = len > 0 ? json_loadb(buf, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    wanted = json_loads(want, 0, NULL);

    if (!ok(got && wanted && json_equal(got, wanted), "%s in %s", name, room))
    {
        printf("#   got %.*s\n#   expected %s\n", len > 0 ? len : 0, buf,
               want);
    }

    json_decref(got);
    json_decref(wanted);

    ok(lkg_role_permission(buf, len, role(room, name)) == len
       && lkg_role_permission(buf, len - 1, role(room, name))
          == LKG_ERR_TOOBIG
       && lkg_role_permission(buf, 0, role(room, name)) == LKG_ERR_TOOBIG,
       "and just as long as it is");
}


int
main(void)
{
    lkg_error  err;

    if (!ok(lkg_policy_load(&policy, policy_text, sizeof(policy_text) - 1,
                            &err)
            == LKG_OK, "a policy"))
    {
        printf("#   %u:%u: %s\n", err.line, err.column, err.text);
        return done_testing();
    }

    ok(role("math", "teacher") == lkg_policy_role(policy, 1),
       "a role by its name");
    ok(role("open-1", "teacher") == lkg_policy_role(policy, 1)
       && role("open-1", "student") != role("math", "student")
       && lkg_str_eq(lkg_role_name(role("open-1", "student")),
                     lkg_lit("student")),
       "as it is in that room");
    ok(role("math", "Teacher") == NULL && role("math", "") == NULL
       && lkg_policy_role_named(policy, str(""), str("")) == NULL,
       "one that there is not");
    ok(lkg_policy_default_role(policy) == role("math", "student"),
       "the role of everybody else");

    gives("owner", "math",
          "owner teacher clerk speaker student camera trusted");
    gives("teacher", "math", "teacher speaker student camera trusted");
    gives("teacher", "open-1", "teacher speaker student camera trusted");
    gives("speaker", "open-1", "speaker student camera trusted");
    gives("clerk", "math", "");
    gives("student", "math", "");

    moderates("owner", "math", "teacher clerk speaker student camera ghost "
              "admin trusted");
    moderates("teacher", "math",
              "clerk speaker student camera ghost admin trusted");
    moderates("teacher", "open-1",
              "clerk speaker student camera ghost admin trusted");
    moderates("speaker", "open-1", "clerk student camera ghost admin trusted");
    moderates("clerk", "math", "");
    moderates("student", "math", "");

    is_permission("math", "teacher",
                  "{\"canSubscribe\":true,\"canPublish\":true"
                  MORE("true", "true", "false", "false", "false") "}");
    is_permission("math", "speaker",
                  "{\"canSubscribe\":true,\"canPublish\":true" PLAIN
                  ",\"canPublishSources\":"
                  "[\"MICROPHONE\",\"SCREEN_SHARE_AUDIO\"]}");
    is_permission("math", "student",
                  "{\"canSubscribe\":true,\"canPublish\":false" PLAIN "}");
    is_permission("open-1", "student",
                  "{\"canSubscribe\":true,\"canPublish\":true" PLAIN
                  ",\"canPublishSources\":[\"CAMERA\"]}");
    is_permission("math", "camera",
                  "{\"canSubscribe\":true,\"canPublish\":true"
                  MORE("true", "true", "true", "true", "false")
                  ",\"canPublishSources\":[\"CAMERA\",\"MICROPHONE\","
                  "\"SCREEN_SHARE\",\"SCREEN_SHARE_AUDIO\"]}");
    is_permission("math", "ghost",
                  "{\"canSubscribe\":false,\"canPublish\":false"
                  MORE("false", "false", "false", "false", "true") "}");

    lkg_policy_free(policy);

    return done_testing();
}
