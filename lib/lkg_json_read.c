/*
 * Reading a JSON document that was parsed.
 */

#include <stdlib.h>

#include <openssl/crypto.h>

#include "lkg_json.h"


static const lkg_json_item *
lkg_json_at(const lkg_json *doc, lkg_json_node n, lkg_json_type type)
{
    if (doc == NULL || n >= doc->nitems || doc->items[n].type != type) {
        return NULL;
    }

    return &doc->items[n];
}


lkg_json_type
lkg_json_typeof(const lkg_json *doc, lkg_json_node n)
{
    if (doc == NULL || n >= doc->nitems) {
        return LKG_JSON_ABSENT;
    }

    return doc->items[n].type;
}


lkg_json_node
lkg_json_get(const lkg_json *doc, lkg_json_node object, const char *key,
    size_t len)
{
    lkg_json_node         n;
    const lkg_json_item  *item;

    item = lkg_json_at(doc, object, LKG_JSON_OBJECT);
    if (item == NULL || item->len == 0) {
        return LKG_JSON_NONE;
    }

    for (n = object + 1; n != LKG_JSON_NONE; n = item->next) {
        item = &doc->items[n];

        if (item->key_len == len
            && (len == 0 || memcmp(item->key, key, len) == 0))
        {
            return n;
        }
    }

    return LKG_JSON_NONE;
}


/* A name with dots in it ("https://example.com/id") is tried whole first. */

lkg_json_node
lkg_json_resolve(const lkg_json *doc, const char *path, size_t len,
    lkg_json_node *object, size_t *last)
{
    size_t          start;
    const char     *dot;
    lkg_json_node   node;

    *object = LKG_JSON_ROOT;
    *last = 0;
    start = 0;

    if (path == NULL) {
        return LKG_JSON_NONE;
    }

    for ( ;; ) {
        *last = start;

        node = lkg_json_get(doc, *object, path + start, len - start);
        if (node != LKG_JSON_NONE) {
            return node;
        }

        dot = memchr(path + start, '.', len - start);
        if (dot == NULL) {
            return LKG_JSON_NONE;
        }

        *object = lkg_json_get(doc, *object, path + start,
                               dot - path - start);
        if (*object == LKG_JSON_NONE) {
            return LKG_JSON_NONE;
        }

        start = dot - path + 1;
    }
}


lkg_json_node
lkg_json_path(const lkg_json *doc, const char *path, size_t len)
{
    size_t         last;
    lkg_json_node  object;

    return lkg_json_resolve(doc, path, len, &object, &last);
}


lkg_json_node
lkg_json_first(const lkg_json *doc, lkg_json_node n)
{
    lkg_json_type  type;

    type = lkg_json_typeof(doc, n);

    if (type != LKG_JSON_OBJECT && type != LKG_JSON_ARRAY) {
        return LKG_JSON_NONE;
    }

    return doc->items[n].len ? n + 1 : LKG_JSON_NONE;
}


lkg_json_node
lkg_json_next(const lkg_json *doc, lkg_json_node n)
{
    if (doc == NULL || n >= doc->nitems) {
        return LKG_JSON_NONE;
    }

    return doc->items[n].next;
}


lkg_str
lkg_json_key(const lkg_json *doc, lkg_json_node n)
{
    lkg_str  key = { NULL, 0 };

    if (doc && n < doc->nitems) {
        key.data = doc->items[n].key;
        key.len = doc->items[n].key_len;
    }

    return key;
}


lkg_str
lkg_json_string(const lkg_json *doc, lkg_json_node n)
{
    lkg_str               value = { NULL, 0 };
    const lkg_json_item  *item;

    item = lkg_json_at(doc, n, LKG_JSON_STRING);

    if (item) {
        value.data = item->u.data;
        value.len = item->len;
    }

    return value;
}


lkg_str
lkg_json_raw(const lkg_json *doc, lkg_json_node n)
{
    lkg_str               raw = { NULL, 0 };
    const lkg_json_item  *item;

    if (doc && n < doc->nitems) {
        item = &doc->items[n];

        raw.data = doc->text + item->start;
        raw.len = item->end - item->start;
    }

    return raw;
}


int
lkg_json_int(const lkg_json *doc, lkg_json_node n, int64_t *value)
{
    double                real;
    const lkg_json_item  *item;

    item = lkg_json_at(doc, n, LKG_JSON_INTEGER);

    if (item) {
        *value = item->u.integer;
        return LKG_OK;
    }

    item = lkg_json_at(doc, n, LKG_JSON_REAL);

    if (item == NULL) {
        return LKG_ERR_FORMAT;
    }

    real = item->u.real;

    /* 2^63 is a double, 2^63 - 1 is not */

    if (!(real >= -9223372036854775808.0 && real < 9223372036854775808.0)) {
        return LKG_ERR_FORMAT;
    }

    *value = (int64_t) real;

    return LKG_OK;
}


void
lkg_json_free(lkg_json *doc)
{
    if (doc == NULL) {
        return;
    }

    if (doc->decoded) {
        OPENSSL_cleanse(doc->decoded, doc->decoded_size);
        free(doc->decoded);
    }

    free(doc);
}
