/*
 * Signed tokens: our own, those of RFC 7515, and libjwt's; and what must
 * not pass for one.
 */

#include <jwt.h>

#include "lkg_private.h"
#include "lkg_test.h"


#define SECRET  "jws-test-secret-0123456789abcdef-0123"


/* Split, header and signature, as a session is opened. */

static int
check(const char *token, size_t len, lkg_hmac *mac)
{
    int      rc;
    lkg_jws  jws;

    rc = lkg_jws_split(&jws, token, len);

    if (rc == LKG_OK) {
        rc = lkg_jws_header_hs256(&jws);
    }

    if (rc == LKG_OK) {
        rc = lkg_jws_check(&jws, mac);
    }

    return rc;
}


/* A token with any header, and a signature that is right. */

static size_t
make(char *token, const char *header, const char *payload, lkg_hmac *mac)
{
    size_t         n;
    unsigned char  digest[LKG_SHA256_LEN];

    n = lkg_b64url_encode(token, header, strlen(header));
    token[n++] = '.';
    n += lkg_b64url_encode(token + n, payload, strlen(payload));

    if (lkg_hmac_sign(mac, token, n, digest) != LKG_OK) {
        return 0;
    }

    token[n++] = '.';
    n += lkg_b64url_encode(token + n, digest, sizeof(digest));
    token[n] = '\0';

    return n;
}


/* RFC 7515, appendix A.1: a header with a line break in it. */

static void
test_rfc7515(void)
{
    char       key[lkg_b64url_decoded(86)];
    size_t     len;
    lkg_hmac  *mac;

    static const char  k[] =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75"
        "aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

    static const char  token[] =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly"
        "9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    is_int(lkg_b64url_decode(key, &len, lkg_lit(k)), LKG_OK,
           "the key of RFC 7515 A.1");

    if (ok(lkg_hmac_new(&mac, key, len) == LKG_OK, "is a key")) {
        is_int(check(lkg_lit(token), mac), LKG_OK, "its token");
    }

    lkg_hmac_free(mac);
}


/* Each bit of each character turned: never the same token. */

static void
test_changed(lkg_hmac *mac)
{
    int     bit, accepted;
    char    token[512];
    size_t  i, len;

    len = make(token, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
               "{\"sub\":\"u1\",\"exp\":2000000000}", mac);

    is_int(check(token, len, mac), LKG_OK, "a good token");

    for (accepted = 0, i = 0; i < len; i++) {
        for (bit = 1; bit < 256; bit <<= 1) {
            token[i] ^= bit;
            accepted += check(token, len, mac) == LKG_OK;
            token[i] ^= bit;
        }
    }

    is_int(accepted, 0, "none with another bit in it");

    for (i = 0; i < len; i++) {
        accepted += check(token, i, mac) == LKG_OK;
    }

    is_int(accepted, 0, "none that is cut");
    is_int(check(token, len, mac), LKG_OK, "and still the good one");
}


typedef struct {
    const char  *header;
    int          want;
} header_case;

static const header_case  headers[] = {
    { "{\"alg\":\"HS256\"}", LKG_OK },
    { "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", LKG_OK },
    { "{\"typ\":\"JWT\",\"alg\":\"HS256\"}", LKG_OK },
    { "{\"typ\":7,\"alg\":\"HS256\",\"kid\":\"x\"}", LKG_OK },
    { "{\"alg\":\"\\u0048S256\"}", LKG_OK },
    { "{\"alg\":\"HS512\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"none\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"hs256\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"HS256 \"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":null}", LKG_ERR_SIGNATURE },
    { "{\"alg\":[\"HS256\"]}", LKG_ERR_SIGNATURE },
    { "{\"typ\":\"JWT\"}", LKG_ERR_SIGNATURE },
    { "{\"Alg\":\"HS256\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"HS256\",\"crit\":[]}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}",
      LKG_ERR_SIGNATURE },
    { "{\"alg\":\"HS256\",\"b64\":true}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"HS256\",\"alg\":\"HS256\"}", LKG_ERR_FORMAT },
    { "{\"alg\":\"HS256\"} x", LKG_ERR_FORMAT },
    { "\"HS256\"", LKG_ERR_FORMAT },
    { "[]", LKG_ERR_FORMAT },
    { "x", LKG_ERR_FORMAT }
};


static void
test_headers(lkg_hmac *mac)
{
    char    token[4096], header[1200];
    size_t  i, len;

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        len = make(token, headers[i].header, "{}", mac);
        is_int(check(token, len, mac), headers[i].want, headers[i].header);
    }

    snprintf(header, sizeof(header), "{\"alg\":\"HS256\"%*s}",
             (int) (LKG_JOSE_HEADER_MAX - sizeof("{\"alg\":\"HS256\"}") + 1),
             "");

    len = make(token, header, "{}", mac);
    is_int(check(token, len, mac), LKG_OK, "a header of 1 KiB");

    memcpy(header + LKG_JOSE_HEADER_MAX - 1, " }", sizeof(" }"));

    len = make(token, header, "{}", mac);
    is_int(check(token, len, mac), LKG_ERR_TOOBIG, "and of one byte more");
}


static void
test_shape(lkg_hmac *mac)
{
    char      *big;
    lkg_hmac  *other = NULL;
    char       token[512];
    size_t     len;

    is_int(check("", 0, mac), LKG_ERR_FORMAT, "nothing");
    is_int(check(lkg_lit("."), mac), LKG_ERR_FORMAT, "a dot");
    is_int(check(lkg_lit(".."), mac), LKG_ERR_FORMAT, "two dots");
    is_int(check(lkg_lit("eyJhbGciOiJIUzI1NiJ9"), mac), LKG_ERR_FORMAT,
           "one part");
    is_int(check(lkg_lit("eyJhbGciOiJIUzI1NiJ9.e30"), mac), LKG_ERR_FORMAT,
           "two parts");
    is_int(check(lkg_lit("eyJhbGciOiJIUzI1NiJ9.e30."), mac),
           LKG_ERR_SIGNATURE, "an empty signature");
    is_int(check(lkg_lit("eyJhbGciOiJIUzI1NiJ9.e30.AA.AA"), mac),
           LKG_ERR_FORMAT, "four parts");

    len = make(token, "{\"alg\":\"HS256\"}", "{}", mac);

    memcpy(token + len, "AAAA", 4);
    is_int(check(token, len + 4, mac), LKG_ERR_SIGNATURE,
           "a signature that goes on");

    ok(lkg_hmac_new(&other, lkg_lit("another")) == LKG_OK
       && check(token, len, other) == LKG_ERR_SIGNATURE, "another key");
    lkg_hmac_free(other);

    big = malloc(LKG_COOKIE_MAX + 1);

    if (ok(big != NULL, "memory")) {
        memset(big, '.', LKG_COOKIE_MAX + 1);
        is_int(check(big, LKG_COOKIE_MAX + 1, mac), LKG_ERR_TOOBIG,
               "over the limit");
    }

    free(big);
}


/* libjwt, an implementation that shares nothing with ours. */

static void
test_libjwt(lkg_hmac *mac)
{
    int     rc;
    char    token[512], *theirs;
    jwt_t  *jwt = NULL;

    rc = jwt_new(&jwt);
    is_int(rc, 0, "libjwt");

    jwt_add_grant(jwt, "sub", "u1");
    jwt_add_grant_int(jwt, "exp", 2000000000);
    jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *) SECRET,
                strlen(SECRET));

    theirs = jwt_encode_str(jwt);

    if (ok(theirs != NULL, "makes a token")) {
        is_int(check(theirs, strlen(theirs), mac), LKG_OK,
               "that we accept");

        theirs[strlen(theirs) - 5] ^= 1;
        is_int(check(theirs, strlen(theirs), mac), LKG_ERR_SIGNATURE,
               "and not when it was changed");
    }

    free(theirs);
    jwt_free(jwt);

    jwt = NULL;
    make(token, "{\"typ\":\"JWT\",\"alg\":\"HS256\"}",
         "{\"sub\":\"u2\",\"exp\":2000000000}", mac);

    rc = jwt_decode(&jwt, token, (const unsigned char *) SECRET,
                    strlen(SECRET));

    ok(rc == 0 && jwt_get_alg(jwt) == JWT_ALG_HS256
       && strcmp(jwt_get_grant(jwt, "sub"), "u2") == 0,
       "libjwt accepts ours");

    jwt_free(jwt);
}


int
main(void)
{
    lkg_hmac  *mac = NULL;

    is_int(lkg_hmac_new(&mac, lkg_lit(SECRET)), LKG_OK, "a key");

    test_rfc7515();
    test_changed(mac);
    test_headers(mac);
    test_shape(mac);
    test_libjwt(mac);

    lkg_hmac_free(mac);

    return done_testing();
}
