/*
 * lkg_json against jansson: the same texts are accepted and mean the same,
 * but for our own limits on depth and number of values.
 */

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lkgrant.h"


#define MAX_NODES  1000
#define MAX_DEPTH  64


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


#define must(condition)                                                      \
    do { if (!(condition)) { __builtin_trap(); } } while (0)


static void  same(const lkg_json *doc, lkg_json_node n, json_t *other);


static void
same_array(const lkg_json *doc, lkg_json_node n, json_t *other)
{
    size_t         i;
    lkg_json_node  child;

    child = lkg_json_first(doc, n);

    for (i = 0; i < json_array_size(other); i++) {
        must(child != LKG_JSON_NONE);
        must(lkg_json_key(doc, child).data == NULL);

        same(doc, child, json_array_get(other, i));
        child = lkg_json_next(doc, child);
    }

    must(child == LKG_JSON_NONE);
}


static void
same_object(const lkg_json *doc, lkg_json_node n, json_t *other)
{
    size_t         members;
    json_t        *value;
    lkg_str        key;
    const char    *name;
    lkg_json_node  child;

    members = 0;

    for (child = lkg_json_first(doc, n);
         child != LKG_JSON_NONE;
         child = lkg_json_next(doc, child))
    {
        key = lkg_json_key(doc, child);

        must(key.data != NULL);
        must(lkg_json_get(doc, n, key.data, key.len) == child);

        members++;
    }

    must(members == json_object_size(other));

    json_object_foreach(other, name, value) {
        child = lkg_json_get(doc, n, name, strlen(name));

        must(child != LKG_JSON_NONE);
        same(doc, child, value);
    }
}


static void
same_real(const lkg_json *doc, lkg_json_node n, double other)
{
    int      rc;
    int64_t  value;

    rc = lkg_json_int(doc, n, &value);

    if (other >= -9223372036854775808.0 && other < 9223372036854775808.0) {
        must(rc == LKG_OK && value == (int64_t) other);

    } else {
        must(rc == LKG_ERR_FORMAT);
    }
}


static void
same_raw(const lkg_json *doc, lkg_json_node n, json_t *other)
{
    lkg_str  raw;
    json_t  *again;

    raw = lkg_json_raw(doc, n);

    again = json_loadb(raw.data, raw.len,
                       JSON_REJECT_DUPLICATES|JSON_DECODE_ANY, NULL);

    must(again != NULL);
    must(json_equal(again, other));

    json_decref(again);
}


static void
same(const lkg_json *doc, lkg_json_node n, json_t *other)
{
    int64_t  value;
    lkg_str  string;

    switch (lkg_json_typeof(doc, n)) {

    case LKG_JSON_NULL:
        must(json_is_null(other));
        break;

    case LKG_JSON_FALSE:
        must(json_is_false(other));
        break;

    case LKG_JSON_TRUE:
        must(json_is_true(other));
        break;

    case LKG_JSON_INTEGER:
        must(json_is_integer(other));
        must(lkg_json_int(doc, n, &value) == LKG_OK);
        must(value == json_integer_value(other));
        break;

    case LKG_JSON_REAL:
        must(json_is_real(other));
        same_real(doc, n, json_real_value(other));
        break;

    case LKG_JSON_STRING:
        must(json_is_string(other));
        string = lkg_json_string(doc, n);
        must(string.len == json_string_length(other));
        must(memcmp(string.data, json_string_value(other), string.len) == 0);
        break;

    case LKG_JSON_ARRAY:
        must(json_is_array(other));
        same_array(doc, n, other);
        break;

    case LKG_JSON_OBJECT:
        must(json_is_object(other));
        same_object(doc, n, other);
        break;

    default:
        must(0);
    }

    if (n < 8) {
        same_raw(doc, n, other);
    }
}


static int
depth(json_t *value)
{
    int          d, deepest;
    size_t       i;
    json_t      *child;
    const char  *name;

    deepest = 0;

    if (json_is_array(value)) {
        json_array_foreach(value, i, child) {
            d = depth(child);
            deepest = d > deepest ? d : deepest;
        }

        return deepest + 1;
    }

    if (json_is_object(value)) {
        json_object_foreach(value, name, child) {
            d = depth(child);
            deepest = d > deepest ? d : deepest;
        }

        return deepest + 1;
    }

    return 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int        rc;
    char      *text;
    json_t    *other;
    lkg_json  *doc;

    /* of exactly this size, so that a byte read too far is seen */

    text = malloc(size ? size : 1);
    must(text != NULL);

    if (size) {
        memcpy(text, data, size);
    }

    rc = lkg_json_parse(&doc, text, size, MAX_NODES);
    other = json_loadb(text, size, JSON_REJECT_DUPLICATES|JSON_DECODE_ANY,
                       NULL);

    if (rc == LKG_OK) {
        must(doc != NULL);
        must(other != NULL);
        must(depth(other) <= MAX_DEPTH);
        same(doc, LKG_JSON_ROOT, other);

    } else {
        must(doc == NULL);
        must(rc == LKG_ERR_FORMAT || rc == LKG_ERR_TOOBIG);

        /* jansson (2.14) overlooks a NUL byte behind a number */

        must(other == NULL || rc == LKG_ERR_TOOBIG
             || depth(other) > MAX_DEPTH || memchr(text, '\0', size));
    }

    lkg_json_free(doc);
    json_decref(other);
    free(text);

    return 0;
}
