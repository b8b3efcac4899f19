/*
 * Sessions that only the application knows: when it is asked, and what is
 * made of its answer.
 */

#include "lkg_session_test.h"


static int
ask(lkg_session **s, lkg_session_conf *conf, const char *cookie,
    const char *authorization, const char *answer)
{
    int  rc;

    rc = open_at(s, conf, cookie, authorization, NOW);

    if (rc == LKG_MORE) {
        rc = lkg_session_complete(*s, conf, answer,
                                  answer ? strlen(answer) : 0, NOW);
    }

    return rc;
}


static void
test_introspect(void)
{
    size_t             i;
    lkg_session       *s;
    lkg_session_conf  *conf;

    static const struct {
        const char    *answer;
        int            rc;
        const char    *identity;
    } answers[] = {
        { "{\"user\":{\"id\":\"u1\",\"name\":\"Ada\",\"email\":\"a@x\"},"
          "\"expires\":\"2026-11-22T13:20:00.000Z\"}", LKG_OK, "u1" },
        { "{\"session\":{\"expiresAt\":\"2026-11-22T13:20:00Z\",\"id\":\"s\","
          "\"userId\":\"u1\"},\"user\":{\"id\":\"u1\",\"name\":\"Ada\","
          "\"email\":\"a@x\",\"emailVerified\":true}}", LKG_OK, "u1" },
        { "{\"id\":42,\"name\":\"Ada\",\"email\":\"a@x\",\"exp\":1795353600}",
          LKG_OK, "42" },

        /* 200, and nobody is signed in */

        { "{}", LKG_ERR_ABSENT, NULL },
        { " { } ", LKG_ERR_ABSENT, NULL },
        { "null", LKG_ERR_ABSENT, NULL },
        { "", LKG_ERR_ABSENT, NULL },
        { NULL, LKG_ERR_ABSENT, NULL },
        { "{\"user\":null}", LKG_ERR_IDENTITY, NULL },
        { "{\"expires\":\"2026-11-22T13:20:00.000Z\"}", LKG_ERR_IDENTITY,
          NULL },
        { "{\"message\":\"please sign in\"}", LKG_ERR_IDENTITY, NULL },

        /* next-auth's own session has no id, and its e-mail may be anyone's */

        { "{\"user\":{\"name\":\"Ada\",\"email\":\"a@x\"},\"expires\":"
          "\"2026-11-22T13:20:00.000Z\"}", LKG_ERR_IDENTITY, NULL },

        { "{\"user\":{\"id\":\"u1\"},\"expires\":\"2026-11-22T12:00:00Z\"}",
          LKG_ERR_EXPIRED, NULL },
        { "<!DOCTYPE html>", LKG_ERR_FORMAT, NULL },
        { "[]", LKG_ERR_FORMAT, NULL },
        { "true", LKG_ERR_FORMAT, NULL }
    };

    conf = configure("introspect", "");

    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        is_int(ask(&s, conf, "any=cookie", NULL, answers[i].answer),
               answers[i].rc, answers[i].answer ? answers[i].answer
                                                : "no answer");

        if (answers[i].rc == LKG_OK) {
            is_str(lkg_session_identity(s), answers[i].identity, "is");
            is_str(lkg_session_name(s), "Ada", "has a name");
            is_str(lkg_session_email(s), "a@x", "an e-mail");
            is_int(lkg_session_expires(s), HOUR, "an end");
            is_str(lkg_session_id(s), "", "and no id");
        }

        lkg_session_free(s);
    }

    is_int(ask(&s, conf, "", "Bearer x", "{\"id\":\"u1\"}"), LKG_OK,
           "Authorization is a reason to ask");
    is_int(lkg_session_expires(s), 0, "an end need not be there");
    lkg_session_free(s);

    is_int(ask(&s, conf, "", NULL, "{\"id\":\"u1\"}"), LKG_ERR_ABSENT,
           "without either there is none");
    ok(s == NULL, "no session");

    lkg_session_conf_free(conf);
    conf = configure("introspect", "email_unverified");

    is_int(ask(&s, conf, "a=b", NULL, "{\"user\":{\"email\":\"a@x\"}}"),
           LKG_OK, "an e-mail that the conf trusts");
    is_str(lkg_session_identity(s), "a@x", "is an identity");
    lkg_session_free(s);
    lkg_session_conf_free(conf);
}


/* cookie= says which ones are worth a question. */

static void
test_introspect_cookies(void)
{
    lkg_session       *s;
    lkg_session_conf  *conf;

    conf = configure("introspect", "cookie=a cookie=b");

    is_int(ask(&s, conf, "b=x", NULL, "{\"id\":\"u\"}"), LKG_OK, "one");
    lkg_session_free(s);
    is_int(ask(&s, conf, "a.0=x; a.1=y", NULL, "{\"id\":\"u\"}"), LKG_OK,
           "in chunks");
    lkg_session_free(s);
    is_int(ask(&s, conf, "a=x; a=y", NULL, "{\"id\":\"u\"}"), LKG_OK,
           "two that differ: let the application say");
    lkg_session_free(s);
    is_int(ask(&s, conf, "c=x", NULL, "{\"id\":\"u\"}"), LKG_ERR_ABSENT,
           "another");
    is_int(ask(&s, conf, "c=x", "Bearer y", "{\"id\":\"u\"}"), LKG_OK,
           "but Authorization");
    lkg_session_free(s);

    lkg_session_conf_free(conf);
}


int
main(void)
{
    test_introspect();
    test_introspect_cookies();

    return done_testing();
}
