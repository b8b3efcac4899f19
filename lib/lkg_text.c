/*
 * Text that may stand in a key, a log or a token.
 */

#include "lkg_private.h"


#define C  LKG_TEXT_CONTROL
#define W  LKG_TEXT_WIDE

const unsigned char  lkg_text_class[256] = {
    C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
    C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
    ['"'] = LKG_TEXT_QUOTE,
    ['\\'] = LKG_TEXT_QUOTE,
    ['#'] = LKG_TEXT_HASH,
    ['~'] = LKG_TEXT_HASH,
    ['{'] = LKG_TEXT_BRACE,
    ['}'] = LKG_TEXT_BRACE,
    [0x7f] = LKG_TEXT_DEL,
    [0x80] =
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W
};


/* UTF-8 without the control characters of two bytes. */

static int
lkg_text_wide(const char *data, size_t len)
{
    size_t                i;
    const unsigned char  *p;

    p = (const unsigned char *) data;

    for (i = 1; i < len; i++) {
        if (p[i - 1] == 0xc2 && p[i] < 0xa0) {
            return 0;
        }
    }

    return lkg_utf8_valid(data, len);
}


int
lkg_text_without(const char *data, size_t len, unsigned classes)
{
    size_t    i;
    unsigned  seen;

    for (seen = 0, i = 0; i < len; i++) {
        seen |= lkg_text_class[(unsigned char) data[i]];
    }

    if (seen & (LKG_TEXT_CONTROL | LKG_TEXT_DEL | classes)) {
        return 0;
    }

    return !(seen & LKG_TEXT_WIDE) || lkg_text_wide(data, len);
}


int
lkg_text_plain(const char *data, size_t len)
{
    return lkg_text_without(data, len, 0);
}


int
lkg_text_json(const char *data, size_t len)
{
    return lkg_utf8_valid(data, len)
           && (len == 0 || memchr(data, '\0', len) == NULL);
}
