/*
 * The sections "roles" and "default_role" of a policy: each role is compiled
 * once as it is, and once for every override.
 */

#include "lkg_policy_load.h"


#define LKG_TAIL_MAX  6144      /* bytes of a role's claims */


const char *
lkg_names_roles(const void *list, size_t i)
{
    const lkg_policy  *policy;

    policy = list;

    return i < policy->nroles ? policy->roles[i].name.data : NULL;
}


int
lkg_load_role_name(lkg_load *load, const lkg_at *at, json_t *value,
    const lkg_role **role)
{
    const char  *name;

    name = json_string_value(value);
    if (name == NULL) {
        return lkg_load_must_be(load, at, "the name of a role");
    }

    *role = lkg_policy_find_role(load->policy, name, strlen(name));

    if (*role == NULL) {
        return lkg_load_unknown(load, at, LKG_AT_VALUE, "role", name,
                                strlen(name), lkg_names_roles, load->policy);
    }

    return LKG_OK;
}


static int
lkg_load_privileged(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    int  rc, yes;

    rc = lkg_load_bool(load, at, value, &yes);
    if (rc == LKG_OK) {
        ((lkg_draft *) dst)->role->trusted = yes;
    }

    return rc;
}


static int
lkg_load_actions(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_load_set(load, at, value, "action", lkg_names_plain,
                        lkg_actions, &((lkg_draft *) dst)->role->actions);
}


static int
lkg_load_may_take(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int              rc;
    size_t           i;
    lkg_at           child;
    json_t          *element;
    uint32_t        *numbers;
    lkg_role        *role;
    const lkg_role  *taken;

    role = ((lkg_draft *) dst)->role;

    if (!json_is_array(value)) {
        return lkg_load_must_be(load, at, "a list of roles");
    }

    numbers = lkg_policy_alloc(load->policy,
                               json_array_size(value) * sizeof(uint32_t));
    if (numbers == NULL) {
        return LKG_ERR_NOMEM;
    }

    json_array_foreach(value, i, element) {
        child = lkg_at_entry(at, i);

        rc = lkg_load_role_name(load, &child, element, &taken);
        if (rc != LKG_OK) {
            return rc;
        }

        /* or else "may_take" would be a way around "privileged" */

        if (taken->trusted && !role->trusted) {
            return lkg_load_fail(load, &child, LKG_AT_VALUE, "only a role "
                                 "with \"privileged\": true may take \"%s\", "
                                 "which has it", taken->name.data);
        }

        numbers[i] = taken->number;
    }

    role->may_take = numbers;
    role->nmay_take = json_array_size(value);

    return LKG_OK;
}


static int
lkg_load_role_ttl(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_load_integer(load, at, value, 1, LKG_TTL_MAX,
                            &((lkg_draft *) dst)->role->ttl);
}


static const lkg_member  lkg_role_members[] = {
    { "privileged", lkg_load_privileged, 0 },
    { "grants", lkg_load_grants, 0 },
    { "sip", lkg_load_group, 0 },
    { "agent", lkg_load_group, 0 },
    { "inference", lkg_load_group, 0 },
    { "observability", lkg_load_group, 0 },
    { "kind", lkg_load_kind, 0 },
    { "kindDetails", lkg_load_kind_details, 0 },
    { "roomPreset", lkg_load_room_preset, 0 },
    { "actions", lkg_load_actions, 0 },
    { "may_take", lkg_load_may_take, 0 },
    { "ttl", lkg_load_role_ttl, 0 },
    { NULL, NULL, 0 }
};

static const lkg_member  lkg_override_members[] = {
    { "grants", lkg_load_grants, 0 },
    { "actions", lkg_load_actions, 0 },
    { "may_take", lkg_load_may_take, 0 },
    { "ttl", lkg_load_role_ttl, 0 },
    { NULL, NULL, 0 }
};


/* Writes down once what every token of the role says. */

static int
lkg_role_compile(lkg_load *load, lkg_role *role)
{
    int      rc;
    char     text[LKG_TAIL_MAX];
    size_t   grants;
    lkg_buf  b;

    b.pos = text;
    b.end = text + sizeof(text);
    b.overflow = 0;

    lkg_grants_write(&b, &role->set);
    grants = b.pos - text;

    lkg_buf_put(&b, role->claims.data, role->claims.len);

    if (b.overflow) {
        return LKG_ERR_TOOBIG;
    }

    rc = lkg_policy_text(load->policy, &role->grants, text, b.pos - text);
    if (rc != LKG_OK) {
        return rc;
    }

    role->tail.data = role->grants.data + 1;
    role->tail.len = role->grants.len - 1;
    role->grants.len = grants;

    return LKG_OK;
}


static int
lkg_load_role(lkg_load *load, const lkg_at *at, json_t *value, lkg_role *role)
{
    int        rc;
    lkg_draft  draft;

    role->ttl = load->policy->ttl;

    draft.role = role;
    draft.claims.pos = draft.text;
    draft.claims.end = draft.text + sizeof(draft.text);
    draft.claims.overflow = 0;

    rc = lkg_load_object(load, at, value, lkg_role_members, &draft);

    if (rc == LKG_OK && draft.claims.overflow) {
        rc = LKG_ERR_TOOBIG;
    }

    if (rc == LKG_OK) {
        rc = lkg_policy_text(load->policy, &role->claims, draft.text,
                             draft.claims.pos - draft.text);
    }

    return rc == LKG_OK ? lkg_role_compile(load, role) : rc;
}


static int
lkg_role_name_valid(const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (!((name[i] >= 'a' && name[i] <= 'z')
              || (name[i] >= 'A' && name[i] <= 'Z')
              || (name[i] >= '0' && name[i] <= '9')
              || memchr("_.-", name[i], 3)))
        {
            return 0;
        }
    }

    return len > 0 && len <= LKG_ROLE_MAX;
}


/* All names first: roles refer to each other. */

static int
lkg_load_role_names(lkg_load *load, const lkg_at *at, json_t *value)
{
    int          rc;
    size_t       len;
    lkg_at       child;
    json_t      *member;
    lkg_role    *role;
    const char  *name;
    lkg_policy  *policy;

    policy = load->policy;

    json_object_foreach(value, name, member) {
        len = strlen(name);

        if (!lkg_role_name_valid(name, len)) {
            child = lkg_at_key(at, name);

            return lkg_load_fail(load, &child, LKG_AT_KEY, "the name of a "
                                 "role must have 1 to %d of the characters "
                                 "A-Z a-z 0-9 _ . -", LKG_ROLE_MAX);
        }

        role = &policy->roles[policy->nroles];

        rc = lkg_policy_text(policy, &role->name, name, len);
        if (rc != LKG_OK) {
            return rc;
        }

        role->number = policy->nroles++;
        role->trusted = json_is_true(json_object_get(member, "privileged"));

        lkg_index_add(&policy->role_index, lkg_hash(name, len),
                      role->number);
    }

    return LKG_OK;
}


int
lkg_load_roles(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int          rc;
    size_t       n;
    lkg_at       child;
    json_t      *member;
    uint32_t     i;
    const char  *name;
    lkg_policy  *policy;

    policy = load->policy;
    n = json_object_size(value);

    if (n == 0) {
        return lkg_load_must_be(load, at, "an object with at least one role");
    }

    policy->roles = lkg_policy_alloc(policy, n * sizeof(lkg_role));
    if (policy->roles == NULL) {
        return LKG_ERR_NOMEM;
    }

    memset(policy->roles, 0, n * sizeof(lkg_role));

    rc = lkg_index_new(&policy->role_index, n);

    if (rc == LKG_OK) {
        rc = lkg_load_role_names(load, at, value);
    }

    if (rc != LKG_OK) {
        return rc;
    }

    i = 0;

    json_object_foreach(value, name, member) {
        child = lkg_at_key(at, name);

        rc = lkg_load_role(load, &child, member, &policy->roles[i++]);
        if (rc != LKG_OK) {
            return rc;
        }
    }

    return LKG_OK;
}


int
lkg_load_default_role(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    int  rc;

    rc = lkg_load_role_name(load, at, value, &load->policy->default_role);

    if (rc == LKG_OK && load->policy->default_role->trusted) {
        return lkg_load_fail(load, at, LKG_AT_VALUE, "everybody has the "
                             "\"default_role\": it must be one without "
                             "\"privileged\": true");
    }

    return rc;
}


/* What "rooms" make of a role, of which *role is a copy. */

int
lkg_load_override(lkg_load *load, const lkg_at *at, json_t *value,
    lkg_role *role)
{
    int        rc;
    lkg_draft  draft;

    draft.role = role;

    rc = lkg_load_object(load, at, value, lkg_override_members, &draft);
    if (rc != LKG_OK) {
        return rc;
    }

    load->policy->roles[role->number].privileged |= role->privileged;

    /* without grants of its own it keeps the text of the role */

    return json_object_get(value, "grants") ? lkg_role_compile(load, role)
                                            : LKG_OK;
}
