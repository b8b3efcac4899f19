/*
 * Strings of a JSON document (RFC 8259, section 7).
 */

#include <stdlib.h>

#include "lkg_json.h"


/* All but the characters that stand for themselves in a string. */
#define LKG_JSON_OTHER  (LKG_TEXT_CONTROL | LKG_TEXT_WIDE | LKG_TEXT_QUOTE)


static int
lkg_json_hex(lkg_json_parser *p, unsigned *value)
{
    char      c;
    unsigned  i, v;

    if (p->end - p->pos < 4) {
        return lkg_json_bad(p, "an unfinished escape");
    }

    for (v = 0, i = 0; i < 4; i++) {
        c = p->pos[i];
        v <<= 4;

        if (c >= '0' && c <= '9') {
            v |= c - '0';

        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            v |= (c | 0x20) - 'a' + 10;

        } else {
            return lkg_json_bad(p, "four hexadecimal digits expected");
        }
    }

    p->pos += 4;
    *value = v;

    return LKG_OK;
}


/* After "\u". */

static int
lkg_json_codepoint(lkg_json_parser *p, unsigned *code)
{
    unsigned  low;

    if (lkg_json_hex(p, code) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    if (*code == 0) {
        return lkg_json_bad(p, "\\u0000 is not allowed");
    }

    if (*code < 0xd800 || *code > 0xdfff) {
        return LKG_OK;
    }

    if (*code > 0xdbff || p->end - p->pos < 6
        || p->pos[0] != '\\' || p->pos[1] != 'u')
    {
        return lkg_json_bad(p, "half of a surrogate pair");
    }

    p->pos += 2;

    if (lkg_json_hex(p, &low) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    if (low < 0xdc00 || low > 0xdfff) {
        return lkg_json_bad(p, "half of a surrogate pair");
    }

    *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);

    return LKG_OK;
}


static char *
lkg_json_encode(char *d, unsigned code)
{
    if (code < 0x80) {
        *d++ = code;
        return d;
    }

    if (code < 0x800) {
        *d++ = 0xc0 | code >> 6;
        *d++ = 0x80 | (code & 63);
        return d;
    }

    if (code < 0x10000) {
        *d++ = 0xe0 | code >> 12;
        *d++ = 0x80 | (code >> 6 & 63);
        *d++ = 0x80 | (code & 63);
        return d;
    }

    *d++ = 0xf0 | code >> 18;
    *d++ = 0x80 | (code >> 12 & 63);
    *d++ = 0x80 | (code >> 6 & 63);
    *d++ = 0x80 | (code & 63);

    return d;
}


/* At a backslash. */

static int
lkg_json_escape(lkg_json_parser *p, char **dst)
{
    char        *d;
    unsigned     code;
    const char  *known;

    static const char  names[] = "\"\\/bfnrt";
    static const char  values[] = "\"\\/\b\f\n\r\t";

    d = *dst;

    if (p->end - p->pos < 2) {
        return lkg_json_bad(p, "an unfinished escape");
    }

    if (p->pos[1] == 'u') {
        p->pos += 2;

        if (lkg_json_codepoint(p, &code) != LKG_OK) {
            return LKG_ERR_FORMAT;
        }

        *dst = lkg_json_encode(d, code);

        return LKG_OK;
    }

    known = memchr(names, p->pos[1], sizeof(names) - 1);
    if (known == NULL) {
        return lkg_json_bad(p, "an unknown escape");
    }

    p->pos += 2;

    *d++ = values[known - names];
    *dst = d;

    return LKG_OK;
}


/* Over characters that stand for themselves, to the '"' or '\'. */

static int
lkg_json_plain(lkg_json_parser *p)
{
    size_t       n;
    const char  *pos;

    for ( ;; ) {
        for (pos = p->pos; pos < p->end; pos++) {
            if (lkg_text_class[(unsigned char) *pos] & LKG_JSON_OTHER) {
                break;
            }
        }

        p->pos = pos;

        if (pos == p->end) {
            return lkg_json_bad(p, "a string without an end");
        }

        if (*pos == '"' || *pos == '\\') {
            return LKG_OK;
        }

        if ((unsigned char) *pos < 0x20) {
            return lkg_json_bad(p, "a control character in a string");
        }

        n = lkg_utf8_seq(pos, p->end - pos);
        if (n == 0) {
            return lkg_json_bad(p, "not UTF-8");
        }

        p->pos += n;
    }
}


/* At the first backslash of a string that began at start. */

static int
lkg_json_unescape(lkg_json_parser *p, const char *start, lkg_str *value)
{
    int        rc;
    char      *d;
    lkg_json  *doc;

    doc = p->doc;

    if (doc->decoded == NULL) {

        /* no string gets longer, so what is left of the text is enough */

        doc->decoded_size = p->end - start;
        doc->decoded = malloc(doc->decoded_size);

        if (doc->decoded == NULL) {
            p->what = "out of memory";
            return LKG_ERR_NOMEM;
        }
    }

    value->data = doc->decoded + doc->decoded_len;
    d = doc->decoded + doc->decoded_len;

    for ( ;; ) {
        memcpy(d, start, p->pos - start);
        d += p->pos - start;

        if (*p->pos == '"') {
            break;
        }

        rc = lkg_json_escape(p, &d);
        if (rc != LKG_OK) {
            return rc;
        }

        start = p->pos;

        rc = lkg_json_plain(p);
        if (rc != LKG_OK) {
            return rc;
        }
    }

    value->len = d - value->data;
    doc->decoded_len += value->len;
    p->pos++;

    return LKG_OK;
}


/* At the quote. */

int
lkg_json_text(lkg_json_parser *p, lkg_str *value)
{
    int          rc;
    const char  *start;

    start = ++p->pos;

    rc = lkg_json_plain(p);
    if (rc != LKG_OK) {
        return rc;
    }

    if (*p->pos == '\\') {
        return lkg_json_unescape(p, start, value);
    }

    value->data = start;
    value->len = p->pos - start;
    p->pos++;

    return LKG_OK;
}
