/*
 * From JSON text to a policy.
 */

#include <stdlib.h>

#include "lkg_policy_load.h"


#define LKG_POLICY_VERSION  1


static int
lkg_load_version(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    if (json_integer_value(value) != LKG_POLICY_VERSION) {
        return lkg_load_must_be(load, at, "%d", LKG_POLICY_VERSION);
    }

    return LKG_OK;
}


static int
lkg_load_devices(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int  rc, yes;

    rc = lkg_load_bool(load, at, value, &yes);
    if (rc == LKG_OK) {
        load->policy->devices = yes;
    }

    return rc;
}


static int
lkg_load_ignored(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return json_is_string(value) ? LKG_OK
                                 : lkg_load_must_be(load, at, "a text");
}


static const lkg_member  lkg_policy_members[] = {
    { "version", lkg_load_version, 1 },
    { "recording", lkg_load_recording, 0 },
    { "token", lkg_load_token, 0 },
    { "roles", lkg_load_roles, 1 },
    { "default_role", lkg_load_default_role, 0 },
    { "rooms", lkg_load_rooms, 0 },
    { "accept", lkg_load_accept, 0 },
    { "chat", lkg_load_chat, 0 },
    { "devices", lkg_load_devices, 0 },
    { "$schema", lkg_load_ignored, 0 },
    { "comment", lkg_load_ignored, 0 },
    { NULL, NULL, 0 }
};


/* jansson says how far it read; we show where that token begins. */

static size_t
lkg_load_offset(const lkg_load *load, json_error_t *error)
{
    switch (json_error_code(error)) {

    case json_error_premature_end_of_input:
        return load->len;

    case json_error_invalid_utf8:
        return error->position;

    default:
        return lkg_where_token(load->text, load->len, error->position);
    }
}


static int
lkg_load_syntax(lkg_load *load, json_error_t *error)
{
    if (json_error_code(error) == json_error_duplicate_key) {
        (void) lkg_fail(load->err, LKG_ERR_FORMAT, "this key is in the same "
                        "object already; leave one of them out");
    } else {
        (void) lkg_fail(load->err, LKG_ERR_FORMAT, "not JSON: %s",
                        error->text);
    }

    lkg_where_offset(load, lkg_load_offset(load, error));

    return LKG_ERR_FORMAT;
}


/*
 * jansson does not notice when there is no memory for a string's next byte,
 * and leaves it out.  A policy that says less than its author wrote must not
 * be taken: our own reader, which has the positions, is the second witness.
 */

static int
lkg_load_same(const lkg_json *doc, lkg_json_node n, json_t *value)
{
    size_t          i;
    json_t         *member;
    int64_t         integer;
    const char     *key;
    lkg_json_node   child;

    child = lkg_json_first(doc, n);

    switch (json_typeof(value)) {

    case JSON_OBJECT:
        json_object_foreach(value, key, member) {
            if (!lkg_str_eq(lkg_json_key(doc, child), key, strlen(key))
                || !lkg_load_same(doc, child, member))
            {
                return 0;
            }

            child = lkg_json_next(doc, child);
        }

        return child == LKG_JSON_NONE;

    case JSON_ARRAY:
        json_array_foreach(value, i, member) {
            if (!lkg_load_same(doc, child, member)) {
                return 0;
            }

            child = lkg_json_next(doc, child);
        }

        return child == LKG_JSON_NONE;

    case JSON_STRING:
        return lkg_str_eq(lkg_json_string(doc, n), json_string_value(value),
                          json_string_length(value));

    case JSON_INTEGER:
        return lkg_json_int(doc, n, &integer) == LKG_OK
               && integer == json_integer_value(value);

    default:
        return 1;
    }
}


/* The text, read by both. */

int
lkg_load_read(lkg_load *load, json_t **root)
{
    int             rc;
    json_error_t    error;
    lkg_json_type   type;
    lkg_json_fault  fault;

    rc = lkg_json_parse_fault(&load->doc, load->text, load->len,
                              load->len + 1, &fault);
    if (rc == LKG_ERR_NOMEM) {
        return rc;
    }

    *root = json_loadb(load->text, load->len, JSON_REJECT_DUPLICATES, &error);

    type = lkg_json_typeof(load->doc, LKG_JSON_ROOT);

    if (*root == NULL) {
        return type == LKG_JSON_OBJECT || type == LKG_JSON_ARRAY
               ? LKG_ERR_NOMEM : lkg_load_syntax(load, &error);
    }

    if (rc != LKG_OK) {
        (void) lkg_fail(load->err, LKG_ERR_FORMAT, "not JSON: %s",
                        fault.what);
        lkg_where_offset(load, fault.offset);

        return LKG_ERR_FORMAT;
    }

    return lkg_load_same(load->doc, LKG_JSON_ROOT, *root) ? LKG_OK
                                                          : LKG_ERR_NOMEM;
}


/* Sections that must fit each other. */

static int
lkg_load_fits(lkg_load *load, const lkg_at *at)
{
    lkg_at  accept, metadata;

    if (!load->policy->accept_metadata || load->policy->metadata.n == 0) {
        return LKG_OK;
    }

    accept = lkg_at_key(at, "accept");
    metadata = lkg_at_key(&accept, "participant_metadata");

    return lkg_load_fail(load, &metadata, LKG_AT_VALUE, "a client's metadata "
                         "would replace that of \"token\"; have one of them");
}


static int
lkg_load_policy(lkg_load *load, json_t *root)
{
    int          rc;
    lkg_at       at = { NULL, NULL, 0 };
    lkg_str      fault;
    lkg_policy  *policy;

    policy = load->policy;

    policy->ttl = LKG_TTL_DEFAULT;
    policy->max_size = LKG_SIZE_DEFAULT;

    lkg_recording_defaults(&policy->recording);

    rc = lkg_template_add(&policy->name, lkg_lit("{name}"), 1, &fault);

    if (rc == LKG_OK) {
        rc = lkg_chat_defaults(policy);
    }

    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_load_object(load, &at, root, lkg_policy_members, NULL);

    return rc == LKG_OK ? lkg_load_fits(load, &at) : rc;
}


int
lkg_policy_load(lkg_policy **out, const char *json, size_t len,
    lkg_error *err)
{
    int        rc;
    json_t    *root;
    lkg_load   load;

    *out = NULL;

    if (len > LKG_POLICY_MAX) {
        return lkg_fail(err, LKG_ERR_TOOBIG, "the policy is larger than %d "
                        "bytes", LKG_POLICY_MAX);
    }

    load.text = len ? json : "";
    load.len = len;
    load.doc = NULL;
    load.err = err;
    root = NULL;

    load.policy = calloc(1, sizeof(lkg_policy));

    rc = load.policy ? lkg_load_read(&load, &root) : LKG_ERR_NOMEM;

    if (rc == LKG_OK) {
        rc = lkg_load_policy(&load, root);
    }

    json_decref(root);
    lkg_json_free(load.doc);

    if (rc != LKG_OK) {
        lkg_policy_free(load.policy);

        return rc == LKG_ERR_NOMEM ? lkg_fail(err, rc, "out of memory") : rc;
    }

    *out = load.policy;

    return LKG_OK;
}
