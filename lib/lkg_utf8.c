/*
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above
 * U+10FFFF.
 */

#include "lkg_private.h"


static int
lkg_utf8_tail(const unsigned char *p, size_t n)
{
    while (n--) {
        if ((*p++ & 0xc0) != 0x80) {
            return 0;
        }
    }

    return 1;
}


size_t
lkg_utf8_seq(const char *data, size_t len)
{
    const unsigned char  *p;

    if (len == 0) {
        return 0;
    }

    p = (const unsigned char *) data;

    if (p[0] < 0x80) {
        return 1;
    }

    if (p[0] < 0xc2 || p[0] > 0xf4) {
        return 0;
    }

    if (p[0] < 0xe0) {
        return len >= 2 && lkg_utf8_tail(p + 1, 1) ? 2 : 0;
    }

    if (p[0] < 0xf0) {
        if (len < 3 || !lkg_utf8_tail(p + 1, 2)
            || (p[0] == 0xe0 && p[1] < 0xa0)
            || (p[0] == 0xed && p[1] > 0x9f))
        {
            return 0;
        }

        return 3;
    }

    if (len < 4 || !lkg_utf8_tail(p + 1, 3)
        || (p[0] == 0xf0 && p[1] < 0x90)
        || (p[0] == 0xf4 && p[1] > 0x8f))
    {
        return 0;
    }

    return 4;
}


int
lkg_utf8_valid(const char *data, size_t len)
{
    size_t  n;

    for ( /* void */ ; len; data += n, len -= n) {
        n = lkg_utf8_seq(data, len);

        if (n == 0) {
            return 0;
        }
    }

    return 1;
}
