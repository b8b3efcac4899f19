/*
 * Signed tokens made by jose and @supabase/ssr: what they made must be
 * opened, with their claims, and what was spoilt must be refused.
 */

#include "lkg_vectors_test.h"


static json_t  *public_keys;


/* One JWK set for all, or a key in PEM, or a secret. */

static void
set_keys(lkg_session_conf *conf, json_t *keys)
{
    char  *jwks;

    if (json_object_get(keys, "secret")) {
        set_json(conf, "secret", json_object_get(keys, "secret"));
        return;
    }

    if (json_object_get(keys, "pem")) {
        set_text(conf, "key", text(public_keys, text(keys, "pem")));
        return;
    }

    jwks = json_dumps(json_object_get(public_keys, "jwks"), 0);
    set_text(conf, "jwks", jwks);
    free(jwks);
}


static void
set_alg(lkg_session_conf *conf, json_t *algorithms)
{
    char     algs[128];
    size_t   i;
    json_t  *alg;

    algs[0] = '\0';

    json_array_foreach(algorithms, i, alg) {
        snprintf(algs + strlen(algs), sizeof(algs) - strlen(algs), "%s%s",
                 i ? "," : "", json_string_value(alg));
    }

    set_text(conf, "alg", algs);
}


static const char *
preset_of(json_t *v)
{
    const char  *preset;

    preset = text(v, "preset");

    return strcmp(preset, "clerk") == 0 || strcmp(preset, "firebase") == 0
           || strcmp(preset, "supabase") == 0 ? preset : "jwt";
}


static lkg_session_conf *
configure(json_t *v)
{
    const char        *preset;
    lkg_session_conf  *conf;

    preset = preset_of(v);
    conf = begin(preset);

    set_keys(conf, json_object_get(v, "keys"));
    set_alg(conf, json_object_get(v, "algorithms"));

    if (strcmp(preset, "firebase") == 0) {
        set_json(conf, "project", json_object_get(v, "audience"));

    } else {
        set_json(conf, "iss", json_object_get(v, "issuer"));
        set_json(conf, "azp", json_object_get(v, "authorized_parties"));
    }

    if (strcmp(preset, "supabase") == 0) {
        set_text(conf, "ref", "abcdefghijklmnop");

    } else if (strcmp(preset, "jwt") == 0) {
        set_json(conf, "cookie", json_object_get(v, "cookie_name"));
    }

    ready(conf);

    return conf;
}


static const refusal  refusals[] = {
    { "neg-clerk-azp", LKG_ERR_SIGNATURE },
    { "neg-clerk-iss", LKG_ERR_SIGNATURE },
    { "neg-nbf", LKG_ERR_EXPIRED },
    { "neg-wrong-key", LKG_ERR_SIGNATURE },
    { "neg-unknown-kid", LKG_ERR_SIGNATURE },
    { "neg-tampered-payload", LKG_ERR_SIGNATURE },
    { "neg-alg-none", LKG_ERR_SIGNATURE },
    { "neg-alg-none-case", LKG_ERR_SIGNATURE },
    { "neg-rs-hs-confusion-pem", LKG_ERR_SIGNATURE },
    { "neg-empty-sig", LKG_ERR_SIGNATURE },
    { "neg-crit", LKG_ERR_SIGNATURE },
    { "neg-hs256-wrong-secret", LKG_ERR_SIGNATURE },
    { "neg-hs256-as-hs512", LKG_ERR_SIGNATURE },
    { "neg-hs256-trunc-sig", LKG_ERR_SIGNATURE },
    { "hs256-no-exp", LKG_ERR_FORMAT },
    { "neg-firebase-idtoken", LKG_ERR_SIGNATURE },
    { "neg-supabase-expired", LKG_ERR_EXPIRED },
    { NULL, 0 }
};


static void
test_vector(json_t *v)
{
    int                rc;
    json_t            *claims;
    const char        *id;
    lkg_session       *s;
    lkg_session_conf  *conf;

    id = text(v, "id");
    claims = json_object_get(v, "claims");

    conf = configure(v);
    rc = open_header(&s, conf, v);
    lkg_session_conf_free(conf);

    if (!accepted(v)) {
        refused(rc, s, preset_of(v), id);
        right_reason(rc, id, refusals);
        lkg_session_free(s);
        return;
    }

    if (!ok(rc == LKG_OK, "%s %s is opened", preset_of(v), id)) {
        printf("#   %s\n", lkg_strerror(rc));
        return;
    }

    ok(same_claims(s, claims), "with the library's claims");
    is_str(lkg_session_identity(s), text(claims, "sub"), "its identity");
    is_int(lkg_session_expires(s),
           (int64_t) json_number_value(json_object_get(v, "expiry")),
           "its end");

    lkg_session_free(s);
}


static void
test_file(const char *file, size_t at_least)
{
    size_t   i;
    json_t  *vectors, *v;

    vectors = load(file);
    ok(json_array_size(vectors) >= at_least, "%s", file);

    json_array_foreach(vectors, i, v) {
        test_vector(v);
    }

    json_decref(vectors);
}


int
main(int argc, char **argv)
{
    vectors_at(argc, argv);

    public_keys = load("signed-jwt-keys.json");

    test_file("signed-jwt.json", 21);
    test_file("jwt-hs256.json", 5);
    test_file("supabase.json", 5);

    json_decref(public_keys);

    return done_testing();
}
