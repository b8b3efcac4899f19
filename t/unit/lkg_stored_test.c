/*
 * Sessions whose value is kept elsewhere: what is made of it, and of a second
 * value.
 */

#include "lkg_session_test.h"

#include "lkg_private.h"


#define ID  "abcdefghijklmnop"


/* As far as the id; the value is the test's. */

static lkg_session *
pending(lkg_session_conf *conf)
{
    lkg_session  *s;

    if (open_at(&s, conf, "sid=" ID, NULL, NOW) != LKG_MORE) {
        printf("Bail out! no pending session\n");
        exit(1);
    }

    return s;
}


static int
complete(lkg_session *s, lkg_session_conf *conf, const char *json)
{
    return lkg_session_complete(s, conf, json, json ? strlen(json) : 0, NOW);
}


static lkg_session_conf *
redis(const char *params)
{
    char  text[400];

    snprintf(text, sizeof(text), "cookie=sid %s", params);

    return configure("redis", text);
}


static void
test_confs(void)
{
    size_t             i;
    const char        *key;
    lkg_session_conf  *conf;

    static const struct {
        const char             *preset;
        const char             *params;
        lkg_session_mechanism   mechanism;
        const char             *key;
    } confs[] = {
        { "jwt", "cookie=c secret=" SECRET, LKG_SESSION_COOKIE, NULL },
        { "next-auth", "secret=" SECRET, LKG_SESSION_COOKIE, NULL },
        { "authjs", "secret=" SECRET, LKG_SESSION_COOKIE, NULL },
        { "auth0", "secret=" SECRET, LKG_SESSION_COOKIE, NULL },
        { "supabase", "ref=x secret=" SECRET, LKG_SESSION_COOKIE, NULL },
        { "express", "secret=" SECRET, LKG_SESSION_STORED, "sess:" },
        { "better-auth", "secret=" SECRET, LKG_SESSION_STORED,
          "better-auth:" },
        { "redis", "cookie=c", LKG_SESSION_STORED, NULL },
        { "introspect", "", LKG_SESSION_ASK, NULL }
    };

    for (i = 0; i < sizeof(confs) / sizeof(confs[0]); i++) {
        conf = configure(confs[i].preset, confs[i].params);
        key = lkg_session_conf_default_key(conf);

        ok(lkg_session_conf_mechanism(conf) == confs[i].mechanism
           && (key ? confs[i].key && strcmp(key, confs[i].key) == 0
                   : confs[i].key == NULL), "%s", confs[i].preset);

        lkg_session_conf_free(conf);
    }
}


static void
test_pending(void)
{
    lkg_ask            ask = LKG_ASK_INIT;
    lkg_policy        *policy;
    lkg_session       *s;
    lkg_decision       decision;
    lkg_session_conf  *conf;

    static const char  text[] =
        "{\"version\":1,\"roles\":{\"r\":{}},\"default_role\":\"r\"}";

    conf = redis("");
    s = pending(conf);

    is_str(lkg_session_id(s), ID, "a pending session has an id");
    is_str(lkg_session_identity(s), "", "but nobody yet");
    is_int(lkg_session_expires(s), 0, "no end");
    ok(lkg_session_claims(s) == NULL, "and no claims");
    is_int(lkg_json_typeof(lkg_session_claims(s), LKG_JSON_ROOT),
           LKG_JSON_ABSENT, "which can be read all the same");

    if (ok(lkg_policy_load(&policy, text, sizeof(text) - 1, NULL) == LKG_OK,
           "a policy"))
    {
        ask.now = NOW;
        ask.session = s;
        ask.room.data = "room";
        ask.room.len = 4;

        ok(lkg_decide(&decision, policy, &ask) != LKG_OK,
           "gives it nothing");
    }

    lkg_policy_free(policy);
    lkg_session_free(s);
    lkg_session_conf_free(conf);
}


typedef struct {
    const char  *params;
    const char  *json;
    int          rc;
    const char  *identity;
    int64_t      expires;
} value_case;

static const value_case  values[] = {
    { "", "{\"userId\":\"u1\"}", LKG_OK, "u1", 0 },
    { "", "  {\"userId\":7}\n", LKG_OK, "7", 0 },
    { "", "{\"user\":{\"id\":\"u1\"},\"userId\":\"u2\"}", LKG_OK, "u1", 0 },
    { "", "{\"passport\":{\"user\":\"u1\"},\"user\":{\"id\":\"u2\"}}", LKG_OK,
      "u1", 0 },
    { "", "{\"passport\":{\"user\":{\"id\":\"u1\",\"name\":\"A\"}}}", LKG_OK,
      "u1", 0 },
    { "", "{\"sub\":\"u1\"}", LKG_OK, "u1", 0 },
    { "prefix=r:", "{\"sub\":\"u1\"}", LKG_OK, "r:u1", 0 },
    { "identity=id", "{\"id\":\"u1\"}", LKG_OK, "u1", 0 },

    /* nobody is signed in, though there be a session */

    { "", "{\"cookie\":{},\"views\":1}", LKG_ERR_IDENTITY, NULL, 0 },
    { "", "{\"id\":\"the session's own\"}", LKG_ERR_IDENTITY, NULL, 0 },
    { "", "{}", LKG_ERR_IDENTITY, NULL, 0 },
    { "", "{\"userId\":null}", LKG_ERR_IDENTITY, NULL, 0 },
    { "", "{\"userId\":\"\"}", LKG_ERR_IDENTITY, NULL, 0 },
    { "", "{\"userId\":{\"$oid\":\"x\"}}", LKG_ERR_IDENTITY, NULL, 0 },
    { "", "{\"userId\":\"a~b\"}", LKG_ERR_IDENTITY, NULL, 0 },

    /* there is no session */

    { "", NULL, LKG_ERR_EXPIRED, NULL, 0 },
    { "", "", LKG_ERR_EXPIRED, NULL, 0 },
    { "", "null", LKG_ERR_EXPIRED, NULL, 0 },

    /* nor is this one */

    { "", "[]", LKG_ERR_FORMAT, NULL, 0 },
    { "", "\"u1\"", LKG_ERR_FORMAT, NULL, 0 },
    { "", "{\"userId\":\"u1\"", LKG_ERR_FORMAT, NULL, 0 },
    { "", "{\"userId\":\"u1\",\"userId\":\"u2\"}", LKG_ERR_FORMAT, NULL, 0 },
    { "", "{\"userId\":\"u1\\u0000\"}", LKG_ERR_FORMAT, NULL, 0 },
    { "", "a:1:{s:6:\"userId\";s:2:\"u1\";}", LKG_ERR_FORMAT, NULL, 0 },

    /* the end, in the forms that it has */

    { "", "{\"userId\":\"u\",\"expires\":1795353600}", LKG_OK, "u", HOUR },
    { "", "{\"userId\":\"u\",\"expires\":1795353600999}", LKG_OK, "u", HOUR },
    { "", "{\"userId\":\"u\",\"expires\":\"2026-11-22T13:20:00Z\"}", LKG_OK,
      "u", HOUR },
    { "", "{\"userId\":\"u\",\"expires\":\"2026-11-22T14:20:00.5+01:00\"}",
      LKG_OK, "u", HOUR },
    { "", "{\"userId\":\"u\",\"expires\":null}", LKG_OK, "u", 0 },
    { "", "{\"userId\":\"u\",\"expires\":null,\"exp\":1795353600}", LKG_OK,
      "u", HOUR },
    { "", "{\"userId\":\"u\",\"expires\":1795350000}", LKG_ERR_EXPIRED, NULL,
      0 },
    { "", "{\"userId\":\"u\",\"expires\":1795350000999}", LKG_ERR_EXPIRED,
      NULL, 0 },
    { "", "{\"userId\":\"u\",\"expires\":0}", LKG_ERR_EXPIRED, NULL, 0 },
    { "", "{\"userId\":\"u\",\"expires\":-1}", LKG_ERR_EXPIRED, NULL, 0 },
    { "", "{\"userId\":\"u\",\"expires\":\"2026-11-22T12:19:59Z\"}",
      LKG_ERR_EXPIRED, NULL, 0 },
    { "", "{\"userId\":\"u\",\"expires\":\"2026-11-22T13:20:00\"}",
      LKG_ERR_FORMAT, NULL, 0 },
    { "", "{\"userId\":\"u\",\"expires\":\"\"}", LKG_ERR_FORMAT, NULL, 0 },
    { "", "{\"userId\":\"u\",\"expires\":true}", LKG_ERR_FORMAT, NULL, 0 },
    { "", "{\"userId\":\"u\",\"expires\":[1795353600]}", LKG_ERR_FORMAT, NULL,
      0 },
    { "", "{\"userId\":\"u\",\"expires\":1e300}", LKG_ERR_FORMAT, NULL, 0 },
    { "", "{\"userId\":\"u\",\"expires\":9223372036854775807}", LKG_OK, "u",
      9223372036854775 },
    { "expires=_expire", "{\"userId\":\"u\",\"_expire\":1795353600000}",
      LKG_OK, "u", HOUR },
    { "expires=a,b", "{\"userId\":\"u\",\"b\":1795353600,\"expires\":1}",
      LKG_OK, "u", HOUR },
    { "leeway=10", "{\"userId\":\"u\",\"expires\":1795349991}", LKG_OK, "u",
      1795349991 }
};


static void
test_values(void)
{
    int                rc;
    char              *copy;
    size_t             i;
    lkg_session       *s;
    lkg_session_conf  *conf;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        conf = redis(values[i].params);
        s = pending(conf);

        /* the text is the session's own as soon as the call is over */

        copy = values[i].json ? strdup(values[i].json) : NULL;
        rc = complete(s, conf, copy);

        if (copy) {
            memset(copy, 'x', strlen(copy));
        }

        free(copy);

        if (!ok(rc == values[i].rc, "%s",
                values[i].json ? values[i].json : "no value"))
        {
            printf("#   %s\n", lkg_strerror(rc));
        }

        if (rc == LKG_OK) {
            is_str(lkg_session_identity(s), values[i].identity, "is");
            is_int(lkg_session_expires(s), values[i].expires < 253402300799
                                           ? values[i].expires : 253402300799,
                   "ends");

        } else {
            ok(lkg_session_identity(s).len == 0
               && lkg_session_claims(s) == NULL, "is nobody");
        }

        is_int(complete(s, conf, "{\"userId\":\"u2\"}"), LKG_ERR_INVALID,
               "and takes nothing more");

        lkg_session_free(s);
        lkg_session_conf_free(conf);
    }
}


static void
test_limits(void)
{
    char              *json;
    lkg_session       *s;
    lkg_session_conf  *conf;

    conf = redis("");
    json = malloc(LKG_VALUE_MAX + 2);

    if (!ok(json != NULL, "memory")) {
        exit(1);
    }

    memset(json, ' ', LKG_VALUE_MAX + 1);
    memcpy(json, "{\"userId\":\"u1\"}", 15);

    s = pending(conf);
    is_int(lkg_session_complete(s, conf, json, LKG_VALUE_MAX, NOW), LKG_OK,
           "a large value");
    lkg_session_free(s);

    s = pending(conf);
    is_int(lkg_session_complete(s, conf, json, LKG_VALUE_MAX + 1, NOW),
           LKG_ERR_TOOBIG, "a value that is too large");
    lkg_session_free(s);

    memset(json, '[', LKG_VALUE_MAX);
    s = pending(conf);
    ok(lkg_session_complete(s, conf, json, LKG_VALUE_MAX, NOW) < 0,
       "a deep one");
    lkg_session_free(s);

    s = pending(conf);
    is_int(lkg_session_complete(s, conf, "{}", 2, -1), LKG_ERR_INVALID,
           "a time before 1970");
    is_int(complete(s, conf, "{\"userId\":\"u1\"}"), LKG_OK,
           "was no answer yet");
    lkg_session_free(s);

    free(json);
    lkg_session_conf_free(conf);
}


static void
test_express(void)
{
    char              *cookie;
    lkg_session       *s;
    lkg_session_conf  *conf;

    conf = configure("express", "secret=" SECRET);
    cookie = make(conf, "{\"id\":\"" ID "\"}");

    is_int(open_at(&s, conf, cookie, NULL, NOW), LKG_MORE, "an id");

    if (ok(complete(s, conf, "{\"cookie\":{\"originalMaxAge\":60000,"
                    "\"expires\":\"2026-11-22T13:20:00.000Z\"},\"user\":"
                    "{\"id\":42,\"name\":\"Ada\",\"email\":\"ada@x\"}}")
           == LKG_OK, "its value"))
    {
        is_str(lkg_session_identity(s), "42", "identity");
        is_str(lkg_session_name(s), "Ada", "name");
        is_str(lkg_session_email(s), "ada@x", "e-mail");
        is_str(lkg_session_id(s), ID, "the id is still there");
        is_int(lkg_session_expires(s), 0, "its key has an end, not its value");
        is_int(lkg_json_typeof(lkg_session_claims(s),
                               lkg_json_path(lkg_session_claims(s),
                                             "cookie.originalMaxAge", 21)),
               LKG_JSON_INTEGER, "claims");
    }

    lkg_session_free(s);

    is_int(open_at(&s, conf, cookie, NULL, NOW), LKG_MORE, "again");
    is_int(complete(s, conf, NULL), LKG_ERR_EXPIRED, "after the logout");
    lkg_session_free(s);

    lkg_free(cookie);
    lkg_session_conf_free(conf);
}


#define SESSION  "{\"sessionToken\":\"t\",\"userId\":\"u1\"}"


static void
test_second_value(void)
{
    size_t             i;
    lkg_session       *s;
    lkg_session_conf  *conf;

    static const struct {
        const char    *first;
        int            rc;
        const char    *user;
    } users[] = {
        { SESSION, LKG_MORE, "u1" },
        { "{\"userId\":17}", LKG_MORE, "17" },
        { "{\"userId\":\"auth0|x y\"}", LKG_MORE, "auth0|x y" },
        { "{\"sub\":\"u1\"}", LKG_OK, "" },
        { "{\"sub\":\"u1\",\"userId\":null}", LKG_OK, "" },
        { "{\"sub\":\"u1\",\"userId\":{}}", LKG_ERR_FORMAT, "" },
        { "{\"sub\":\"u1\",\"userId\":1.5}", LKG_ERR_FORMAT, "" },
        { "{\"sub\":\"u1\",\"userId\":\"\"}", LKG_ERR_FORMAT, "" },
        { "{\"sub\":\"u1\",\"userId\":\"a\\nb\"}", LKG_ERR_FORMAT, "" },
        { "{\"sub\":\"u1\",\"expires\":1,\"userId\":\"x\"}", LKG_ERR_EXPIRED,
          "" }
    };

    static const struct {
        const char    *second;
        int            rc;
        const char    *name;
        const char    *email;
    } people[] = {
        { "{\"id\":\"u1\",\"name\":\"Ada\",\"email\":\"a@x\"}", LKG_OK, "Ada",
          "a@x" },
        { "{\"name\":\"Ada\"}", LKG_OK, "Ada", "" },
        { "{\"id\":\"somebody else\"}", LKG_OK, "", "" },
        { NULL, LKG_OK, "", "" },
        { "null", LKG_OK, "", "" },
        { "[]", LKG_ERR_FORMAT, "", "" },
        { "", LKG_OK, "", "" },
        { "{\"name\":\"A\",\"name\":\"B\"}", LKG_ERR_FORMAT, "", "" }
    };

    conf = redis("user=userId identity=sub,userId");

    for (i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        s = pending(conf);
        is_int(complete(s, conf, users[i].first), users[i].rc,
               users[i].first);
        is_str(lkg_session_user(s), users[i].user, "leads on to");
        lkg_session_free(s);
    }

    for (i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
        s = pending(conf);
        is_int(complete(s, conf, SESSION), LKG_MORE, "a session, and a user");
        is_int(complete(s, conf, people[i].second), people[i].rc,
               people[i].second ? people[i].second : "no user");
        is_str(lkg_session_identity(s), people[i].rc == LKG_OK ? "u1" : "",
               "who it is does not change");
        is_str(lkg_session_name(s), people[i].name, "the name");
        is_str(lkg_session_email(s), people[i].email, "the e-mail");
        is_int(complete(s, conf, "{}"), LKG_ERR_INVALID, "no third value");
        lkg_session_free(s);
    }

    lkg_session_conf_free(conf);

    conf = redis("user=userId");
    s = pending(conf);
    is_int(complete(s, conf, "{\"userId\":\"u1\",\"name\":\"A\",\"email\":"
                    "\"a@x\"}"), LKG_MORE, "a session that has a name");
    is_int(complete(s, conf, "{\"name\":\"Ada\"}"), LKG_OK, "and a user");
    is_str(lkg_session_name(s), "Ada", "the user's name counts");
    is_str(lkg_session_email(s), "a@x", "what the user lacks stays");
    lkg_session_free(s);
    lkg_session_conf_free(conf);
}


static void
test_make(void)
{
    char              *cookie;
    lkg_session_conf  *conf;

    conf = redis("");
    cookie = make(conf, "{\"id\":\"" ID "\",\"x\":1}");
    ok(strcmp(cookie, "sid=" ID) == 0, "an id is made a cookie");
    lkg_free(cookie);

    is_int(lkg_session_make(&cookie, conf, "{\"id\":\"short\"}", 14),
           LKG_ERR_FORMAT, "if it can be one");
    is_int(lkg_session_make(&cookie, conf, "{}", 2), LKG_ERR_FORMAT,
           "and is there");
    lkg_session_conf_free(conf);

    conf = configure("express", "secret=" SECRET);
    is_int(lkg_session_make(&cookie, conf, "{\"id\":7}", 8), LKG_ERR_FORMAT,
           "a number is no id");
    lkg_session_conf_free(conf);

    conf = configure("introspect", "");
    is_int(lkg_session_make(&cookie, conf, "{}", 2), LKG_ERR_INVALID,
           "the application makes its own");
    lkg_session_conf_free(conf);
}


/* Since when Better Auth's sessions are revoked, in milliseconds. */

static void
test_revoked(void)
{
    int                rc;
    char              *cookie;
    size_t             i;
    lkg_session       *s;
    lkg_session_conf  *conf;

    static const struct {
        const char  *created;
        const char  *before;
        int          rc;
    } cases[] = {
        { "\"2026-11-22T12:20:00.250Z\"", NULL, LKG_OK },
        { "\"2026-11-22T12:20:00.250Z\"", "1795350000249", LKG_OK },
        { "\"2026-11-22T12:20:00.250Z\"", "1795350000250", LKG_OK },
        { "\"2026-11-22T12:20:00.250Z\"", "1795350000251", LKG_ERR_EXPIRED },
        { "\"2026-11-22T12:20:00.25Z\"", "1795350000251", LKG_ERR_EXPIRED },
        { "\"2026-11-22T12:20:00.250999Z\"", "1795350000250", LKG_OK },
        { "\"2026-11-22T12:20:00Z\"", "1795350000000", LKG_OK },
        { "\"2026-11-22T12:20:00Z\"", "1795350000001", LKG_ERR_EXPIRED },
        { "1795350000250", "1795350000250", LKG_OK },
        { "1795350000250", "1795350000251", LKG_ERR_EXPIRED },
        { "1795350000250", "\"1795350000250\"", LKG_OK },
        { "1795350000250", "\"1795350000251\"", LKG_ERR_EXPIRED },
        { "null", NULL, LKG_OK },
        { "null", "1", LKG_ERR_FORMAT },
        { "\"then\"", "1", LKG_ERR_FORMAT },
        { "1795350000250", "null", LKG_ERR_FORMAT },
        { "1795350000250", "{}", LKG_ERR_FORMAT },
        { "1795350000250", "then", LKG_ERR_FORMAT },
        { "1795350000250", "\"NaN\"", LKG_ERR_FORMAT }
    };

    conf = configure("better-auth", "secret=" SECRET);
    cookie = make(conf, "{\"id\":\"" ID "\"}");

    ok(strcmp(lkg_session_conf_default_user_key(conf),
              "revoked-sessions-before-") == 0, "where it is kept");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char  value[200];

        snprintf(value, sizeof(value), "{\"session\":{\"userId\":\"u1\","
                 "\"createdAt\":%s},\"user\":{\"id\":\"u1\"}}",
                 cases[i].created);

        rc = open_at(&s, conf, cookie, NULL, NOW);
        rc = rc == LKG_MORE ? complete(s, conf, value) : rc;

        ok(rc == LKG_MORE, "whose session");
        is_str(lkg_session_user(s), "u1", "it is");

        rc = complete(s, conf, cases[i].before);
        ok(rc == cases[i].rc, "%s, revoked before %s: %d", cases[i].created,
           cases[i].before ? cases[i].before : "never", rc);

        lkg_session_free(s);
    }

    lkg_free(cookie);
    lkg_session_conf_free(conf);

    conf = redis("");
    ok(lkg_session_conf_default_user_key(conf) == NULL, "others have none");
    lkg_session_conf_free(conf);
}


/* What Redis will forget ends then, at the latest. */

static void
test_limit(void)
{
    lkg_session       *s;
    lkg_session_conf  *conf;

    conf = redis("");
    s = pending(conf);

    is_int(lkg_session_limit(s, NOW, NOW), LKG_ERR_EXPIRED, "over now");
    is_int(lkg_session_limit(s, NOW - 1, NOW), LKG_ERR_EXPIRED, "and before");
    is_int(lkg_session_expires(s), 0, "which changes nothing");
    is_int(lkg_session_limit(s, HOUR, NOW), LKG_OK, "an end before a value");
    is_int(complete(s, conf, "{\"userId\":\"u\",\"exp\":1795353599}"), LKG_OK,
           "whose own end is earlier");
    is_int(lkg_session_expires(s), HOUR - 1, "and counts");
    is_int(lkg_session_limit(s, HOUR, NOW), LKG_OK, "a later one");
    is_int(lkg_session_expires(s), HOUR - 1, "does not");
    is_int(lkg_session_limit(s, NOW + 1, NOW), LKG_OK, "an earlier one");
    is_int(lkg_session_expires(s), NOW + 1, "does");
    lkg_session_free(s);

    s = pending(conf);
    is_int(lkg_session_limit(s, HOUR, NOW), LKG_OK, "an end");
    is_int(complete(s, conf, "{\"userId\":\"u\",\"exp\":1895353600}"), LKG_OK,
           "and a value whose own is later");
    is_int(lkg_session_expires(s), HOUR, "is that end");
    lkg_session_free(s);

    s = pending(conf);
    is_int(complete(s, conf, NULL), LKG_ERR_EXPIRED, "a session that is not");
    is_int(lkg_session_limit(s, HOUR, NOW), LKG_ERR_INVALID, "has no end");
    lkg_session_free(s);

    lkg_session_conf_free(conf);
}


int
main(void)
{
    test_confs();
    test_pending();
    test_limit();
    test_revoked();
    test_values();
    test_limits();
    test_express();
    test_second_value();
    test_make();

    return done_testing();
}
