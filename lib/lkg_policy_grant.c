/*
 * What a role lets its members do in LiveKit: the claim "video", and the
 * claims beside it.
 */

#include "lkg_policy_load.h"


#define LKG_PRESET_MAX  128     /* bytes of "roomPreset" */


static const char *
lkg_names_fields(const void *list, size_t i)
{
    return ((const lkg_grant_field *) list)[i].name;
}


/* Called where a role gets what goes beyond joining a room and talking. */

static int
lkg_load_privilege(lkg_load *load, const lkg_at *at, lkg_role *role)
{
    char  place[LKG_DESCRIPTION];

    role->privileged = 1;

    if (role->trusted) {
        return LKG_OK;
    }

    return lkg_load_fail(load, at, LKG_AT_KEY,
                         "%s needs \"privileged\": true in the role",
                         lkg_load_describe(place, at));
}


static int
lkg_load_sources(lkg_load *load, const lkg_at *at, json_t *value,
    lkg_grants *set)
{
    int       rc;
    unsigned  sources;

    rc = lkg_load_set(load, at, value, "source", lkg_names_plain,
                      lkg_grant_sources, &sources);
    if (rc != LKG_OK) {
        return rc;
    }

    /* LiveKit takes an empty list for all sources */

    if (sources == 0) {
        return lkg_load_must_be(load, at, "a list of at least one source; "
                                "to allow none, say \"canPublish\": false");
    }

    set->sources = sources;

    return LKG_OK;
}


static int
lkg_load_destination(lkg_load *load, const lkg_at *at, json_t *value,
    lkg_grants *set, int *yes)
{
    int      rc;
    lkg_str  room;

    rc = lkg_load_text(load, at, value, 0, LKG_ROOM_MAX, &room);
    if (rc != LKG_OK) {
        return rc;
    }

    *yes = room.len != 0;

    return lkg_policy_text(load->policy, &set->destination_room, room.data,
                           room.len);
}


static int
lkg_load_grant(lkg_load *load, const lkg_at *at, json_t *value,
    lkg_role *role, unsigned i)
{
    int          rc, yes;
    lkg_grants  *set;

    set = &role->set;
    yes = 1;

    switch (lkg_grant_video[i].type) {

    case LKG_GRANT_SOURCES:
        rc = lkg_load_sources(load, at, value, set);
        break;

    case LKG_GRANT_STRING:
        rc = lkg_load_destination(load, at, value, set, &yes);
        break;

    default:
        rc = lkg_load_bool(load, at, value, &yes);
    }

    if (rc == LKG_OK && yes
        && lkg_grant_video[i].flags & LKG_GRANT_PRIVILEGED)
    {
        rc = lkg_load_privilege(load, at, role);
    }

    set->given |= 1u << i;

    if (yes) {
        set->yes |= 1u << i;
    } else {
        set->yes &= ~(1u << i);
    }

    return rc;
}


/* A list of sources that the policy gives here must not be in vain. */

static int
lkg_load_sources_needed(lkg_load *load, const lkg_at *at, json_t *value,
    const lkg_role *role)
{
    lkg_at  child;

    child = lkg_at_key(at, "canPublishSources");

    if (json_object_get(value, child.key) == NULL
        || lkg_grants_yes(&role->set, lkg_lit("canPublish")))
    {
        return LKG_OK;
    }

    return lkg_load_fail(load, &child, LKG_AT_KEY, "\"canPublishSources\" "
                         "needs \"canPublish\": true beside it");
}


int
lkg_load_grants(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int          rc;
    lkg_at       child;
    json_t      *member;
    unsigned     i;
    lkg_role    *role;
    const char  *key;

    role = ((lkg_draft *) dst)->role;

    if (!json_is_object(value)) {
        return lkg_load_must_be(load, at, "an object");
    }

    json_object_foreach(value, key, member) {
        child = lkg_at_key(at, key);

        if (strcmp(key, "room") == 0) {
            return lkg_load_fail(load, &child, LKG_AT_KEY, "\"room\" is no "
                                 "grant to write down: it is the room that "
                                 "was asked for");
        }

        i = lkg_grant_find(lkg_grant_video, key, strlen(key));

        if (i == LKG_GRANT_NONE) {
            return lkg_load_unknown(load, &child, LKG_AT_KEY, "key", key,
                                    strlen(key), lkg_names_fields,
                                    lkg_grant_video);
        }

        rc = lkg_load_grant(load, &child, member, role, i);
        if (rc != LKG_OK) {
            return rc;
        }
    }

    return lkg_load_sources_needed(load, at, value, role);
}


static const lkg_grant_group *
lkg_group_find(const char *claim)
{
    size_t  i;

    for (i = 0; strcmp(lkg_grant_groups[i].claim, claim) != 0; i++) {
        /* void */
    }

    return &lkg_grant_groups[i];
}


static int
lkg_load_group_member(lkg_load *load, const lkg_at *at, json_t *value,
    lkg_draft *draft, const lkg_grant_group *group)
{
    int        rc, yes;
    lkg_buf   *b;
    unsigned   i;

    i = lkg_grant_find(group->fields, at->key, strlen(at->key));

    if (i == LKG_GRANT_NONE) {
        return lkg_load_unknown(load, at, LKG_AT_KEY, "key", at->key,
                                strlen(at->key), lkg_names_fields,
                                group->fields);
    }

    rc = lkg_load_bool(load, at, value, &yes);

    if (rc == LKG_OK && yes) {
        draft->role->groups |= 1u << (group->first + i);
        rc = lkg_load_privilege(load, at, draft->role);
    }

    if (rc != LKG_OK) {
        return rc;
    }

    b = &draft->claims;

    lkg_buf_put(b, at->key, strlen(at->key));

    if (yes) {
        lkg_buf_put(b, lkg_lit("\":true"));
    } else {
        lkg_buf_put(b, lkg_lit("\":false"));
    }

    return LKG_OK;
}


/* "sip", "agent", "inference", "observability" */

int
lkg_load_group(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int                     rc;
    lkg_at                  child;
    json_t                 *member;
    lkg_buf                *b;
    const char             *key, *sep;
    const lkg_grant_group  *group;

    if (!json_is_object(value)) {
        return lkg_load_must_be(load, at, "an object");
    }

    if (json_object_size(value) == 0) {
        return LKG_OK;
    }

    group = lkg_group_find(at->key);

    b = &((lkg_draft *) dst)->claims;

    lkg_buf_put(b, lkg_lit(",\""));
    lkg_buf_put(b, at->key, strlen(at->key));
    lkg_buf_put(b, lkg_lit("\":"));
    sep = "{\"";

    json_object_foreach(value, key, member) {
        child = lkg_at_key(at, key);

        lkg_buf_put(b, sep, 2);
        sep = ",\"";

        rc = lkg_load_group_member(load, &child, member, dst, group);
        if (rc != LKG_OK) {
            return rc;
        }
    }

    lkg_buf_put(b, lkg_lit("}"));

    return LKG_OK;
}


static void
lkg_claim_text(lkg_buf *b, const char *claim, lkg_str text)
{
    lkg_buf_put(b, lkg_lit(",\""));
    lkg_buf_put(b, claim, strlen(claim));
    lkg_buf_put(b, lkg_lit("\":\""));
    lkg_buf_json(b, text.data, text.len, 1);
    lkg_buf_put(b, lkg_lit("\""));
}


int
lkg_load_kind(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int         rc;
    size_t      i;
    lkg_str     kind;
    lkg_draft  *draft;

    draft = dst;

    rc = lkg_load_text(load, at, value, 1, LKG_PRESET_MAX, &kind);
    if (rc != LKG_OK) {
        return rc;
    }

    for (i = 0; lkg_grant_kinds[i]; i++) {
        if (!lkg_str_eq(kind, lkg_grant_kinds[i],
                        strlen(lkg_grant_kinds[i])))
        {
            continue;
        }

        lkg_claim_text(&draft->claims, at->key, kind);

        return i ? lkg_load_privilege(load, at, draft->role) : LKG_OK;
    }

    return lkg_load_unknown(load, at, LKG_AT_VALUE, "kind", kind.data,
                            kind.len, lkg_names_plain, lkg_grant_kinds);
}


int
lkg_load_kind_details(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    int          rc;
    unsigned     details;
    lkg_draft   *draft;

    draft = dst;

    rc = lkg_load_set(load, at, value, "detail", lkg_names_plain,
                      lkg_grant_kind_details, &details);
    if (rc != LKG_OK || details == 0) {
        return rc;
    }

    lkg_buf_put(&draft->claims, lkg_lit(",\"kindDetails\":"));
    lkg_names_write(&draft->claims, lkg_grant_kind_details, details);
    draft->role->kind_details = details;

    return lkg_load_privilege(load, at, draft->role);
}


int
lkg_load_room_preset(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    int         rc;
    lkg_str     preset;
    lkg_draft  *draft;

    draft = dst;

    rc = lkg_load_text(load, at, value, 1, LKG_PRESET_MAX, &preset);
    if (rc != LKG_OK) {
        return rc;
    }

    lkg_claim_text(&draft->claims, at->key, preset);

    return lkg_policy_text(load->policy, &draft->role->preset, preset.data,
                           preset.len);
}
