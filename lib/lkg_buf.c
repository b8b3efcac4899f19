/*
 * Bounded output.  The writers do not look at each other's result: who
 * reads the buffer looks at "overflow" once, at the end.
 */

#include "lkg_private.h"


#define U  'u'          /* \u00XX */

/* What follows the backslash; 0: the byte stands for itself. */

static const char  lkg_buf_escape[256] = {
    U, U, U, U, U, U, U, U, 'b', 't', 'n', U, 'f', 'r', U, U,
    U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U,
    ['"'] = '"',
    ['\\'] = '\\'
};


void
lkg_buf_put(lkg_buf *b, const char *data, size_t len)
{
    if ((size_t) (b->end - b->pos) < len) {
        b->overflow = 1;
        return;
    }

    if (len) {
        memcpy(b->pos, data, len);
        b->pos += len;
    }
}


void
lkg_buf_int(lkg_buf *b, int64_t value)
{
    char      digits[20], *p;
    uint64_t  n;

    n = value < 0 ? 0 - (uint64_t) value : (uint64_t) value;
    p = digits + sizeof(digits);

    do {
        *--p = '0' + n % 10;
        n /= 10;
    } while (n);

    if (value < 0) {
        *--p = '-';
    }

    lkg_buf_put(b, p, digits + sizeof(digits) - p);
}


static void
lkg_buf_escaped(lkg_buf *b, unsigned char c, unsigned depth)
{
    char               text[6] = { '\\', 'u', '0', '0', 0, 0 };
    static const char  hex[] = "0123456789abcdef";

    text[1] = lkg_buf_escape[c];

    if (text[1] != U) {
        lkg_buf_json(b, text, 2, depth - 1);
        return;
    }

    text[4] = hex[c >> 4];
    text[5] = hex[c & 15];

    lkg_buf_json(b, text, 6, depth - 1);
}


void
lkg_buf_json(lkg_buf *b, const char *data, size_t len, unsigned depth)
{
    size_t  i, plain;

    if (depth == 0 || len == 0) {
        lkg_buf_put(b, data, len);
        return;
    }

    plain = 0;

    for (i = 0; i < len; i++) {
        if (lkg_buf_escape[(unsigned char) data[i]]) {
            lkg_buf_put(b, data + plain, i - plain);
            lkg_buf_escaped(b, data[i], depth);
            plain = i + 1;
        }
    }

    lkg_buf_put(b, data + plain, len - plain);
}
