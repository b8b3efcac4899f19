/*
 * Line and column of a fault.  jansson keeps no positions; our own reader
 * does.
 */

#include "lkg_policy_load.h"


void
lkg_where_offset(lkg_load *load, size_t offset)
{
    size_t      i;
    lkg_error  *err;

    err = load->err;

    if (err == NULL) {
        return;
    }

    err->line = 1;
    err->column = 1;

    for (i = 0; i < offset; i++) {
        err->column++;

        if (load->text[i] == '\n') {
            err->line++;
            err->column = 1;
        }
    }
}


static lkg_json_node
lkg_where_node(const lkg_json *doc, const lkg_at *at)
{
    size_t         i;
    lkg_json_node  n;

    if (at->up == NULL) {
        return LKG_JSON_ROOT;
    }

    n = lkg_where_node(doc, at->up);

    if (at->key) {
        return lkg_json_get(doc, n, at->key, strlen(at->key));
    }

    n = lkg_json_first(doc, n);

    for (i = 0; i < at->number; i++) {
        n = lkg_json_next(doc, n);
    }

    return n;
}


/* From a member's value back to the quote that its key begins with. */

static const char *
lkg_where_key(const char *text, const char *value)
{
    const char  *p, *q;

    for (p = value; p > text && *p != ':'; p--) { /* void */ }
    for ( /* void */ ; p > text && *p != '"'; p--) { /* void */ }

    while (p > text) {
        p--;

        if (*p != '"') {
            continue;
        }

        for (q = p; q > text && q[-1] == '\\'; q--) { /* void */ }

        if ((p - q) % 2 == 0) {
            break;
        }
    }

    return p;
}


void
lkg_where(lkg_load *load, const lkg_at *at, lkg_part part)
{
    lkg_str      raw;
    const char  *p;

    raw = lkg_json_raw(load->doc, lkg_where_node(load->doc, at));
    p = raw.data;

    if (part == LKG_AT_KEY && at->key) {
        p = lkg_where_key(load->text, p - 1);
    }

    lkg_where_offset(load, p - load->text);
}


static size_t
lkg_where_token_end(const char *text, size_t len, size_t i)
{
    if (text[i] == '"') {
        for (i++; i < len && text[i] != '"'; i++) {
            if (text[i] == '\\') {
                i++;
            }
        }

        return i < len ? i + 1 : len;
    }

    if (memchr("{}[]:,", text[i], 6)) {
        return i + 1;
    }

    for (i++; i < len && !memchr("{}[]:,\" \t\r\n", text[i], 11); i++) {
        /* void */
    }

    return i;
}


size_t
lkg_where_token(const char *text, size_t len, size_t position)
{
    size_t  i, end;

    for (i = 0; i < len; i = end) {
        end = i + 1;

        if (memchr(" \t\r\n", text[i], 4)) {
            continue;
        }

        end = lkg_where_token_end(text, len, i);

        if (end >= position) {
            return i;
        }
    }

    return len;
}
