/*
 * Ids of sessions, signed and not, and percent-encoding.
 */

#include "lkg_session_test.h"

#include "lkg_session.h"


#define OLD  "session-test-old-secret-0123456789ab"


static int
pending(lkg_session_conf *conf, const char *cookie, const char *id)
{
    int           rc;
    lkg_session  *s;

    rc = open_at(&s, conf, cookie, NULL, NOW);

    if (rc == LKG_MORE
        && !lkg_str_eq(lkg_session_id(s), id, id ? strlen(id) : 0))
    {
        rc = LKG_ERR_INVALID;
    }

    lkg_session_free(s);

    return rc;
}


/* The value of a cookie of ours, without its name. */

static char *
value(lkg_session_conf *conf, const char *id)
{
    char  claims[512], *cookie, *text;

    snprintf(claims, sizeof(claims), "{\"id\":\"%s\"}", id);

    cookie = make(conf, claims);
    text = strdup(cookie + strcspn(cookie, "=") + 1);
    lkg_free(cookie);

    return text;
}


static void
test_express(void)
{
    char              *text, cookie[1024];
    size_t             i, n;
    lkg_session_conf  *conf, *old, *both;

    conf = configure("express", "cookie=sid secret=" SECRET);
    old = configure("express", "cookie=sid secret=" OLD);
    both = configure("express", "cookie=sid secret=" SECRET " secret=" OLD);

    text = value(conf, "Li2TLe0x6fdM0ilWLFB_riOohgYVn66M");
    n = strlen(text);

    ok(strncmp(text, "s%3ALi2T", 8) == 0, "s: and the id, encoded");

    snprintf(cookie, sizeof(cookie), "sid=%s", text);
    is_int(pending(conf, cookie, "Li2TLe0x6fdM0ilWLFB_riOohgYVn66M"),
           LKG_MORE, "an id with its signature");
    is_int(pending(old, cookie, NULL), LKG_ERR_SIGNATURE, "another secret");
    is_int(pending(both, cookie, "Li2TLe0x6fdM0ilWLFB_riOohgYVn66M"),
           LKG_MORE, "one of two");

    free(text);
    text = value(old, "Li2TLe0x6fdM0ilWLFB_riOohgYVn66M");
    snprintf(cookie, sizeof(cookie), "sid=%s", text);
    is_int(pending(both, cookie, "Li2TLe0x6fdM0ilWLFB_riOohgYVn66M"),
           LKG_MORE, "and the other, after a rotation");

    for (i = n - 1; i > n - 12; i--) {
        snprintf(cookie, sizeof(cookie), "sid=%.*s", (int) i, text);
        ok(pending(both, cookie, NULL) < 0, "%zu characters less", n - i);
    }

    snprintf(cookie, sizeof(cookie), "sid=%sA", text);
    is_int(pending(both, cookie, NULL), LKG_ERR_SIGNATURE, "one more");

    snprintf(cookie, sizeof(cookie), "sid=%s%%3D", text);
    is_int(pending(both, cookie, NULL), LKG_ERR_SIGNATURE,
           "padding that express does not write");

    snprintf(cookie, sizeof(cookie), "sid=%s", text);
    cookie[12] ^= 1;
    is_int(pending(both, cookie, NULL), LKG_ERR_SIGNATURE, "another id");

    free(text);
    lkg_session_conf_free(conf);
    lkg_session_conf_free(old);
    lkg_session_conf_free(both);
}


/* An id that lkg_session_make() would not make a cookie of. */

static int
long_id(lkg_session_conf *conf, const char *id)
{
    char       cookie[1024], signature[LKG_SID_SIGNATURE];
    lkg_str    text;
    lkg_hmac  *mac;

    text.data = id;
    text.len = strlen(id);

    if (lkg_hmac_new(&mac, lkg_lit(SECRET)) != LKG_OK
        || lkg_sid_sign(signature, text, 0, mac) != LKG_OK)
    {
        return LKG_ERR_INVALID;
    }

    lkg_hmac_free(mac);
    snprintf(cookie, sizeof(cookie), "sid=s:%s.%s", id, signature);

    return pending(conf, cookie, NULL);
}


/* What can stand in an id, though its signature be right. */

static void
test_alphabet(void)
{
    char              *text, id[LKG_SID_SIGNED + 2], cookie[1024];
    size_t             i;
    lkg_session_conf  *conf;

    static const char *const  good[] = {
        "a", "0123456789abcdef", "a.b.c", "a~b",
        "550e8400-e29b-41d4-a716-446655440000"
    };

    static const char *const  bad[] = {
        "a:b", "a b", "a/b", "a*", "a{b}", "a%", "a\\u00fc", "a\\n", "../x",
        "a,b", "a;b", "a=b"
    };

    conf = configure("express", "cookie=sid secret=" SECRET);

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        text = value(conf, good[i]);
        snprintf(cookie, sizeof(cookie), "sid=%s", text);
        is_int(pending(conf, cookie, good[i]), LKG_MORE, good[i]);
        free(text);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        text = value(conf, bad[i]);
        snprintf(cookie, sizeof(cookie), "sid=%s", text);
        ok(pending(conf, cookie, NULL) == LKG_ERR_FORMAT, "not %s", bad[i]);
        free(text);
    }

    memset(id, 'a', sizeof(id));
    id[LKG_SID_SIGNED] = '\0';
    text = value(conf, id);
    snprintf(cookie, sizeof(cookie), "sid=%s", text);
    is_int(pending(conf, cookie, id), LKG_MORE, "256 characters");
    free(text);

    id[LKG_SID_SIGNED] = 'a';
    id[LKG_SID_SIGNED + 1] = '\0';
    is_int(long_id(conf, id), LKG_ERR_FORMAT, "and not 257");

    is_int(pending(conf, "sid=s:.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                   NULL), LKG_ERR_SIGNATURE, "no id");
    is_int(pending(conf, "sid=s:", NULL), LKG_ERR_FORMAT, "nothing");
    is_int(pending(conf, "sid=s%3", NULL), LKG_ERR_FORMAT, "half an escape");
    is_int(pending(conf, "sid=", NULL), LKG_ERR_FORMAT, "empty");
    is_int(pending(conf, "connect.sid=s:x", NULL), LKG_ERR_ABSENT,
           "another cookie");

    lkg_session_conf_free(conf);
}


static void
test_better_auth(void)
{
    char              *text, cookie[1024], *at;
    lkg_session_conf  *conf;

    conf = configure("better-auth", "secret=" SECRET);

    text = value(conf, "aBcD1234efGH5678ijKL9012mnOP3456");
    ok(strcmp(text + strlen(text) - 3, "%3D") == 0, "the padding is encoded");

    snprintf(cookie, sizeof(cookie), "better-auth.session_token=%s", text);
    is_int(pending(conf, cookie, "aBcD1234efGH5678ijKL9012mnOP3456"),
           LKG_MORE, "the plain name");

    snprintf(cookie, sizeof(cookie), "better-auth.session_token=x; "
             "__Secure-better-auth.session_token=%s", text);
    is_int(pending(conf, cookie, "aBcD1234efGH5678ijKL9012mnOP3456"),
           LKG_MORE, "the secure one counts");

    snprintf(cookie, sizeof(cookie), "better-auth.session_token=%s", text);
    at = strstr(cookie, "%3D");
    strcpy(at, "=");
    is_int(pending(conf, cookie, "aBcD1234efGH5678ijKL9012mnOP3456"),
           LKG_MORE, "not encoded");
    *at = '\0';
    is_int(pending(conf, cookie, NULL), LKG_ERR_SIGNATURE, "without padding");

    free(text);
    lkg_session_conf_free(conf);
}


static void
test_opaque(void)
{
    char               cookie[512];
    size_t             i;
    lkg_session_conf  *conf;

    static const struct {
        const char    *id;
        int            rc;
    } ids[] = {
        { "abcdefghijklmnop", LKG_MORE },
        { "9835b598-0aaf-4396-9487-a1b41d7b1859", LKG_MORE },
        { "ABC_def-0123456789", LKG_MORE },
        { "abcdefghijklmno", LKG_ERR_FORMAT },
        { "", LKG_ERR_FORMAT },
        { "by-user-id:ccf8de16-4de3", LKG_ERR_FORMAT },
        { "abcdefghijklmnop.x", LKG_ERR_FORMAT },
        { "abcdefghijklmnop*", LKG_ERR_FORMAT },
        { "abcdefghijklmnop%41", LKG_ERR_FORMAT },
        { "abcdefghijklmnop{x}", LKG_ERR_FORMAT },
        { "abcdefghijklmnop\303\274", LKG_ERR_FORMAT },
        { "abcdefghijklmnop/../x", LKG_ERR_FORMAT },
        { "\"abcdefghijklmnop\"", LKG_ERR_FORMAT }
    };

    conf = configure("redis", "cookie=sid");

    for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        snprintf(cookie, sizeof(cookie), "sid=%s", ids[i].id);
        is_int(pending(conf, cookie, ids[i].id), ids[i].rc, ids[i].id);
    }

    snprintf(cookie, sizeof(cookie), "sid=%0128d", 0);
    is_int(pending(conf, cookie, cookie + 4), LKG_MORE, "128 characters");
    snprintf(cookie, sizeof(cookie), "sid=%0129d", 0);
    is_int(pending(conf, cookie, NULL), LKG_ERR_FORMAT, "129 are too many");

    is_int(pending(conf, "sid=abcdefghijklmnop; sid=abcdefghijklmnoq", NULL),
           LKG_ERR_AMBIGUOUS, "two of them");

    lkg_session_conf_free(conf);
}


static void
test_percent(void)
{
    char     text[64], back[64];
    size_t   i, len;

    static const char *const  good[][2] = {
        { "", "" }, { "abc", "abc" }, { "%41", "A" }, { "%c3%BC", "\303\274" },
        { "a%2fb+c", "a/b+c" }, { "%25%41", "%A" }
    };

    static const char *const  bad[] = {
        "%", "%4", "a%", "%4g", "%g4", "%%41", "%u0041", "% 1", "%-1"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ok(lkg_percent_decode(text, &len, good[i][0], strlen(good[i][0]))
           == LKG_OK && len == strlen(good[i][1])
           && memcmp(text, good[i][1], len) == 0, "\"%s\"", good[i][0]);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ok(lkg_percent_decode(text, &len, bad[i], strlen(bad[i]))
           == LKG_ERR_FORMAT && len == 0, "not \"%s\"", bad[i]);
    }

    len = lkg_percent_encode(text, "s:a.b/c+d=\303", 11);
    ok(len == 21 && memcmp(text, "s%3Aa.b%2Fc%2Bd%3D%C3", 21) == 0,
       "encoded as JavaScript does it");
    ok(lkg_percent_decode(back, &len, text, 21) == LKG_OK
       && len == 11 && memcmp(back, "s:a.b/c+d=\303", 11) == 0, "and back");
}


int
main(void)
{
    test_express();
    test_alphabet();
    test_better_auth();
    test_opaque();
    test_percent();

    return done_testing();
}
