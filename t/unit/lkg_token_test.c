/*
 * Minting: what a token says, as libjwt reads it, and beside the tokens of
 * LiveKit's own SDKs.
 */

#include <jansson.h>
#include <jwt.h>

#include "lkg_private.h"
#include "lkg_test.h"


#define NOW     1800000000
#define SECRET  "secretsecretsecretsecretsecretsecret12"

static lkg_keys      *keys;
static lkg_policy    *policy;
static lkg_ask        ask;
static lkg_access     facts;
static lkg_decision   decision;
static char           token[LKG_TOKEN_MAX + 1];
static size_t         token_len;


static lkg_str
str(const char *text)
{
    lkg_str  s;

    s.data = text;
    s.len = strlen(text);

    return s;
}


/* u1 asks for math-101 under this policy. */

static void
begin(const char *text)
{
    lkg_ask    fresh = LKG_ASK_INIT;
    lkg_error  err;

    lkg_policy_free(policy);

    if (lkg_policy_load(&policy, text, strlen(text), &err) != LKG_OK) {
        ok(0, "%u:%u: %s", err.line, err.column, err.text);
    }

    ask = fresh;
    ask.now = NOW;
    ask.identity = str("u1");
    ask.name = str("Ann");
    ask.room = str("math-101");
    ask.access = &facts;
}


static int
mint_into(size_t size)
{
    int  rc;

    rc = lkg_decide(&decision, policy, &ask);
    if (rc != LKG_OK) {
        return rc;
    }

    return lkg_token_mint(token, size, &token_len, policy, &ask, &decision,
                          keys);
}


/* The claims of the token, as libjwt verifies and reads them. */

static json_t *
read_back(void)
{
    char    *text;
    jwt_t   *jwt;
    json_t  *claims;

    token[token_len] = '\0';

    if (jwt_decode(&jwt, token, (unsigned char *) SECRET, sizeof(SECRET) - 1)
        != 0)
    {
        return NULL;
    }

    text = jwt_get_grants_json(jwt, NULL);
    claims = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    free(text);
    jwt_free(jwt);

    return claims;
}


static json_t *
minted(void)
{
    return mint_into(LKG_TOKEN_MAX) == LKG_OK ? read_back() : NULL;
}


static void
is_json(json_t *got, const char *want, const char *name)
{
    char    *text;
    json_t  *wanted;

    wanted = json_loads(want, JSON_DECODE_ANY, NULL);

    if (!ok(got && wanted && json_equal(got, wanted), "%s", name)) {
        text = got ? json_dumps(got, JSON_COMPACT|JSON_ENCODE_ANY) : NULL;
        printf("#   got %s\n#   expected %s\n", text ? text : "nothing",
               want);
        free(text);
    }

    json_decref(wanted);
}


static void
is_minted(const char *want, const char *name)
{
    json_t  *claims;

    claims = minted();
    is_json(claims, want, name);
    json_decref(claims);
}


#define REGISTERED_UNTIL(sub, exp)                                           \
    "{\"iss\":\"LKdevkey\",\"sub\":\"" sub "\",\"nbf\":1800000000,"          \
    "\"iat\":1800000000,\"exp\":" exp ","

#define REGISTERED(sub)  REGISTERED_UNTIL(sub, "1800000600")

#define VIDEO                                                                \
    "\"video\":{\"room\":\"math-101\",\"roomJoin\":true,"                    \
    "\"canPublish\":false,\"canSubscribe\":false,\"canPublishData\":false,"  \
    "\"canUpdateOwnMetadata\":false,\"canSubscribeMetrics\":false,"          \
    "\"canManageAgentSession\":false}"


static void
test_claims(void)
{
    begin("{\"version\":1,\"roles\":{\"r\":{}}}");

    is_minted(REGISTERED("u1") "\"name\":\"Ann\"," VIDEO "}",
              "the least that a token says");

    ask.name = str("");
    is_minted(REGISTERED("u1") VIDEO "}", "no name, no claim");

    ask.name = str("Ann \"A\" \\ \xc3\xa9\x01");
    ask.identity = str("o'neil\"\\");
    is_minted(REGISTERED("o'neil\\\"\\\\")
              "\"name\":\"Ann \\\"A\\\" \\\\ \xc3\xa9\\u0001\"," VIDEO "}",
              "all is escaped");

    begin("{\"version\":1,\"roles\":{\"r\":{"
          "\"privileged\":true,\"sip\":{\"call\":true},\"kind\":\"agent\","
          "\"kindDetails\":[\"cloud_agent\"],\"roomPreset\":\"p\"}},"
          "\"token\":{\"name\":\"\"}}");
    is_minted(REGISTERED("u1") "\"sip\":{\"call\":true},\"kind\":\"agent\","
              "\"kindDetails\":[\"cloud_agent\"],\"roomPreset\":\"p\","
              VIDEO "}", "claims beside video");
}


static void
test_templates(void)
{
    json_t  *claims, *metadata;

    begin("{\"version\":1,\"roles\":{\"r\":{}},"
          "\"token\":{\"name\":\"{name} ({role})\",\"metadata\":{"
          "\"who\":\"{name}\",\"at\":\"{now}\",\"n\":[1,true,null,2.5],"
          "\"a\\\"b\":{\"{x}\":\"{{}}\"},\"room\":\"{room}\",\"e\":{}},"
          "\"attributes\":{\"role\":\"{role}\",\"a\\\"b\":\"{identity}\"}}}");

    ask.name = str("Ann \"A\"\n");

    claims = minted();

    is_json(json_object_get(claims, "name"), "\"Ann \\\"A\\\"\\n (r)\"",
            "a name");
    is_json(json_object_get(claims, "attributes"),
            "{\"role\":\"r\",\"a\\\"b\":\"u1\"}", "attributes");

    metadata = json_loads(json_string_value(json_object_get(claims,
                                                            "metadata")),
                          JSON_REJECT_DUPLICATES, NULL);
    is_json(metadata,
            "{\"who\":\"Ann \\\"A\\\"\\n\",\"at\":\"1800000000\","
            "\"n\":[1,true,null,2.5],\"a\\\"b\":{\"{x}\":\"{}\"},"
            "\"room\":\"math-101\",\"e\":{}}", "metadata is JSON in a text");

    json_decref(metadata);
    json_decref(claims);

    begin("{\"version\":1,\"roles\":{\"r\":{}},"
          "\"token\":{\"metadata\":\"{role}/{claim.org}\"}}");
    claims = minted();
    is_json(json_object_get(claims, "metadata"), "\"r/\"",
            "or a text as it is; without a session there are no claims");
    json_decref(claims);

    begin("{\"version\":1,\"roles\":{\"r\":{}},"
          "\"token\":{\"metadata\":\"{claim.org}\"}}");
    claims = minted();
    ok(claims && json_object_get(claims, "metadata") == NULL,
       "an empty one is left out");
    json_decref(claims);
}


static void
test_session(void)
{
    int                 rc;
    char               *cookie;
    lkg_str             header;
    lkg_session        *session;
    lkg_session_conf   *conf;
    lkg_session_input   in;

    static const char  claims[] =
        "{\"sub\":\"u7\",\"name\":\"Zoe\",\"exp\":1800000100,"
        "\"org\":{\"id\":12,\"name\":\"A \\\"B\\\"\"},\"staff\":true}";

    cookie = NULL;

    begin("{\"version\":1,\"roles\":{\"r\":{}},"
          "\"token\":{\"attributes\":{\"org\":\"{claim.org.id}\","
          "\"orgName\":\"{claim.org.name}\",\"staff\":\"{claim.staff}\","
          "\"none\":\"{claim.none}\"}}}");

    rc = lkg_session_conf_new(&conf, lkg_lit("jwt"), NULL);

    if (rc == LKG_OK) {
        rc = lkg_session_conf_set(conf, lkg_lit("secret"), lkg_lit(SECRET),
                                  NULL);
    }

    if (rc == LKG_OK) {
        rc = lkg_session_conf_set(conf, lkg_lit("cookie"), lkg_lit("s"), NULL);
    }

    if (rc == LKG_OK) {
        rc = lkg_session_conf_ready(conf, NULL);
    }

    if (rc == LKG_OK) {
        rc = lkg_session_make(&cookie, conf, lkg_lit(claims));
    }

    is_int(rc, LKG_OK, "a cookie");

    header = str(cookie);
    memset(&in, 0, sizeof(in));
    in.cookies = &header;
    in.ncookies = 1;

    is_int(lkg_session_open(&session, conf, &in, NOW), LKG_OK, "a session");

    ask.session = session;
    ask.identity = str("somebody-else");

    is_minted("{\"iss\":\"LKdevkey\",\"sub\":\"u7\",\"nbf\":1800000000,"
              "\"iat\":1800000000,\"exp\":1800000100,\"name\":\"Zoe\","
              "\"attributes\":{\"org\":\"12\",\"orgName\":\"A \\\"B\\\"\","
              "\"staff\":\"true\",\"none\":\"\"}," VIDEO "}",
              "becomes a token, which ends with it");

    ask.now = NOW + 100;
    is_int(lkg_decide(&decision, policy, &ask), LKG_ERR_DENIED,
           "and not after it");

    lkg_session_free(session);
    lkg_session_conf_free(conf);
    lkg_free(cookie);
}


static void
test_wishes(void)
{
    json_t      *claims;
    lkg_json    *body;
    const char  *text;

    begin("{\"version\":1,\"roles\":{\"r\":{}},"
          "\"token\":{\"attributes\":{\"a\":\"ours\"}},"
          "\"accept\":{\"participant_name\":true,"
          "\"participant_metadata\":true,"
          "\"participant_attributes\":[\"a\",\"b\",\"c \\\"\"],"
          "\"room_config\":[\"max_participants\",\"metadata\","
          "\"sync_streams\",\"tags\",\"agents\"]},\"devices\":true}");

    ask.participant_identity = str("u1~tablet");
    ask.participant_name = str("Bob \"B\"");
    ask.participant_metadata = str("{\"x\":\"y\"}");

    text = "{\"a\":{\"a\":\"theirs\",\"b\":\"\\u00e9\\n\",\"c \\\"\":\"\"},"
           "\"r\":{\"max_participants\":7,\"metadata\":\"m\\\"\","
           "\"sync_streams\":false,\"tags\":{\"t \\\"\":\"u\"},\"name\":\"\","
           "\"agents\":[{\"agent_name\":\"n\",\"attributes\":{\"k\":\"v\"}},"
           "{}]}}";

    is_int(lkg_json_parse(&body, text, strlen(text), 0), LKG_OK, "a body");

    ask.body = body;
    ask.participant_attributes = lkg_json_get(body, LKG_JSON_ROOT,
                                              lkg_lit("a"));
    ask.room_config = lkg_json_get(body, LKG_JSON_ROOT, lkg_lit("r"));

    is_minted(REGISTERED("u1~tablet") "\"name\":\"Bob \\\"B\\\"\","
              "\"metadata\":\"{\\\"x\\\":\\\"y\\\"}\","
              "\"attributes\":{\"a\":\"ours\",\"b\":\"\\u00e9\\n\","
              "\"c \\\"\":\"\"}," VIDEO ",\"roomConfig\":{"
              "\"maxParticipants\":7,\"metadata\":\"m\\\"\","
              "\"syncStreams\":false,\"tags\":{\"t \\\"\":\"u\"},"
              "\"agents\":[{\"agentName\":\"n\",\"attributes\":"
              "{\"k\":\"v\"}},{}]}}",
              "accepted wishes; the policy's attributes win");

    lkg_json_free(body);

    begin("{\"version\":1,\"roles\":{\"r\":{}},"
          "\"accept\":{\"participant_attributes\":[\"a\"],"
          "\"room_config\":[\"tags\"]}}");

    text = "{\"a\":{\"a\":\"x\"},\"r\":{\"tags\":{}}}";
    is_int(lkg_json_parse(&body, text, strlen(text), 0), LKG_OK, "a body");

    ask.body = body;
    ask.participant_attributes = lkg_json_get(body, LKG_JSON_ROOT,
                                              lkg_lit("a"));
    ask.room_config = lkg_json_get(body, LKG_JSON_ROOT, lkg_lit("r"));

    is_minted(REGISTERED("u1") "\"name\":\"Ann\",\"attributes\":"
              "{\"a\":\"x\"}," VIDEO "}",
              "attributes of the client alone; an empty wish is none");

    /* a decision that was made about something else adds nothing */

    text = "{\"a\":{\"z\":\"x\"},\"r\":{\"egress\":{\"room\":{\"f\":1}}}}";
    lkg_json_free(body);
    is_int(lkg_json_parse(&body, text, strlen(text), 0), LKG_OK, "a body");

    ask.body = body;
    ask.participant_attributes = lkg_json_get(body, LKG_JSON_ROOT,
                                              lkg_lit("a"));
    ask.room_config = lkg_json_get(body, LKG_JSON_ROOT, lkg_lit("r"));
    ask.participant_name = str("Mallory");
    ask.participant_metadata = str("x");

    is_int(lkg_token_mint(token, sizeof(token), &token_len, policy, &ask,
                          &decision, keys), LKG_OK, "another ask");

    claims = read_back();
    is_json(claims, REGISTERED("u1") "\"name\":\"Ann\"," VIDEO "}",
            "is minted without what the policy does not accept");

    json_decref(claims);
    lkg_json_free(body);
}


static void
test_cut(void)
{
    char     name[LKG_NAME_MAX + 4];
    json_t  *claims;

    begin("{\"version\":1,\"roles\":{\"r\":{}}}");

    memset(name, 'n', sizeof(name));
    memcpy(name + LKG_NAME_MAX - 1, "\xc3\xa9", 2);
    ask.name.data = name;
    ask.name.len = sizeof(name);

    claims = minted();
    is_int(json_string_length(json_object_get(claims, "name")),
           LKG_NAME_MAX - 1, "a long name is cut between characters");
    json_decref(claims);
}


static void
test_sizes(void)
{
    size_t   size;
    json_t  *claims;

    begin("{\"version\":1,\"roles\":{\"r\":{}}}");

    claims = minted();
    size = token_len;

    is_int(mint_into(size), LKG_OK, "a buffer that just fits");
    is_int(mint_into(size - 1), LKG_ERR_TOOBIG, "one byte less");
    is_int(token_len, 0, "gives nothing");
    is_int(mint_into(0), LKG_ERR_TOOBIG, "no buffer at all");

    json_decref(claims);

    begin("{\"version\":1,\"roles\":{\"r\":{}},"
          "\"token\":{\"max_size\":512,\"name\":\"{name}{name}\"}}");
    is_int(mint_into(sizeof(token)), LKG_OK, "within max_size");
    ok(token_len <= 512, "it keeps to it");

    ask.name = str("nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn");
    is_int(mint_into(sizeof(token)), LKG_ERR_TOOBIG, "over max_size");
}


static void
test_contract(void)
{
    lkg_keys  *none;

    begin("{\"version\":1,\"roles\":{\"r\":{}}}");
    is_int(mint_into(sizeof(token)), LKG_OK, "a token");

    is_int(lkg_keys_new(&none), LKG_OK, "no key");
    is_int(lkg_token_mint(token, sizeof(token), &token_len, policy, &ask,
                          &decision, none), LKG_ERR_INVALID,
           "cannot sign");
    lkg_keys_free(none);

    decision.reason = LKG_BANNED;
    is_int(lkg_token_mint(token, sizeof(token), &token_len, policy, &ask,
                          &decision, keys), LKG_ERR_INVALID,
           "a refusal is no token");

    memset(&decision, 0, sizeof(decision));
    is_int(lkg_token_mint(token, sizeof(token), &token_len, policy, &ask,
                          &decision, keys), LKG_ERR_INVALID,
           "nor is a decision that nobody made");
}


/*
 * Makes claims comparable: LiveKit reads a missing can* as we write it, a
 * missing plain boolean as false; the Go SDK adds "identity" and "iat", the
 * JS SDK writes empty attributes.
 */

static void
normalize(json_t *claims)
{
    int          publish;
    size_t       i;
    void        *next;
    json_t      *video, *member;
    const char  *key;

    static const char  *later[] = {
        "canUpdateOwnMetadata", "canSubscribeMetrics", "canManageAgentSession"
    };

    json_object_del(claims, "identity");
    json_object_del(claims, "iat");

    if (json_object_size(json_object_get(claims, "attributes")) == 0) {
        json_object_del(claims, "attributes");
    }

    video = json_object_get(claims, "video");

    for (i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        if (json_object_get(video, later[i]) == NULL) {
            json_object_set_new(video, later[i], json_false());
        }
    }

    member = json_object_get(video, "canPublish");
    publish = member == NULL || json_is_true(member);

    json_object_set_new(video, "canPublish", json_boolean(publish));

    if (json_object_get(video, "canSubscribe") == NULL) {
        json_object_set_new(video, "canSubscribe", json_true());
    }

    if (json_object_get(video, "canPublishData") == NULL) {
        json_object_set_new(video, "canPublishData", json_boolean(publish));
    }

    json_object_foreach_safe(video, next, key, member) {
        if (json_is_false(member) && strncmp(key, "can", 3) != 0) {
            json_object_del(video, key);
        }
    }
}


/* The policy that says what the SDK was told. */

static char *
policy_for(json_t *input)
{
    char    *text;
    json_t  *grants, *root, *claims;
    int      ttl;

    ttl = json_integer_value(json_object_get(input, "ttl"));

    grants = json_deep_copy(json_object_get(input, "video"));
    claims = json_pack("{s:O}", "video", grants);
    normalize(claims);
    json_decref(claims);
    json_object_del(grants, "room");

    root = json_pack("{s:i,s:{s:i},s:{s:{s:b,s:o}}}",
                     "version", 1,
                     "token", "ttl", ttl ? ttl : 21600,
                     "roles", "r", "privileged", 1, "grants", grants);

    text = json_dumps(root, JSON_COMPACT);
    json_decref(root);

    return text;
}


static const char *
text_of(json_t *object, const char *key)
{
    const char  *text;

    text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}


static void
compare(json_t *vector, const char *sdk, const char *id)
{
    json_t  *ours, *theirs;

    ours = minted();
    theirs = json_loads(text_of(json_object_get(vector, sdk), "payload"),
                        0, NULL);

    if (ours && theirs) {
        normalize(ours);
        normalize(theirs);
    }

    ok(ours && theirs && json_equal(ours, theirs), "%s as of the %s SDK", id,
       sdk);

    json_decref(ours);
    json_decref(theirs);
}


/* Not among them: an empty list of sources (V07), which a policy may not
 * say, and tokens of nobody, for servers (V10, V12, V13). */

static void
test_sdks(void)
{
    int          rc;
    char        *text;
    size_t       i, j;
    json_t      *file, *cases, *vector, *input;
    lkg_token   *t;
    const char  *signed_js;

    static const char  *ids[] = {
        "V01", "V02", "V03", "V04", "V06", "V09", "V14"
    };

    file = json_load_file("t/vectors/livekit-tokens.json", 0, NULL);
    cases = json_object_get(file, "cases");

    for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        vector = NULL;

        for (j = 0; j < json_array_size(cases); j++) {
            if (strcmp(text_of(json_array_get(cases, j), "id"), ids[i]) == 0)
            {
                vector = json_array_get(cases, j);
            }
        }

        input = json_object_get(vector, "input");

        text = policy_for(input);
        begin(text);
        ask.identity = str(text_of(input, "identity"));
        ask.name = str(text_of(input, "name"));
        ask.room = str(text_of(json_object_get(input, "video"), "room"));

        compare(vector, "js", ids[i]);
        compare(vector, "go", ids[i]);

        signed_js = text_of(json_object_get(vector, "js"), "token");
        rc = lkg_token_verify(&t, keys, signed_js, strlen(signed_js), NOW);
        ok(rc == LKG_OK, "%s: the SDK's token is verified", ids[i]);
        lkg_token_free(t);
        free(text);
    }

    json_decref(file);
}


/* Tokens for LiveKit's own API. */

static int
serve_into(size_t size, lkg_server_grant grant, lkg_str room, int64_t now)
{
    return lkg_token_server(token, size, &token_len, keys, grant, room, now);
}


static void
is_served(lkg_server_grant grant, const char *room, const char *video)
{
    char     want[1024];
    json_t  *claims;

    snprintf(want, sizeof(want), REGISTERED_UNTIL("", "1800000060")
             "\"video\":%s}", video);

    claims = serve_into(LKG_TOKEN_MAX, grant, str(room), NOW) == LKG_OK
             ? read_back() : NULL;

    is_json(claims, want, video);
    json_decref(claims);
}


static void
test_server(void)
{
    char         longest[LKG_ROOM_MAX + 1];
    size_t       len;
    lkg_str      none;
    lkg_keys    *empty;

    none = str("");

    is_served(LKG_SERVER_ROOM_ADMIN, "math-101",
              "{\"roomAdmin\":true,\"room\":\"math-101\"}");
    is_served(LKG_SERVER_ROOM_ADMIN, "a \"b\" \\ <\xc3\xa9>",
              "{\"roomAdmin\":true,\"room\":\"a \\\"b\\\" \\\\ <\xc3\xa9>\"}");
    is_served(LKG_SERVER_ROOM_RECORD, "", "{\"roomRecord\":true}");
    is_served(LKG_SERVER_ROOM_CREATE, "", "{\"roomCreate\":true}");
    is_served(LKG_SERVER_ROOM_LIST, "", "{\"roomList\":true}");

    ok(serve_into(LKG_TOKEN_MAX, LKG_SERVER_ROOM_ADMIN, none, NOW)
       == LKG_ERR_INVALID && token_len == 0, "roomAdmin is of one room");
    ok(serve_into(LKG_TOKEN_MAX, LKG_SERVER_ROOM_ADMIN, str("a{b"), NOW)
       == LKG_ERR_INVALID, "and of one that there can be");
    ok(serve_into(LKG_TOKEN_MAX, LKG_SERVER_ROOM_RECORD, str("math"), NOW)
       == LKG_ERR_INVALID, "a room would not bind roomRecord");
    ok(serve_into(LKG_TOKEN_MAX, (lkg_server_grant) 4, none, NOW)
       == LKG_ERR_INVALID, "a grant that there is not");
    ok(serve_into(LKG_TOKEN_MAX, LKG_SERVER_ROOM_LIST, none, -1)
       == LKG_ERR_INVALID
       && serve_into(LKG_TOKEN_MAX, LKG_SERVER_ROOM_LIST, none, INT64_MAX)
          == LKG_ERR_INVALID, "a time that there cannot be");

    memset(longest, 'r', LKG_ROOM_MAX);
    longest[LKG_ROOM_MAX] = '\0';

    ok(serve_into(LKG_TOKEN_MAX, LKG_SERVER_ROOM_ADMIN, str(longest), NOW)
       == LKG_OK, "the longest room");

    len = token_len;

    ok(serve_into(len, LKG_SERVER_ROOM_ADMIN, str(longest), NOW) == LKG_OK
       && token_len == len, "a buffer that just holds it");
    ok(serve_into(len - 1, LKG_SERVER_ROOM_ADMIN, str(longest), NOW)
       == LKG_ERR_TOOBIG && token_len == 0, "one that is a byte short");
    ok(serve_into(1, LKG_SERVER_ROOM_LIST, none, NOW) == LKG_ERR_TOOBIG,
       "one that holds nothing");

    if (!ok(lkg_keys_new(&empty) == LKG_OK, "no key")) {
        return;
    }

    ok(lkg_token_server(token, LKG_TOKEN_MAX, &token_len, empty,
                        LKG_SERVER_ROOM_LIST, none, NOW) == LKG_ERR_INVALID,
       "signs nothing");
    lkg_keys_free(empty);
}


int
main(void)
{
    ok(lkg_keys_new(&keys) == LKG_OK
       && lkg_keys_add(keys, lkg_lit("LKdevkey"), lkg_lit(SECRET)) == LKG_OK
       && lkg_keys_add(keys, lkg_lit("LKold"), lkg_lit("old")) == LKG_OK,
       "two keys: the first signs");

    no_facts(&facts);
    ok(lkg_access_set(&facts, LKG_FACT_ROLE, lkg_lit("r")) == LKG_OK,
       "everybody has the role r");

    test_claims();
    test_templates();
    test_session();
    test_wishes();
    test_cut();
    test_sizes();
    test_contract();
    test_server();
    test_sdks();

    lkg_keys_free(keys);
    lkg_policy_free(policy);

    return done_testing();
}
