/*
 * base64url without padding (RFC 4648, section 5; RFC 7515, section 2).
 */

#include "lkg_private.h"


#define XX  0xff        /* not of the alphabet; no value has this bit 7 */

static const unsigned char  lkg_b64url_value[256] = {
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, 62, XX, XX,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, XX, XX, XX, XX, XX, XX,
    XX,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, XX, XX, XX, XX, 63,
    XX, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX
};

static const char  lkg_b64url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


size_t
lkg_b64url_encode(char *dst, const void *src, size_t len)
{
    char                 *d;
    unsigned              v;
    const char           *abc;
    const unsigned char  *s;

    d = dst;
    s = src;
    abc = lkg_b64url_alphabet;

    for ( /* void */ ; len >= 3; len -= 3, s += 3) {
        v = (unsigned) s[0] << 16 | s[1] << 8 | s[2];

        *d++ = abc[v >> 18];
        *d++ = abc[v >> 12 & 63];
        *d++ = abc[v >> 6 & 63];
        *d++ = abc[v & 63];
    }

    if (len == 1) {
        *d++ = abc[s[0] >> 2];
        *d++ = abc[(s[0] & 3) << 4];

    } else if (len == 2) {
        *d++ = abc[s[0] >> 2];
        *d++ = abc[(s[0] & 3) << 4 | s[1] >> 4];
        *d++ = abc[(s[1] & 15) << 2];
    }

    return d - dst;
}


static int
lkg_b64url_decode_tail(unsigned char **dst, const unsigned char *s, size_t len)
{
    unsigned              a, b, c;
    unsigned char        *d;
    const unsigned char  *value;

    value = lkg_b64url_value;
    d = *dst;

    switch (len) {

    case 0:
        return LKG_OK;

    case 2:
        a = value[s[0]];
        b = value[s[1]];

        if ((a | b) & 0x80 || b & 15) {
            return LKG_ERR_FORMAT;
        }

        *d++ = a << 2 | b >> 4;
        break;

    case 3:
        a = value[s[0]];
        b = value[s[1]];
        c = value[s[2]];

        if ((a | b | c) & 0x80 || c & 3) {
            return LKG_ERR_FORMAT;
        }

        *d++ = a << 2 | b >> 4;
        *d++ = (b & 15) << 4 | c >> 2;
        break;

    default:
        return LKG_ERR_FORMAT;
    }

    *dst = d;

    return LKG_OK;
}


int
lkg_b64url_decode(void *dst, size_t *dlen, const char *src, size_t len)
{
    unsigned              a, b, c, e;
    unsigned char        *d;
    const unsigned char  *s, *value;

    d = dst;
    s = (const unsigned char *) src;
    value = lkg_b64url_value;

    *dlen = 0;

    for ( /* void */ ; len >= 4; len -= 4, s += 4) {
        a = value[s[0]];
        b = value[s[1]];
        c = value[s[2]];
        e = value[s[3]];

        if ((a | b | c | e) & 0x80) {
            return LKG_ERR_FORMAT;
        }

        *d++ = a << 2 | b >> 4;
        *d++ = b << 4 | c >> 2;
        *d++ = c << 6 | e;
    }

    if (lkg_b64url_decode_tail(&d, s, len) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    *dlen = d - (unsigned char *) dst;

    return LKG_OK;
}
