/*
 * A configuration of sessions, from its preset to its end.
 */

#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "lkg_session.h"


int
lkg_strings_add(lkg_strings *list, const char *data, size_t len)
{
    int    rc;
    char  *copy;

    if (list->n == LKG_STRINGS_MAX) {
        return LKG_ERR_TOOBIG;
    }

    rc = lkg_str_dup(&copy, data, len);
    if (rc != LKG_OK) {
        return rc;
    }

    list->values[list->n].data = copy;
    list->values[list->n].len = len;
    list->n++;

    return LKG_OK;
}


void
lkg_strings_clear(lkg_strings *list)
{
    char    *text;
    size_t   i;

    for (i = 0; i < list->n; i++) {
        text = (char *) list->values[i].data;

        OPENSSL_cleanse(text, list->values[i].len);
        free(text);
    }

    list->n = 0;
}


static int
lkg_session_paths(lkg_paths *paths, const char *text, const char *general)
{
    if (text == NULL) {
        text = general;
    }

    return text ? lkg_paths_set(paths, text, strlen(text)) : LKG_OK;
}


static int
lkg_session_defaults(lkg_session_conf *conf)
{
    int                rc;
    const lkg_preset  *preset;

    preset = conf->preset;

    conf->leeway = preset->leeway;
    conf->enc = preset->enc;

    rc = lkg_session_paths(&conf->identity, preset->identity,
                           "sub,user.sub,user.id,id,userId,passport.user,"
                           "email");

    if (rc == LKG_OK) {
        rc = lkg_session_paths(&conf->name, preset->display,
                               "name,user.name");
    }

    if (rc == LKG_OK) {
        rc = lkg_session_paths(&conf->email, preset->email,
                               "email,user.email");
    }

    if (rc == LKG_OK) {
        rc = lkg_session_paths(&conf->expires, preset->expires, NULL);
    }

    if (rc == LKG_OK) {
        rc = lkg_session_paths(&conf->user, preset->user, NULL);
    }

    return rc;
}


static int
lkg_session_no_preset(lkg_error *err)
{
    int                n;
    char               names[160];
    size_t             i, len;
    const lkg_preset  *preset;

    names[0] = '\0';

    for (len = 0, i = 0; (preset = lkg_preset_at(i)) != NULL; i++) {
        n = snprintf(names + len, sizeof(names) - len, "%s%s",
                     i ? ", " : "", preset->name);

        if (n < 0 || (size_t) n >= sizeof(names) - len) {
            break;
        }

        len += n;
    }

    return lkg_fail(err, LKG_ERR_INVALID, "no such session preset; there "
                    "are: %s", names);
}


int
lkg_session_conf_new(lkg_session_conf **out, const char *preset, size_t len,
    lkg_error *err)
{
    const lkg_preset  *found;
    lkg_session_conf  *conf;

    *out = NULL;

    found = lkg_preset_find(preset, len);
    if (found == NULL) {
        return lkg_session_no_preset(err);
    }

    conf = calloc(1, sizeof(*conf));
    if (conf == NULL) {
        return lkg_fail(err, LKG_ERR_NOMEM, "out of memory");
    }

    conf->preset = found;

    if (lkg_session_defaults(conf) != LKG_OK) {
        lkg_session_conf_free(conf);
        return lkg_fail(err, LKG_ERR_NOMEM, "out of memory");
    }

    *out = conf;

    return LKG_OK;
}


int
lkg_session_conf_weak(const lkg_session_conf *conf)
{
    return conf->weak;
}


lkg_session_mechanism
lkg_session_conf_mechanism(const lkg_session_conf *conf)
{
    switch (conf->preset->scheme) {

    case LKG_SCHEME_SIGNED:
    case LKG_SCHEME_OPAQUE:
        return LKG_SESSION_STORED;

    case LKG_SCHEME_ASK:
        return LKG_SESSION_ASK;

    default:
        return LKG_SESSION_COOKIE;
    }
}


const char *
lkg_session_conf_default_key(const lkg_session_conf *conf)
{
    return conf->preset->key;
}


const char *
lkg_session_conf_default_user_key(const lkg_session_conf *conf)
{
    return conf->preset->revoked;
}


int
lkg_session_conf_set_jwks(lkg_session_conf *conf, const char *json,
    size_t len, lkg_error *err)
{
    int        rc;
    lkg_jwks  *jwks;

    if (!conf->ready || conf->jwks == NULL || !lkg_jwks_named(conf->jwks)) {
        return lkg_fail(err, LKG_ERR_INVALID, "the session is not configured "
                        "with jwks=");
    }

    rc = lkg_jwks_load(&jwks, json, len, err);
    if (rc != LKG_OK) {
        return rc;
    }

    if (!(lkg_jwks_algs(jwks) & conf->algs)) {
        lkg_jwks_free(jwks);
        return lkg_fail(err, LKG_ERR_INVALID, "jwks= holds no key that fits "
                        "the session's algorithms");
    }

    lkg_jwks_free(conf->jwks);
    conf->jwks = jwks;

    return LKG_OK;
}


void
lkg_session_conf_free(lkg_session_conf *conf)
{
    if (conf == NULL) {
        return;
    }

    lkg_session_keys_free(conf);
    lkg_jwks_free(conf->jwks);

    lkg_strings_clear(&conf->cookies);
    lkg_strings_clear(&conf->secrets);
    lkg_strings_clear(&conf->iss);
    lkg_strings_clear(&conf->aud);
    lkg_strings_clear(&conf->azp);

    lkg_paths_clear(&conf->identity);
    lkg_paths_clear(&conf->name);
    lkg_paths_clear(&conf->email);
    lkg_paths_clear(&conf->expires);
    lkg_paths_clear(&conf->user);

    free((char *) conf->salt.data);
    free((char *) conf->info.data);
    free((char *) conf->prefix.data);

    free(conf);
}
