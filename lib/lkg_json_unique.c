/*
 * No key of a JSON object twice: readers differ in which one they take.
 */

#include <stdlib.h>

#include "lkg_json.h"


#define LKG_JSON_FEW  16        /* members compared one by one */


static int
lkg_json_compare_keys(const void *one, const void *two)
{
    const lkg_json_item  *a, *b;

    a = *(lkg_json_item *const *) one;
    b = *(lkg_json_item *const *) two;

    if (a->key_len != b->key_len) {
        return a->key_len < b->key_len ? -1 : 1;
    }

    return memcmp(a->key, b->key, a->key_len);
}


static int
lkg_json_same_key(const lkg_json_item *a, const lkg_json_item *b)
{
    return a->key_len == b->key_len
           && memcmp(a->key, b->key, a->key_len) == 0;
}


static int
lkg_json_duplicate(lkg_json_parser *p, const lkg_json_item *a,
    const lkg_json_item *b)
{
    p->pos = p->doc->text + (a->start > b->start ? a->start : b->start);

    return lkg_json_bad(p, "a duplicate key");
}


/* Where an object is large, sorts: comparing all pairs would be a gift. */

static int
lkg_json_unique_many(lkg_json_parser *p, lkg_json_item *object)
{
    int              rc;
    uint32_t         i, n;
    lkg_json_node    node;
    lkg_json_item  **sorted;

    n = object->len;

    sorted = malloc(n * sizeof(lkg_json_item *));
    if (sorted == NULL) {
        p->what = "out of memory";
        return LKG_ERR_NOMEM;
    }

    node = object - p->doc->items + 1;

    for (i = 0; i < n; i++) {
        sorted[i] = &p->doc->items[node];
        node = sorted[i]->next;
    }

    qsort(sorted, n, sizeof(lkg_json_item *), lkg_json_compare_keys);

    rc = LKG_OK;

    for (i = 1; i < n; i++) {
        if (lkg_json_same_key(sorted[i - 1], sorted[i])) {
            rc = lkg_json_duplicate(p, sorted[i - 1], sorted[i]);
            break;
        }
    }

    free(sorted);

    return rc;
}


int
lkg_json_unique(lkg_json_parser *p, lkg_json_item *object)
{
    lkg_json_node   i, j;
    lkg_json_item  *items;

    if (object->len < 2) {
        return LKG_OK;
    }

    if (object->len > LKG_JSON_FEW) {
        return lkg_json_unique_many(p, object);
    }

    items = p->doc->items;
    i = object - items + 1;

    for (i = items[i].next; i != LKG_JSON_NONE; i = items[i].next) {
        for (j = object - items + 1; j != i; j = items[j].next) {
            if (lkg_json_same_key(&items[i], &items[j])) {
                return lkg_json_duplicate(p, &items[i], &items[j]);
            }
        }
    }

    return LKG_OK;
}
