/*
 * Configurations and cookies for the tests of sessions.
 */

#ifndef LKG_SESSION_TEST_H
#define LKG_SESSION_TEST_H

#include <openssl/err.h>

#include "lkg_test.h"


#define SECRET   "session-test-secret-0123456789abcdef"
#define NOW      1795350000
#define LATER    "\"exp\":1795353600"         /* in an hour */
#define HOUR     1795353600


/* A parameter as "name=value", or a flag. */

static inline int
set(lkg_session_conf *conf, const char *param, lkg_error *err)
{
    size_t       n;
    const char  *equals;

    equals = strchr(param, '=');

    if (equals == NULL) {
        return lkg_session_conf_set(conf, param, strlen(param), NULL, 0, err);
    }

    n = equals - param;

    return lkg_session_conf_set(conf, param, n, equals + 1,
                                strlen(param) - n - 1, err);
}


/* Parameters are separated by blanks. */

static inline lkg_session_conf *
configure(const char *preset, const char *params)
{
    char               text[512], *param, *rest;
    lkg_session_conf  *conf;

    if (lkg_session_conf_new(&conf, preset, strlen(preset), NULL) != LKG_OK) {
        printf("Bail out! no preset %s\n", preset);
        exit(1);
    }

    snprintf(text, sizeof(text), "%s", params);

    for (param = strtok_r(text, " ", &rest);
         param;
         param = strtok_r(NULL, " ", &rest))
    {
        if (set(conf, param, NULL) != LKG_OK) {
            printf("Bail out! cannot set %s\n", param);
            exit(1);
        }
    }

    if (lkg_session_conf_ready(conf, NULL) != LKG_OK) {
        printf("Bail out! cannot make a conf of %s\n", params);
        exit(1);
    }

    return conf;
}


static inline lkg_session_conf *
jwt(const char *params)
{
    char  text[400];

    snprintf(text, sizeof(text), "cookie=token secret=" SECRET " %s", params);

    return configure("jwt", text);
}


static inline int
open_at(lkg_session **s, lkg_session_conf *conf, const char *cookie,
    const char *authorization, int64_t now)
{
    int                rc;
    lkg_str            line;
    lkg_session_input  in = { &line, 1, { NULL, 0 } };

    line.data = cookie;
    line.len = strlen(cookie);
    in.authorization.data = authorization;
    in.authorization.len = authorization ? strlen(authorization) : 0;

    rc = lkg_session_open(s, conf, &in, now);

    if (ERR_peek_error()) {
        ok(0, "OpenSSL's error queue is empty after %s", cookie);
        ERR_clear_error();
    }

    return rc;
}


static inline char *
make(lkg_session_conf *conf, const char *claims)
{
    char  *cookie;

    if (lkg_session_make(&cookie, conf, claims, strlen(claims)) != LKG_OK) {
        printf("Bail out! cannot make a cookie of %s\n", claims);
        exit(1);
    }

    return cookie;
}


/* Makes a cookie of the claims and opens it. */

static inline int
open_claims(lkg_session **s, lkg_session_conf *conf, const char *claims)
{
    int    rc;
    char  *cookie;

    cookie = make(conf, claims);
    rc = open_at(s, conf, cookie, NULL, NOW);
    lkg_free(cookie);

    return rc;
}

#endif /* LKG_SESSION_TEST_H */
