/*
 * What the presets of signed and encrypted sessions have of their own:
 * names of cookies, wrappers, claims.
 */

#include "lkg_sign_test.h"


#define USER  "\"sub\":\"user_1\"," LATER


static EVP_PKEY  *rsa, *ec;
static char      *rsa_pem, *ec_pem;


typedef struct {
    const char  *params;
    const char  *claims;
    int          rc;
} claims_case;


static void
test_claims(const char *preset, const claims_case *c, size_t n)
{
    int                rc;
    char               claims[1024], text[TOKEN_MAX], header[TOKEN_MAX + 16];
    size_t             i;
    lkg_session       *s;
    lkg_session_conf  *conf;

    for (i = 0; i < n; i++) {
        conf = key_conf(preset, c[i].params, "key", rsa_pem);

        snprintf(claims, sizeof(claims), "{" USER "%s%s}",
                 *c[i].claims ? "," : "", c[i].claims);
        sign(text, "RS256", rsa, claims);
        snprintf(header, sizeof(header), "__session=%s", text);

        rc = open_at(&s, conf, header, NULL, NOW);

        if (!ok(rc == c[i].rc, "%s %s: %s", preset, c[i].params,
                *c[i].claims ? c[i].claims : "nothing more"))
        {
            printf("#   %s\n", lkg_strerror(rc));
        }

        lkg_session_free(s);
        lkg_session_conf_free(conf);
    }
}


static void
test_clerk(void)
{
    static const claims_case  claims[] = {
        { "", "", LKG_OK },
        { "", "\"sts\":\"active\",\"v\":2", LKG_OK },
        { "", "\"sts\":\"pending\"", LKG_ERR_EXPIRED },
        { "", "\"sts\":\"\"", LKG_ERR_EXPIRED },
        { "", "\"sts\":null", LKG_ERR_EXPIRED },
        { "azp=https://a azp=https://b", "\"azp\":\"https://b\"", LKG_OK },
        { "azp=https://a", "\"azp\":\"https://b\"", LKG_ERR_SIGNATURE },
        { "azp=https://a", "\"azp\":\"https://a.evil.example\"",
          LKG_ERR_SIGNATURE },
        { "azp=https://a", "\"azp\":null", LKG_ERR_SIGNATURE },
        { "azp=https://a", "\"azp\":[\"https://a\"]", LKG_ERR_SIGNATURE },
        { "azp=https://a", "", LKG_OK },        /* no web page asked for it */
        { "", "\"azp\":\"https://b\"", LKG_OK },
        { "iss=https://clerk.a", "\"iss\":\"https://clerk.a\"", LKG_OK },
        { "iss=https://clerk.a", "", LKG_ERR_SIGNATURE },
        { "", "\"nbf\":1795350005", LKG_OK },
        { "", "\"nbf\":1795350006", LKG_ERR_EXPIRED }
    };

    test_claims("clerk", claims, sizeof(claims) / sizeof(claims[0]));
}


/* "__session_<suffix>" is one instance's, "__session" anybody's. */

static void
test_clerk_names(void)
{
    char               one[TOKEN_MAX], two[TOKEN_MAX];
    char               header[4 * TOKEN_MAX];
    lkg_session       *s;
    lkg_session_conf  *conf, *named;

    conf = key_conf("clerk", "", "key", rsa_pem);
    named = key_conf("clerk", "cookie=__session_abcdefgh cookie=__session",
                     "key", rsa_pem);

    sign(one, "RS256", rsa, "{\"sub\":\"one\",\"sid\":\"sess_1\"," LATER "}");
    sign(two, "RS256", rsa, "{\"sub\":\"two\"," LATER "}");

    snprintf(header, sizeof(header), "__session_aB3-_x09=%s", one);
    is_int(open_at(&s, conf, header, NULL, NOW), LKG_OK, "the suffixed cookie");
    is_str(lkg_session_id(s), "sess_1", "its id is Clerk's \"sid\"");
    lkg_session_free(s);

    snprintf(header, sizeof(header), "__session=%s; __session_aB3-_x09=%s",
             two, one);
    if (ok(open_at(&s, conf, header, NULL, NOW) == LKG_OK, "both")) {
        is_str(lkg_session_identity(s), "one", "the suffixed one counts");
    }
    lkg_session_free(s);

    snprintf(header, sizeof(header), "__session_aB3-_x09=%s; "
             "__session_aB3-_x08=%s", one, two);
    is_int(open_at(&s, conf, header, NULL, NOW), LKG_ERR_AMBIGUOUS,
           "of two instances' cookies none can be chosen");

    snprintf(header, sizeof(header), "__session_abcdefgh=%s; "
             "__session_aB3-_x08=%s; __session=x", one, two);
    if (ok(open_at(&s, named, header, NULL, NOW) == LKG_OK,
           "unless cookie= says which"))
    {
        is_str(lkg_session_identity(s), "one", "that is it");
    }
    lkg_session_free(s);

    snprintf(header, sizeof(header), "__session_aB3-_x0=%s; "
             "__session_aB3-_x090=%s; __session_aB3.x09x=%s", one, one, one);
    is_int(open_at(&s, conf, header, NULL, NOW), LKG_ERR_ABSENT,
           "other names are other cookies");

    snprintf(header, sizeof(header), "__session_aB3-_x09=x; __session=%s",
             one);
    is_int(open_at(&s, conf, header, NULL, NOW), LKG_ERR_FORMAT,
           "a bad suffixed one is not passed over");

    lkg_session_conf_free(conf);
    lkg_session_conf_free(named);
}


static void
test_firebase(void)
{
    lkg_error          err;
    lkg_session_conf  *conf;

    static const claims_case  claims[] = {
        { "project=p-1",
          "\"iss\":\"https://session.firebase.google.com/p-1\","
          "\"aud\":\"p-1\"", LKG_OK },
        { "project=p-1",
          "\"iss\":\"https://securetoken.google.com/p-1\",\"aud\":\"p-1\"",
          LKG_ERR_SIGNATURE },
        { "project=p-1",
          "\"iss\":\"https://session.firebase.google.com/p-1\","
          "\"aud\":\"p-2\"", LKG_ERR_SIGNATURE },
        { "project=p-1",
          "\"iss\":\"https://session.firebase.google.com/p-2\","
          "\"aud\":\"p-1\"", LKG_ERR_SIGNATURE },
        { "project=p-1", "\"aud\":\"p-1\"", LKG_ERR_SIGNATURE },
        { "project=p-1", "", LKG_ERR_SIGNATURE }
    };

    test_claims("firebase", claims, sizeof(claims) / sizeof(claims[0]));

    ok(try_conf(&conf, "firebase", "", "key", rsa_pem, &err)
       == LKG_ERR_INVALID && strstr(err.text, "needs project="),
       "project= is needed");
    ok(try_conf(&conf, "firebase", "project=a/b", "key", rsa_pem, &err)
       == LKG_ERR_INVALID && strstr(err.text, "project= can only hold"),
       "and is a project's name");
}


/* base64url of JSON, as @supabase/ssr writes it; "format" has one %s. */

static char *
supabase(char *header, const char *name, const char *format,
    const char *token)
{
    char    json[TOKEN_MAX + 512];
    size_t  n;

    put_in(json, sizeof(json), format, token);

    n = sprintf(header, "%s=base64-", name);
    n += lkg_b64url_encode(header + n, json, strlen(json));
    header[n] = '\0';

    return header;
}


#define REF      "sb-abc-auth-token"
#define CLAIMS   "{\"sub\":\"u1\",\"role\":\"authenticated\","               \
                 "\"aud\":\"authenticated\",\"session_id\":\"s-1\","         \
                 "\"email\":\"a@x\",\"user_metadata\":{\"name\":\"Ada\"},"   \
                 LATER "}"
#define WRAPPED  "{\"access_token\":\"%s\",\"refresh_token\":\"r\","         \
                 "\"user\":{\"id\":\"somebody else\"}}"


static void
test_supabase(void)
{
    char               token[TOKEN_MAX], header[2 * TOKEN_MAX];
    size_t             i;
    lkg_session       *s;
    lkg_session_conf  *conf;

    static const struct {
        const char    *format;
        int            rc;
    } wrappers[] = {
        { WRAPPED, LKG_OK },
        { "{\"access_token\":\"x\",\"access_token\":\"%s\"}",
          LKG_ERR_FORMAT },
        { "{\"access_token\":[\"%s\"]}", LKG_ERR_FORMAT },
        { "{\"access_token\":\"\",\"x\":\"%s\"}", LKG_ERR_FORMAT },
        { "{\"user\":{\"access_token\":\"%s\"}}", LKG_ERR_FORMAT },
        { "[\"%s\",\"r\"]", LKG_ERR_FORMAT },
        { "\"%s\"", LKG_ERR_FORMAT },
        { "%s", LKG_ERR_FORMAT }
    };

    static const struct {
        const char    *claims;
        int            rc;
    } claims[] = {

        /* the public keys of a project, which anybody has */

        { "{\"iss\":\"supabase\",\"ref\":\"abc\",\"role\":\"anon\","
          LATER "}", LKG_ERR_SIGNATURE },
        { "{\"iss\":\"supabase\",\"role\":\"service_role\"," LATER "}",
          LKG_ERR_SIGNATURE },
        { "{\"aud\":\"anon\",\"sub\":\"u1\"," LATER "}", LKG_ERR_SIGNATURE },
        { "{\"aud\":\"authenticated\"," LATER "}", LKG_ERR_IDENTITY },
        { "{\"aud\":[\"authenticated\"],\"sub\":\"u1\"," LATER "}", LKG_OK },
        { "{\"aud\":\"authenticated\",\"user_metadata\":{\"sub\":\"u1\"},"
          LATER "}", LKG_ERR_IDENTITY }
    };

    conf = key_conf("supabase", "ref=abc", "key", ec_pem);
    sign(token, "ES256", ec, CLAIMS);

    for (i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
        supabase(header, REF, wrappers[i].format, token);
        is_int(open_at(&s, conf, header, NULL, NOW), wrappers[i].rc,
               wrappers[i].format);

        if (i == 0 && s) {
            is_str(lkg_session_identity(s), "u1", "whom the token names");
            is_str(lkg_session_name(s), "Ada", "a name");
            is_str(lkg_session_email(s), "a@x", "an e-mail");
            is_str(lkg_session_id(s), "s-1", "the session's id");
        }

        lkg_session_free(s);
    }

    for (i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        sign(token, "ES256", ec, claims[i].claims);
        supabase(header, REF, WRAPPED, token);
        is_int(open_at(&s, conf, header, NULL, NOW), claims[i].rc,
               claims[i].claims);
        lkg_session_free(s);
    }

    lkg_session_conf_free(conf);
}


static void
test_supabase_encoding(void)
{
    char               token[TOKEN_MAX], header[2 * TOKEN_MAX];
    lkg_session       *s;
    lkg_session_conf  *conf;

    conf = key_conf("supabase", "cookie=" REF, "key", ec_pem);
    sign(token, "ES256", ec, CLAIMS);

    snprintf(header, sizeof(header),
             REF "=%%7B%%22access_token%%22%%3a%%22%s%%22%%7D", token);
    is_int(open_at(&s, conf, header, NULL, NOW), LKG_OK,
           "percent-encoded JSON");
    lkg_session_free(s);

    snprintf(header, sizeof(header), REF "={\"access_token\":\"%s\"}", token);
    is_int(open_at(&s, conf, header, NULL, NOW), LKG_OK, "bare JSON");
    lkg_session_free(s);

    snprintf(header, sizeof(header), REF "={\"access_token\":\"%s\"}%%2",
             token);
    is_int(open_at(&s, conf, header, NULL, NOW), LKG_ERR_FORMAT,
           "half an escape");

    snprintf(header, sizeof(header), REF "={\"access_token\":\"%s\"}%%zz",
             token);
    is_int(open_at(&s, conf, header, NULL, NOW), LKG_ERR_FORMAT,
           "no escape at all");

    snprintf(header, sizeof(header), REF "={\"access_token\":\"%s\"}%%00",
             token);
    is_int(open_at(&s, conf, header, NULL, NOW), LKG_ERR_FORMAT, "a NUL");

    supabase(header, REF, WRAPPED, token);
    strcat(header, "=");
    is_int(open_at(&s, conf, header, NULL, NOW), LKG_ERR_FORMAT, "padding");

    is_int(open_at(&s, conf, REF "=base64-", NULL, NOW), LKG_ERR_FORMAT,
           "nothing behind the mark");
    is_int(open_at(&s, conf, REF "=", NULL, NOW), LKG_ERR_FORMAT, "nothing");

    lkg_session_conf_free(conf);
}


/* The cookie, its chunks, and a header for clients without cookies. */

static void
test_supabase_parts(void)
{
    char              *cookie, *whole, token[TOKEN_MAX];
    char               claims[4096], header[4 * TOKEN_MAX], bearer[TOKEN_MAX + 8];
    lkg_session       *s;
    lkg_session_conf  *conf;

    conf = key_conf("supabase", "ref=abc bearer secret=" SECRET, NULL, NULL);

    snprintf(claims, sizeof(claims), "{\"sub\":\"chunked\",\"aud\":"
             "\"authenticated\",\"x\":\"%02500d\"," LATER "}", 0);
    cookie = make(conf, claims);
    whole = make(conf, "{\"sub\":\"whole\",\"aud\":\"authenticated\","
                       LATER "}");

    ok(strncmp(cookie, REF ".0=", sizeof(REF ".0=") - 1) == 0
       && strcspn(cookie, ";") == sizeof(REF ".0=") - 1 + 3180,
       "chunks of 3180 characters");
    is_int(open_at(&s, conf, cookie, NULL, NOW), LKG_OK, "are joined");
    lkg_session_free(s);

    snprintf(header, sizeof(header), "%s; %s", cookie, whole);
    if (ok(open_at(&s, conf, header, NULL, NOW) == LKG_OK, "and the whole")) {
        is_str(lkg_session_identity(s), "whole", "is read before them");
    }
    lkg_session_free(s);

    snprintf(header, sizeof(header), "%s; " REF "=", cookie);
    is_int(open_at(&s, conf, header, NULL, NOW), LKG_OK,
           "unless it is empty");
    lkg_session_free(s);

    lkg_free(cookie);
    lkg_free(whole);

    sign_hmac(token, "SHA256", lkg_lit(SECRET), "{\"alg\":\"HS256\"}", CLAIMS);
    snprintf(bearer, sizeof(bearer), "Bearer %s", token);

    is_int(open_at(&s, conf, "a=b", bearer, NOW), LKG_OK,
           "the access token alone, in a header");
    lkg_session_free(s);

    supabase(header, REF, WRAPPED, token);
    is_int(open_at(&s, conf, header, bearer, NOW), LKG_OK,
           "the same in the cookie");
    lkg_session_free(s);

    supabase(header, REF, WRAPPED, "another");
    is_int(open_at(&s, conf, header, bearer, NOW), LKG_ERR_AMBIGUOUS,
           "another in the cookie");

    lkg_session_conf_free(conf);
}


static void
test_auth0(void)
{
    char              *cookie, *whole, claims[8192], header[16384];
    lkg_session       *s;
    lkg_session_conf  *conf;

    conf = configure("auth0", "secret=" SECRET);

    snprintf(claims, sizeof(claims), "{\"user\":{\"sub\":\"auth0|1\","
             "\"name\":\"Ada\",\"email\":\"a@x\"},\"internal\":{\"sid\":"
             "\"s1\"},\"pad\":\"%04000d\"," LATER "}", 0);
    cookie = make(conf, claims);
    whole = make(conf, "{\"user\":{\"sub\":\"auth0|2\"}," LATER "}");

    ok(strncmp(cookie, "__session__0=eyJ", 16) == 0
       && strcspn(cookie, ";") == sizeof("__session__0=") - 1 + 3500,
       "chunks of 3500 characters");

    if (ok(open_at(&s, conf, cookie, NULL, NOW) == LKG_OK, "are joined")) {
        is_str(lkg_session_identity(s), "auth0|1", "identity");
        is_str(lkg_session_name(s), "Ada", "name");
        is_str(lkg_session_email(s), "a@x", "e-mail");
        is_str(lkg_session_id(s), "s1", "id");
    }
    lkg_session_free(s);

    snprintf(header, sizeof(header), "%s; %s", cookie, whole);
    if (ok(open_at(&s, conf, header, NULL, NOW) == LKG_OK, "and the whole")) {
        is_str(lkg_session_identity(s), "auth0|2", "is read before them");
    }
    lkg_session_free(s);

    *strchr(cookie, '0') = '1';
    is_int(open_at(&s, conf, cookie, NULL, NOW), LKG_ERR_AMBIGUOUS,
           "one number twice");

    is_int(open_at(&s, conf, "__session__16=x", NULL, NOW), LKG_ERR_TOOBIG,
           "a seventeenth chunk");
    is_int(open_at(&s, conf, "__session__1=x", NULL, NOW), LKG_ERR_FORMAT,
           "no first chunk");
    is_int(open_at(&s, conf, "__session__00=x; __session__0x=x; "
                             "__session_0=x; __session__=x; __session.0=x",
                   NULL, NOW), LKG_ERR_ABSENT, "other cookies");

    lkg_free(cookie);
    lkg_free(whole);

    is_int(open_claims(&s, conf, "{\"user\":{\"email\":\"a@x\","
                       "\"email_verified\":true},\"id\":\"0123\"," LATER "}"),
           LKG_ERR_IDENTITY, "an id beside \"user\" is the session's");

    lkg_session_conf_free(conf);
}


int
main(void)
{
    rsa = key_new("RSA-2048");
    ec = key_new("P-256");
    rsa_pem = pem_public(rsa);
    ec_pem = pem_public(ec);

    test_clerk();
    test_clerk_names();
    test_firebase();
    test_supabase();
    test_supabase_encoding();
    test_supabase_parts();
    test_auth0();

    free(rsa_pem);
    free(ec_pem);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);

    return done_testing();
}
