/*
 * Cookies made by next-auth, Auth.js and jose: what they made must be
 * opened, with their claims, and what was spoilt must be refused.
 * t/vectors/sessions/README.md tells where they come from.
 */

#include <jansson.h>

#include "lkg_jwe.h"
#include "lkg_test.h"


#define NOW  1795350000     /* shortly after they were made */


/* "secret" of encrypted cookies: one or a list; "keys" of signed ones. */

static int
set_secrets(lkg_session_conf *conf, json_t *v)
{
    int      rc;
    size_t   i;
    json_t  *secret, *one;

    secret = json_object_get(v, "secret");

    if (secret == NULL) {
        secret = json_object_get(json_object_get(v, "keys"), "secret");
    }

    if (json_is_string(secret)) {
        return lkg_session_conf_set(conf, lkg_lit("secret"),
                                    json_string_value(secret),
                                    json_string_length(secret), NULL);
    }

    rc = LKG_ERR_INVALID;

    json_array_foreach(secret, i, one) {
        rc = lkg_session_conf_set(conf, lkg_lit("secret"),
                                  json_string_value(one),
                                  json_string_length(one), NULL);
        if (rc != LKG_OK) {
            break;
        }
    }

    return rc;
}


static lkg_session_conf *
configure(const char *preset, json_t *v, int email_unverified)
{
    int                rc;
    const char        *cookie;
    lkg_session_conf  *conf;

    if (lkg_session_conf_new(&conf, preset, strlen(preset), NULL) != LKG_OK) {
        return NULL;
    }

    rc = set_secrets(conf, v);

    if (rc == LKG_OK && strcmp(preset, "jwt") == 0) {
        cookie = json_string_value(json_object_get(v, "cookie_name"));
        rc = lkg_session_conf_set(conf, lkg_lit("cookie"),
                                  cookie, strlen(cookie), NULL);
    }

    if (rc == LKG_OK && email_unverified) {
        rc = lkg_session_conf_set(conf, lkg_lit("email_unverified"),
                                  NULL, 0, NULL);
    }

    if (rc == LKG_OK) {
        rc = lkg_session_conf_ready(conf, NULL);
    }

    if (rc != LKG_OK) {
        lkg_session_conf_free(conf);
        return NULL;
    }

    return conf;
}


static int
open_vector(lkg_session **s, const char *preset, json_t *v,
    int email_unverified)
{
    int                 rc;
    lkg_str             header;
    lkg_session_conf   *conf;
    lkg_session_input   in = { &header, 1, { NULL, 0 } };

    *s = NULL;

    conf = configure(preset, v, email_unverified);
    if (conf == NULL) {
        return LKG_ERR_INVALID;
    }

    header.data = json_string_value(json_object_get(v, "cookie_header"));
    header.len = json_string_length(json_object_get(v, "cookie_header"));

    rc = lkg_session_open(s, conf, &in, NOW);

    lkg_session_conf_free(conf);

    return rc;
}


static int
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


/* Who it must be: the vectors have no more than these. */

static const char *
identity(json_t *claims)
{
    json_t  *user;

    if (json_object_get(claims, "sub")) {
        return json_string_value(json_object_get(claims, "sub"));
    }

    user = json_object_get(claims, "user");

    if (user) {
        return json_string_value(json_object_get(user, "id"));
    }

    return json_string_value(json_object_get(claims, "email"));
}


static void
test_accepted(const char *preset, json_t *v)
{
    int           rc;
    json_t       *claims;
    const char   *id;
    lkg_session  *s;

    id = json_string_value(json_object_get(v, "id"));
    claims = json_object_get(v, "claims");

    rc = open_vector(&s, preset, v, 1);

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


typedef struct {
    const char  *id;
    int          rc;
} refusal;

/* Where the reason is ours to choose, it stays the same. */

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
    { "hs256-no-exp", LKG_ERR_FORMAT },
    { "neg-hs256-wrong-secret", LKG_ERR_SIGNATURE },
    { "neg-hs256-as-hs512", LKG_ERR_SIGNATURE },
    { "neg-hs256-trunc-sig", LKG_ERR_SIGNATURE }
};


static void
test_refused(const char *preset, json_t *v)
{
    int           rc;
    size_t        i;
    const char   *id;
    lkg_session  *s;

    id = json_string_value(json_object_get(v, "id"));

    rc = open_vector(&s, preset, v, 1);

    if (!ok(s == NULL && (rc == LKG_ERR_FORMAT || rc == LKG_ERR_SIGNATURE
                          || rc == LKG_ERR_EXPIRED
                          || rc == LKG_ERR_AMBIGUOUS),
            "%s %s is refused", preset, id))
    {
        printf("#   %s\n", lkg_strerror(rc));
    }

    lkg_session_free(s);

    for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (strcmp(refusals[i].id, id) == 0) {
            is_int(rc, refusals[i].rc, "for the right reason");
        }
    }
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

    if (json_is_array(secret)) {
        secret = json_array_get(secret, 0);
    }

    salt = json_object_get(hkdf, "salt");
    info = json_object_get(hkdf, "info");
    want = json_array_get(json_object_get(v, "derived_key_hex"), 0);

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
test_file(const char *dir, const char *file, const char *preset,
    size_t at_least)
{
    char     path[1024];
    size_t   i;
    json_t  *vectors, *v;

    snprintf(path, sizeof(path), "%s/%s", dir, file);

    vectors = json_load_file(path, 0, NULL);

    if (!ok(json_array_size(vectors) >= at_least, "%s", file)) {
        printf("#   cannot read %s\n", path);
    }

    json_array_foreach(vectors, i, v) {
        if (json_object_get(v, "derived_key_hex")) {
            test_key(v);
        }

        if (strcmp(json_string_value(json_object_get(v, "expect")),
                   "accept") == 0)
        {
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
    const char  *dir;

    dir = getenv("LKG_VECTORS");

    if (argc > 1) {
        dir = argv[1];
    }

    if (dir == NULL) {
        dir = "t/vectors/sessions";
    }

    test_file(dir, "next-auth-v4.json", "next-auth", 38);
    test_file(dir, "authjs-v5.json", "authjs", 35);
    test_file(dir, "jwt-hs256.json", "jwt", 5);

    return done_testing();
}
