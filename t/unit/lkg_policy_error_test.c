/*
 * Policies that are refused: the line, the column, and the advice.
 */

#include "lkg_policy.h"
#include "lkg_test.h"


/* "@" stands where line and column must point. */

static void
refused(const char *marked, const char *message)
{
    int          rc;
    char         text[4096];
    size_t       len;
    unsigned     line, column;
    lkg_error    err;
    lkg_policy  *policy;
    const char  *p;

    line = 0;
    column = 0;
    len = 0;

    for (p = marked; *p; p++) {
        if (*p == '@') {
            line = 1;
            column = 1;

            while (len >= column && text[len - column] != '\n') {
                column++;
            }

            for (rc = 0; rc < (int) len; rc++) {
                line += text[rc] == '\n';
            }

            continue;
        }

        text[len++] = *p;
    }

    rc = lkg_policy_load(&policy, text, len, &err);

    if (!ok(rc == LKG_ERR_FORMAT && policy == NULL && err.line == line
            && err.column == column && strcmp(err.text, message) == 0,
            "%s", message))
    {
        printf("#   got %d, %u:%u: %s\n#   expected %u:%u in %s\n", rc,
               err.line, err.column, err.text, line, column, marked);
    }

    is_int(lkg_policy_load(&policy, text, len, NULL), LKG_ERR_FORMAT,
           "... nobody need ask why");
}


#define HEAD  "{\"version\":1,"
#define ROLE  HEAD "\"roles\":{\"teacher\":{"
#define END   "}}}"


static void
test_refused_syntax(void)
{
    refused("@", "not JSON: '[' or '{' expected near end of file");
    refused("@1", "not JSON: '[' or '{' expected near '1'");
    refused("{\n \"version\": 1@", "not JSON: '}' expected near end of file");
    refused("{\"version\": @x}", "not JSON: invalid token near 'x'");
    refused("{\"version\": 1,\n @}",
            "not JSON: string or '}' expected near '}'");
    refused("{\"version\": 1 @\"roles\": {}}",
            "not JSON: '}' expected near '\"roles\"'");
    refused("{\"comment\": @\"\\q\"}",
            "not JSON: invalid escape near '\"\\q'");
    refused("{\"comment\": \"a@\xff\"}",
            "not JSON: unable to decode byte 0xff near '\"a'");
    refused("{} @{}", "not JSON: end of file expected near '{'");
    refused("{\"version\": 1,\n  @\"version\": 1}",
            "this key is in the same object already; leave one of them out");
    refused(ROLE "\"ttl\":1,\r\n \"\xc3\xa4\":1, @\"ttl\":2" END,
            "this key is in the same object already; leave one of them out");

    /* what jansson alone would take */

    refused("{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
            "[[[[[[[[[@[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
            "]]]]]]}", "not JSON: more than 64 levels");
}


static void
test_refused_top(void)
{
    refused("@[]", "the policy must be an object");
    refused(" @{}", "\"version\" is missing in the policy");
    refused("@{\"version\":1}", "\"roles\" is missing in the policy");
    refused("{\"version\":@2,\"roles\":{}}", "\"version\" must be 1");
    refused("{\"version\":@\"1\",\"roles\":{}}", "\"version\" must be 1");
    refused(HEAD "\"roles\":@{}}",
            "\"roles\" must be an object with at least one role");
    refused(HEAD "\"roles\":@[]}",
            "\"roles\" must be an object with at least one role");
    refused(HEAD "@\"rolls\":{}}",
            "unknown key \"rolls\" in the policy; did you mean \"roles\"?");
    refused(HEAD "\n\n\t@\"xyzzy\":{}}",
            "unknown key \"xyzzy\" in the policy; there are: version, "
            "recording, token, roles, default_role, rooms, accept, chat, "
            "devices, $schema, comment");
    refused(HEAD "\"roles\":{\"r\":{}},\"devices\":@1}",
            "\"devices\" must be true or false");
    refused(HEAD "\"roles\":{\"r\":{}},\"comment\":@1}",
            "\"comment\" must be a text");
    refused(HEAD "\"roles\":{\"teacher\":{}},\"default_role\":@\"techer\"}",
            "unknown role \"techer\" in \"default_role\"; did you mean "
            "\"teacher\"?");
    refused(HEAD "\"roles\":{\"teacher\":{}},\"default_role\":@null}",
            "\"default_role\" must be the name of a role");
}


static void
test_refused_token(void)
{
    refused(HEAD "\"token\":{\"ttl\":@0},\"roles\":{\"r\":{}}}",
            "\"ttl\" of \"token\" must be a whole number from 1 to 21600");
    refused(HEAD "\"token\":{\"ttl\":@21601},\"roles\":{\"r\":{}}}",
            "\"ttl\" of \"token\" must be a whole number from 1 to 21600");
    refused(HEAD "\"token\":{\"ttl\":@1.5},\"roles\":{\"r\":{}}}",
            "\"ttl\" of \"token\" must be a whole number from 1 to 21600");
    refused(HEAD "\"token\":{\"max_size\":@511},\"roles\":{\"r\":{}}}",
            "\"max_size\" of \"token\" must be a whole number from 512 to "
            "16384");
    refused(HEAD "\"token\":{\"name\":@\"{nam}\"},\"roles\":{\"r\":{}}}",
            "unknown variable \"nam\" in \"name\" of \"token\"; did you mean "
            "\"name\"?");
    refused(HEAD "\"token\":{\"name\":@1},\"roles\":{\"r\":{}}}",
            "\"name\" of \"token\" must be a text");
    refused(HEAD "\"token\":{\"metadata\":{\"a\":[1,@\"{e-mail}\"]}},"
            "\"roles\":{\"r\":{}}}",
            "unknown variable \"e-mail\" in \"a\" of \"metadata\" of "
            "\"token\"; there are: identity, name, role, room, now, "
            "claim.<path>");
    refused(HEAD "\"token\":{\"metadata\":@[]},\"roles\":{\"r\":{}}}",
            "\"metadata\" of \"token\" must be an object or a text");
    refused(HEAD "\"token\":{\"attributes\":{\"a\":@\"{role\"}},"
            "\"roles\":{\"r\":{}}}",
            "a \"{\" without its pair; a brace as such is written twice");
    refused(HEAD "\"token\":{\"attributes\":{@\"\":\"x\"}},"
            "\"roles\":{\"r\":{}}}",
            "the name of an attribute must have 1 to 256 bytes");
    refused(HEAD "\"token\":{\"attributes\":@[]},\"roles\":{\"r\":{}}}",
            "\"attributes\" of \"token\" must be an object of texts");
}


static void
test_refused_role(void)
{
    refused(HEAD "\"roles\":{@\"a b\":{}}}",
            "the name of a role must have 1 to 64 of the characters A-Z a-z "
            "0-9 _ . -");
    refused(HEAD "\"roles\":{@\"\":{}}}",
            "the name of a role must have 1 to 64 of the characters A-Z a-z "
            "0-9 _ . -");
    refused(HEAD "\"roles\":{\"teacher\":@true}}",
            "role \"teacher\" must be an object");
    refused(ROLE "@\"grans\":{}" END,
            "unknown key \"grans\" in role \"teacher\"; did you mean "
            "\"grants\"?");
    refused(ROLE "\n  \"grants\": {\n    @\"canPublsh\" : true\n}" END,
            "unknown key \"canPublsh\" in \"grants\" of role \"teacher\"; "
            "did you mean \"canPublish\"?");
    refused(ROLE "\"grants\":{@\"can\\u0050ublsh\":true}" END,
            "unknown key \"canPublsh\" in \"grants\" of role \"teacher\"; "
            "did you mean \"canPublish\"?");
    refused(ROLE "\"grants\":{@\"say \\\"hi\\\\\\\"\":true}" END,
            "unknown key \"say \"hi\\\"\" in \"grants\" of role "
            "\"teacher\"; there are: roomJoin, canPublish, canSubscribe, "
            "canPublishData, canPublishSources, canUpdateOwnMetadata, "
            "canSubscribeMetrics, ...");
    refused(ROLE "\"grants\":{@\"room\":\"x\"}" END,
            "\"room\" is no grant to write down: it is the room that was "
            "asked for");
    refused(ROLE "\"grants\":{\"canPublish\":@\"yes\"}" END,
            "\"canPublish\" of \"grants\" of role \"teacher\" must be true "
            "or false");
    refused(ROLE "\"grants\":{\"canPublish\":true,"
            "\"canPublishSources\":@[]}" END,
            "\"canPublishSources\" of \"grants\" of role \"teacher\" must be "
            "a list of at least one source; to allow none, say "
            "\"canPublish\": false");
    refused(ROLE "\"grants\":{\"canPublish\":true,"
            "\"canPublishSources\":[\"camera\",@\"screen\"]}" END,
            "unknown source \"screen\" in \"canPublishSources\" of "
            "\"grants\" of role \"teacher\"; there are: camera, microphone, "
            "screen_share, screen_share_audio");
    refused(ROLE "\"grants\":{\"canPublish\":true,"
            "\"canPublishSources\":[\"camera\",@\"camera\"]}" END,
            "\"camera\" is in the list already");
    refused(ROLE "\"grants\":{\"canPublish\":false,"
            "@\"canPublishSources\":[\"camera\"]}" END,
            "\"canPublishSources\" needs \"canPublish\": true beside it");
    refused(ROLE "\"grants\":@[]" END,
            "\"grants\" of role \"teacher\" must be an object");
    refused(ROLE "\"ttl\":@\"60\"" END,
            "\"ttl\" of role \"teacher\" must be a whole number from 1 to "
            "21600");
    refused(ROLE "\"actions\":[@\"recrod\"]" END,
            "unknown action \"recrod\" in \"actions\" of role \"teacher\"; "
            "did you mean \"record\"?");
    refused(ROLE "\"actions\":@\"record\"" END,
            "\"actions\" of role \"teacher\" must be a list of actions");
    refused(ROLE "\"may_take\":[\"teacher\", @\"student\"]" END,
            "unknown role \"student\" in \"may_take\" of role \"teacher\"; "
            "there are: teacher");
    refused(ROLE "\"may_take\":@\"student\"" END,
            "\"may_take\" of role \"teacher\" must be a list of roles");
    refused(ROLE "\"may_take\":[@1]" END,
            "entry 1 of \"may_take\" of role \"teacher\" must be the name of "
            "a role");
    refused(ROLE "\"actions\":[@7]" END,
            "entry 1 of \"actions\" of role \"teacher\" must be the name of "
            "an action");
    refused(ROLE "\"kindDetails\":@{}" END,
            "\"kindDetails\" of role \"teacher\" must be a list of details");
    refused(ROLE "\"kind\":@7" END,
            "\"kind\" of role \"teacher\" must be a text of 1 to 128 bytes "
            "without control characters");
    refused(ROLE "\"sip\":@true" END,
            "\"sip\" of role \"teacher\" must be an object");
    refused(ROLE "\"sip\":{\"call\":@1}" END,
            "\"call\" of \"sip\" of role \"teacher\" must be true or "
            "false");
    refused(ROLE "\"grants\":{\"destinationRoom\":@true}" END,
            "\"destinationRoom\" of \"grants\" of role \"teacher\" must be "
            "a text of 0 to 256 bytes without control characters");
    refused(ROLE "\"privileged\":@\"yes\"" END,
            "\"privileged\" of role \"teacher\" must be true or false");
    refused(ROLE "\"kind\":@\"robot\"" END,
            "unknown kind \"robot\" in \"kind\" of role \"teacher\"; there "
            "are: standard, ingress, egress, sip, agent, connector, bridge");
    refused(ROLE "\"roomPreset\":@\"\"" END,
            "\"roomPreset\" of role \"teacher\" must be a text of 1 to 128 "
            "bytes without control characters");
    refused(ROLE "\"sip\":{@\"dial\":true}" END,
            "unknown key \"dial\" in \"sip\" of role \"teacher\"; there are: "
            "admin, call");
}


static void
test_refused_privileged(void)
{
    size_t  i;
    char    marked[256], message[160];

    static const char  *grants[] = {
        "roomCreate", "roomList", "roomRecord", "roomAdmin", "ingressAdmin",
        "hidden", "recorder", "agent"
    };

    static const char  *groups[][2] = {
        { "sip", "call" }, { "agent", "databaseAdmin" },
        { "inference", "perform" }, { "observability", "write" }
    };

    for (i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
        snprintf(marked, sizeof(marked),
                 ROLE "\"grants\":{@\"%s\":true}" END, grants[i]);
        snprintf(message, sizeof(message), "\"%s\" of \"grants\" of role "
                 "\"teacher\" needs \"privileged\": true in the role",
                 grants[i]);
        refused(marked, message);
    }

    for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        snprintf(marked, sizeof(marked), ROLE "\"%s\":{@\"%s\":true},"
                 "\"privileged\":false" END, groups[i][0], groups[i][1]);
        snprintf(message, sizeof(message), "\"%s\" of \"%s\" of role "
                 "\"teacher\" needs \"privileged\": true in the role",
                 groups[i][1], groups[i][0]);
        refused(marked, message);
    }

    refused(ROLE "\"grants\":{@\"destinationRoom\":\"x\"}" END,
            "\"destinationRoom\" of \"grants\" of role \"teacher\" needs "
            "\"privileged\": true in the role");
    refused(ROLE "@\"kind\":\"egress\"" END,
            "\"kind\" of role \"teacher\" needs \"privileged\": true in the "
            "role");
    refused(ROLE "@\"kindDetails\":[\"forwarded\"]" END,
            "\"kindDetails\" of role \"teacher\" needs \"privileged\": true "
            "in the role");
    refused(HEAD "\"roles\":{\"t\":{}},\"rooms\":[{\"match\":\"x\","
            "\"roles\":{\"t\":{\"grants\":{@\"roomAdmin\":true}}}}]}",
            "\"roomAdmin\" of \"grants\" of role \"t\" of entry 1 of "
            "\"rooms\" needs \"privileged\": true in the role");
    refused(HEAD "\"roles\":{\"t\":{}},\"rooms\":[{\"match\":\"x\","
            "\"roles\":{\"t\":{@\"privileged\":true}}}]}",
            "unknown key \"privileged\" in role \"t\" of entry 1 of "
            "\"rooms\"; there are: grants, actions, may_take, ttl");
}


static void
test_refused_rooms(void)
{
    refused(HEAD "\"roles\":{\"t\":{}},\"rooms\":@{}}",
            "\"rooms\" must be a list");
    refused(HEAD "\"roles\":{\"t\":{}},\"rooms\":[@{\"roles\":{}}]}",
            "\"match\" is missing in entry 1 of \"rooms\"");
    refused(HEAD "\"roles\":{\"t\":{}},\"rooms\":[{\"match\":@\"\","
            "\"roles\":{}}]}",
            "\"match\" of entry 1 of \"rooms\" must be a text of 1 to 257 "
            "bytes without control characters");
    refused(HEAD "\"roles\":{\"t\":{}},\"rooms\":[{\"match\":\"a\","
            "\"roles\":@[]}]}",
            "\"roles\" of entry 1 of \"rooms\" must be an object of roles");
    refused(HEAD "\"roles\":{\"t\":{}},\"rooms\":[@7]}",
            "entry 1 of \"rooms\" must be an object");
    refused(HEAD "\"roles\":{\"t\":{}},\"rooms\":[{\"match\":@\"a*b*\","
            "\"roles\":{}}]}",
            "\"match\" of entry 1 of \"rooms\" must be a room's name (1 to "
            "256 bytes, no braces) with at most one \"*\"");
    refused(HEAD "\"roles\":{\"t\":{}},\"rooms\":[{\"match\":@\"a{b\","
            "\"roles\":{}}]}",
            "\"match\" of entry 1 of \"rooms\" must be a room's name (1 to "
            "256 bytes, no braces) with at most one \"*\"");
    refused(HEAD "\"roles\":{\"t\":{}},\"rooms\":[{\"match\":\"a*\","
            "\"roles\":{}},{\"match\":\"a\",\"roles\":{}},"
            "{\"roles\":{},\"match\":@\"a*\"}]}",
            "an earlier entry of \"rooms\" has this \"match\" already, and "
            "the first that fits counts");
    refused(HEAD "\"roles\":{\"teacher\":{}},\"rooms\":[{\"match\":\"a\","
            "\"roles\":{@\"Teachers\":{}}}]}",
            "unknown role \"Teachers\" in \"roles\" of entry 1 of \"rooms\"; "
            "did you mean \"teacher\"?");
    refused(HEAD "\"roles\":{\"t\":{}},\"rooms\":[{\"match\":\"a\","
            "\"roles\":{\"t\":{@\"kind\":\"agent\"}}}]}",
            "unknown key \"kind\" in role \"t\" of entry 1 of \"rooms\"; "
            "there are: grants, actions, may_take, ttl");
}


static void
test_refused_accept(void)
{
    refused(HEAD "\"roles\":{\"t\":{}},\"accept\":{\"participant_name\":@1}}",
            "\"participant_name\" of \"accept\" must be true or false");
    refused(HEAD "\"roles\":{\"t\":{}},\"accept\":{@\"name\":true}}",
            "unknown key \"name\" in \"accept\"; there are: "
            "participant_name, participant_metadata, "
            "participant_attributes, room_config");
    refused(HEAD "\"roles\":{\"t\":{}},\"accept\":"
            "{\"participant_attributes\":[\"a\",@1]}}",
            "entry 2 of \"participant_attributes\" of \"accept\" must be a "
            "text of 1 to 256 bytes without control characters");
    refused(HEAD "\"roles\":{\"t\":{}},\"accept\":"
            "{\"participant_attributes\":@true}}",
            "\"participant_attributes\" of \"accept\" must be a list of "
            "names");
    refused(HEAD "\"roles\":{\"t\":{}},\"accept\":"
            "{\"room_config\":[\"tags\",@\"egress\"]}}",
            "\"egress\" is never accepted from a client: it would start a "
            "recording");
    refused(HEAD "\"roles\":{\"t\":{}},\"accept\":"
            "{\"room_config\":[@\"maxParticipants\"]}}",
            "unknown field \"maxParticipants\" in \"room_config\" of "
            "\"accept\"; did you mean \"max_participants\"?");
}


static void
test_shown(void)
{
    lkg_error    err;
    lkg_policy  *policy;
    static char  text[LKG_POLICY_MAX + 1];

    strcpy(text, "{\"a\\nb\":1}");
    is_int(lkg_policy_load(&policy, text, strlen(text), &err),
           LKG_ERR_FORMAT, "a key with a line break");
    ok(strstr(err.text, "\"a?b\"") != NULL, "is shown without it");

    strcpy(text, "{\"");
    memset(text + 2, 'k', 1000);
    memcpy(text + 60, "\xf0\x9f\x98\x80", 4);
    strcpy(text + 1002, "\":1}");
    is_int(lkg_policy_load(&policy, text, strlen(text), &err),
           LKG_ERR_FORMAT, "a long key");
    ok(strstr(err.text, "kkk...\"") != NULL
       && lkg_utf8_valid(err.text, strlen(err.text)),
       "is cut between characters");

    is_int(lkg_policy_load(&policy, lkg_lit("{\n\"version\":1\0}"),
                           &err), LKG_ERR_FORMAT, "a NUL byte");
    ok(err.line == 2 && err.column == 12, "is found");

    memset(text, ' ', sizeof(text));
    is_int(lkg_policy_load(&policy, text, LKG_POLICY_MAX + 1, &err),
           LKG_ERR_TOOBIG, "over 4 MiB");
    is_int(lkg_policy_load(&policy, text, LKG_POLICY_MAX, &err),
           LKG_ERR_FORMAT, "4 MiB of nothing");
    is_int(lkg_policy_load(&policy, NULL, 0, &err), LKG_ERR_FORMAT,
           "nothing");
}


int
main(void)
{
    test_refused_syntax();
    test_refused_top();
    test_refused_token();
    test_refused_role();
    test_refused_privileged();
    test_refused_rooms();
    test_refused_accept();
    test_shown();

    return done_testing();
}
