/*
 * t/vectors/sessions/more.json: each session with the parameters that are to
 * read it, and who it is or why it is refused (t/e2e/vectors.js makes them).
 */

#include "lkg_private.h"
#include "lkg_vectors_test.h"


static lkg_session_conf *
conf_of(json_t *v)
{
    size_t             i;
    json_t            *param;
    lkg_session_conf  *conf;

    conf = begin(text(v, "preset"));

    json_array_foreach(json_object_get(v, "params"), i, param) {
        set_text(conf, json_string_value(json_array_get(param, 0)),
                 json_string_value(json_array_get(param, 1)));
    }

    ready(conf);

    return conf;
}


/* Opens it, with as many of its values as are asked for. */

static int
open_whole(lkg_session **s, lkg_session_conf *conf, json_t *v)
{
    int                rc;
    size_t             i;
    json_t            *value;
    lkg_str            cookie;
    lkg_session_input  in = { &cookie, 0, { NULL, 0 } };

    if (text(v, "cookie")) {
        cookie.data = text(v, "cookie");
        cookie.len = strlen(cookie.data);
        in.ncookies = 1;
    }

    if (text(v, "authorization")) {
        in.authorization.data = text(v, "authorization");
        in.authorization.len = strlen(in.authorization.data);
    }

    rc = lkg_session_open(s, conf, &in, NOW);

    for (i = 0; rc == LKG_MORE && i < 2; i++) {
        value = json_array_get(json_object_get(v, "values"), i);

        rc = lkg_session_complete(*s, conf, json_string_value(value),
                                  json_string_length(value), NOW);
    }

    if (rc != LKG_OK) {
        lkg_session_free(*s);
        *s = NULL;
    }

    return rc;
}


int
main(int argc, char **argv)
{
    int                rc;
    size_t             i, n[2] = { 0, 0 };
    json_t            *vectors, *v;
    const char        *id;
    lkg_session       *s;
    lkg_session_conf  *conf;

    vectors_at(argc, argv);
    vectors = load("more.json");

    json_array_foreach(vectors, i, v) {
        id = text(v, "id");
        n[accepted(v)]++;

        conf = conf_of(v);
        rc = open_whole(&s, conf, v);

        if (!accepted(v)) {
            ok(rc < 0 && rc != LKG_ERR_INVALID && rc != LKG_ERR_NOMEM
               && rc != LKG_ERR_CRYPTO,
               "%s: %s: %s", id, text(v, "reason"), lkg_strerror(rc));

        } else if (ok(rc == LKG_OK, "%s: %s", id, lkg_strerror(rc))) {
            is_str(lkg_session_identity(s), text(v, "identity"), "who it is");
            is_str(lkg_session_name(s), text(v, "name"), "the name");
            is_int(lkg_session_expires(s),
                   json_integer_value(json_object_get(v, "expires")),
                   "and the end");
        }

        lkg_session_free(s);
        lkg_session_conf_free(conf);
    }

    ok(n[0] >= 55 && n[1] >= 50, "%zu refused, %zu accepted", n[0], n[1]);

    json_decref(vectors);

    return done_testing();
}
