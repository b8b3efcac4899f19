/*
 * Tokens that want to be taken for something they are not: by their
 * algorithm, by their key, by their form.
 */

#include "lkg_sign_test.h"


#define CLAIMS  "{\"sub\":\"admin\"," LATER "}"


static EVP_PKEY  *rsa, *ec, *ed, *theirs;


/*
 * The oldest of them: the public key, which everybody has, as the secret of
 * an HMAC.
 */

static void
test_public_key_as_secret(void)
{
    int                wrong;
    char              *pem, text[TOKEN_MAX], header[64];
    size_t             i, j, k, len;
    EVP_PKEY          *key;
    lkg_session_conf  *conf;

    static const char *const  digests[] = { "SHA256", "SHA384", "SHA512" };
    static const char *const  algs[] = { "HS256", "HS384", "HS512", "RS256",
                                         "ES256", "EdDSA" };

    wrong = 0;

    for (i = 0; i < 3; i++) {
        key = i == 0 ? rsa : i == 1 ? ec : ed;
        pem = pem_public(key);
        len = strlen(pem);
        conf = key_conf("jwt", "cookie=token", "key", pem);

        for (j = 0; j < 3; j++) {
            for (k = 0; k < 6; k++) {
                snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", algs[k]);

                sign_hmac(text, digests[j], pem, len, header, CLAIMS);
                wrong += opens(conf, text) != LKG_ERR_SIGNATURE;

                sign_hmac(text, digests[j], pem, len - 1, header, CLAIMS);
                wrong += opens(conf, text) != LKG_ERR_SIGNATURE;
            }
        }

        free(pem);
        lkg_session_conf_free(conf);
    }

    is_int(wrong, 0, "a public key is nobody's secret");
}


/* And no conf can be made in which it would be one. */

static void
test_conf(void)
{
    char              *pem, set[2048], text[1024];
    size_t             i;
    lkg_error          err;
    lkg_session_conf  *conf;

    static const char *const  params[][2] = {
        { "cookie=token secret=" SECRET, "secret= does not go together" },
        { "cookie=token secret=" SECRET " alg=HS256,RS256",
          "secret= does not go together" },
        { "cookie=token alg=HS256", "alg= names HS256" },
        { "cookie=token alg=RS256,HS256", "alg= names HS256" },
        { "cookie=token alg=ES256", "no key that fits" },
        { "cookie=token alg=EdDSA", "no key that fits" }
    };

    pem = pem_public(rsa);
    snprintf(set, sizeof(set), "{\"keys\":[{%s}]}", jwk(text, rsa, ""));

    for (i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        if (!ok(try_conf(&conf, "jwt", params[i][0], "key", pem, &err)
                == LKG_ERR_INVALID && strstr(err.text, params[i][1]),
                "key= with %s", params[i][0]))
        {
            printf("#   %s\n", err.text);
        }

        if (!ok(try_conf(&conf, "jwt", params[i][0], "jwks", set, &err)
                == LKG_ERR_INVALID && strstr(err.text, params[i][1]),
                "jwks= with %s", params[i][0]))
        {
            printf("#   %s\n", err.text);
        }
    }

    ok(try_conf(&conf, "jwt", "cookie=token", "secret", pem, &err)
       == LKG_ERR_INVALID && strstr(err.text, "secret= is a key in PEM"),
       "secret= with a key in PEM");

    ok(try_conf(&conf, "jwt", "cookie=token alg=RS256 secret=" SECRET, NULL,
                NULL, &err) == LKG_ERR_INVALID
       && strstr(err.text, "alg= names what needs key="), "secret= for RS256");

    ok(try_conf(&conf, "clerk", "secret=" SECRET, NULL, NULL, &err)
       == LKG_ERR_INVALID && strstr(err.text, "knows only"),
       "Clerk has no secret");

    ok(try_conf(&conf, "clerk", "alg=HS256", "key", pem, &err)
       == LKG_ERR_INVALID
       && strstr(err.text, "alg= of preset \"clerk\" must be of these, "
                           "separated by commas: RS256"),
       "and no HS256");

    free(pem);
}


/* Headers over a token that is otherwise right. */

static const struct {
    const char  *header;
    int          rc;
} headers[] = {
    { "{\"alg\":\"RS256\"}", LKG_OK },
    { "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"cty\":\"x\"}", LKG_OK },
    { "{\"alg\":\"none\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"nOnE\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"rs256\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"RS256 \"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":[\"RS256\"]}", LKG_ERR_SIGNATURE },
    { "{\"alg\":null}", LKG_ERR_SIGNATURE },
    { "{\"typ\":\"JWT\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"RS384\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"PS256\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"HS256\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"RS256\",\"alg\":\"none\"}", LKG_ERR_FORMAT },
    { "{\"alg\":\"none\",\"alg\":\"RS256\"}", LKG_ERR_FORMAT },
    { "{\"alg\":\"RS256\\u0000\"}", LKG_ERR_FORMAT },
    { "{\"alg\":\"RS256\",\"crit\":[]}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"RS256\",\"crit\":[\"exp\"]}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"RS256\",\"b64\":false}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"RS256\",\"b64\":true}", LKG_ERR_SIGNATURE },
    { "[\"RS256\"]", LKG_ERR_FORMAT },
    { "\"RS256\"", LKG_ERR_FORMAT },
    { "", LKG_ERR_FORMAT },
    { "{\"alg\":\"RS256\"", LKG_ERR_FORMAT }
};


static void
test_headers(void)
{
    int                rc;
    char              *pem, text[TOKEN_MAX], header[2048], key[1024];
    size_t             i;
    lkg_session_conf  *conf;

    pem = pem_public(rsa);
    conf = key_conf("jwt", "cookie=token alg=RS256", "key", pem);

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        sign_header(text, "RS256", rsa, headers[i].header, CLAIMS);
        rc = opens(conf, text);

        if (!ok(rc == headers[i].rc, "a header %s", headers[i].header)) {
            printf("#   %s\n", lkg_strerror(rc));
        }
    }

    snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"x\":\"%01100d\"}",
             0);
    sign_header(text, "RS256", rsa, header, CLAIMS);
    is_int(opens(conf, text), LKG_ERR_TOOBIG, "a header that is too long");

    /* the attacker's own key, in the token itself */

    jwk(key, theirs, "");
    snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"jwk\":{%s}}", key);
    sign_header(text, "RS256", theirs, header, CLAIMS);
    is_int(opens(conf, text), LKG_ERR_SIGNATURE, "\"jwk\" is not looked at");

    free(pem);
    lkg_session_conf_free(conf);
}


/* Parts of a good token, in other numbers and with other ends. */

static void
test_forms(void)
{
    char              *pem, *dot, text[TOKEN_MAX], copy[TOKEN_MAX + 64];
    size_t             i;
    lkg_session_conf  *conf;

    static const struct {
        const char    *format;
        int            rc;
    } forms[] = {
        { "%s", LKG_OK },
        { "%s.", LKG_ERR_FORMAT },
        { ".%s", LKG_ERR_FORMAT },
        { "%s.AAAA", LKG_ERR_FORMAT },
        { "%s.AAAA.AAAA", LKG_ERR_ABSENT },         /* the form of a JWE */
        { "%s.AAAA.AAAA.AAAA", LKG_ERR_FORMAT },
        { "%s=", LKG_ERR_FORMAT },
        { "%sA", LKG_ERR_SIGNATURE },
        { "%s AAAA", LKG_ERR_FORMAT },
        { "\"%s\"", LKG_ERR_FORMAT },
        { "%%65%s", LKG_ERR_FORMAT }
    };

    pem = pem_public(rsa);
    conf = key_conf("jwt", "cookie=token alg=RS256", "key", pem);
    sign(text, "RS256", rsa, CLAIMS);

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        put_in(copy, sizeof(copy), forms[i].format, text);
        is_int(opens(conf, copy), forms[i].rc, forms[i].format);
    }

    snprintf(copy, sizeof(copy), "%s", text);
    dot = strrchr(copy, '.');
    dot[1] = '\0';
    is_int(opens(conf, copy), LKG_ERR_SIGNATURE, "an empty signature");
    dot[0] = '\0';
    is_int(opens(conf, copy), LKG_ERR_FORMAT, "no signature");

    free(pem);
    lkg_session_conf_free(conf);
}


/* What a claim cannot be, in tokens that are signed as they should be. */

static void
test_claims(void)
{
    int                rc;
    char              *pem, text[TOKEN_MAX];
    size_t             i;
    lkg_session_conf  *conf;

    static const struct {
        const char    *claims;
        int            rc;
    } claims[] = {
        { "{\"sub\":\"a\\u0000b\"," LATER "}", LKG_ERR_FORMAT },
        { "{\"sub\":\"a\",\"sub\":\"b\"," LATER "}", LKG_ERR_FORMAT },
        { "{\"sub\":\"a\"," LATER "," LATER "}", LKG_ERR_FORMAT },
        { "{\"sub\":\"a\",\"x\":{\"y\":1,\"y\":2}," LATER "}",
          LKG_ERR_FORMAT },
        { "{\"sub\":\"a\xff\"," LATER "}", LKG_ERR_FORMAT },
        { "{\"sub\":\"a\"," LATER "}}", LKG_ERR_FORMAT },
        { "{\"sub\":\"a\",\"exp\":1e999}", LKG_ERR_FORMAT },
        { "{\"sub\":\"a\",\"exp\":99999999999999999999}", LKG_ERR_FORMAT },
        { "{\"sub\":\"a\"}", LKG_ERR_FORMAT },
        { "[\"a\"]", LKG_ERR_FORMAT },
        { "", LKG_ERR_FORMAT },
        { "{\"sub\":\"a~b\"," LATER "}", LKG_ERR_IDENTITY },
        { "{\"sub\":{\"$ne\":\"\"}," LATER "}", LKG_ERR_IDENTITY }
    };

    pem = pem_public(ec);
    conf = key_conf("jwt", "cookie=token alg=ES256", "key", pem);

    for (i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        rc = opens(conf, sign(text, "ES256", ec, claims[i].claims));

        if (!ok(rc == claims[i].rc, "claims %zu", i)) {
            printf("#   %s\n", lkg_strerror(rc));
        }
    }

    free(pem);
    lkg_session_conf_free(conf);
}


/*
 * One name, sessions of two kinds: what has the form of the other kind is
 * not there, and what is only broken is.
 */

static void
test_foreign(void)
{
    char               jws[TOKEN_MAX], cookie[TOKEN_MAX + 16], *pem;
    char              *jwe, *sid, *id;
    size_t             i, j;
    lkg_session       *s;
    lkg_session_conf  *confs[4];

    static const char *const  names[] = { "jwt", "next-auth", "express",
                                          "redis" };
    static const char *const  params[] = {
        NULL, "cookie=token secret=" SECRET, "cookie=token secret=" SECRET,
        "cookie=token"
    };

    pem = pem_public(ec);
    confs[0] = key_conf("jwt", "cookie=token", "key", pem);
    free(pem);

    for (i = 1; i < 4; i++) {
        confs[i] = key_conf(names[i], params[i], NULL, NULL);
    }

    sign(jws, "ES256", ec, CLAIMS);
    jwe = make(confs[1], CLAIMS);
    sid = make(confs[2], "{\"id\":\"abcdefghijklmnop\"}");
    id = make(confs[3], "{\"id\":\"abcdefghijklmnop\"}");

    {
        const char *const  cookies[] = { cookie, jwe, sid, id };

        snprintf(cookie, sizeof(cookie), "token=%s", jws);

        for (i = 0; i < 4; i++) {
            for (j = 0; j < 4; j++) {
                int  rc, want;

                rc = open_at(&s, confs[i], cookies[j], NULL, NOW);
                lkg_session_free(s);

                want = i != j ? LKG_ERR_ABSENT : i < 2 ? LKG_OK : LKG_MORE;

                /* an id of express without its signature is express's */

                if (i == 2 && j == 3) {
                    want = LKG_ERR_FORMAT;
                }

                if (!ok(rc == want, "%s's cookie, by %s", names[j], names[i]))
                {
                    printf("#   %s\n", lkg_strerror(rc));
                }
            }
        }
    }

    is_int(open_at(&s, confs[0], "token=a.b", NULL, NOW), LKG_ERR_FORMAT,
           "two parts are no form of anything");
    is_int(open_at(&s, confs[0], "token=s:a.b", NULL, NOW), LKG_ERR_FORMAT,
           "nor is what only begins as express's");
    is_int(open_at(&s, confs[1], "token=a..b.c", NULL, NOW), LKG_ERR_FORMAT,
           "nor are four parts");
    is_int(open_at(&s, confs[3], "token=by-user-id:aaaaaaaaaaaa", NULL, NOW),
           LKG_ERR_FORMAT, "nor is an id with a colon");

    lkg_free(jwe);
    lkg_free(sid);
    lkg_free(id);

    for (i = 0; i < 4; i++) {
        lkg_session_conf_free(confs[i]);
    }
}


int
main(void)
{
    rsa = key_new("RSA-2048");
    theirs = key_new("RSA-2048");
    ec = key_new("P-256");
    ed = key_new("ED25519");

    test_public_key_as_secret();
    test_conf();
    test_headers();
    test_forms();
    test_claims();
    test_foreign();

    EVP_PKEY_free(rsa);
    EVP_PKEY_free(theirs);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(ed);

    return done_testing();
}
