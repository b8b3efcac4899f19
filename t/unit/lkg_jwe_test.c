/*
 * Encrypted tokens: keys, what our own sealing gives, and every header that
 * must be refused although the tag is right.
 */

#include <openssl/err.h>

#include "lkg_jwe.h"
#include "lkg_test.h"


#define SECRET  "jwe-test-secret-0123456789abcdef"
#define CLAIMS  "{\"sub\":\"u1\",\"exp\":2000000000}"


static lkg_jwe_key *
new_key(lkg_jwe_enc enc, const char *secret)
{
    lkg_jwe_key  *key;

    if (lkg_jwe_key_new(&key, enc, secret, strlen(secret), NULL, 0,
                        lkg_lit("info"))
        != LKG_OK)
    {
        printf("Bail out! no key\n");
        exit(1);
    }

    return key;
}


/* Opens in a buffer of exactly the size that is asked for. */

static int
open_with(lkg_jwe_key **keys, size_t nkeys, int use_kid, const char *token,
    size_t len, lkg_str want)
{
    int             rc;
    size_t          n;
    unsigned char  *plain;

    plain = malloc(len ? len : 1);
    if (plain == NULL) {
        return LKG_ERR_NOMEM;
    }

    rc = lkg_jwe_open(plain, &n, keys, nkeys, use_kid, token, len);

    if (rc == LKG_OK && !lkg_str_eq(want, (char *) plain, n)) {
        rc = LKG_ERR_INVALID;
    }

    if (rc != LKG_OK && n != 0) {
        rc = LKG_ERR_INVALID;
    }

    free(plain);

    return rc;
}


static int
opens(lkg_jwe_key *key, const char *token, size_t len)
{
    lkg_str  want = lkg_str_lit(CLAIMS);

    return open_with(&key, 1, 1, token, len, want);
}


/*
 * RFC 5869, appendix A, tests 1 and 3: our keys are the first 32 bytes,
 * which do not depend on the length.
 */

static void
test_hkdf(void)
{
    lkg_jwe_key  *key;

    static const char  ikm[] = "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
        "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b";
    static const char  salt[] = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09"
        "\x0a\x0b\x0c";
    static const char  info[] = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";

    static const char  first[] = "\x3c\xb2\x5f\x25\xfa\xac\xd5\x7a\x90\x43"
        "\x4f\x64\xd0\x36\x2f\x2a\x2d\x2d\x0a\x90\xcf\x1a\x5a\x4c\x5d\xb0"
        "\x2d\x56\xec\xc4\xc5\xbf";
    static const char  third[] = "\x8d\xa4\xe7\x75\xa5\x63\xc1\x8f\x71\x5f"
        "\x80\x2a\x06\x3c\x5a\x31\xb8\xa1\x1f\x5c\x5e\xe1\x87\x9e\xc3\x45"
        "\x4e\x5f\x3c\x73\x8d\x2d";

    ok(lkg_jwe_key_new(&key, LKG_JWE_A256GCM, lkg_lit(ikm), lkg_lit(salt),
                       lkg_lit(info)) == LKG_OK
       && memcmp(key->secret, first, 32) == 0, "HKDF as in RFC 5869 A.1");
    lkg_jwe_key_free(key);

    ok(lkg_jwe_key_new(&key, LKG_JWE_A256GCM, lkg_lit(ikm), NULL, 0, NULL, 0)
       == LKG_OK
       && memcmp(key->secret, third, 32) == 0,
       "and A.3, without salt and info");
    lkg_jwe_key_free(key);

    is_int(lkg_jwe_key_new(&key, LKG_JWE_A256GCM, "", 0, NULL, 0, NULL, 0),
           LKG_ERR_INVALID, "an empty secret");
    ok(key == NULL, "gives no key");

    lkg_jwe_key_free(NULL);
}


/*
 * RFC 7518, appendix B.3: the tag of A256CBC-HS512, whose MAC key is the
 * first half of the key, 00 to 1f.
 */

static void
test_mac(void)
{
    unsigned char  mac_key[32], tag[LKG_JWE_TAG_MAX];
    size_t         i;
    lkg_str        aad = lkg_str_lit("The second principle of Auguste "
                                     "Kerckhoffs");
    lkg_jwe_key   *key;

    static const unsigned char  iv[] = {
        0x1a, 0xf3, 0x8c, 0x2d, 0xc2, 0xb9, 0x6f, 0xfd,
        0xd8, 0x66, 0x94, 0x09, 0x23, 0x41, 0xbc, 0x04
    };

    static const unsigned char  text[] = {
        0x4a, 0xff, 0xaa, 0xad, 0xb7, 0x8c, 0x31, 0xc5,
        0xda, 0x4b, 0x1b, 0x59, 0x0d, 0x10, 0xff, 0xbd,
        0x3d, 0xd8, 0xd5, 0xd3, 0x02, 0x42, 0x35, 0x26,
        0x91, 0x2d, 0xa0, 0x37, 0xec, 0xbc, 0xc7, 0xbd,
        0x82, 0x2c, 0x30, 0x1d, 0xd6, 0x7c, 0x37, 0x3b,
        0xcc, 0xb5, 0x84, 0xad, 0x3e, 0x92, 0x79, 0xc2,
        0xe6, 0xd1, 0x2a, 0x13, 0x74, 0xb7, 0x7f, 0x07,
        0x75, 0x53, 0xdf, 0x82, 0x94, 0x10, 0x44, 0x6b,
        0x36, 0xeb, 0xd9, 0x70, 0x66, 0x29, 0x6a, 0xe6,
        0x42, 0x7e, 0xa7, 0x5c, 0x2e, 0x08, 0x46, 0xa1,
        0x1a, 0x09, 0xcc, 0xf5, 0x37, 0x0d, 0xc8, 0x0b,
        0xfe, 0xcb, 0xad, 0x28, 0xc7, 0x3f, 0x09, 0xb3,
        0xa3, 0xb7, 0x5e, 0x66, 0x2a, 0x25, 0x94, 0x41,
        0x0a, 0xe4, 0x96, 0xb2, 0xe2, 0xe6, 0x60, 0x9e,
        0x31, 0xe6, 0xe0, 0x2c, 0xc8, 0x37, 0xf0, 0x53,
        0xd2, 0x1f, 0x37, 0xff, 0x4f, 0x51, 0x95, 0x0b,
        0xbe, 0x26, 0x38, 0xd0, 0x9d, 0xd7, 0xa4, 0x93,
        0x09, 0x30, 0x80, 0x6d, 0x07, 0x03, 0xb1, 0xf6
    };

    static const unsigned char  want[] = {
        0x4d, 0xd3, 0xb4, 0xc0, 0x88, 0xa7, 0xf4, 0x5c,
        0x21, 0x68, 0x39, 0x64, 0x5b, 0x20, 0x12, 0xbf,
        0x2e, 0x62, 0x69, 0xa8, 0xc5, 0x6a, 0x81, 0x6d,
        0xbc, 0x1b, 0x26, 0x77, 0x61, 0x95, 0x5b, 0xc5
    };

    for (i = 0; i < sizeof(mac_key); i++) {
        mac_key[i] = i;
    }

    key = new_key(LKG_JWE_A256CBC_HS512, SECRET);

    EVP_MAC_CTX_free(key->mac);
    key->mac = lkg_hmac_context("SHA512", mac_key, sizeof(mac_key));

    ok(key->mac
       && lkg_jwe_mac(key, aad, iv, text, sizeof(text), tag) == LKG_OK
       && memcmp(tag, want, sizeof(want)) == 0, "the tag of RFC 7518 B.3");

    lkg_jwe_key_free(key);
}


static void
test_round_trip(lkg_jwe_enc enc, const char *name)
{
    int           bit, accepted, good;
    char         *token, *other, plain[200];
    size_t        i, len;
    lkg_str       want;
    lkg_jwe_key  *key;

    key = new_key(enc, SECRET);

    ok(lkg_jwe_seal(&token, key, 1, lkg_lit(CLAIMS)) == LKG_OK,
       "%s: sealed", name);
    ok(lkg_jwe_seal(&other, key, 1, lkg_lit(CLAIMS)) == LKG_OK
       && strcmp(token, other) != 0, "never the same twice");

    len = strlen(token);

    is_int(opens(key, token, len), LKG_OK, "opened");
    is_int(opens(key, other, strlen(other)), LKG_OK, "both");

    for (accepted = 0, i = 0; i < len; i++) {
        for (bit = 1; bit < 256; bit <<= 1) {
            token[i] ^= bit;
            accepted += opens(key, token, len) == LKG_OK;
            token[i] ^= bit;
        }

        accepted += opens(key, token, i) == LKG_OK;
    }

    is_int(accepted, 0, "but none with another bit in it, or cut");
    is_int(opens(key, token, len), LKG_OK, "and the good one again");

    lkg_free(token);
    lkg_free(other);

    /* every length of the last block */

    memset(plain, 'x', sizeof(plain));
    want.data = plain;

    for (good = 0, i = 1; i <= sizeof(plain); i++) {
        want.len = i;

        if (lkg_jwe_seal(&token, key, 0, plain, i) == LKG_OK) {
            good += open_with(&key, 1, 0, token, strlen(token), want)
                    == LKG_OK;
            lkg_free(token);
        }
    }

    is_int(good, sizeof(plain), "of every length");

    lkg_jwe_key_free(key);
}


static void
test_keys(void)
{
    char         *token = NULL, *nameless = NULL;
    lkg_str       want = lkg_str_lit(CLAIMS);
    lkg_jwe_key  *keys[2], *stranger;

    keys[0] = new_key(LKG_JWE_A256CBC_HS512, "the new secret");
    keys[1] = new_key(LKG_JWE_A256CBC_HS512, "the old secret");
    stranger = new_key(LKG_JWE_A256CBC_HS512, "another secret");

    ok(lkg_jwe_seal(&token, keys[1], 1, want.data, want.len) == LKG_OK
       && lkg_jwe_seal(&nameless, keys[1], 0, want.data, want.len) == LKG_OK,
       "sealed with the second of two keys");

    is_int(open_with(keys, 2, 1, token, strlen(token), want), LKG_OK,
           "found by its \"kid\"");
    is_int(open_with(keys, 1, 1, token, strlen(token), want),
           LKG_ERR_SIGNATURE, "a \"kid\" that is not ours");
    is_int(open_with(keys, 2, 1, nameless, strlen(nameless), want),
           LKG_ERR_SIGNATURE, "without a \"kid\" only the first is tried");
    is_int(open_with(&keys[1], 1, 1, nameless, strlen(nameless), want),
           LKG_OK, "and opens where it is the right one");
    is_int(open_with(keys, 2, 0, nameless, strlen(nameless), want), LKG_OK,
           "where \"kid\" is not used, all are tried");
    is_int(open_with(keys, 2, 0, token, strlen(token), want), LKG_OK,
           "whatever it says");
    is_int(open_with(&stranger, 1, 0, token, strlen(token), want),
           LKG_ERR_SIGNATURE, "but not with a stranger's key");

    is_int(lkg_jwe_key_thumbprint(keys[0]).len, lkg_b64url_encoded(64),
           "the thumbprint of a key of 64 bytes is SHA-512");

    lkg_free(token);
    lkg_free(nameless);
    lkg_jwe_key_free(keys[0]);
    lkg_jwe_key_free(keys[1]);
    lkg_jwe_key_free(stranger);
}


typedef struct {
    const char  *header;
    int          want;
} header_case;

/* Sealed with the right key over this very header. */

static const header_case  headers[] = {
    { "{\"alg\":\"dir\",\"enc\":\"A256GCM\"}", LKG_OK },
    { "{\"enc\":\"A256GCM\",\"alg\":\"dir\"}", LKG_OK },
    { "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"typ\":\"JWT\"}", LKG_OK },
    { "{\"alg\":\"A256KW\",\"enc\":\"A256GCM\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A256GCM\",\"p2c\":99999999}",
      LKG_ERR_SIGNATURE },
    { "{\"alg\":\"none\",\"enc\":\"A256GCM\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"Dir\",\"enc\":\"A256GCM\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"dir\",\"enc\":\"A256CBC-HS512\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"dir\",\"enc\":[\"A256GCM\"]}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"dir\"}", LKG_ERR_SIGNATURE },
    { "{\"enc\":\"A256GCM\"}", LKG_ERR_SIGNATURE },
    { "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"zip\":\"DEF\"}",
      LKG_ERR_SIGNATURE },
    { "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"zip\":null}",
      LKG_ERR_SIGNATURE },
    { "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"crit\":[\"x\"],\"x\":1}",
      LKG_ERR_SIGNATURE },
    { "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"kid\":\"\"}",
      LKG_ERR_SIGNATURE },
    { "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"kid\":\"x\"}",
      LKG_ERR_SIGNATURE },
    { "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"kid\":1}", LKG_ERR_FORMAT },
    { "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"alg\":\"dir\"}",
      LKG_ERR_FORMAT },
    { "[]", LKG_ERR_FORMAT },
    { "x", LKG_ERR_FORMAT }
};


static int
seal_under(char **token, lkg_jwe_key *key, const char *header, size_t len)
{
    free(key->header);

    key->header = malloc(lkg_b64url_encoded(len) + 1);
    if (key->header == NULL) {
        return LKG_ERR_NOMEM;
    }

    key->header[lkg_b64url_encode(key->header, header, len)] = '\0';

    return lkg_jwe_seal(token, key, 0, lkg_lit(CLAIMS));
}


static void
test_headers(void)
{
    char         *token, big[LKG_JOSE_HEADER_MAX + 1];
    size_t        i, n;
    lkg_jwe_key  *ours, *theirs;

    ours = new_key(LKG_JWE_A256GCM, SECRET);
    theirs = new_key(LKG_JWE_A256GCM, SECRET);

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (seal_under(&token, theirs, headers[i].header,
                       strlen(headers[i].header)) != LKG_OK)
        {
            ok(0, "sealed");
            continue;
        }

        is_int(opens(ours, token, strlen(token)), headers[i].want,
               headers[i].header);
        lkg_free(token);
    }

    memset(big, ' ', sizeof(big));
    memcpy(big, headers[0].header, strlen(headers[0].header));

    for (n = LKG_JOSE_HEADER_MAX; n <= LKG_JOSE_HEADER_MAX + 1; n++) {
        ok(seal_under(&token, theirs, big, n) == LKG_OK
           && opens(ours, token, strlen(token))
              == (n > LKG_JOSE_HEADER_MAX ? LKG_ERR_TOOBIG : LKG_OK),
           "a header of %zu bytes", n);
        lkg_free(token);
    }

    lkg_jwe_key_free(ours);
    lkg_jwe_key_free(theirs);
}


static void
test_shape(void)
{
    char         *big;
    lkg_jwe_key  *key;

    static const char *const  bad[] = {
        "", ".", "..", "...", "....", ".....",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0....",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA..",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.."
            "AAAAAAAAAAAAAAAAAAAAAA",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0.AA.AAAAAAAAAAAAAAAA.AA."
            "AAAAAAAAAAAAAAAAAAAAAA"
    };
    size_t  i;

    key = new_key(LKG_JWE_A256GCM, SECRET);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(opens(key, bad[i], strlen(bad[i])), LKG_ERR_FORMAT, bad[i]);
    }

    big = malloc(LKG_COOKIE_MAX + 1);

    if (ok(big != NULL, "memory")) {
        memset(big, '.', LKG_COOKIE_MAX + 1);
        is_int(opens(key, big, LKG_COOKIE_MAX + 1), LKG_ERR_TOOBIG,
               "over the limit");
    }

    free(big);
    lkg_jwe_key_free(key);
}


/*
 * A right tag over what does not decrypt: nobody but the application could
 * make it, and what OpenSSL says of it is not for the next who asks.
 */

static void
test_padding(void)
{
    int             rc;
    char            token[512], *p;
    lkg_str         header;
    lkg_jwe_key    *key;
    unsigned char   tag[LKG_JWE_TAG_MAX];

    static const unsigned char  iv[16], text[16];

    key = new_key(LKG_JWE_A256CBC_HS512, SECRET);

    header.data = key->header;
    header.len = strlen(key->header);

    ok(lkg_jwe_mac(key, header, iv, text, sizeof(text), tag) == LKG_OK,
       "a tag over any text");

    p = token + sprintf(token, "%s..", key->header);
    p += lkg_b64url_encode(p, iv, sizeof(iv));
    *p++ = '.';
    p += lkg_b64url_encode(p, text, sizeof(text));
    *p++ = '.';
    p += lkg_b64url_encode(p, tag, key->suite->tag_len);

    ERR_raise(ERR_LIB_USER, 1);
    rc = opens(key, token, p - token);

    is_int(rc, LKG_ERR_FORMAT, "has no padding");
    ok(ERR_GET_REASON(ERR_get_error()) == 1 && ERR_get_error() == 0,
       "and OpenSSL's error queue is as it was");

    lkg_jwe_key_free(key);
}


int
main(void)
{
    test_hkdf();
    test_mac();
    test_round_trip(LKG_JWE_A256GCM, "A256GCM");
    test_round_trip(LKG_JWE_A256CBC_HS512, "A256CBC-HS512");
    test_keys();
    test_headers();
    test_shape();
    test_padding();

    return done_testing();
}
