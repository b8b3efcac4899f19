/*
 * Percent-encoding (RFC 3986, section 2.1), as encodeURIComponent() and
 * decodeURIComponent() have it.
 */

#include "lkg_private.h"


static int
lkg_percent_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


int
lkg_percent_decode(char *dst, size_t *dlen, const char *src, size_t len)
{
    int     high, low;
    char   *d;
    size_t  i;

    d = dst;
    *dlen = 0;

    for (i = 0; i < len; i++) {
        if (src[i] != '%') {
            *d++ = src[i];
            continue;
        }

        if (len - i < 3) {
            return LKG_ERR_FORMAT;
        }

        high = lkg_percent_digit(src[i + 1]);
        low = lkg_percent_digit(src[i + 2]);

        if (high < 0 || low < 0) {
            return LKG_ERR_FORMAT;
        }

        *d++ = (char) (high << 4 | low);
        i += 2;
    }

    *dlen = d - dst;

    return LKG_OK;
}


size_t
lkg_percent_encode(char *dst, const char *src, size_t len)
{
    char    c, *d;
    size_t  i;

    static const char  hex[] = "0123456789ABCDEF";

    d = dst;

    for (i = 0; i < len; i++) {
        c = src[i];

        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
            || (c >= '0' && c <= '9') || (c && strchr("-_.!~*'()", c)))
        {
            *d++ = c;
            continue;
        }

        *d++ = '%';
        *d++ = hex[(unsigned char) c >> 4];
        *d++ = hex[c & 15];
    }

    return d - dst;
}
