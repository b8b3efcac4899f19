/*
 * Cookies that name a session in Redis, made by express-session, Better Auth
 * and next-auth's database strategy: the cookie and what Redis holds.
 */

#include "lkg_vectors_test.h"


typedef struct {
    const char        *preset;
    const char        *params[4][2];
    const char        *key;         /* before the id; NULL: the default */
} layout;

static const layout  express = { "express", { { NULL, NULL } }, NULL };

static const layout  better_auth = { "better-auth", { { NULL, NULL } }, "" };

static const layout  upstash = {
    "redis",
    { { "cookie", "next-auth.session-token" }, { "user", "userId" } },
    "user:session:"
};

static const layout  cache_jwt = {
    "jwt",
    { { "cookie", "better-auth.session_data" },
      { "expires", "session.expiresAt" } },
    NULL
};

static const layout  cache_jwe = {
    "next-auth",
    { { "cookie", "better-auth.session_data" },
      { "salt", "better-auth-session" },
      { "info", "BetterAuth.js Generated Encryption Key" },
      { "enc", "A256CBC-HS512" } },
    NULL
};


static lkg_session_conf *
configure(const layout *l, json_t *v)
{
    size_t             i;
    lkg_session_conf  *conf;

    conf = begin(l->preset);
    set_json(conf, "secret", json_object_get(v, "secret"));

    for (i = 0; i < 4 && l->params[i][0]; i++) {
        set_text(conf, l->params[i][0], l->params[i][1]);
    }

    ready(conf);

    return conf;
}


/* GET, and what the session makes of the answer. */

static int
lookup(lkg_session *s, lkg_session_conf *conf, json_t *redis,
    const char *prefix, lkg_str id)
{
    char     key[512];
    json_t  *value;

    snprintf(key, sizeof(key), "%s%.*s", prefix, (int) id.len, id.data);
    value = json_object_get(redis, key);

    return lkg_session_complete(s, conf, json_string_value(value),
                                json_string_length(value), NOW);
}


/* As nginx does it: the session, and where it is asked for, the user. */

static int
walk(lkg_session **s, const layout *l, json_t *v)
{
    int                rc;
    json_t            *redis;
    const char        *key;
    lkg_session_conf  *conf;

    conf = configure(l, v);
    redis = json_object_get(v, "redis");
    key = l->key ? l->key : lkg_session_conf_default_key(conf);

    rc = open_header(s, conf, v);

    if (rc == LKG_MORE) {
        rc = lookup(*s, conf, redis, key, lkg_session_id(*s));
    }

    if (rc == LKG_MORE) {
        rc = lookup(*s, conf, redis, "user:", lkg_session_user(*s));
    }

    lkg_session_conf_free(conf);

    if (rc != LKG_OK) {
        lkg_session_free(*s);
        *s = NULL;
    }

    return rc;
}


typedef struct {
    const char  *id;
    const char  *identity;
    const char  *name;
    const char  *email;
    int64_t      expires;
} person;

static const person  people[] = {
    { "express-basic", "user_123", "Ada", "ada@example.com", 0 },
    { "express-browser-session", "u-7", "", "", 0 },
    { "express-plus-slash", "u-8", "", "", 0 },
    { "express-unencoded", "u-8", "", "", 0 },
    { "express-rotation", "user_123", "Ada", "ada@example.com", 0 },
    { "ba-basic", "user_ba_1", "Ada", "ada@example.com", 2110707434 },
    { "ba-cache-jwt", "user_ba_1", "Ada", "ada@example.com", 2110707434 },
    { "db-v4", "ccf8de16-4de3-4b68-93ee-f0295552241d", "Ada",
      "ada@example.com", 2110707434 }
};

#define NPEOPLE  (sizeof(people) / sizeof(people[0]))


static const refusal  refusals[] = {
    { "neg-express-logged-out", LKG_ERR_EXPIRED },
    { "neg-express-wrong-secret", LKG_ERR_SIGNATURE },
    { "neg-express-no-sig", LKG_ERR_FORMAT },
    { "neg-express-trunc-sig", LKG_ERR_SIGNATURE },
    { "neg-ba-wrong-secret", LKG_ERR_SIGNATURE },
    { "neg-ba-no-sig", LKG_ERR_SIGNATURE },
    { "neg-ba-tampered", LKG_ERR_SIGNATURE },
    { "neg-ba-logged-out", LKG_ERR_EXPIRED },
    { "neg-ba-expired-row", LKG_ERR_EXPIRED },
    { "neg-ba-cache-jwe-wrong", LKG_ERR_SIGNATURE },
    { "neg-db-expired", LKG_ERR_EXPIRED },
    { "neg-db-unknown", LKG_ERR_EXPIRED },
    { NULL, 0 }
};


static void
test_person(const lkg_session *s, const char *id, json_t *claims)
{
    size_t  i;

    for (i = 0; i < NPEOPLE; i++) {
        if (strcmp(people[i].id, id) == 0) {
            is_str(lkg_session_identity(s), people[i].identity, "identity");
            is_str(lkg_session_name(s), people[i].name, "name");
            is_str(lkg_session_email(s), people[i].email, "e-mail");
            is_int(lkg_session_expires(s), people[i].expires, "end");

            /* of the database strategy they are those of both values */

            if (json_object_get(claims, "sub") == NULL) {
                ok(same_claims(s, claims), "the library's claims");
            }

            return;
        }
    }

    ok(0, "%s is somebody whom this test knows", id);
}


static void
test_vector(const layout *l, json_t *v)
{
    int           rc;
    const char   *id;
    lkg_session  *s;

    id = text(v, "id");
    rc = walk(&s, l, v);

    if (!accepted(v)) {
        refused(rc, s, l->preset, id);
        right_reason(rc, id, refusals);

    } else if (strcmp(id, "express-anonymous") == 0) {
        is_int(rc, LKG_ERR_IDENTITY, "a session with nobody in it");

    } else if (strcmp(id, "ba-cache-compact") == 0) {
        is_int(rc, LKG_ERR_FORMAT, "Better Auth's compact cache is not read");

    } else if (ok(rc == LKG_OK, "%s %s is opened", l->preset, id)) {
        test_person(s, id, json_object_get(v, "claims"));

    } else {
        printf("#   %s\n", lkg_strerror(rc));
    }

    lkg_session_free(s);
}


static const layout *
layout_of(json_t *v)
{
    const char  *preset;

    preset = text(v, "preset");

    if (strcmp(preset, "express-session") == 0) {
        return &express;
    }

    if (strcmp(preset, "better-auth-cache-jwe") == 0) {
        return &cache_jwe;
    }

    if (strncmp(preset, "better-auth-cache", 17) == 0) {
        return &cache_jwt;
    }

    return strcmp(preset, "better-auth") == 0 ? &better_auth : &upstash;
}


static void
test_file(const char *file, size_t at_least)
{
    size_t   i;
    json_t  *vectors, *v;

    vectors = load(file);
    ok(json_array_size(vectors) >= at_least, "%s", file);

    json_array_foreach(vectors, i, v) {
        test_vector(layout_of(v), v);
    }

    json_decref(vectors);
}


int
main(int argc, char **argv)
{
    vectors_at(argc, argv);

    test_file("express-session.json", 10);
    test_file("better-auth.json", 9);
    test_file("authjs-database-redis.json", 3);

    return done_testing();
}
