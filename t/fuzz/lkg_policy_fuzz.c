/*
 * Policies out of anything.  What is refused has a reason and a place in the
 * text; what is taken gives roles whose grants are JSON, and nothing that is
 * privileged to a role that is not.
 */

#include <stdlib.h>

#include "lkg_policy.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


#define must(condition)                                                      \
    do { if (!(condition)) { __builtin_trap(); } } while (0)


static void
check_error(const lkg_error *err, const uint8_t *data, size_t size)
{
    size_t  i, line;

    must(memchr(err->text, '\0', sizeof(err->text)) != NULL);
    must(err->text[0] != '\0');
    must(err->line > 0 && err->column > 0);

    for (i = 0, line = 1; i < size && line < err->line; i++) {
        line += data[i] == '\n';
    }

    must(line == err->line && i + err->column <= size + 1);
}


static void
check_role(const lkg_role *role)
{
    int             privileged;
    size_t          len;
    char            text[8192];
    unsigned        i;
    lkg_json       *doc;
    lkg_str         grants;
    lkg_json_node   n;

    grants = lkg_role_grants(role);
    must(lkg_json_parse(&doc, grants.data, grants.len, 0) == LKG_OK);

    privileged = 0;

    for (n = lkg_json_first(doc, LKG_JSON_ROOT);
         n != LKG_JSON_NONE;
         n = lkg_json_next(doc, n))
    {
        i = lkg_grant_find(lkg_grant_video, lkg_json_key(doc, n).data,
                           lkg_json_key(doc, n).len);
        must(i != LKG_GRANT_NONE);

        privileged |= lkg_grant_video[i].flags & LKG_GRANT_PRIVILEGED
                      && (lkg_json_typeof(doc, n) == LKG_JSON_TRUE
                          || lkg_json_string(doc, n).len);
    }

    must(!privileged || (role->trusted && role->privileged));
    lkg_json_free(doc);

    len = role->tail.len + 1;
    must(len + 1 < sizeof(text));
    text[0] = '{';
    memcpy(text + 1, role->tail.data, role->tail.len);
    text[len] = '}';

    must(memcmp(text, "{", 1) == 0 && role->tail.data == grants.data + 1);

    /* {"video":{...},"sip":{...}} */

    memmove(text + 9, text, len + 1);
    memcpy(text, "{\"video\":", 9);
    must(lkg_json_parse(&doc, text, len + 10, 0) == LKG_OK);
    lkg_json_free(doc);
}


static void
check_policy(const lkg_policy *policy)
{
    size_t           i, j;
    const lkg_role  *role;
    const lkg_room  *room;

    must(lkg_policy_roles(policy) > 0);

    for (i = 0; i < lkg_policy_roles(policy); i++) {
        role = lkg_policy_role(policy, i);
        must(lkg_policy_find_role(policy, role->name.data, role->name.len)
             == role);
        check_role(role);
    }

    for (i = 0; i < policy->nrooms; i++) {
        room = &policy->rooms[i];

        for (j = 0; j < room->nroles; j++) {
            check_role(&room->roles[j]);
            must(lkg_policy_role_in(policy,
                                    &policy->roles[room->roles[j].number],
                                    room)
                 == &room->roles[j]);
        }

        /* nothing before it fits the pattern's own text, or itself */

        if (room->exact) {
            room = lkg_room_find(policy, room->head.data, room->head.len);
            must(room && (size_t) (room - policy->rooms) <= i);
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int          rc;
    char        *text;
    lkg_error    err;
    lkg_policy  *policy;

    /* a copy that ends where the text ends */

    text = malloc(size + !size);
    must(text != NULL);

    if (size) {
        memcpy(text, data, size);
    }

    rc = lkg_policy_load(&policy, text, size, &err);
    free(text);

    if (rc != LKG_OK) {
        must(policy == NULL && rc == LKG_ERR_FORMAT);
        check_error(&err, data, size);
        return 0;
    }

    check_policy(policy);
    lkg_policy_free(policy);

    return 0;
}
