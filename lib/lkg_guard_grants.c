/*
 * What a token lets its bearer do in LiveKit.
 *
 * LiveKit reads claims with Go's encoding/json, for which names that differ
 * in nothing but case are the same, and absent grants have values of their
 * own (auth/grants.go).  Whatever we could read otherwise is refused.
 */

#include "lkg_policy.h"


static const char *const  lkg_guard_claims[] = {
    "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "identity", "name",
    "kind", "kindDetails", "video", "sip", "agent", "inference",
    "observability", "roomConfig", "roomPreset", "sha256", "metadata",
    "attributes", NULL
};


/* What Unicode's simple folding makes of a character, as far as the names of
 * claims go: two that are not ASCII fold to letters that are. */

static size_t
lkg_guard_fold(const char *p, size_t len, char *folded)
{
    if (len >= 2 && memcmp(p, "\xc5\xbf", 2) == 0) {
        *folded = 's';
        return 2;
    }

    if (len >= 3 && memcmp(p, "\xe2\x84\xaa", 3) == 0) {
        *folded = 'k';
        return 3;
    }

    *folded = (*p >= 'A' && *p <= 'Z') ? *p | 0x20 : *p;

    return 1;
}


/* The same name to Go, but not to us. */

static int
lkg_guard_resembles(lkg_str key, const char *name)
{
    char    a, b;
    size_t  i;

    if (lkg_str_eq(key, name, strlen(name))) {
        return 0;
    }

    for (i = 0; i < key.len && *name; name++) {
        i += lkg_guard_fold(key.data + i, key.len - i, &a);
        (void) lkg_guard_fold(name, 1, &b);

        if (a != b) {
            return 0;
        }
    }

    return i == key.len && *name == '\0';
}


/* True for a value that says no more than if it were left out. */

static int
lkg_guard_empty(const lkg_json *claims, lkg_json_node n)
{
    int64_t  value;

    switch (lkg_json_typeof(claims, n)) {

    case LKG_JSON_FALSE:
        return 1;

    case LKG_JSON_INTEGER:
        return lkg_json_int(claims, n, &value) == LKG_OK && value == 0;

    default:
        return lkg_wish_empty(claims, n);
    }
}


int
lkg_guard_text(lkg_str *text, const lkg_json *claims, lkg_json_node object,
    const char *name)
{
    lkg_json_node  n;

    n = lkg_json_get(claims, object, name, strlen(name));

    text->data = NULL;
    text->len = 0;

    switch (lkg_json_typeof(claims, n)) {

    case LKG_JSON_ABSENT:
    case LKG_JSON_NULL:
        return LKG_OK;

    case LKG_JSON_STRING:
        *text = lkg_json_string(claims, n);
        return LKG_OK;

    default:
        return LKG_ERR_FORMAT;
    }
}


/* *yes stays as it is where the grant is absent or null. */

static int
lkg_guard_bool(int *yes, const lkg_json *claims, lkg_json_node n)
{
    switch (lkg_json_typeof(claims, n)) {

    case LKG_JSON_ABSENT:
    case LKG_JSON_NULL:
        return LKG_OK;

    case LKG_JSON_TRUE:
    case LKG_JSON_FALSE:
        *yes = lkg_json_typeof(claims, n) == LKG_JSON_TRUE;
        return LKG_OK;

    default:
        return LKG_ERR_FORMAT;
    }
}


/* A list of names as bits; *known is 0 where one is none of ours. */

static int
lkg_guard_names(uint32_t *bits, int *known, const lkg_json *claims,
    lkg_json_node n, const char *const *names)
{
    unsigned        i;
    lkg_str         name;
    lkg_json_type   type;

    *bits = 0;
    type = lkg_json_typeof(claims, n);

    if (type == LKG_JSON_ABSENT || type == LKG_JSON_NULL) {
        return LKG_OK;
    }

    if (type != LKG_JSON_ARRAY) {
        return LKG_ERR_FORMAT;
    }

    for (n = lkg_json_first(claims, n);
         n != LKG_JSON_NONE;
         n = lkg_json_next(claims, n))
    {
        if (lkg_json_typeof(claims, n) != LKG_JSON_STRING) {
            return LKG_ERR_FORMAT;
        }

        name = lkg_json_string(claims, n);

        for (i = 0; names[i]; i++) {
            if (lkg_str_eq(name, names[i], strlen(names[i]))) {
                *bits |= 1u << i;
                break;
            }
        }

        *known &= names[i] != NULL;
    }

    return LKG_OK;
}


/* LiveKit's defaults.  canPublishData comes behind canPublish in the table,
 * and is what that is unless it says otherwise. */

static int
lkg_guard_default(const lkg_guard_grants *grants, const char *name)
{
    if (strcmp(name, "canPublishData") == 0) {
        return lkg_grants_yes(&grants->set, lkg_lit("canPublish"));
    }

    return strcmp(name, "canPublish") == 0
           || strcmp(name, "canSubscribe") == 0;
}


static int
lkg_guard_video_field(lkg_guard_grants *grants, lkg_json_node video,
    unsigned i)
{
    int                     rc, yes, known;
    lkg_grants             *set;
    lkg_json_node           n;
    const lkg_grant_field  *field;

    set = &grants->set;
    field = &lkg_grant_video[i];

    n = lkg_json_get(grants->claims, video, field->name, strlen(field->name));

    switch (field->type) {

    case LKG_GRANT_SOURCES:
        known = 1;
        rc = lkg_guard_names(&set->sources, &known, grants->claims, n,
                             lkg_grant_sources);

        /* an empty list is none: every source may be published */

        if (set->sources || !known) {
            set->given |= 1u << i;
        }

        if (!known) {
            grants->unknown = field->name;
        }

        return rc;

    case LKG_GRANT_STRING:
        return lkg_guard_text(&set->destination_room, grants->claims, video,
                              field->name);

    default:
        yes = lkg_guard_default(grants, field->name);
        rc = lkg_guard_bool(&yes, grants->claims, n);

        set->given |= 1u << i;
        set->yes |= (uint32_t) yes << i;

        return rc;
    }
}


/* Members that we do not know: a newer LiveKit may.  Their names are checked
 * against those that it would take them for. */

static int
lkg_guard_unknown(lkg_guard_grants *grants, lkg_json_node object,
    const lkg_grant_field *fields, const char *claim)
{
    int             room;
    unsigned        i;
    lkg_str         key;
    lkg_json_node   n;

    room = fields == lkg_grant_video;

    for (n = lkg_json_first(grants->claims, object);
         n != LKG_JSON_NONE;
         n = lkg_json_next(grants->claims, n))
    {
        key = lkg_json_key(grants->claims, n);

        for (i = 0; fields[i].name; i++) {
            if (lkg_guard_resembles(key, fields[i].name)) {
                return LKG_ERR_FORMAT;
            }
        }

        if (room && lkg_guard_resembles(key, "room")) {
            return LKG_ERR_FORMAT;
        }

        if (lkg_grant_find(fields, key.data, key.len) == LKG_GRANT_NONE
            && !(room && lkg_str_eq(key, lkg_lit("room")))
            && !lkg_guard_empty(grants->claims, n))
        {
            grants->unknown = claim;
        }
    }

    return LKG_OK;
}


/* An object; LKG_JSON_NONE where it is absent or null. */

static int
lkg_guard_object(lkg_json_node *n, const lkg_json *claims, const char *name)
{
    lkg_json_type  type;

    *n = lkg_json_get(claims, LKG_JSON_ROOT, name, strlen(name));
    type = lkg_json_typeof(claims, *n);

    if (type == LKG_JSON_NULL) {
        *n = LKG_JSON_NONE;
    }

    return type == LKG_JSON_OBJECT || *n == LKG_JSON_NONE ? LKG_OK
                                                          : LKG_ERR_FORMAT;
}


static int
lkg_guard_video(lkg_guard_grants *grants)
{
    int            rc;
    unsigned       i;
    lkg_json_node  video;

    rc = lkg_guard_object(&video, grants->claims, "video");

    for (i = 0; rc == LKG_OK && lkg_grant_video[i].name; i++) {
        rc = lkg_guard_video_field(grants, video, i);
    }

    if (rc == LKG_OK) {
        rc = lkg_guard_text(&grants->room, grants->claims, video, "room");
    }

    return rc == LKG_OK ? lkg_guard_unknown(grants, video, lkg_grant_video,
                                            "video") : rc;
}


static int
lkg_guard_group(lkg_guard_grants *grants, const lkg_grant_group *group)
{
    int            rc, yes;
    unsigned       i;
    const char    *name;
    lkg_json_node  object, n;

    rc = lkg_guard_object(&object, grants->claims, group->claim);

    for (i = 0; rc == LKG_OK && group->fields[i].name; i++) {
        name = group->fields[i].name;
        n = lkg_json_get(grants->claims, object, name, strlen(name));

        yes = 0;
        rc = lkg_guard_bool(&yes, grants->claims, n);
        grants->groups |= (uint32_t) yes << (group->first + i);
    }

    return rc == LKG_OK ? lkg_guard_unknown(grants, object, group->fields,
                                            group->claim) : rc;
}


/* Claims that are none of LiveKit's are nobody's business. */

static int
lkg_guard_names_clear(const lkg_json *claims)
{
    size_t         i;
    lkg_json_node  n;

    for (n = lkg_json_first(claims, LKG_JSON_ROOT);
         n != LKG_JSON_NONE;
         n = lkg_json_next(claims, n))
    {
        for (i = 0; lkg_guard_claims[i]; i++) {
            if (lkg_guard_resembles(lkg_json_key(claims, n),
                                    lkg_guard_claims[i]))
            {
                return LKG_ERR_FORMAT;
            }
        }
    }

    return LKG_OK;
}


int
lkg_guard_grants_read(lkg_guard_grants *grants, const lkg_json *claims)
{
    int            rc, known;
    size_t         i;
    lkg_json_node  n;

    memset(grants, 0, sizeof(*grants));
    grants->claims = claims;

    rc = lkg_guard_names_clear(claims);

    if (rc == LKG_OK) {
        rc = lkg_guard_video(grants);
    }

    for (i = 0; rc == LKG_OK && lkg_grant_groups[i].claim; i++) {
        rc = lkg_guard_group(grants, &lkg_grant_groups[i]);
    }

    if (rc == LKG_OK) {
        rc = lkg_guard_text(&grants->kind, claims, LKG_JSON_ROOT, "kind");
    }

    if (rc == LKG_OK) {
        rc = lkg_guard_text(&grants->preset, claims, LKG_JSON_ROOT,
                            "roomPreset");
    }

    if (rc == LKG_OK) {
        rc = lkg_guard_object(&grants->config, claims, "roomConfig");
    }

    if (rc != LKG_OK) {
        return rc;
    }

    known = 1;
    n = lkg_json_get(claims, LKG_JSON_ROOT, lkg_lit("kindDetails"));
    rc = lkg_guard_names(&grants->kind_details, &known, claims, n,
                         lkg_grant_kind_details);

    if (!known) {
        grants->unknown = "kindDetails";
    }

    return rc;
}


/* The room is made as the first token says that comes to it. */

static int
lkg_guard_config_beyond(const lkg_guard_grants *grants,
    const lkg_policy *policy)
{
    unsigned        i;
    lkg_json_node   n;

    for (n = lkg_json_first(grants->claims, grants->config);
         n != LKG_JSON_NONE;
         n = lkg_json_next(grants->claims, n))
    {
        if (lkg_guard_empty(grants->claims, n)) {
            continue;
        }

        i = lkg_wish_find(lkg_wish_room_config,
                          lkg_json_key(grants->claims, n));

        if (i == LKG_GRANT_NONE || !(policy->accept_room_config & 1u << i)) {
            return 1;
        }
    }

    return 0;
}


const char *
lkg_guard_grants_beyond(const lkg_guard_grants *grants,
    const lkg_policy *policy, const lkg_role *role)
{
    unsigned     i, j;
    uint32_t     groups;
    const char  *name;

    name = lkg_grants_beyond(&grants->set, &role->set);
    if (name) {
        return name;
    }

    groups = grants->groups & ~role->groups;

    for (i = 0; lkg_grant_groups[i].claim; i++) {
        for (j = 0; lkg_grant_groups[i].fields[j].name; j++) {
            if (groups & 1u << (lkg_grant_groups[i].first + j)) {
                return lkg_grant_groups[i].claim;
            }
        }
    }

    if (grants->kind_details & ~role->kind_details) {
        return "kindDetails";
    }

    if (grants->preset.len
        && !lkg_str_eq(grants->preset, role->preset.data, role->preset.len))
    {
        return "roomPreset";
    }

    if (lkg_guard_config_beyond(grants, policy)) {
        return "roomConfig";
    }

    return grants->unknown;
}
