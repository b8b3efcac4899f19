/*
 * The sections "token" and "accept" of a policy.
 */

#include "lkg_policy_load.h"


#define LKG_ATTRIBUTE_MAX  256      /* bytes of an attribute's name */


static int
lkg_load_template(lkg_load *load, const lkg_at *at, json_t *value,
    lkg_template *t, unsigned depth)
{
    int      rc;
    lkg_str  fault;

    if (!json_is_string(value)) {
        return lkg_load_must_be(load, at, "a text");
    }

    rc = lkg_template_add(t, json_string_value(value),
                          json_string_length(value), depth, &fault);

    if (rc != LKG_ERR_FORMAT) {
        return rc;
    }

    if (fault.len == 1 && (*fault.data == '{' || *fault.data == '}')) {
        return lkg_load_fail(load, at, LKG_AT_VALUE, "a \"%c\" without its "
                             "pair; a brace as such is written twice",
                             *fault.data);
    }

    return lkg_load_unknown(load, at, LKG_AT_VALUE, "variable", fault.data,
                            fault.len, lkg_names_plain, lkg_template_vars);
}


static int
lkg_load_name(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    lkg_template_clear(&load->policy->name);

    return lkg_load_template(load, at, value, &load->policy->name, 1);
}


static int lkg_load_metadata_value(lkg_load *load, const lkg_at *at,
    json_t *value);


static int
lkg_load_metadata_object(lkg_load *load, const lkg_at *at, json_t *value)
{
    int            rc;
    lkg_at         child;
    json_t        *member;
    const char    *key, *sep;
    lkg_template  *t;

    t = &load->policy->metadata;
    sep = "{\"";

    json_object_foreach(value, key, member) {
        child = lkg_at_key(at, key);

        rc = lkg_template_literal(t, sep, strlen(sep), 1);
        sep = ",\"";

        if (rc == LKG_OK) {
            rc = lkg_template_literal(t, key, strlen(key), 2);
        }

        if (rc == LKG_OK) {
            rc = lkg_template_literal(t, lkg_lit("\":"), 1);
        }

        if (rc == LKG_OK) {
            rc = lkg_load_metadata_value(load, &child, member);
        }

        if (rc != LKG_OK) {
            return rc;
        }
    }

    return json_object_size(value) ? lkg_template_literal(t, lkg_lit("}"), 1)
                                   : lkg_template_literal(t, lkg_lit("{}"), 1);
}


static int
lkg_load_metadata_list(lkg_load *load, const lkg_at *at, json_t *value)
{
    int            rc;
    size_t         i;
    lkg_at         child;
    json_t        *element;
    lkg_template  *t;

    t = &load->policy->metadata;

    rc = lkg_template_literal(t, lkg_lit("["), 1);

    json_array_foreach(value, i, element) {
        child = lkg_at_entry(at, i);

        if (rc == LKG_OK && i) {
            rc = lkg_template_literal(t, lkg_lit(","), 1);
        }

        if (rc == LKG_OK) {
            rc = lkg_load_metadata_value(load, &child, element);
        }

        if (rc != LKG_OK) {
            return rc;
        }
    }

    return rc == LKG_OK ? lkg_template_literal(t, lkg_lit("]"), 1) : rc;
}


static int
lkg_load_metadata_text(lkg_load *load, const lkg_at *at, json_t *value)
{
    int            rc;
    lkg_template  *t;

    t = &load->policy->metadata;

    rc = lkg_template_literal(t, lkg_lit("\""), 1);

    if (rc == LKG_OK) {
        rc = lkg_load_template(load, at, value, t, 2);
    }

    return rc == LKG_OK ? lkg_template_literal(t, lkg_lit("\""), 1) : rc;
}


/* Number, true, false, null. */

static int
lkg_load_metadata_scalar(lkg_load *load, json_t *value)
{
    char    text[64];
    size_t  len;

    len = json_dumpb(value, text, sizeof(text),
                     JSON_ENCODE_ANY|JSON_COMPACT);

    if (len == 0 || len > sizeof(text)) {
        return LKG_ERR_NOMEM;
    }

    return lkg_template_literal(&load->policy->metadata, text, len, 1);
}


/* The claim "metadata" is a text; here it is JSON, so that all of it is
 * escaped once, and what is a text in it twice. */

static int
lkg_load_metadata_value(lkg_load *load, const lkg_at *at, json_t *value)
{
    switch (json_typeof(value)) {

    case JSON_OBJECT:
        return lkg_load_metadata_object(load, at, value);

    case JSON_ARRAY:
        return lkg_load_metadata_list(load, at, value);

    case JSON_STRING:
        return lkg_load_metadata_text(load, at, value);

    default:
        return lkg_load_metadata_scalar(load, value);
    }
}


static int
lkg_load_metadata(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    const char  *text;

    text = json_string_value(value);

    if (text) {
        /* "{{" is how a text says "{": variables in it would not be escaped
         * as JSON is, and a name could add members */

        if ((*text == '[' || (text[0] == '{' && text[1] == '{'))
            && strlen(text) > 1)
        {
            return lkg_load_fail(load, at, LKG_AT_VALUE, "write metadata that "
                                 "is JSON as an object, not as a text");
        }

        return lkg_load_template(load, at, value, &load->policy->metadata, 1);
    }

    if (!json_is_object(value)) {
        return lkg_load_must_be(load, at, "an object or a text");
    }

    return lkg_load_metadata_object(load, at, value);
}


static int
lkg_load_attribute(lkg_load *load, const lkg_at *at, json_t *value)
{
    int            rc;
    size_t         len;
    lkg_template  *t;

    t = &load->policy->attributes;
    len = strlen(at->key);

    if (len == 0 || len > LKG_ATTRIBUTE_MAX) {
        return lkg_load_fail(load, at, LKG_AT_KEY, "the name of an attribute "
                             "must have 1 to %d bytes", LKG_ATTRIBUTE_MAX);
    }

    rc = t->n ? lkg_template_literal(t, lkg_lit(",\""), 0)
              : lkg_template_literal(t, lkg_lit("\""), 0);

    if (rc == LKG_OK) {
        rc = lkg_template_literal(t, at->key, len, 1);
    }

    if (rc == LKG_OK) {
        rc = lkg_template_literal(t, lkg_lit("\":\""), 0);
    }

    if (rc == LKG_OK) {
        rc = lkg_load_template(load, at, value, t, 1);
    }

    return rc == LKG_OK ? lkg_template_literal(t, lkg_lit("\""), 0) : rc;
}


static int
lkg_load_attributes(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    int          rc;
    lkg_at       child;
    json_t      *member;
    const char  *key;
    lkg_policy  *policy;

    if (!json_is_object(value)) {
        return lkg_load_must_be(load, at, "an object of texts");
    }

    policy = load->policy;

    policy->attribute_names = lkg_policy_alloc(policy,
                                  json_object_size(value) * sizeof(lkg_str));
    if (policy->attribute_names == NULL) {
        return LKG_ERR_NOMEM;
    }

    json_object_foreach(value, key, member) {
        child = lkg_at_key(at, key);

        rc = lkg_load_attribute(load, &child, member);

        if (rc == LKG_OK) {
            rc = lkg_policy_text(policy,
                            &policy->attribute_names[policy->nattributes++],
                            key, strlen(key));
        }

        if (rc != LKG_OK) {
            return rc;
        }
    }

    return LKG_OK;
}


static int
lkg_load_ttl(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_load_integer(load, at, value, 1, LKG_TTL_MAX,
                            &load->policy->ttl);
}


static int
lkg_load_max_size(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int      rc;
    int32_t  size;

    rc = lkg_load_integer(load, at, value, LKG_SIZE_MIN, LKG_TOKEN_MAX,
                          &size);
    if (rc == LKG_OK) {
        load->policy->max_size = size;
    }

    return rc;
}


static const lkg_member  lkg_token_members[] = {
    { "ttl", lkg_load_ttl, 0 },
    { "name", lkg_load_name, 0 },
    { "metadata", lkg_load_metadata, 0 },
    { "attributes", lkg_load_attributes, 0 },
    { "max_size", lkg_load_max_size, 0 },
    { NULL, NULL, 0 }
};


int
lkg_load_token(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_load_object(load, at, value, lkg_token_members, dst);
}


static int
lkg_accept_name(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int  rc, yes;

    rc = lkg_load_bool(load, at, value, &yes);
    if (rc == LKG_OK) {
        load->policy->accept_name = yes;
    }

    return rc;
}


static int
lkg_accept_metadata(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    int  rc, yes;

    rc = lkg_load_bool(load, at, value, &yes);
    if (rc == LKG_OK) {
        load->policy->accept_metadata = yes;
    }

    return rc;
}


static int
lkg_accept_attributes(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    int          rc;
    size_t       i;
    lkg_at       child;
    lkg_str      name;
    json_t      *element;
    lkg_policy  *policy;

    if (!json_is_array(value)) {
        return lkg_load_must_be(load, at, "a list of names");
    }

    policy = load->policy;

    policy->accept_attributes = lkg_policy_alloc(policy,
                                    json_array_size(value) * sizeof(lkg_str));
    if (policy->accept_attributes == NULL) {
        return LKG_ERR_NOMEM;
    }

    json_array_foreach(value, i, element) {
        child = lkg_at_entry(at, i);

        rc = lkg_load_text(load, &child, element, 1, LKG_ATTRIBUTE_MAX,
                           &name);
        if (rc == LKG_OK) {
            rc = lkg_policy_text(policy,
                                 &policy->accept_attributes[i],
                                 name.data, name.len);
        }

        if (rc != LKG_OK) {
            return rc;
        }

        policy->naccept++;
    }

    return LKG_OK;
}


static const char *
lkg_names_room_config(const void *list, size_t i)
{
    return ((const lkg_wish_field *) list)[i].name;
}


static int
lkg_accept_room_config(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    size_t   i;
    lkg_at   child;
    json_t  *element;

    json_array_foreach(value, i, element) {
        if (json_is_string(element)
            && strcmp(json_string_value(element), "egress") == 0)
        {
            child = lkg_at_entry(at, i);

            return lkg_load_fail(load, &child, LKG_AT_VALUE, "\"egress\" is "
                                 "never accepted from a client: it would "
                                 "start a recording");
        }
    }

    return lkg_load_set(load, at, value, "field", lkg_names_room_config,
                        lkg_wish_room_config,
                        &load->policy->accept_room_config);
}


static const lkg_member  lkg_accept_members[] = {
    { "participant_name", lkg_accept_name, 0 },
    { "participant_metadata", lkg_accept_metadata, 0 },
    { "participant_attributes", lkg_accept_attributes, 0 },
    { "room_config", lkg_accept_room_config, 0 },
    { NULL, NULL, 0 }
};


int
lkg_load_accept(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_load_object(load, at, value, lkg_accept_members, dst);
}
