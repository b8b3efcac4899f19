/*
 * A hash index of things that are kept elsewhere, filled once.
 */

#include <stdlib.h>

#include "lkg_policy.h"


uint64_t
lkg_hash(const char *data, size_t len)
{
    size_t    i;
    uint64_t  h;

    h = LKG_HASH_SEED;

    for (i = 0; i < len; i++) {
        h = lkg_hash_add(h, data[i]);
    }

    return h;
}


/* The low bits of such a hash depend on few bytes: fold in the high ones. */

static uint32_t
lkg_index_fold(uint64_t hash)
{
    hash ^= hash >> 32;
    hash *= 0x9e3779b97f4a7c15u;

    return hash >> 32;
}


int
lkg_index_new(lkg_index *index, size_t n)
{
    size_t  size;

    for (size = 4; size < n * 2; size *= 2) { /* void */ }

    index->slots = calloc(size, sizeof(lkg_slot));
    if (index->slots == NULL) {
        return LKG_ERR_NOMEM;
    }

    index->mask = size - 1;

    return LKG_OK;
}


void
lkg_index_add(lkg_index *index, uint64_t hash, uint32_t number)
{
    uint32_t  folded, i;

    folded = lkg_index_fold(hash);

    for (i = folded & index->mask;
         index->slots[i].number;
         i = (i + 1) & index->mask)
    { /* void */ }

    index->slots[i].hash = folded;
    index->slots[i].number = number + 1;
}


uint32_t
lkg_index_next(const lkg_index *index, uint64_t hash, uint32_t *pos)
{
    uint32_t         folded;
    const lkg_slot  *slot;

    folded = lkg_index_fold(hash);

    for ( ;; ) {
        slot = &index->slots[(folded + *pos) & index->mask];

        if (slot->number == 0) {
            return LKG_INDEX_END;
        }

        (*pos)++;

        if (slot->hash == folded) {
            return slot->number - 1;
        }
    }
}


void
lkg_index_free(lkg_index *index)
{
    free(index->slots);
}
