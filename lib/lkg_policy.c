/*
 * The policy as data: its memory, its roles, and which of them counts.
 */

#include <stdlib.h>

#include "lkg_policy.h"


#define LKG_BLOCK_SIZE  8000


struct lkg_block {
    lkg_block      *next;
    size_t          used;
    size_t          size;
    void           *align[];        /* the rest of the block */
};


const char *const  lkg_actions[] = {
    "record", "moderate", "announce", NULL
};


void *
lkg_policy_alloc(lkg_policy *policy, size_t size)
{
    void       *p;
    size_t      room;
    lkg_block  *block;

    size = (size + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
    block = policy->blocks;

    if (block == NULL || block->size - block->used < size) {
        room = size > LKG_BLOCK_SIZE ? size : LKG_BLOCK_SIZE;

        block = malloc(sizeof(lkg_block) + room);
        if (block == NULL) {
            return NULL;
        }

        block->next = policy->blocks;
        block->used = 0;
        block->size = room;

        policy->blocks = block;
    }

    p = (char *) block->align + block->used;
    block->used += size;

    return p;
}


int
lkg_policy_text(lkg_policy *policy, lkg_str *out, const char *data,
    size_t len)
{
    char  *p;

    p = lkg_policy_alloc(policy, len + 1);
    if (p == NULL) {
        return LKG_ERR_NOMEM;
    }

    if (len) {
        memcpy(p, data, len);
    }

    p[len] = '\0';

    out->data = p;
    out->len = len;

    return LKG_OK;
}


void
lkg_policy_free(lkg_policy *policy)
{
    lkg_block  *block, *next;

    if (policy == NULL) {
        return;
    }

    lkg_template_clear(&policy->name);
    lkg_template_clear(&policy->metadata);
    lkg_template_clear(&policy->attributes);
    lkg_index_free(&policy->role_index);
    lkg_index_free(&policy->room_index);

    for (block = policy->blocks; block; block = next) {
        next = block->next;
        free(block);
    }

    free(policy);
}


const lkg_role *
lkg_policy_find_role(const lkg_policy *policy, const char *name, size_t len)
{
    uint32_t         pos, number;
    uint64_t         hash;
    const lkg_role  *role;

    pos = 0;
    hash = lkg_hash(name, len);

    for ( ;; ) {
        number = lkg_index_next(&policy->role_index, hash, &pos);
        if (number == LKG_INDEX_END) {
            return NULL;
        }

        role = &policy->roles[number];

        if (lkg_str_eq(role->name, name, len)) {
            return role;
        }
    }
}


const lkg_role *
lkg_policy_role_in(const lkg_policy *policy, const lkg_role *role,
    const lkg_room *room)
{
    uint32_t  low, high, mid;

    if (room == NULL) {
        return role;
    }

    low = 0;
    high = room->nroles;

    while (low < high) {
        mid = low + (high - low) / 2;

        if (room->roles[mid].number == role->number) {
            return &room->roles[mid];
        }

        if (room->roles[mid].number < role->number) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }

    return role;
}


size_t
lkg_policy_roles(const lkg_policy *policy)
{
    return policy->nroles;
}


const lkg_role *
lkg_policy_role(const lkg_policy *policy, size_t i)
{
    return i < policy->nroles ? &policy->roles[i] : NULL;
}


lkg_str
lkg_role_name(const lkg_role *role)
{
    return role->name;
}


lkg_str
lkg_role_grants(const lkg_role *role)
{
    return role->grants;
}


int
lkg_role_privileged(const lkg_role *role)
{
    return role->privileged;
}


int
lkg_policy_has_default_role(const lkg_policy *policy)
{
    return policy->default_role != NULL;
}


unsigned
lkg_action(const char *name, size_t len)
{
    unsigned  i;

    for (i = 0; lkg_actions[i]; i++) {
        if (strlen(lkg_actions[i]) == len
            && memcmp(lkg_actions[i], name, len) == 0)
        {
            return 1u << i;
        }
    }

    return LKG_ACTION_UNKNOWN;
}


int
lkg_policy_accepts(const lkg_policy *policy, const char *field, size_t len)
{
    lkg_str  name;

    name.data = field;
    name.len = len;

    if (lkg_str_eq(name, lkg_lit("participant_name"))) {
        return policy->accept_name;
    }

    if (lkg_str_eq(name, lkg_lit("participant_metadata"))) {
        return policy->accept_metadata;
    }

    return 0;
}
