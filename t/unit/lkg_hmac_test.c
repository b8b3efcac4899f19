/*
 * HMAC-SHA256 with a key schedule that is used again and again.
 */

#include "lkg_private.h"
#include "lkg_test.h"


typedef struct {
    const char  *name;
    const char  *key;       /* one byte, key_len times; or as it is */
    size_t       key_len;
    const char  *data;
    size_t       data_len;
    const char  *digest;    /* the beginning, where RFC 4231 cuts it */
} vector;

static const vector  rfc4231[] = {
    { "1", "\x0b", 20, lkg_lit("Hi There"),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "2, a short key", "Jefe", 4, lkg_lit("what do ya want for nothing?"),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "3", "\xaa", 20, "\xdd", 50,
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { "5, cut", "\x0c", 20, lkg_lit("Test With Truncation"),
      "a3b6167473100ee06e0c796c2955552b" },
    { "6, a key longer than a block", "\xaa", 131,
      lkg_lit("Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    { "7, and data", "\xaa", 131,
      lkg_lit("This is a test using a larger than block-size key and a "
              "larger than block-size data. The key needs to be hashed "
              "before being used by the HMAC algorithm."),
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" }
};


/* "\xaa" and a length stand for that many of it. */

static void
fill(char *buf, const char *text, size_t len)
{
    if (text[1] == '\0') {
        memset(buf, text[0], len);

    } else {
        memcpy(buf, text, len);
    }
}


static int
matches(const unsigned char *digest, const char *hex)
{
    size_t  i;
    char    text[2 * LKG_SHA256_LEN + 1];

    for (i = 0; i < LKG_SHA256_LEN; i++) {
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }

    return strncmp(text, hex, strlen(hex)) == 0;
}


static void
test_rfc4231(void)
{
    int            rc, round, good;
    char           key[200], data[200];
    size_t         i;
    lkg_hmac      *mac;
    const vector  *v;
    unsigned char  digest[LKG_SHA256_LEN];

    for (i = 0; i < sizeof(rfc4231) / sizeof(rfc4231[0]); i++) {
        v = &rfc4231[i];

        memset(key, 0, sizeof(key));
        fill(key, v->key, v->key_len);
        fill(data, v->data, v->data_len);

        rc = lkg_hmac_new(&mac, key, v->key_len);
        is_int(rc, LKG_OK, "a key");

        /* other data in between must leave no trace */

        for (good = 0, round = 0; round < 1000; round++) {
            rc = lkg_hmac_sign(mac, data, v->data_len, digest);
            good += rc == LKG_OK && matches(digest, v->digest);

            rc = lkg_hmac_sign(mac, key, round % 200, digest);
            good += rc == LKG_OK && !matches(digest, v->digest);
        }

        is_int(good, 2000, v->name);
        lkg_hmac_free(mac);
    }
}


static void
test_two_keys(void)
{
    lkg_hmac      *one = NULL, *two = NULL;
    unsigned char  a[LKG_SHA256_LEN], b[LKG_SHA256_LEN], c[LKG_SHA256_LEN];

    ok(lkg_hmac_new(&one, lkg_lit("one")) == LKG_OK
       && lkg_hmac_new(&two, lkg_lit("two")) == LKG_OK, "two keys");

    ok(lkg_hmac_sign(one, lkg_lit("data"), a) == LKG_OK
       && lkg_hmac_sign(two, lkg_lit("data"), b) == LKG_OK
       && lkg_hmac_sign(one, lkg_lit("data"), c) == LKG_OK, "in turn");

    ok(memcmp(a, c, sizeof(a)) == 0, "the first key is still itself");
    ok(memcmp(a, b, sizeof(a)) != 0, "and not the second");

    lkg_hmac_free(one);
    lkg_hmac_free(two);
}


static void
test_refused(void)
{
    lkg_hmac  *mac;

    is_int(lkg_hmac_new(&mac, "", 0), LKG_ERR_INVALID, "an empty key");
    ok(mac == NULL, "gives nothing");

    lkg_hmac_free(NULL);
}


int
main(void)
{
    test_rfc4231();
    test_two_keys();
    test_refused();

    return done_testing();
}
