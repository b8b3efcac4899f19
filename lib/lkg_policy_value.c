/*
 * Values of one type out of a policy.
 */

#include "lkg_policy_load.h"


static const char *
lkg_names_members(const void *list, size_t i)
{
    return ((const lkg_member *) list)[i].name;
}


const char *
lkg_names_plain(const void *list, size_t i)
{
    return ((const char *const *) list)[i];
}


static int
lkg_load_known_keys(lkg_load *load, const lkg_at *at, json_t *value,
    const lkg_member *members)
{
    json_t            *member;
    lkg_at             child;
    const char        *key;
    const lkg_member  *m;

    json_object_foreach(value, key, member) {
        for (m = members; m->name && strcmp(m->name, key) != 0; m++) {
            /* void */
        }

        if (m->name == NULL) {
            child = lkg_at_key(at, key);

            return lkg_load_unknown(load, &child, LKG_AT_KEY, "key", key,
                                    strlen(key), lkg_names_members, members);
        }
    }

    return LKG_OK;
}


/* Members are loaded in the order of the table, not of the file: some need
 * to know others. */

int
lkg_load_object(lkg_load *load, const lkg_at *at, json_t *value,
    const lkg_member *members, void *dst)
{
    int                rc;
    json_t            *member;
    char               place[LKG_DESCRIPTION];
    lkg_at             child;
    const lkg_member  *m;

    if (!json_is_object(value)) {
        return lkg_load_must_be(load, at, "an object");
    }

    rc = lkg_load_known_keys(load, at, value, members);

    for (m = members; rc == LKG_OK && m->name; m++) {
        child = lkg_at_key(at, m->name);

        member = json_object_get(value, m->name);

        if (member) {
            rc = m->load(load, &child, member, dst);

        } else if (m->required) {
            rc = lkg_load_fail(load, at, LKG_AT_VALUE, "\"%s\" is missing "
                               "in %s", m->name,
                               lkg_load_describe(place, at));
        }
    }

    return rc;
}


int
lkg_load_bool(lkg_load *load, const lkg_at *at, json_t *value, int *out)
{
    if (!json_is_boolean(value)) {
        return lkg_load_must_be(load, at, "true or false");
    }

    *out = json_is_true(value);

    return LKG_OK;
}


int
lkg_load_integer(lkg_load *load, const lkg_at *at, json_t *value, int min,
    int max, int32_t *out)
{
    json_int_t  n;

    n = json_integer_value(value);

    if (!json_is_integer(value) || n < min || n > max) {
        return lkg_load_must_be(load, at, "a whole number from %d to %d",
                                min, max);
    }

    *out = n;

    return LKG_OK;
}


int
lkg_load_text(lkg_load *load, const lkg_at *at, json_t *value, size_t min,
    size_t max, lkg_str *out)
{
    out->data = json_string_value(value);
    out->len = json_string_length(value);

    if (!json_is_string(value) || out->len < min || out->len > max
        || !lkg_text_plain(out->data, out->len))
    {
        return lkg_load_must_be(load, at, "a text of %zu to %zu bytes "
                                "without control characters", min, max);
    }

    return LKG_OK;
}


static int
lkg_load_set_member(lkg_load *load, const lkg_at *at, json_t *value,
    const char *noun, lkg_names names, const void *list, unsigned *out)
{
    size_t       i;
    const char  *name, *known;

    name = json_string_value(value);
    if (name == NULL) {
        return lkg_load_must_be(load, at, "the name of %s %s",
                                strchr("aeiou", *noun) ? "an" : "a", noun);
    }

    for (i = 0; (known = names(list, i)) != NULL; i++) {
        if (strcmp(known, name) != 0) {
            continue;
        }

        if (*out & 1u << i) {
            return lkg_load_fail(load, at, LKG_AT_VALUE,
                                 "\"%s\" is in the list already", known);
        }

        *out |= 1u << i;

        return LKG_OK;
    }

    return lkg_load_unknown(load, at, LKG_AT_VALUE, noun, name, strlen(name),
                            names, list);
}


int
lkg_load_set(lkg_load *load, const lkg_at *at, json_t *value,
    const char *noun, lkg_names names, const void *list, unsigned *out)
{
    int      rc;
    size_t   i;
    lkg_at   child;
    json_t  *element;

    *out = 0;

    if (!json_is_array(value)) {
        return lkg_load_must_be(load, at, "a list of %ss", noun);
    }

    json_array_foreach(value, i, element) {
        child = lkg_at_entry(at, i);

        rc = lkg_load_set_member(load, &child, element, noun, names, list,
                                 out);
        if (rc != LKG_OK) {
            return rc;
        }
    }

    return LKG_OK;
}
