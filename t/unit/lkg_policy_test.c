/*
 * Policies that are taken, and what they mean.
 */

#include "lkg_policy.h"
#include "lkg_test.h"


static char *
read_file(const char *path, size_t *len)
{
    char  *text;
    FILE  *f;

    *len = 0;
    text = malloc(LKG_POLICY_MAX);
    f = fopen(path, "rb");

    if (text && f) {
        *len = fread(text, 1, LKG_POLICY_MAX, f);
    }

    if (f) {
        fclose(f);
    }

    return text;
}


static lkg_policy *
loaded(const char *text)
{
    lkg_error    err;
    lkg_policy  *policy;

    if (lkg_policy_load(&policy, text, strlen(text), &err) != LKG_OK) {
        ok(0, "%s", text);
        printf("#   %u:%u: %s\n", err.line, err.column, err.text);
    }

    return policy;
}


static void
accepted(const char *text)
{
    lkg_policy  *policy;

    policy = loaded(text);
    ok(policy != NULL, "taken: %s", text);
    lkg_policy_free(policy);
}


/* One role, "r", with these members. */

static lkg_policy *
with_role(const char *members)
{
    char  text[2048];

    snprintf(text, sizeof(text), "{\"version\":1,\"roles\":{\"r\":{%s}}}",
             members);

    return loaded(text);
}


static lkg_str
grants_in(const lkg_policy *policy, const char *role, const char *room)
{
    lkg_str          none = { NULL, 0 };
    const lkg_role  *r;

    r = policy ? lkg_policy_find_role(policy, role, strlen(role)) : NULL;
    if (r == NULL) {
        return none;
    }

    r = lkg_policy_role_in(policy, r,
                           lkg_room_find(policy, room, strlen(room)));

    return lkg_role_grants(r);
}


static int
contains(lkg_str text, const char *part)
{
    size_t  i, len;

    len = strlen(part);

    for (i = 0; i + len <= text.len; i++) {
        if (memcmp(text.data + i, part, len) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
test_examples(void)
{
    char        *text;
    size_t       len;
    lkg_error    err;
    lkg_policy  *policy;

    text = read_file("examples/policy.json", &len);
    is_int(lkg_policy_load(&policy, text, len, &err), LKG_OK,
           "examples/policy.json");
    free(text);

    is_int(lkg_policy_roles(policy), 2, "two roles");
    is_str(lkg_role_name(lkg_policy_role(policy, 0)), "teacher",
           "in the order of the file");
    ok(lkg_policy_role(policy, 2) == NULL, "and no third");
    ok(!lkg_role_privileged(lkg_policy_role(policy, 0)),
       "a teacher's token has no power over others");
    ok(!lkg_policy_has_default_role(policy), "strangers stay outside");
    ok(contains(grants_in(policy, "student", "math-101"),
                "\"canPublishData\":true"), "a student may write");
    ok(contains(grants_in(policy, "student", "webinar-7"),
                "\"canPublishData\":false"), "but not in a webinar");

    lkg_policy_free(policy);

    text = read_file("examples/policy-seed.json", &len);
    is_int(lkg_policy_load(&policy, text, len, &err), LKG_OK,
           "examples/policy-seed.json");
    free(text);

    is_str(grants_in(policy, "teacher", "x"),
           "{\"roomJoin\":true,\"canPublish\":true,\"canSubscribe\":true,"
           "\"canPublishData\":true,\"canUpdateOwnMetadata\":false,"
           "\"canSubscribeMetrics\":false,\"canManageAgentSession\":false,"
           "\"roomRecord\":true,\"roomAdmin\":true}", "the seed's teacher");
    is_str(grants_in(policy, "student", "x"),
           "{\"roomJoin\":true,\"canPublish\":false,\"canSubscribe\":true,"
           "\"canPublishData\":true,\"canUpdateOwnMetadata\":false,"
           "\"canSubscribeMetrics\":false,\"canManageAgentSession\":false,"
           "\"roomRecord\":false,\"roomAdmin\":false}", "the seed's student");
    ok(lkg_role_privileged(lkg_policy_role(policy, 0))
       && !lkg_role_privileged(lkg_policy_role(policy, 1)),
       "of whom one is privileged");

    lkg_policy_free(policy);
}


/* The schema must know the grants that we know: no more and no fewer. */

static void
test_schema(void)
{
    char           *text, members[128];
    size_t          len;
    lkg_str         key;
    unsigned        n;
    lkg_json       *schema;
    lkg_policy     *policy;
    const char     *value;
    lkg_json_node   node;

    text = read_file("examples/policy.schema.json", &len);
    is_int(lkg_json_parse(&schema, text, len, 0), LKG_OK,
           "examples/policy.schema.json");

    node = lkg_json_path(schema, lkg_lit("$defs.grants.properties"));
    n = 0;

    for (node = lkg_json_first(schema, node);
         node != LKG_JSON_NONE;
         node = lkg_json_next(schema, node), n++)
    {
        key = lkg_json_key(schema, node);

        value = lkg_str_eq(key, lkg_lit("canPublishSources"))
                ? "[\"camera\"],\"canPublish\":true"
                : lkg_str_eq(key, lkg_lit("destinationRoom")) ? "\"x\""
                                                              : "true";

        snprintf(members, sizeof(members),
                 "\"privileged\":true,\"grants\":{\"%.*s\":%s}",
                 (int) key.len, key.data, value);

        policy = with_role(members);
        ok(policy != NULL, "%.*s can be granted", (int) key.len, key.data);
        lkg_policy_free(policy);
    }

    while (lkg_grant_video[n].name) {
        ok(0, "%s is in the schema", lkg_grant_video[n++].name);
    }

    lkg_json_free(schema);
    free(text);
}


static void
test_claims(void)
{
    lkg_policy  *policy;

    policy = with_role("");
    is_str(grants_in(policy, "r", "x"),
           "{\"roomJoin\":true,\"canPublish\":false,\"canSubscribe\":false,"
           "\"canPublishData\":false,\"canUpdateOwnMetadata\":false,"
           "\"canSubscribeMetrics\":false,\"canManageAgentSession\":false}",
           "a role of which nothing is said may be there");
    ok(!lkg_role_privileged(lkg_policy_role(policy, 0)),
       "and is not privileged");
    lkg_policy_free(policy);

    policy = with_role("\"privileged\":true,\"sip\":{\"call\":true,"
                       "\"admin\":false},\"agent\":{},"
                       "\"inference\":{\"perform\":true},"
                       "\"observability\":{\"write\":true},"
                       "\"kind\":\"agent\",\"kindDetails\":"
                       "[\"simulation\",\"cloud_agent\"],"
                       "\"roomPreset\":\"large\"");
    is_str(policy->roles[0].claims,
           ",\"sip\":{\"call\":true,\"admin\":false},"
           "\"inference\":{\"perform\":true},"
           "\"observability\":{\"write\":true},\"kind\":\"agent\","
           "\"kindDetails\":[\"cloud_agent\",\"simulation\"],"
           "\"roomPreset\":\"large\"", "the other claims");
    ok(lkg_role_privileged(lkg_policy_role(policy, 0)), "are privileged");
    lkg_policy_free(policy);

    policy = with_role("\"privileged\":true");
    ok(!lkg_role_privileged(lkg_policy_role(policy, 0)),
       "who may be privileged is not, until it is made use of");
    lkg_policy_free(policy);

    policy = with_role("\"kind\":\"standard\",\"kindDetails\":[],"
                       "\"sip\":{\"admin\":false},\"grants\":"
                       "{\"hidden\":false,\"destinationRoom\":\"\"}");
    ok(policy && !lkg_role_privileged(lkg_policy_role(policy, 0)),
       "a no needs no privilege");
    lkg_policy_free(policy);

    is_int(lkg_action(lkg_lit("record")), 1, "action record");
    is_int(lkg_action(lkg_lit("moderate")), 2, "action moderate");
    is_int(lkg_action(lkg_lit("announce")), 4, "action announce");
    is_int(lkg_action(lkg_lit("dance")), LKG_ACTION_UNKNOWN,
           "no such action");
}


static void
test_overrides(void)
{
    lkg_policy      *policy;
    const lkg_role  *base, *role;

    policy = loaded(
        "{\"version\":1,\"roles\":{"
        "\"a\":{\"privileged\":true,\"ttl\":60,\"actions\":[\"record\"],"
               "\"grants\":{\"canPublish\":true,\"canSubscribe\":true,"
               "\"canPublishSources\":[\"camera\"]}},"
        "\"b\":{\"privileged\":true}},"
        "\"rooms\":[{\"match\":\"quiet-*\",\"roles\":{"
        "\"b\":{\"ttl\":30,\"may_take\":[\"a\"]},"
        "\"a\":{\"actions\":[],\"grants\":"
               "{\"canPublish\":false,\"roomAdmin\":true}}}}]}");

    role = lkg_policy_find_role(policy, "a", 1);
    ok(lkg_role_privileged(role),
       "a role is privileged if it is so in any room");

    is_str(grants_in(policy, "a", "quiet-1"),
           "{\"roomJoin\":true,\"canPublish\":false,\"canSubscribe\":true,"
           "\"canPublishData\":false,\"canUpdateOwnMetadata\":false,"
           "\"canSubscribeMetrics\":false,\"canManageAgentSession\":false,"
           "\"roomAdmin\":true}", "fields are replaced one by one");

    role = lkg_policy_role_in(policy, role,
                              lkg_room_find(policy, lkg_lit("quiet-1")));
    is_int(role->ttl, 60, "what is not said stays");
    is_int(role->actions, 0, "a list is replaced as a whole");

    base = lkg_policy_find_role(policy, "b", 1);
    role = lkg_policy_role_in(policy, base,
                              lkg_room_find(policy, lkg_lit("quiet-1")));
    is_int(role->ttl, 30, "roles of an entry come in any order");
    is_int(role->nmay_take, 1, "each with its own");
    ok(role->grants.data == base->grants.data,
       "what has no grants of its own shares the role's text");
    ok(lkg_policy_role_in(policy, base, lkg_room_find(policy, lkg_lit("x")))
       == base, "elsewhere nothing changes");

    lkg_policy_free(policy);
}


/* What lkg_room_find() must find, however it does it. */

static int
fits(const char *pattern, const char *name)
{
    size_t       head, tail, len;
    const char  *star;

    star = strchr(pattern, '*');
    if (star == NULL) {
        return strcmp(pattern, name) == 0;
    }

    head = star - pattern;
    tail = strlen(star + 1);
    len = strlen(name);

    return len >= head + tail && memcmp(name, pattern, head) == 0
           && memcmp(name + len - tail, star + 1, tail) == 0;
}


static int
entry_of(const lkg_policy *policy, const char *name)
{
    const lkg_room  *room;

    room = lkg_room_find(policy, name, strlen(name));

    return room ? (int) (room - policy->rooms) : -1;
}


static void
test_match(void)
{
    size_t       i;
    lkg_policy  *policy;

    static const struct {
        const char  *room;
        int          entry;
    } rooms[] = {
        { "a", 0 }, { "ab", 1 }, { "a-b", 1 }, { "a-end", 2 }, { "-end", 2 },
        { "lobby", 3 }, { "lob-y", 4 }, { "loby", 4 }, { "loy", -1 },
        { "b", -1 }, { "aa", -1 }, { "lobb", -1 }, { "end", -1 }, { "*", -1 }
    };

    policy = loaded(
        "{\"version\":1,\"roles\":{\"r\":{}},\"rooms\":["
        "{\"match\":\"a\",\"roles\":{}},"
        "{\"match\":\"a*b\",\"roles\":{}},"
        "{\"match\":\"*-end\",\"roles\":{}},"
        "{\"match\":\"lobby\",\"roles\":{}},"
        "{\"match\":\"lob*y\",\"roles\":{}}]}");

    for (i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        is_int(entry_of(policy, rooms[i].room), rooms[i].entry,
               rooms[i].room);
    }

    lkg_policy_free(policy);

    policy = loaded("{\"version\":1,\"roles\":{\"r\":{}},\"rooms\":["
                    "{\"match\":\"x*\",\"roles\":{}},"
                    "{\"match\":\"*\",\"roles\":{}},"
                    "{\"match\":\"x\",\"roles\":{}}]}");

    is_int(entry_of(policy, "x"), 0, "the first that fits counts");
    is_int(entry_of(policy, "y"), 1, "a star alone fits all");
    lkg_policy_free(policy);

    policy = with_role("");
    is_int(entry_of(policy, "x"), -1, "without entries nothing fits");
    lkg_policy_free(policy);
}


#define MANY  10000

/* Ten thousand patterns over a small alphabet, so that many of them fit the
 * same room; compared with trying them one after the other. */

static void
test_many(void)
{
    char         *text, *p, name[16];
    size_t        i, j, n, tried, found, wrong;
    unsigned      seed;
    lkg_policy   *policy;
    static char   patterns[MANY][16];

    text = malloc(MANY * 64);
    p = text + sprintf(text, "{\"version\":1,\"roles\":{\"r\":{}},\"rooms\":[");

    for (i = 0; i < MANY; i++) {
        n = sprintf(patterns[i], "%05zu", i);

        for (j = 0; j < n; j++) {
            patterns[i][j] = "abcabcabca"[patterns[i][j] - '0'];
        }

        /* unique by its length and number, so that none is refused */

        sprintf(patterns[i] + n, "%zx", i);

        if (i % 3) {
            patterns[i][i % n] = '*';
        }

        p += sprintf(p, "%s{\"match\":\"%s\",\"roles\":{}}",
                     i ? "," : "", patterns[i]);
    }

    sprintf(p, "]}");

    policy = loaded(text);
    ok(policy && policy->nrooms == MANY, "a policy for many rooms");
    ok(policy->nshapes < 100, "has few shapes");

    seed = 1;
    wrong = 0;
    found = 0;

    for (tried = 0; tried < 3000; tried++) {
        seed = seed * 1103515245 + 12345;
        snprintf(name, sizeof(name), "%s", patterns[(seed >> 8) % MANY]);

        p = strchr(name, '*');

        if (p && tried % 2) {
            *p = "abc"[tried % 3];

        } else if (p) {
            memmove(p, p + 1, strlen(p));
        }

        for (i = 0; i < MANY && !fits(patterns[i], name); i++) { /* void */ }

        found += i < MANY;
        wrong += entry_of(policy, name) != (i < MANY ? (int) i : -1);
    }

    is_int(found, 3000, "each room fits some pattern");
    is_int(wrong, 0, "and the first of them is found");

    lkg_policy_free(policy);
    free(text);
}


#define HEAD  "{\"version\":1,"
#define ROLE  HEAD "\"roles\":{\"teacher\":{"
#define END   "}}}"


static void
test_accepts(void)
{
    lkg_policy  *policy;

    policy = loaded(HEAD "\"roles\":{\"r\":{}},\"accept\":"
                    "{\"participant_name\":true}}");

    ok(lkg_policy_accepts(policy, lkg_lit("participant_name")),
       "a name is accepted");
    ok(!lkg_policy_accepts(policy, lkg_lit("participant_metadata")),
       "metadata is not");
    ok(!lkg_policy_accepts(policy, lkg_lit("participant_identity")),
       "nor what no policy can accept");
    lkg_policy_free(policy);

    policy = loaded(HEAD "\"roles\":{\"r\":{}},\"accept\":"
                    "{\"participant_metadata\":true}}");

    ok(!lkg_policy_accepts(policy, lkg_lit("participant_name"))
       && lkg_policy_accepts(policy, lkg_lit("participant_metadata")),
       "or the other way round");
    lkg_policy_free(policy);
}


static void
test_accepted(void)
{
    accepted(ROLE END);
    accepted("{\"$schema\":\"x\",\"comment\":\"y\",\"version\":1,"
             "\"roles\":{\"a.b_C-9\":{}},\"default_role\":\"a.b_C-9\"}");
    accepted(ROLE "\"ttl\":21600" END);
    accepted(HEAD "\"token\":{\"ttl\":1,\"max_size\":16384,\"name\":\"\","
             "\"metadata\":\"a {{{role}}}\",\"attributes\":{}},"
             "\"roles\":{\"r\":{}}}");
    accepted(HEAD "\"token\":{\"metadata\":{\"a\":[],\"b\":{},\"c\":[null,"
             "true,-1.5e3,\"{claim.a.b}\"],\"{x}\":1,\"\":2}},"
             "\"roles\":{\"r\":{}}}");
    accepted(HEAD "\"roles\":{\"a\":{\"may_take\":[\"b\",\"a\"]},\"b\":{}}}");
    accepted(HEAD "\"roles\":{\"a\":{}},\"rooms\":[]}");
    accepted(HEAD "\"roles\":{\"a\":{}},\"accept\":{\"room_config\":["
             "\"empty_timeout\",\"departure_timeout\",\"max_participants\","
             "\"metadata\",\"min_playout_delay\",\"max_playout_delay\","
             "\"sync_streams\",\"agents\",\"tags\"],"
             "\"participant_attributes\":[\"a\"]}}");
}


int
main(void)
{
    test_examples();
    test_schema();
    test_claims();
    test_overrides();
    test_match();
    test_many();
    test_accepts();
    test_accepted();

    return done_testing();
}
