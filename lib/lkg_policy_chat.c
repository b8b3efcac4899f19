/*
 * The section "chat" of a policy: which types of messages there are, which of
 * them are kept, and who may send them.
 */

#include "lkg_policy_load.h"


#define LKG_CHAT_TYPE_MAX   32      /* bytes of a type's name */
#define LKG_CHAT_TYPES_MAX  32

#define LKG_CHAT_TEXT       4000    /* bytes of a message */
#define LKG_CHAT_STORED     1000    /* messages of a room */
#define LKG_CHAT_PAGE       50


/* What there is where the policy does not say. */

typedef struct {
    lkg_str      name;
    const char  *action;
    unsigned     stored;
    unsigned     pin;
} lkg_chat_usual;

static const lkg_chat_usual  lkg_chat_usuals[] = {
    { lkg_str_lit("message"), NULL, 0, 0 },
    { lkg_str_lit("announcement"), "announce", 1, 0 },
    { lkg_str_lit("important"), "announce", 1, 0 },
    { lkg_str_lit("pinned"), "moderate", 1, 1 }
};

#define LKG_CHAT_NUSUALS                                                     \
    (sizeof(lkg_chat_usuals) / sizeof(lkg_chat_usuals[0]))


static int
lkg_load_chat_store(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    int  rc, yes;

    rc = lkg_load_bool(load, at, value, &yes);
    if (rc == LKG_OK) {
        ((lkg_chat_type *) dst)->stored = yes;
    }

    return rc;
}


static int
lkg_load_chat_pin(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int             rc, yes;
    lkg_chat_type  *type;

    type = dst;

    rc = lkg_load_bool(load, at, value, &yes);
    if (rc != LKG_OK) {
        return rc;
    }

    if (yes && !type->stored) {
        return lkg_load_fail(load, at, LKG_AT_VALUE, "a pin must be kept "
                             "to be one: it needs \"store\": true");
    }

    type->pin = yes;

    return LKG_OK;
}


static int
lkg_load_chat_action(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    size_t       i;
    const char  *name;

    name = json_string_value(value);
    if (name == NULL) {
        return lkg_load_must_be(load, at, "the name of an action");
    }

    for (i = 0; lkg_actions[i]; i++) {
        if (strcmp(lkg_actions[i], name) == 0) {
            ((lkg_chat_type *) dst)->action = 1u << i;
            return LKG_OK;
        }
    }

    return lkg_load_unknown(load, at, LKG_AT_VALUE, "action", name,
                            strlen(name), lkg_names_plain, lkg_actions);
}


static int
lkg_load_chat_roles(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    int              rc;
    size_t           i;
    lkg_at           child;
    json_t          *element;
    uint32_t        *numbers;
    lkg_chat_type   *type;
    const lkg_role  *role;

    type = dst;

    if (type->action) {
        return lkg_load_fail(load, at, LKG_AT_KEY, "say who may send it by "
                             "\"roles\" or by \"action\", not by both");
    }

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

        rc = lkg_load_role_name(load, &child, element, &role);
        if (rc != LKG_OK) {
            return rc;
        }

        numbers[i] = role->number;
    }

    type->listed = 1;
    type->roles = numbers;
    type->nroles = json_array_size(value);

    return LKG_OK;
}


static const lkg_member  lkg_chat_type_members[] = {
    { "store", lkg_load_chat_store, 0 },
    { "pin", lkg_load_chat_pin, 0 },
    { "action", lkg_load_chat_action, 0 },
    { "roles", lkg_load_chat_roles, 0 },
    { NULL, NULL, 0 }
};


static int
lkg_load_chat_type(lkg_load *load, const lkg_at *at, json_t *value,
    lkg_chat_type *type)
{
    int     rc;
    size_t  len;

    len = strlen(at->key);

    if (!lkg_chat_id_valid(at->key, len) || len > LKG_CHAT_TYPE_MAX
        || strcmp(at->key, LKG_CHAT_UNPIN) == 0)
    {
        return lkg_load_fail(load, at, LKG_AT_KEY, "the name of a type must "
                             "have 1 to %d of the characters A-Z a-z 0-9 _ -, "
                             "and \"" LKG_CHAT_UNPIN "\" has its own meaning",
                             LKG_CHAT_TYPE_MAX);
    }

    memset(type, 0, sizeof(lkg_chat_type));

    rc = lkg_policy_text(load->policy, &type->name, at->key, len);

    return rc == LKG_OK
           ? lkg_load_object(load, at, value, lkg_chat_type_members, type)
           : rc;
}


static int
lkg_load_chat_types(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    int             rc;
    size_t          n;
    lkg_at          child;
    json_t         *member;
    const char     *name;
    lkg_policy     *policy;
    lkg_chat_type  *types;

    policy = load->policy;
    n = json_object_size(value);

    if (n == 0 || n > LKG_CHAT_TYPES_MAX) {
        return lkg_load_must_be(load, at, "an object with 1 to %d types of "
                                "messages", LKG_CHAT_TYPES_MAX);
    }

    types = lkg_policy_alloc(policy, n * sizeof(lkg_chat_type));
    if (types == NULL) {
        return LKG_ERR_NOMEM;
    }

    policy->chat_types = types;
    policy->nchat_types = 0;

    json_object_foreach(value, name, member) {
        child = lkg_at_key(at, name);

        rc = lkg_load_chat_type(load, &child, member,
                                &types[policy->nchat_types]);
        if (rc != LKG_OK) {
            return rc;
        }

        policy->nchat_types++;
    }

    return LKG_OK;
}


static int
lkg_load_chat_text(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_load_integer(load, at, value, 1, LKG_CHAT_TEXT_MAX,
                            &load->policy->chat.max_text);
}


static int
lkg_load_chat_stored(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    return lkg_load_integer(load, at, value, 1, 100000,
                            &load->policy->chat.max_stored);
}


static int
lkg_load_chat_page(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_load_integer(load, at, value, 1, LKG_CHAT_PAGE_MAX,
                            &load->policy->chat.page);
}


static const lkg_member  lkg_chat_members[] = {
    { "types", lkg_load_chat_types, 0 },
    { "max_text", lkg_load_chat_text, 0 },
    { "max_stored", lkg_load_chat_stored, 0 },
    { "page", lkg_load_chat_page, 0 },
    { NULL, NULL, 0 }
};


int
lkg_load_chat(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_load_object(load, at, value, lkg_chat_members, dst);
}


int
lkg_chat_defaults(lkg_policy *policy)
{
    size_t                 i;
    lkg_chat_type         *type;
    const lkg_chat_usual  *usual;

    policy->chat.max_text = LKG_CHAT_TEXT;
    policy->chat.max_stored = LKG_CHAT_STORED;
    policy->chat.page = LKG_CHAT_PAGE;

    type = lkg_policy_alloc(policy,
                            LKG_CHAT_NUSUALS * sizeof(lkg_chat_type));
    if (type == NULL) {
        return LKG_ERR_NOMEM;
    }

    memset(type, 0, LKG_CHAT_NUSUALS * sizeof(lkg_chat_type));

    policy->chat_types = type;
    policy->nchat_types = LKG_CHAT_NUSUALS;

    for (i = 0; i < LKG_CHAT_NUSUALS; i++, type++) {
        usual = &lkg_chat_usuals[i];

        type->name = usual->name;
        type->action = usual->action ? lkg_action(usual->action,
                                                  strlen(usual->action)) : 0;
        type->stored = usual->stored;
        type->pin = usual->pin;
    }

    return LKG_OK;
}
