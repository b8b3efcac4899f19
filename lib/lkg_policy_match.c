/*
 * Which entry of "rooms" is meant by a room's name: the first in the file
 * whose pattern fits.  Patterns with equally long parts on both sides of the
 * "*" are one shape, looked up by one hash; a policy with thousands of
 * patterns has a handful of shapes.
 */

#include <stdlib.h>

#include "lkg_policy.h"


int
lkg_room_pattern(lkg_room *room, lkg_str match)
{
    const char  *star, *end;

    if (memchr(match.data, '{', match.len)
        || memchr(match.data, '}', match.len))
    {
        return LKG_ERR_FORMAT;
    }

    end = match.data + match.len;
    star = memchr(match.data, '*', match.len);

    room->exact = star == NULL;
    room->head = match;
    room->tail.data = end;
    room->tail.len = 0;

    if (star) {
        if (memchr(star + 1, '*', end - star - 1)) {
            return LKG_ERR_FORMAT;
        }

        room->head.len = star - match.data;
        room->tail.data = star + 1;
        room->tail.len = end - star - 1;
    }

    return room->head.len + room->tail.len > LKG_ROOM_MAX ? LKG_ERR_FORMAT
                                                          : LKG_OK;
}


static uint64_t
lkg_room_hash_back(const char *data, size_t len)
{
    uint64_t  h;

    h = LKG_HASH_SEED;

    while (len) {
        h = lkg_hash_add(h, data[--len]);
    }

    return h;
}


/* Lengths are part of it, so that shapes do not meet in the index. */

static uint64_t
lkg_room_hash(uint64_t head, uint64_t tail, const lkg_shape *shape)
{
    uint64_t  h;

    h = shape->exact << 20 | (uint32_t) shape->head << 10 | shape->tail;

    return (head + h) * 0x9e3779b97f4a7c15u ^ (tail << 31 | tail >> 33);
}


static lkg_shape
lkg_room_shape(const lkg_room *room, uint32_t number)
{
    lkg_shape  shape;

    shape.head = room->exact ? 0 : room->head.len;
    shape.tail = room->tail.len;
    shape.exact = room->exact;
    shape.first = number;

    return shape;
}


static int
lkg_room_compare(const void *one, const void *two)
{
    const lkg_shape  *a, *b;

    a = one;
    b = two;

    if (a->exact != b->exact) {
        return a->exact < b->exact ? -1 : 1;
    }

    if (a->head != b->head) {
        return a->head < b->head ? -1 : 1;
    }

    if (a->tail != b->tail) {
        return a->tail < b->tail ? -1 : 1;
    }

    return a->first < b->first ? -1 : a->first > b->first;
}


static int
lkg_room_compare_first(const void *one, const void *two)
{
    const lkg_shape  *a, *b;

    a = one;
    b = two;

    return a->first < b->first ? -1 : a->first > b->first;
}


/* Leaves every shape once, with the lowest entry that has it. */

static void
lkg_room_shapes(lkg_policy *policy)
{
    uint32_t    i, n;
    lkg_shape  *shapes;

    shapes = policy->shapes;

    for (i = 0; i < policy->nrooms; i++) {
        shapes[i] = lkg_room_shape(&policy->rooms[i], i);
    }

    qsort(shapes, policy->nrooms, sizeof(lkg_shape), lkg_room_compare);

    n = 0;

    for (i = 0; i < policy->nrooms; i++) {
        if (n == 0 || shapes[n - 1].exact != shapes[i].exact
            || shapes[n - 1].head != shapes[i].head
            || shapes[n - 1].tail != shapes[i].tail)
        {
            shapes[n++] = shapes[i];
        }
    }

    qsort(shapes, n, sizeof(lkg_shape), lkg_room_compare_first);

    policy->nshapes = n;
}


/* The entry of this shape whose text is the same, or LKG_INDEX_END. */

static uint32_t
lkg_room_probe(const lkg_policy *policy, const lkg_shape *shape,
    uint64_t hash, lkg_str head, lkg_str tail)
{
    uint32_t         pos, number;
    const lkg_room  *room;

    pos = 0;

    for ( ;; ) {
        number = lkg_index_next(&policy->room_index, hash, &pos);
        if (number == LKG_INDEX_END) {
            return LKG_INDEX_END;
        }

        room = &policy->rooms[number];

        if (room->exact == shape->exact
            && lkg_str_eq(room->head, head.data, head.len)
            && lkg_str_eq(room->tail, tail.data, tail.len))
        {
            return number;
        }
    }
}


int
lkg_room_build(lkg_policy *policy, uint32_t *duplicate)
{
    uint32_t         i;
    uint64_t         hash;
    lkg_shape        shape;
    const lkg_room  *room;

    policy->shapes = lkg_policy_alloc(policy,
                                      policy->nrooms * sizeof(lkg_shape));
    if (policy->shapes == NULL
        || lkg_index_new(&policy->room_index, policy->nrooms) != LKG_OK)
    {
        return LKG_ERR_NOMEM;
    }

    for (i = 0; i < policy->nrooms; i++) {
        room = &policy->rooms[i];
        shape = lkg_room_shape(room, i);

        hash = lkg_room_hash(lkg_hash(room->head.data, room->head.len),
                             lkg_room_hash_back(room->tail.data,
                                                room->tail.len),
                             &shape);

        if (lkg_room_probe(policy, &shape, hash, room->head, room->tail)
            != LKG_INDEX_END)
        {
            *duplicate = i;
            return LKG_ERR_FORMAT;
        }

        lkg_index_add(&policy->room_index, hash, i);
    }

    lkg_room_shapes(policy);

    return LKG_OK;
}


static uint32_t
lkg_room_try(const lkg_policy *policy, const lkg_shape *shape,
    const uint64_t *heads, const uint64_t *tails, lkg_str name)
{
    lkg_str  head, tail;

    if ((size_t) shape->head + shape->tail > name.len) {
        return LKG_INDEX_END;
    }

    head.data = name.data;
    head.len = shape->exact ? name.len : shape->head;
    tail.data = name.data + name.len - shape->tail;
    tail.len = shape->tail;

    return lkg_room_probe(policy, shape,
                          lkg_room_hash(heads[head.len], tails[tail.len],
                                        shape),
                          head, tail);
}


const lkg_room *
lkg_room_find(const lkg_policy *policy, const char *name, size_t len)
{
    size_t            i;
    lkg_str           whole;
    uint32_t          number, best;
    uint64_t          heads[LKG_ROOM_MAX + 1], tails[LKG_ROOM_MAX + 1];
    const lkg_shape  *shape;

    if (policy->nrooms == 0 || len > LKG_ROOM_MAX) {
        return NULL;
    }

    heads[0] = LKG_HASH_SEED;
    tails[0] = LKG_HASH_SEED;

    for (i = 0; i < len; i++) {
        heads[i + 1] = lkg_hash_add(heads[i], name[i]);
        tails[i + 1] = lkg_hash_add(tails[i], name[len - 1 - i]);
    }

    whole.data = name;
    whole.len = len;
    best = LKG_INDEX_END;

    for (i = 0; i < policy->nshapes; i++) {
        shape = &policy->shapes[i];

        if (shape->first > best) {
            break;
        }

        number = lkg_room_try(policy, shape, heads, tails, whole);

        if (number < best) {
            best = number;
        }
    }

    return best == LKG_INDEX_END ? NULL : &policy->rooms[best];
}
