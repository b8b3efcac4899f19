/*
 * JSON (RFC 8259), strictly, in one pass: a document is an array of values
 * in the order of the text, and a value without escapes is not copied.
 */

#include <stdlib.h>

#include "lkg_json.h"


#define LKG_JSON_NODES      4096    /* where the caller sets no limit */
#define LKG_JSON_ITEMS      32      /* room at first, at most */
#define LKG_JSON_ITEM_TEXT  8       /* bytes of most values, with their key */
#define LKG_JSON_TEXT_MAX   INT32_MAX


int
lkg_json_bad(lkg_json_parser *p, const char *what)
{
    p->what = what;

    return LKG_ERR_FORMAT;
}


static void
lkg_json_skip(lkg_json_parser *p)
{
    while (p->pos < p->end
           && (*p->pos == ' ' || *p->pos == '\n' || *p->pos == '\t'
               || *p->pos == '\r'))
    {
        p->pos++;
    }
}


static int
lkg_json_count(lkg_json_parser *p)
{
    if (p->used == p->max) {
        p->what = "too many values";
        return LKG_ERR_TOOBIG;
    }

    p->used++;

    return LKG_OK;
}


/* How many values a text may have; memory grows where it has more. */

static uint32_t
lkg_json_guess(const lkg_json_parser *p)
{
    size_t  n;

    n = (p->end - p->pos) / LKG_JSON_ITEM_TEXT + 4;

    return n < LKG_JSON_ITEMS ? n : LKG_JSON_ITEMS;
}


static int
lkg_json_grow(lkg_json_parser *p)
{
    uint32_t   size;
    lkg_json  *doc;

    size = p->doc ? p->doc->size * 2 : lkg_json_guess(p);

    if (size > p->max || (p->doc && p->doc->size > p->max / 2)) {
        size = p->max;
    }

    doc = realloc(p->doc, sizeof(*doc) + size * sizeof(lkg_json_item));
    if (doc == NULL) {
        p->what = "out of memory";
        return LKG_ERR_NOMEM;
    }

    doc->size = size;
    p->doc = doc;

    return LKG_OK;
}


static int
lkg_json_add(lkg_json_parser *p, lkg_json_item **out)
{
    int             rc;
    lkg_json_item  *item;
    lkg_json_node   node;
    lkg_json_open  *open;

    rc = lkg_json_count(p);

    if (rc == LKG_OK && p->doc->nitems == p->doc->size) {
        rc = lkg_json_grow(p);
    }

    if (rc != LKG_OK) {
        return rc;
    }

    node = p->doc->nitems++;

    if (p->depth) {
        open = &p->open[p->depth - 1];

        if (open->last != LKG_JSON_NONE) {
            p->doc->items[open->last].next = node;
        }

        open->last = node;
        p->doc->items[open->node].len++;
    }

    item = &p->doc->items[node];

    item->key = p->key.data;
    item->key_len = p->key.len;
    item->len = 0;
    item->start = p->pos - p->doc->text;
    item->next = LKG_JSON_NONE;

    p->key.data = NULL;
    p->key.len = 0;

    *out = item;

    return LKG_OK;
}


static int
lkg_json_literal(lkg_json_parser *p, lkg_json_item *item, lkg_json_type type,
    const char *word, size_t len)
{
    if ((size_t) (p->end - p->pos) < len || memcmp(p->pos, word, len) != 0) {
        return lkg_json_bad(p, "a value expected");
    }

    p->pos += len;
    item->type = type;

    return LKG_OK;
}


static int
lkg_json_enter(lkg_json_parser *p, lkg_json_item *item, lkg_json_type type)
{
    lkg_json_open  *open;

    if (p->depth == LKG_JSON_DEPTH) {
        return lkg_json_bad(p, "more than 64 levels");
    }

    open = &p->open[p->depth++];

    open->node = item - p->doc->items;
    open->last = LKG_JSON_NONE;

    item->type = type;
    p->pos++;

    return LKG_OK;
}


/* A whole value, or the beginning of an array or object. */

static int
lkg_json_value(lkg_json_parser *p)
{
    int             rc;
    lkg_str         value;
    lkg_json_item  *item;

    lkg_json_skip(p);

    if (p->pos == p->end) {
        return lkg_json_bad(p, "a value expected");
    }

    rc = lkg_json_add(p, &item);
    if (rc != LKG_OK) {
        return rc;
    }

    switch (*p->pos) {

    case '{':
        return lkg_json_enter(p, item, LKG_JSON_OBJECT);

    case '[':
        return lkg_json_enter(p, item, LKG_JSON_ARRAY);

    case '"':
        item->type = LKG_JSON_STRING;
        rc = lkg_json_text(p, &value);

        if (rc == LKG_OK) {
            item->u.data = value.data;
            item->len = value.len;
        }

        break;

    case 't':
        rc = lkg_json_literal(p, item, LKG_JSON_TRUE, lkg_lit("true"));
        break;

    case 'f':
        rc = lkg_json_literal(p, item, LKG_JSON_FALSE, lkg_lit("false"));
        break;

    case 'n':
        rc = lkg_json_literal(p, item, LKG_JSON_NULL, lkg_lit("null"));
        break;

    default:
        rc = lkg_json_number(p, item);
        break;
    }

    item->end = p->pos - p->doc->text;

    return rc;
}


static int
lkg_json_member(lkg_json_parser *p)
{
    int  rc;

    if (p->pos == p->end || *p->pos != '"') {
        return lkg_json_bad(p, "a key in double quotes expected");
    }

    rc = lkg_json_count(p);

    if (rc == LKG_OK) {
        rc = lkg_json_text(p, &p->key);
    }

    if (rc != LKG_OK) {
        return rc;
    }

    lkg_json_skip(p);

    if (p->pos == p->end || *p->pos != ':') {
        return lkg_json_bad(p, "\":\" expected");
    }

    p->pos++;

    return LKG_OK;
}


static int
lkg_json_leave(lkg_json_parser *p, lkg_json_item *item)
{
    p->pos++;
    p->depth--;
    item->end = p->pos - p->doc->text;

    return item->type == LKG_JSON_OBJECT ? lkg_json_unique(p, item) : LKG_OK;
}


/* From behind a value to the next one, or out of the outermost level. */

static int
lkg_json_onward(lkg_json_parser *p)
{
    int             rc;
    char            close;
    lkg_json_item  *item;

    while (p->depth) {
        item = &p->doc->items[p->open[p->depth - 1].node];
        close = item->type == LKG_JSON_OBJECT ? '}' : ']';

        lkg_json_skip(p);

        if (p->pos < p->end && *p->pos == close) {
            rc = lkg_json_leave(p, item);
            if (rc != LKG_OK) {
                return rc;
            }

            continue;
        }

        if (item->len) {
            if (p->pos == p->end || *p->pos != ',') {
                return lkg_json_bad(p, "a comma or the closing bracket "
                                    "expected");
            }

            p->pos++;
            lkg_json_skip(p);
        }

        return close == '}' ? lkg_json_member(p) : LKG_OK;
    }

    return LKG_OK;
}


static int
lkg_json_document(lkg_json_parser *p)
{
    int  rc;

    do {
        rc = lkg_json_value(p);

        if (rc == LKG_OK) {
            rc = lkg_json_onward(p);
        }

        if (rc != LKG_OK) {
            return rc;
        }

    } while (p->depth);

    lkg_json_skip(p);

    return p->pos == p->end ? LKG_OK
                            : lkg_json_bad(p, "the end of the text expected");
}


int
lkg_json_parse_fault(lkg_json **out, const char *text, size_t len,
    uint32_t max_nodes, lkg_json_fault *fault)
{
    int              rc;
    lkg_json_parser  p;

    *out = NULL;

    text = len ? text : "";

    p.pos = text;
    p.end = text + len;
    p.doc = NULL;
    p.max = max_nodes ? max_nodes : LKG_JSON_NODES;
    p.used = 0;
    p.key.data = NULL;
    p.key.len = 0;
    p.what = NULL;
    p.depth = 0;

    if (len > LKG_JSON_TEXT_MAX) {
        p.what = "too long a text";
        rc = LKG_ERR_TOOBIG;

    } else {
        rc = lkg_json_grow(&p);
    }

    if (rc == LKG_OK) {
        p.doc->text = text;
        p.doc->decoded = NULL;
        p.doc->decoded_len = 0;
        p.doc->decoded_size = 0;
        p.doc->nitems = 0;

        rc = lkg_json_document(&p);
    }

    if (rc != LKG_OK) {
        lkg_json_free(p.doc);

        if (fault) {
            fault->offset = p.pos - text;
            fault->what = p.what;
        }

        return rc;
    }

    *out = p.doc;

    return LKG_OK;
}


int
lkg_json_parse(lkg_json **out, const char *text, size_t len,
    uint32_t max_nodes)
{
    return lkg_json_parse_fault(out, text, len, max_nodes, NULL);
}
