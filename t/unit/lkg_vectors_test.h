/*
 * Reading t/vectors/sessions, and what is asked of every cookie there.
 */

#ifndef LKG_VECTORS_TEST_H
#define LKG_VECTORS_TEST_H

#include <jansson.h>

#include "lkg_test.h"


#define NOW  1795350000     /* shortly after they were made */

#define lit(s)  (s), sizeof(s) - 1


static const char  *vectors_dir = "t/vectors/sessions";


static inline json_t *
load(const char *file)
{
    char     path[1024];
    json_t  *json;

    snprintf(path, sizeof(path), "%s/%s", vectors_dir, file);

    json = json_load_file(path, 0, NULL);

    if (json == NULL) {
        printf("Bail out! cannot read %s\n", path);
        exit(1);
    }

    return json;
}


static inline void
vectors_at(int argc, char **argv)
{
    if (getenv("LKG_VECTORS")) {
        vectors_dir = getenv("LKG_VECTORS");
    }

    if (argc > 1) {
        vectors_dir = argv[1];
    }
}


static inline const char *
text(json_t *v, const char *name)
{
    return json_string_value(json_object_get(v, name));
}


static inline int
accepted(json_t *v)
{
    return strcmp(text(v, "expect"), "accept") == 0;
}


static inline lkg_session_conf *
begin(const char *preset)
{
    lkg_session_conf  *conf;

    if (lkg_session_conf_new(&conf, preset, strlen(preset), NULL) != LKG_OK) {
        printf("Bail out! no preset %s\n", preset);
        exit(1);
    }

    return conf;
}


/* A parameter: a string, each of a list of strings, or nothing. */

static inline void
set_json(lkg_session_conf *conf, const char *name, json_t *value)
{
    size_t      i;
    json_t     *one;
    lkg_error   err;

    if (json_is_array(value)) {
        json_array_foreach(value, i, one) {
            set_json(conf, name, one);
        }

        return;
    }

    if (json_is_string(value)
        && lkg_session_conf_set(conf, name, strlen(name),
                                json_string_value(value),
                                json_string_length(value), &err) != LKG_OK)
    {
        printf("Bail out! %s: %s\n", name, err.text);
        exit(1);
    }
}


static inline void
set_text(lkg_session_conf *conf, const char *name, const char *value)
{
    lkg_error  err;

    if (lkg_session_conf_set(conf, name, strlen(name), value,
                             value ? strlen(value) : 0, &err) != LKG_OK)
    {
        printf("Bail out! %s: %s\n", name, err.text);
        exit(1);
    }
}


static inline void
ready(lkg_session_conf *conf)
{
    lkg_error  err;

    if (lkg_session_conf_ready(conf, &err) != LKG_OK) {
        printf("Bail out! %s\n", err.text);
        exit(1);
    }
}


static inline int
open_header(lkg_session **s, lkg_session_conf *conf, json_t *v)
{
    lkg_str            header;
    lkg_session_input  in = { &header, 1, { NULL, 0 } };

    header.data = text(v, "cookie_header");
    header.len = json_string_length(json_object_get(v, "cookie_header"));

    return lkg_session_open(s, conf, &in, NOW);
}


static inline int
same_claims(const lkg_session *s, json_t *want)
{
    int      same;
    lkg_str  raw;
    json_t  *got;

    raw = lkg_json_raw(lkg_session_claims(s), LKG_JSON_ROOT);
    got = json_loadb(raw.data, raw.len, 0, NULL);
    same = got && json_equal(got, want);
    json_decref(got);

    return same;
}


/* Refused, as one of the ways in which a session is not good. */

static inline void
refused(int rc, const lkg_session *s, const char *preset, const char *id)
{
    if (!ok(s == NULL && (rc == LKG_ERR_FORMAT || rc == LKG_ERR_SIGNATURE
                          || rc == LKG_ERR_EXPIRED || rc == LKG_ERR_ABSENT
                          || rc == LKG_ERR_AMBIGUOUS),
            "%s %s is refused", preset, id))
    {
        printf("#   %s\n", lkg_strerror(rc));
    }
}


typedef struct {
    const char  *id;
    int          rc;
} refusal;


/* Where the reason is ours to choose, it stays the same. */

static inline void
right_reason(int rc, const char *id, const refusal *refusals)
{
    for ( /* void */ ; refusals->id; refusals++) {
        if (strcmp(refusals->id, id) == 0) {
            is_int(rc, refusals->rc, "for the right reason");
        }
    }
}

#endif /* LKG_VECTORS_TEST_H */
