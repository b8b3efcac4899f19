/*
 * What the claims of a session must say: who, until when, for whom.
 */

#include "lkg_session_test.h"


typedef struct {
    const char  *params;
    const char  *claims;
    int          rc;
    const char  *identity;
} identity_case;

static const identity_case  identities[] = {

    /* the default: sub, user.sub, user.id, id, userId, passport.user, email */

    { "", "\"sub\":\"a\",\"id\":\"b\"", LKG_OK, "a" },
    { "", "\"sub\":null,\"id\":\"b\"", LKG_OK, "b" },
    { "", "\"user\":{\"sub\":\"a\",\"id\":\"b\"}", LKG_OK, "a" },
    { "", "\"id\":42,\"user\":{\"id\":\"u-42\"}", LKG_OK, "u-42" },
    { "", "\"id\":42", LKG_OK, "42" },
    { "", "\"id\":-7", LKG_OK, "-7" },
    { "", "\"userId\":\"b\"", LKG_OK, "b" },
    { "", "\"passport\":{\"user\":\"b\"}", LKG_OK, "b" },
    { "", "\"sub\":\"\303\274-1\"", LKG_OK, "\303\274-1" },
    { "", "\"sub\":\"\\u00fc-1\"", LKG_OK, "\303\274-1" },
    { "", "\"name\":\"nobody\"", LKG_ERR_IDENTITY, NULL },

    /* what is there but is no identity does not make room for the next */

    { "", "\"sub\":\"\",\"id\":\"b\"", LKG_ERR_IDENTITY, NULL },
    { "", "\"sub\":false,\"id\":\"b\"", LKG_ERR_IDENTITY, NULL },
    { "", "\"sub\":1.5,\"id\":\"b\"", LKG_ERR_IDENTITY, NULL },
    { "", "\"sub\":1e3,\"id\":\"b\"", LKG_ERR_IDENTITY, NULL },
    { "", "\"sub\":{},\"id\":\"b\"", LKG_ERR_IDENTITY, NULL },
    { "", "\"sub\":[\"a\"],\"id\":\"b\"", LKG_ERR_IDENTITY, NULL },
    { "", "\"sub\":\"a~b\",\"id\":\"b\"", LKG_ERR_IDENTITY, NULL },
    { "", "\"sub\":\"a#b\",\"id\":\"b\"", LKG_ERR_IDENTITY, NULL },
    { "", "\"sub\":\"a\\nb\",\"id\":\"b\"", LKG_ERR_IDENTITY, NULL },

    /* an e-mail counts where it is verified, beside it in the same object */

    { "", "\"email\":\"e@x\"", LKG_ERR_IDENTITY, NULL },
    { "", "\"email\":\"e@x\",\"email_verified\":true", LKG_OK, "e@x" },
    { "", "\"email\":\"e@x\",\"email_verified\":false", LKG_ERR_IDENTITY,
      NULL },
    { "", "\"email\":\"e@x\",\"email_verified\":\"true\"", LKG_ERR_IDENTITY,
      NULL },
    { "", "\"email\":\"e@x\",\"email_verified\":1", LKG_ERR_IDENTITY, NULL },
    { "", "\"email\":\"e@x\",\"email_verified\":false,"
          "\"emailVerified\":true", LKG_ERR_IDENTITY, NULL },
    { "", "\"email\":\"e@x\",\"emailVerified\":true", LKG_OK, "e@x" },
    { "", "\"email\":\"e@x\",\"emailVerified\":false", LKG_ERR_IDENTITY,
      NULL },
    { "", "\"email\":\"e@x\",\"emailVerified\":null", LKG_ERR_IDENTITY,
      NULL },
    { "", "\"email\":\"e@x\",\"emailVerified\":\"2026-11-22T10:00:00Z\"",
      LKG_OK, "e@x" },
    { "", "\"email\":\"e@x\",\"emailVerified\":\"\"", LKG_ERR_IDENTITY,
      NULL },
    { "", "\"email\":\"e@x\",\"emailVerified\":\"false\"", LKG_ERR_IDENTITY,
      NULL },
    { "", "\"email\":\"e@x\",\"emailVerified\":1795347120000", LKG_OK,
      "e@x" },
    { "", "\"email\":\"e@x\",\"emailVerified\":0", LKG_ERR_IDENTITY, NULL },
    { "", "\"email\":\"e@x\",\"user\":{\"email_verified\":true}",
      LKG_ERR_IDENTITY, NULL },
    { "identity=user.email,id",
      "\"user\":{\"email\":\"e@x\"},\"email_verified\":true,\"id\":\"b\"",
      LKG_OK, "b" },
    { "identity=user.email",
      "\"user\":{\"email\":\"e@x\",\"email_verified\":true}", LKG_OK, "e@x" },
    { "email_unverified", "\"email\":\"e@x\"", LKG_OK, "e@x" },
    { "email_unverified", "\"email\":\"e@x\",\"email_verified\":false",
      LKG_OK, "e@x" },
    { "identity=myemail", "\"myemail\":\"e@x\"", LKG_OK, "e@x" },

    /* a name with dots in it is a name before it is a path */

    { "identity=https://x.y/id", "\"https://x.y/id\":\"a\"", LKG_OK, "a" },
    { "identity=https://x.y/id",
      "\"https://x\":{\"y/id\":\"b\"},\"https://x.y/id\":\"a\"", LKG_OK,
      "a" },
    { "identity=https://x.y/id", "\"https://x\":{\"y/id\":\"b\"}", LKG_OK,
      "b" },
    { "identity=user.https://x.y/id",
      "\"user\":{\"https://x.y/id\":\"a\"}", LKG_OK, "a" },
    { "identity=user.id", "\"user\":{\"id\":\"b\"},\"user.id\":\"a\"",
      LKG_OK, "a" },
    { "identity=user.id", "\"user\":{\"id\":\"b\"},\"user.id\":null",
      LKG_ERR_IDENTITY, NULL },
    { "identity=https://x.y/email",
      "\"https://x.y/email\":\"e@x\",\"email_verified\":true",
      LKG_ERR_IDENTITY, NULL },
    { "identity=https://x.y/email",
      "\"https://x.y/email\":\"e@x\",\"https://x.y/email_verified\":true",
      LKG_OK, "e@x" },
    { "identity=user.email",
      "\"user.email\":\"e@x\",\"user\":{\"email_verified\":true}",
      LKG_ERR_IDENTITY, NULL },
    { "identity=user.email",
      "\"user.email\":\"e@x\",\"user.email_verified\":true", LKG_OK,
      "e@x" },

    /* as configured */

    { "identity=uid", "\"sub\":\"a\",\"uid\":\"b\"", LKG_OK, "b" },
    { "identity=uid", "\"sub\":\"a\"", LKG_ERR_IDENTITY, NULL },
    { "identity=x.y.z,uid", "\"x\":{\"y\":[]},\"uid\":\"b\"", LKG_OK, "b" },
    { "prefix=school:", "\"sub\":\"a\"", LKG_OK, "school:a" },
    { "prefix=school:", "\"id\":42", LKG_OK, "school:42" },
    { "prefix=school:", "\"sub\":\"\"", LKG_ERR_IDENTITY, NULL }
};


static void
test_identities(void)
{
    int                   rc;
    char                  claims[512];
    size_t                i;
    lkg_session          *s;
    lkg_session_conf     *conf;
    const identity_case  *c;

    for (i = 0; i < sizeof(identities) / sizeof(identities[0]); i++) {
        c = &identities[i];
        conf = jwt(c->params);

        snprintf(claims, sizeof(claims), "{%s," LATER "}", c->claims);

        rc = open_claims(&s, conf, claims);
        is_int(rc, c->rc, c->claims);

        if (rc == LKG_OK && c->identity) {
            is_str(lkg_session_identity(s), c->identity, "is the identity");
        }

        lkg_session_free(s);
        lkg_session_conf_free(conf);
    }
}


static void
test_lengths(void)
{
    int                rc;
    char               claims[1024], long_text[300];
    size_t             n;
    lkg_session       *s;
    lkg_session_conf  *conf, *prefixed;

    memset(long_text, 'x', sizeof(long_text));
    conf = jwt("");
    prefixed = jwt("prefix=p:");

    for (n = LKG_IDENTITY_MAX - 2; n <= LKG_IDENTITY_MAX + 1; n++) {
        snprintf(claims, sizeof(claims), "{\"sub\":\"%.*s\"," LATER "}",
                 (int) n, long_text);

        rc = open_claims(&s, conf, claims);
        ok(rc == (n <= LKG_IDENTITY_MAX ? LKG_OK : LKG_ERR_IDENTITY),
           "an identity of %zu bytes", n);
        lkg_session_free(s);

        rc = open_claims(&s, prefixed, claims);
        ok(rc == (n + 2 <= LKG_IDENTITY_MAX ? LKG_OK : LKG_ERR_IDENTITY),
           "and with a prefix of 2");
        lkg_session_free(s);
    }

    /* a name is cut between characters, an e-mail is not cut */

    snprintf(claims, sizeof(claims),
             "{\"sub\":\"a\",\"name\":\"%.*s\303\274\","
             "\"email\":\"%.*s\"," LATER "}",
             LKG_NAME_MAX - 1, long_text, LKG_NAME_MAX + 1, long_text);

    if (ok(open_claims(&s, conf, claims) == LKG_OK, "a long name")) {
        is_int(lkg_session_name(s).len, LKG_NAME_MAX - 1, "is cut");
        is_int(lkg_session_email(s).len, 0, "a long e-mail is none");
    }

    lkg_session_free(s);

    snprintf(claims, sizeof(claims),
             "{\"sub\":\"a\",\"name\":\"%.*s\303\274x\","
             "\"email\":\"%.*s\"," LATER "}",
             LKG_NAME_MAX - 2, long_text, LKG_NAME_MAX, long_text);

    if (ok(open_claims(&s, conf, claims) == LKG_OK, "one byte shorter")) {
        is_int(lkg_session_name(s).len, LKG_NAME_MAX, "is cut later");
        is_int(lkg_session_email(s).len, LKG_NAME_MAX, "an e-mail that fits");
    }

    lkg_session_free(s);
    lkg_session_conf_free(conf);
    lkg_session_conf_free(prefixed);
}


static void
test_names(void)
{
    lkg_session       *s;
    lkg_session_conf  *conf;

    conf = jwt("");

    if (ok(open_claims(&s, conf, "{\"sub\":\"a\",\"user\":{\"name\":\"Ada\","
                       "\"email\":\"ada@x\"}," LATER "}") == LKG_OK,
           "a name in \"user\""))
    {
        is_str(lkg_session_name(s), "Ada", "is found");
        is_str(lkg_session_email(s), "ada@x", "and an e-mail");
        is_str(lkg_session_id(s), "", "there is no id");
    }

    lkg_session_free(s);

    if (ok(open_claims(&s, conf, "{\"sub\":\"a\",\"name\":\"A\\u0001\","
                       "\"email\":\"a\\u0085b\",\"jti\":7," LATER "}")
           == LKG_OK, "control characters"))
    {
        is_str(lkg_session_name(s), "", "make no name");
        is_str(lkg_session_email(s), "", "and no e-mail");
        is_str(lkg_session_id(s), "", "a number is no id");
    }

    lkg_session_free(s);
    lkg_session_conf_free(conf);

    conf = jwt("name=nick,name email=mail");

    if (ok(open_claims(&s, conf, "{\"sub\":\"a\",\"name\":\"A\",\"nick\":5,"
                       "\"mail\":\"m\"," LATER "}") == LKG_OK, "own claims"))
    {
        is_str(lkg_session_name(s), "", "the first that is there counts");
        is_str(lkg_session_email(s), "m", "and another for the e-mail");
    }

    lkg_session_free(s);
    lkg_session_conf_free(conf);
}


typedef struct {
    const char  *params;
    const char  *claims;
    int          rc;
    int64_t      expires;
} time_case;

static const time_case  times[] = {
    { "", "\"exp\":1795350001", LKG_OK, 1795350001 },
    { "", "\"exp\":1795350000", LKG_ERR_EXPIRED, 0 },
    { "", "\"exp\":0", LKG_ERR_EXPIRED, 0 },
    { "", "\"exp\":-9223372036854775808", LKG_ERR_EXPIRED, 0 },
    { "", "\"exp\":1795350001.9", LKG_OK, 1795350001 },
    { "", "\"exp\":9223372036854775807", LKG_OK, 253402300799 },
    { "", "\"exp\":1e18", LKG_OK, 253402300799 },
    { "", "\"exp\":1e300", LKG_ERR_FORMAT, 0 },
    { "", "\"exp\":-1e300", LKG_ERR_FORMAT, 0 },
    { "", "\"exp\":\"1795353600\"", LKG_ERR_FORMAT, 0 },
    { "", "\"exp\":null", LKG_ERR_FORMAT, 0 },
    { "", "\"exp\":true", LKG_ERR_FORMAT, 0 },
    { "", "\"exp\":[1795353600]", LKG_ERR_FORMAT, 0 },
    { "", "\"iat\":1795353600", LKG_ERR_FORMAT, 0 },
    { "", LATER ",\"nbf\":1795350000", LKG_OK, HOUR },
    { "", LATER ",\"nbf\":1795350001", LKG_ERR_EXPIRED, 0 },
    { "", LATER ",\"nbf\":9223372036854775807", LKG_ERR_EXPIRED, 0 },
    { "", LATER ",\"nbf\":\"0\"", LKG_ERR_FORMAT, 0 },
    { "", LATER ",\"nbf\":null", LKG_ERR_FORMAT, 0 },
    { "", LATER ",\"iat\":9223372036854775807", LKG_OK, HOUR },
    { "leeway=0", "\"exp\":1795350000", LKG_ERR_EXPIRED, 0 },
    { "leeway=15", "\"exp\":1795349986", LKG_OK, 1795349986 },
    { "leeway=15", "\"exp\":1795349985", LKG_ERR_EXPIRED, 0 },
    { "leeway=300", LATER ",\"nbf\":1795350300", LKG_OK, HOUR },
    { "leeway=300", LATER ",\"nbf\":1795350301", LKG_ERR_EXPIRED, 0 },
    { "expires=session.end", LATER ",\"session\":{\"end\":1795350060}",
      LKG_OK, 1795350060 },
    { "expires=session.end", LATER ",\"session\":{\"end\":1999999999}",
      LKG_OK, HOUR },
    { "expires=session.end", LATER ",\"session\":{\"end\":1795350000}",
      LKG_ERR_EXPIRED, 0 },
    { "expires=session.end", LATER ",\"session\":{\"end\":\"soon\"}",
      LKG_ERR_FORMAT, 0 },
    { "expires=session.end", LATER, LKG_OK, HOUR },
    { "expires=end", "\"end\":1795353600", LKG_ERR_FORMAT, 0 },
    { "expires=end", LATER ",\"end\":1795350060999", LKG_OK, 1795350060 },
    { "expires=end", LATER ",\"end\":100000000000", LKG_OK, HOUR },
    { "expires=end", LATER ",\"end\":100000000001", LKG_ERR_EXPIRED, 0 },
    { "expires=end", LATER ",\"end\":\"2026-11-22T12:21:00Z\"", LKG_OK,
      1795350060 },
    { "expires=end", LATER ",\"end\":\"2026-11-22T12:20:00Z\"",
      LKG_ERR_EXPIRED, 0 },
    { "expires=end", LATER ",\"end\":\"1795350060\"", LKG_ERR_FORMAT, 0 },
    { "expires=a,b", LATER ",\"b\":1795350060", LKG_OK, 1795350060 },
    { "expires=a,b", LATER ",\"a\":null,\"b\":1795350060", LKG_OK,
      1795350060 }
};


static void
test_times(void)
{
    int                rc;
    char               claims[256];
    size_t             i;
    lkg_session       *s;
    lkg_session_conf  *conf;

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        conf = jwt(times[i].params);

        snprintf(claims, sizeof(claims), "{\"sub\":\"a\",%s}",
                 times[i].claims);

        rc = open_claims(&s, conf, claims);
        is_int(rc, times[i].rc, times[i].claims);

        if (rc == LKG_OK) {
            is_int(lkg_session_expires(s), times[i].expires, "is the end");
        }

        lkg_session_free(s);
        lkg_session_conf_free(conf);
    }

    conf = configure("next-auth", "secret=" SECRET);

    is_int(open_claims(&s, conf, "{\"sub\":\"a\",\"exp\":1795349986}"),
           LKG_OK, "next-auth allows 15 seconds");
    lkg_session_free(s);
    is_int(open_claims(&s, conf, "{\"sub\":\"a\",\"exp\":1795349985}"),
           LKG_ERR_EXPIRED, "and no more");

    is_int(open_at(&s, conf, "a=b", NULL, -1), LKG_ERR_INVALID,
           "a time before 1970");
    is_int(open_at(&s, conf, "a=b", NULL, INT64_MAX), LKG_ERR_INVALID,
           "a time that cannot be");

    lkg_session_conf_free(conf);
}


typedef struct {
    const char  *params;
    const char  *claims;
    int          rc;
} reader_case;

static const reader_case  readers[] = {
    { "iss=i", "\"iss\":\"i\"", LKG_OK },
    { "iss=i", "\"iss\":\"j\"", LKG_ERR_SIGNATURE },
    { "iss=i", "\"iss\":[\"i\"]", LKG_ERR_SIGNATURE },
    { "iss=i", "\"sub\":\"a\"", LKG_ERR_SIGNATURE },
    { "iss=i iss=j", "\"iss\":\"j\"", LKG_OK },
    { "aud=x", "\"aud\":\"x\"", LKG_OK },
    { "aud=x", "\"aud\":[\"y\",\"x\"]", LKG_OK },
    { "aud=x", "\"aud\":[\"y\",\"z\"]", LKG_ERR_SIGNATURE },
    { "aud=x", "\"aud\":[[\"x\"]]", LKG_ERR_SIGNATURE },
    { "aud=x", "\"aud\":[]", LKG_ERR_SIGNATURE },
    { "aud=x", "\"aud\":{\"x\":\"x\"}", LKG_ERR_SIGNATURE },
    { "aud=x", "\"aud\":\"X\"", LKG_ERR_SIGNATURE },
    { "aud=x", "\"aud\":null", LKG_ERR_SIGNATURE },
    { "aud=x aud=y", "\"aud\":[\"y\"]", LKG_OK },
    { "azp=z", "\"azp\":\"z\"", LKG_OK },
    { "azp=z", "\"azp\":\"y\"", LKG_ERR_SIGNATURE },
    { "azp=z", "\"sub\":\"a\"", LKG_ERR_SIGNATURE },
    { "iss=i aud=x azp=z", "\"iss\":\"i\",\"aud\":\"x\",\"azp\":\"z\"",
      LKG_OK },
    { "iss=i aud=x azp=z", "\"iss\":\"i\",\"aud\":\"x\"",
      LKG_ERR_SIGNATURE },
    { "", "\"iss\":7,\"aud\":{},\"azp\":[]", LKG_OK }
};


static void
test_readers(void)
{
    int                rc;
    char               claims[256];
    size_t             i;
    lkg_session       *s;
    lkg_session_conf  *conf;

    for (i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        conf = jwt(readers[i].params);

        snprintf(claims, sizeof(claims), "{\"id\":\"a\",%s," LATER "}",
                 readers[i].claims);

        rc = open_claims(&s, conf, claims);
        ok(rc == readers[i].rc, "%s with %s", readers[i].params,
           readers[i].claims);

        lkg_session_free(s);
        lkg_session_conf_free(conf);
    }
}


static void
test_identity_valid(void)
{
    char     text[LKG_IDENTITY_MAX + 1];
    lkg_str  base;

    memset(text, 'a', sizeof(text));

    ok(lkg_identity_valid("u1", 2), "letters");
    ok(lkg_identity_valid("auth0|5f7c8ec7c33c6c004bbafe82", 30), "auth0|...");
    ok(lkg_identity_valid("a b@x:y/z{}", 11), "punctuation");
    ok(lkg_identity_valid("\303\274\360\237\216\211", 6), "UTF-8");
    ok(lkg_identity_valid(text, LKG_IDENTITY_MAX), "as long as can be");
    ok(!lkg_identity_valid(text, LKG_IDENTITY_MAX + 1), "and longer");
    ok(!lkg_identity_valid("", 0), "empty");
    ok(!lkg_identity_valid("a#b", 3), "#");
    ok(!lkg_identity_valid("a~b", 3), "~");
    ok(!lkg_identity_valid("a\0b", 3), "NUL");
    ok(!lkg_identity_valid("a\nb", 3), "line break");
    ok(!lkg_identity_valid("a\177b", 3), "DEL");
    ok(!lkg_identity_valid("a\302\205b", 4), "U+0085");
    ok(lkg_identity_valid("a\302\240b", 4), "U+00A0");
    ok(!lkg_identity_valid("a\377b", 3), "not UTF-8");

    base = lkg_identity_base("u2~phone", 8);
    is_str(base, "u2", "before \"~\"");
    base = lkg_identity_base("u2#abc~x", 8);
    is_str(base, "u2", "before \"#\"");
    base = lkg_identity_base("u2", 2);
    is_str(base, "u2", "the whole");
    base = lkg_identity_base("#", 1);
    is_str(base, "", "nothing before it");
}


int
main(void)
{
    test_identities();
    test_lengths();
    test_names();
    test_times();
    test_readers();
    test_identity_valid();

    return done_testing();
}
