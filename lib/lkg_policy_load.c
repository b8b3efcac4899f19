/*
 * From JSON text to a policy.
 */

#include <stdlib.h>

#include "lkg_policy.h"


#define LKG_POLICY_VERSION  1
#define LKG_POLICY_DEPTH    32      /* levels of objects and lists */


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


static int
lkg_load_reserved(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_load_fail(load, at, LKG_AT_KEY, "\"%s\" is not supported by "
                         "this version (%s): leave it out", at->key,
                         LKG_VERSION);
}


static const lkg_member  lkg_policy_members[] = {
    { "version", lkg_load_version, 1 },
    { "recording", lkg_load_reserved, 0 },
    { "chat", lkg_load_reserved, 0 },
    { "token", lkg_load_token, 0 },
    { "roles", lkg_load_roles, 1 },
    { "default_role", lkg_load_default_role, 0 },
    { "rooms", lkg_load_rooms, 0 },
    { "accept", lkg_load_accept, 0 },
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


/* jansson takes a lack of memory for a fault of the text, mostly.  If our
 * own reader finds none, it was that. */

static int
lkg_load_exhausted(const lkg_load *load)
{
    int             rc;
    lkg_json       *doc;
    lkg_json_type   type;

    rc = lkg_json_parse(&doc, load->text, load->len, load->len + 1);

    if (rc != LKG_OK) {
        return rc == LKG_ERR_NOMEM;
    }

    type = lkg_json_typeof(doc, LKG_JSON_ROOT);
    lkg_json_free(doc);

    return type == LKG_JSON_OBJECT || type == LKG_JSON_ARRAY;
}


static int
lkg_load_syntax(lkg_load *load, json_error_t *error)
{
    if (lkg_load_exhausted(load)) {
        return lkg_fail(load->err, LKG_ERR_NOMEM, "out of memory");
    }

    if (json_error_code(error) == json_error_duplicate_key) {
        (void) lkg_fail(load->err, LKG_ERR_FORMAT, "this key is in the same "
                        "object already; leave one of them out");
    } else {
        (void) lkg_fail(load->err, LKG_ERR_FORMAT, "not JSON: %s",
                        error->text);
    }

    lkg_where_offset(load->err, load->text, load->len,
                     lkg_load_offset(load, error));

    return LKG_ERR_FORMAT;
}


static int
lkg_load_text_json(lkg_load *load, json_t **root)
{
    size_t        offset;
    const char   *nul;
    json_error_t  error;

    if (load->len > LKG_POLICY_MAX) {
        return lkg_fail(load->err, LKG_ERR_TOOBIG,
                        "the policy is larger than %d bytes", LKG_POLICY_MAX);
    }

    /* jansson does not see it */

    nul = load->len ? memchr(load->text, '\0', load->len) : NULL;

    if (nul) {
        (void) lkg_fail(load->err, LKG_ERR_FORMAT, "not JSON: a NUL byte");
        lkg_where_offset(load->err, load->text, load->len, nul - load->text);

        return LKG_ERR_FORMAT;
    }

    if (lkg_where_depth(load->text, load->len, LKG_POLICY_DEPTH, &offset)) {
        (void) lkg_fail(load->err, LKG_ERR_FORMAT, "objects and lists are "
                        "nested more than %d levels deep", LKG_POLICY_DEPTH);
        lkg_where_offset(load->err, load->text, load->len, offset);

        return LKG_ERR_FORMAT;
    }

    *root = json_loadb(load->text, load->len, JSON_REJECT_DUPLICATES, &error);

    return *root ? LKG_OK : lkg_load_syntax(load, &error);
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

    rc = lkg_template_add(&policy->name, lkg_lit("{name}"), 1, &fault);
    if (rc != LKG_OK) {
        return rc;
    }

    return lkg_load_object(load, &at, root, lkg_policy_members, NULL);
}


int
lkg_policy_load(lkg_policy **out, const char *json, size_t len,
    lkg_error *err)
{
    int        rc;
    json_t    *root;
    lkg_load   load;

    *out = NULL;

    load.text = len ? json : "";
    load.len = len;
    load.err = err;

    rc = lkg_load_text_json(&load, &root);
    if (rc != LKG_OK) {
        return rc;
    }

    load.policy = calloc(1, sizeof(lkg_policy));

    rc = load.policy ? lkg_load_policy(&load, root) : LKG_ERR_NOMEM;

    json_decref(root);

    if (rc == LKG_OK) {
        *out = load.policy;
        return LKG_OK;
    }

    lkg_policy_free(load.policy);

    /* a fault that the text does not have: out of memory, jansson may drop a
     * byte of a string */

    if (rc == LKG_ERR_FORMAT && err && err->line == 0) {
        rc = LKG_ERR_NOMEM;
    }

    if (rc == LKG_ERR_NOMEM) {
        (void) lkg_fail(err, rc, "out of memory");
    }

    return rc;
}
