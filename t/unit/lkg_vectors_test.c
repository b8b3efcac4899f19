/*
 * Encrypted cookies made by next-auth, Auth.js and nextjs-auth0: what they
 * made must be opened, with their claims, and what was spoilt must be
 * refused.  t/vectors/sessions/README.md tells where they come from.
 */

#include "lkg_jwe.h"
#include "lkg_vectors_test.h"


static int
open_vector(lkg_session **s, const char *preset, json_t *v,
    int email_unverified)
{
    int                rc;
    lkg_session_conf  *conf;

    conf = begin(preset);

    set_json(conf, "secret", json_object_get(v, "secret"));

    if (email_unverified) {
        set_text(conf, "email_unverified", NULL);
    }

    ready(conf);
    rc = open_header(s, conf, v);
    lkg_session_conf_free(conf);

    return rc;
}


/* Who it must be: the vectors have no more than these. */

static const char *
identity(json_t *claims)
{
    json_t  *user;

    if (json_object_get(claims, "sub")) {
        return text(claims, "sub");
    }

    user = json_object_get(claims, "user");

    if (user) {
        return text(user, json_object_get(user, "id") ? "id" : "sub");
    }

    return text(claims, "email");
}


static void
test_accepted(const char *preset, json_t *v)
{
    int           rc;
    json_t       *claims;
    const char   *id;
    lkg_session  *s;

    id = text(v, "id");
    claims = json_object_get(v, "claims");

    rc = open_vector(&s, preset, v, 1);

    if (strcmp(id, "auth0-stateful") == 0) {
        is_int(rc, LKG_ERR_IDENTITY, "a stateful session names nobody");
        return;
    }

    if (!ok(rc == LKG_OK, "%s %s is opened", preset, id)) {
        printf("#   %s\n", lkg_strerror(rc));
        return;
    }

    ok(same_claims(s, claims), "%s %s has the library's claims", preset, id);
    is_str(lkg_session_identity(s), identity(claims), "its identity");
    is_int(lkg_session_expires(s),
           (int64_t) json_number_value(json_object_get(v, "expiry")),
           "its end");

    lkg_session_free(s);

    if (strcmp(id, "no-sub") == 0) {
        rc = open_vector(&s, preset, v, 0);
        is_int(rc, LKG_ERR_IDENTITY, "but an unverified e-mail is nobody");
        lkg_session_free(s);
    }
}


static const refusal  refusals[] = {
    { "neg-chunk-missing-first", LKG_ERR_FORMAT },
    { "stale-whole-plus-chunks", LKG_ERR_AMBIGUOUS },
    { "neg-expired", LKG_ERR_EXPIRED },
    { "neg-nbf-future", LKG_ERR_EXPIRED },
    { "neg-tampered-tag", LKG_ERR_SIGNATURE },
    { "neg-tampered-ct", LKG_ERR_SIGNATURE },
    { "neg-aad-reencoded", LKG_ERR_SIGNATURE },
    { "neg-alg-mismatch-A256KW", LKG_ERR_FORMAT },
    { "neg-crit", LKG_ERR_SIGNATURE },
    { "zip-def", LKG_ERR_SIGNATURE },
    { "neg-rotation-unknown", LKG_ERR_SIGNATURE },
    { "neg-wrong-kid", LKG_ERR_SIGNATURE },
    { "neg-name-mismatch", LKG_ERR_SIGNATURE },
    { "neg-payload-not-json", LKG_ERR_FORMAT },
    { "neg-payload-array", LKG_ERR_FORMAT },
    { "no-exp", LKG_ERR_FORMAT },
    { "neg-exp-string", LKG_ERR_FORMAT },
    { "neg-alg-none-jwt", LKG_ERR_ABSENT },
    { "neg-hs256-jwt", LKG_ERR_ABSENT },
    { "neg-auth0-wrong", LKG_ERR_SIGNATURE },
    { NULL, 0 }
};


static void
test_refused(const char *preset, json_t *v)
{
    int           rc;
    lkg_session  *s;

    rc = open_vector(&s, preset, v, 1);

    refused(rc, s, preset, text(v, "id"));
    right_reason(rc, text(v, "id"), refusals);

    lkg_session_free(s);
}


/* Our HKDF gives the key that theirs gave. */

static void
test_key(json_t *v)
{
    int           same;
    char          hex[2 * LKG_JWE_KEY_MAX + 1];
    size_t        i;
    json_t       *hkdf, *secret, *want, *salt, *info;
    lkg_jwe_key  *key;

    hkdf = json_object_get(v, "hkdf");
    secret = json_object_get(v, "secret");
    want = json_object_get(v, "derived_key_hex");

    if (json_is_array(secret)) {
        secret = json_array_get(secret, 0);
    }

    if (json_is_array(want)) {
        want = json_array_get(want, 0);
    }

    salt = json_object_get(hkdf, "salt");
    info = json_object_get(hkdf, "info");

    if (lkg_jwe_key_new(&key, json_string_length(want) == 128
                              ? LKG_JWE_A256CBC_HS512 : LKG_JWE_A256GCM,
                        json_string_value(secret), json_string_length(secret),
                        json_string_value(salt), json_string_length(salt),
                        json_string_value(info), json_string_length(info))
        != LKG_OK)
    {
        ok(0, "a derived key");
        return;
    }

    for (i = 0; i < key->suite->key_len; i++) {
        snprintf(hex + 2 * i, 3, "%02x", key->secret[i]);
    }

    same = strcmp(hex, json_string_value(want)) == 0;
    ok(same, "the derived key");

    lkg_jwe_key_free(key);
}


static void
test_file(const char *file, const char *preset, size_t at_least)
{
    size_t   i;
    json_t  *vectors, *v;

    vectors = load(file);
    ok(json_array_size(vectors) >= at_least, "%s", file);

    json_array_foreach(vectors, i, v) {
        if (json_object_get(v, "derived_key_hex")) {
            test_key(v);
        }

        if (accepted(v)) {
            test_accepted(preset, v);

        } else {
            test_refused(preset, v);
        }
    }

    json_decref(vectors);
}


int
main(int argc, char **argv)
{
    vectors_at(argc, argv);

    test_file("next-auth-v4.json", "next-auth", 38);
    test_file("authjs-v5.json", "authjs", 35);
    test_file("auth0-nextjs.json", "auth0", 4);

    return done_testing();
}
