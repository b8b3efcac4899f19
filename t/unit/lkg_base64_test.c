/*
 * base64url without padding.
 */

#include "lkg_private.h"
#include "lkg_test.h"


/* RFC 4648, section 10, without the padding. */

static const char *const  rfc4648[][2] = {
    { "", "" },
    { "f", "Zg" },
    { "fo", "Zm8" },
    { "foo", "Zm9v" },
    { "foob", "Zm9vYg" },
    { "fooba", "Zm9vYmE" },
    { "foobar", "Zm9vYmFy" },
    { "\xfb\xff\xbf", "-_-_" }      /* the two characters of base64url */
};


static void
test_rfc4648(void)
{
    int          rc;
    char         dst[32];
    size_t       i;
    lkg_str      got;
    const char  *plain, *text;

    for (i = 0; i < sizeof(rfc4648) / sizeof(rfc4648[0]); i++) {
        plain = rfc4648[i][0];
        text = rfc4648[i][1];
        got.data = dst;

        got.len = lkg_b64url_encode(dst, plain, strlen(plain));
        is_str(got, text, "encoded as RFC 4648 does");

        rc = lkg_b64url_decode(dst, &got.len, text, strlen(text));
        is_int(rc, LKG_OK, "decoded");
        is_str(got, plain, "to what it was");
    }
}


static void
test_lengths(void)
{
    int            rc, same;
    char           text[lkg_b64url_encoded(100)];
    size_t         i, n, len;
    unsigned char  plain[100], back[lkg_b64url_decoded(sizeof(text))];

    for (i = 0; i < sizeof(plain); i++) {
        plain[i] = i * 37 + 11;
    }

    same = 0;

    for (len = 0; len <= sizeof(plain); len++) {
        n = lkg_b64url_encode(text, plain, len);
        rc = lkg_b64url_decode(back, &i, text, n);

        same += n == lkg_b64url_encoded(len) && rc == LKG_OK && i == len
                && memcmp(back, plain, len) == 0;
    }

    is_int(same, sizeof(plain) + 1, "there and back at every length");
}


static int
refused(const char *text, size_t len)
{
    char    dst[128];
    size_t  n;

    return lkg_b64url_decode(dst, &n, text, len) == LKG_ERR_FORMAT;
}


static void
test_refused(void)
{
    int   c, at, count;
    char  text[8];

    ok(refused("Z", 1), "one character is no byte");
    ok(refused("Zm9vY", 5), "nor is one more than four");
    ok(refused("Zg==", 4), "padding");
    ok(refused("Zm8=", 4), "padding of one");
    ok(refused("Zh", 2), "bits left over after one byte");
    ok(refused("Zm9", 3), "bits left over after two bytes");
    ok(refused("Zm9v\n", 5), "a line break");
    ok(refused("Zm\0v", 4), "a NUL");

    /* 192 of 256 bytes are not of the alphabet; in the last of seven
     * characters, 48 more would leave bits over */

    for (count = 0, at = 0; at < 7; at++) {
        for (c = 0; c < 256; c++) {
            memcpy(text, "AAAAAAA", 7);
            text[at] = c;
            count += refused(text, 7);
        }
    }

    is_int(count, 7 * 192 + 48, "every other byte, everywhere");
}


int
main(void)
{
    test_rfc4648();
    test_lengths();
    test_refused();

    return done_testing();
}
