/*
 * Finding the session cookie in the Cookie header lines (RFC 6265, section
 * 4.2), and joining the chunks that frameworks cut it into.
 */

#include <stdlib.h>

#include "lkg_private.h"


#define LKG_COOKIE_SUFFIX  8    /* characters of Clerk's suffix */


typedef struct {
    lkg_str   whole;
    lkg_str   suffixed;
    lkg_str   chunks[LKG_CHUNKS_MAX];
    unsigned  nchunks;          /* highest index seen, plus one */
} lkg_cookie_parts;


static int
lkg_cookie_blank(char c)
{
    return c == ' ' || c == '\t';
}


static void
lkg_cookie_trim(const char **start, const char **end)
{
    while (*start < *end && lkg_cookie_blank(**start)) {
        (*start)++;
    }

    while (*start < *end && lkg_cookie_blank((*end)[-1])) {
        (*end)--;
    }
}


/* The same twice is one; two that differ would be two users. */

static int
lkg_cookie_keep(lkg_str *slot, const char *data, size_t len)
{
    if (slot->data == NULL) {
        slot->data = data;
        slot->len = len;
        return LKG_OK;
    }

    return lkg_str_eq(*slot, data, len) ? LKG_OK : LKG_ERR_AMBIGUOUS;
}


/* Behind the name comes what parts it from the number of a chunk. */

static const char *
lkg_cookie_parted(const char *p, const char *end, unsigned flags)
{
    if (flags & LKG_COOKIE_CHUNKED && p < end && *p == '.') {
        return p + 1;
    }

    if (flags & LKG_COOKIE_CHUNKED2
        && end - p > 1 && p[0] == '_' && p[1] == '_')
    {
        return p + 2;
    }

    return NULL;
}


/*
 * The number of a chunk, from 0, in its only form; LKG_CHUNKS_MAX for any
 * that is too high, -1 where it is another cookie.
 */

static int
lkg_cookie_index(const char *p, const char *end, unsigned flags)
{
    int  index;

    p = lkg_cookie_parted(p, end, flags);

    if (p == NULL || p == end || (*p == '0' && end - p > 1)) {
        return -1;
    }

    for (index = 0; p < end; p++) {
        if (*p < '0' || *p > '9') {
            return -1;
        }

        if (index < LKG_CHUNKS_MAX) {
            index = index * 10 + (*p - '0');
        }
    }

    return index < LKG_CHUNKS_MAX ? index : LKG_CHUNKS_MAX;
}


/* "_" and characters of base64url, made of a publishable key. */

static int
lkg_cookie_suffix(const char *p, const char *end)
{
    if (end - p != 1 + LKG_COOKIE_SUFFIX || *p != '_') {
        return 0;
    }

    for (p++; p < end; p++) {
        if (!((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z')
              || (*p >= '0' && *p <= '9') || *p == '-' || *p == '_'))
        {
            return 0;
        }
    }

    return 1;
}


/* One "name=value", where what is before "=" begins with the name. */

static int
lkg_cookie_pair(lkg_cookie_parts *parts, const char *rest, const char *end,
    unsigned flags)
{
    int          index;
    const char  *equals, *value;

    equals = memchr(rest, '=', end - rest);
    if (equals == NULL) {
        return LKG_OK;
    }

    value = equals + 1;

    /* some parsers trim here, so a blank must not hide a cookie from us */

    lkg_cookie_trim(&value, &end);

    while (equals > rest && lkg_cookie_blank(equals[-1])) {
        equals--;
    }

    if (equals == rest) {
        return lkg_cookie_keep(&parts->whole, value, end - value);
    }

    if (flags & LKG_COOKIE_SUFFIXED && lkg_cookie_suffix(rest, equals)) {
        return lkg_cookie_keep(&parts->suffixed, value, end - value);
    }

    index = lkg_cookie_index(rest, equals, flags);
    if (index < 0) {
        return LKG_OK;
    }

    if (index == LKG_CHUNKS_MAX) {
        return LKG_ERR_TOOBIG;
    }

    if ((unsigned) index >= parts->nchunks) {
        parts->nchunks = index + 1;
    }

    return lkg_cookie_keep(&parts->chunks[index], value, end - value);
}


static int
lkg_cookie_line(lkg_cookie_parts *parts, lkg_str line, const char *name,
    size_t len, unsigned flags)
{
    int          rc;
    const char  *p, *end, *next, *last;

    if (line.len == 0) {
        return LKG_OK;
    }

    last = line.data + line.len;

    for (p = line.data; p < last; p = next) {
        end = memchr(p, ';', last - p);
        next = end ? end + 1 : last;
        end = end ? end : last;

        lkg_cookie_trim(&p, &end);

        if ((size_t) (end - p) <= len || memcmp(p, name, len) != 0) {
            continue;
        }

        rc = lkg_cookie_pair(parts, p + len, end, flags);
        if (rc != LKG_OK) {
            return rc;
        }
    }

    return LKG_OK;
}


static int
lkg_cookie_join(lkg_str *value, char **joined, const lkg_cookie_parts *parts)
{
    char      *p;
    size_t     total;
    unsigned   i;

    for (total = 0, i = 0; i < parts->nchunks; i++) {
        if (parts->chunks[i].data == NULL) {
            return LKG_ERR_FORMAT;
        }

        total += parts->chunks[i].len;

        if (total > LKG_COOKIE_MAX) {
            return LKG_ERR_TOOBIG;
        }
    }

    if (parts->nchunks == 1) {
        *value = parts->chunks[0];
        return LKG_OK;
    }

    p = malloc(total + 1);
    if (p == NULL) {
        return LKG_ERR_NOMEM;
    }

    *joined = p;
    value->data = p;
    value->len = total;

    for (i = 0; i < parts->nchunks; i++) {
        memcpy(p, parts->chunks[i].data, parts->chunks[i].len);
        p += parts->chunks[i].len;
    }

    return LKG_OK;
}


int
lkg_cookie_find(lkg_str *value, char **joined, const lkg_str *headers,
    size_t nheaders, const char *name, size_t len, unsigned flags)
{
    int               rc;
    size_t            i;
    lkg_cookie_parts  parts;

    value->data = NULL;
    value->len = 0;
    *joined = NULL;

    memset(&parts, 0, sizeof(parts));

    for (i = 0; i < nheaders; i++) {
        rc = lkg_cookie_line(&parts, headers[i], name, len, flags);
        if (rc != LKG_OK) {
            return rc;
        }
    }

    if (parts.suffixed.data) {
        parts.whole = parts.suffixed;
    }

    if (parts.whole.data && parts.nchunks) {
        if (!(flags & LKG_COOKIE_WHOLE)) {
            return LKG_ERR_AMBIGUOUS;
        }

        if (parts.whole.len) {
            parts.nchunks = 0;
        }
    }

    if (parts.nchunks) {
        return lkg_cookie_join(value, joined, &parts);
    }

    if (parts.whole.data == NULL) {
        return LKG_ERR_ABSENT;
    }

    if (parts.whole.len > LKG_COOKIE_MAX) {
        return LKG_ERR_TOOBIG;
    }

    *value = parts.whole;

    return LKG_OK;
}
