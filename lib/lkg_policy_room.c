/*
 * The section "rooms" of a policy: roles that are different in some rooms.
 */

#include <stdlib.h>

#include "lkg_policy_load.h"


static int
lkg_load_room_role(lkg_load *load, const lkg_at *at, json_t *value,
    lkg_room *room)
{
    lkg_role        *role;
    const lkg_role  *base;

    base = lkg_policy_find_role(load->policy, at->key, strlen(at->key));

    if (base == NULL) {
        return lkg_load_unknown(load, at, LKG_AT_KEY, "role", at->key,
                                strlen(at->key), lkg_names_roles,
                                load->policy);
    }

    role = &room->roles[room->nroles++];
    *role = *base;

    return lkg_load_override(load, at, value, role);
}


static int
lkg_role_compare(const void *one, const void *two)
{
    const lkg_role  *a, *b;

    a = one;
    b = two;

    return a->number < b->number ? -1 : a->number > b->number;
}


static int
lkg_load_room_roles(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int          rc;
    lkg_at       child;
    json_t      *member;
    lkg_room    *room;
    const char  *name;

    room = dst;

    if (!json_is_object(value)) {
        return lkg_load_must_be(load, at, "an object of roles");
    }

    room->roles = lkg_policy_alloc(load->policy, json_object_size(value)
                                                 * sizeof(lkg_role));
    if (room->roles == NULL) {
        return LKG_ERR_NOMEM;
    }

    json_object_foreach(value, name, member) {
        child = lkg_at_key(at, name);

        rc = lkg_load_room_role(load, &child, member, room);
        if (rc != LKG_OK) {
            return rc;
        }
    }

    qsort(room->roles, room->nroles, sizeof(lkg_role), lkg_role_compare);

    return LKG_OK;
}


static int
lkg_load_match(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int      rc;
    lkg_str  match, copy;

    rc = lkg_load_text(load, at, value, 1, LKG_ROOM_MAX + 1, &match);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_policy_text(load->policy, &copy, match.data, match.len);
    if (rc != LKG_OK) {
        return rc;
    }

    if (lkg_room_pattern(dst, copy) != LKG_OK) {
        return lkg_load_must_be(load, at, "a room's name (1 to %d bytes, no "
                                "braces) with at most one \"*\"",
                                LKG_ROOM_MAX);
    }

    return LKG_OK;
}


static const lkg_member  lkg_room_members[] = {
    { "match", lkg_load_match, 1 },
    { "roles", lkg_load_room_roles, 1 },
    { NULL, NULL, 0 }
};


static int
lkg_load_patterns(lkg_load *load, const lkg_at *at)
{
    int       rc;
    lkg_at    entry, match;
    uint32_t  duplicate;

    duplicate = 0;

    rc = lkg_room_build(load->policy, &duplicate);

    if (rc != LKG_ERR_FORMAT) {
        return rc;
    }

    entry = lkg_at_entry(at, duplicate);
    match = lkg_at_key(&entry, "match");

    return lkg_load_fail(load, &match, LKG_AT_VALUE, "an earlier entry of "
                         "\"rooms\" has this \"match\" already, and the "
                         "first that fits counts");
}


int
lkg_load_rooms(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int          rc;
    size_t       i, n;
    lkg_at       child;
    json_t      *element;
    lkg_policy  *policy;

    policy = load->policy;
    n = json_array_size(value);

    if (!json_is_array(value)) {
        return lkg_load_must_be(load, at, "a list");
    }

    policy->rooms = lkg_policy_alloc(policy, n * sizeof(lkg_room));
    if (policy->rooms == NULL) {
        return LKG_ERR_NOMEM;
    }

    memset(policy->rooms, 0, n * sizeof(lkg_room));

    json_array_foreach(value, i, element) {
        child = lkg_at_entry(at, i);

        rc = lkg_load_object(load, &child, element, lkg_room_members,
                             &policy->rooms[i]);
        if (rc != LKG_OK) {
            return rc;
        }

        policy->nrooms++;
    }

    return lkg_load_patterns(load, at);
}
