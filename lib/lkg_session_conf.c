/*
 * Presets of sessions, and what is made of their parameters.
 */

#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "lkg_session.h"


#define LKG_SECRET_WEAK  32


static const lkg_preset  lkg_presets[] = {

    { LKG_PRESET_JWT, "jwt", { NULL, NULL },
      0, LKG_JWE_A256GCM, NULL, 0 },

    /* next-auth 4: jwt/index.js and core/lib/cookie.js */

    { LKG_PRESET_NEXT_AUTH, "next-auth",
      { "__Secure-next-auth.session-token", "next-auth.session-token" },
      15, LKG_JWE_A256GCM, "NextAuth.js Generated Encryption Key", 3933 },

    /* Auth.js 5: @auth/core, jwt.ts and lib/utils/cookie.ts */

    { LKG_PRESET_AUTHJS, "authjs",
      { "__Secure-authjs.session-token", "authjs.session-token" },
      15, LKG_JWE_A256CBC_HS512, "Auth.js Generated Encryption Key", 3936 }
};

#define LKG_NPRESETS  (sizeof(lkg_presets) / sizeof(lkg_presets[0]))


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
lkg_session_defaults(lkg_session_conf *conf)
{
    int  rc;

    conf->leeway = conf->preset->leeway;
    conf->enc = conf->preset->enc;

    rc = lkg_paths_set(&conf->identity, lkg_lit("sub,user.sub,user.id,id,"
                                                "userId,passport.user,email"));

    if (rc == LKG_OK) {
        rc = lkg_paths_set(&conf->name, lkg_lit("name,user.name"));
    }

    if (rc == LKG_OK) {
        rc = lkg_paths_set(&conf->email, lkg_lit("email,user.email"));
    }

    return rc;
}


int
lkg_session_conf_new(lkg_session_conf **out, const char *preset, size_t len,
    lkg_error *err)
{
    size_t             i;
    const lkg_preset  *found;
    lkg_session_conf  *conf;

    *out = NULL;
    found = NULL;

    for (i = 0; i < LKG_NPRESETS; i++) {
        if (strlen(lkg_presets[i].name) == len
            && memcmp(lkg_presets[i].name, preset, len) == 0)
        {
            found = &lkg_presets[i];
        }
    }

    if (found == NULL) {
        return lkg_fail(err, LKG_ERR_INVALID, "no such session preset; "
                        "there are: jwt, next-auth, authjs");
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


static int
lkg_session_ready_jwt(lkg_session_conf *conf)
{
    int       rc;
    size_t    i;
    lkg_str  *secret;

    for (i = 0; i < conf->secrets.n; i++) {
        secret = &conf->secrets.values[i];

        rc = lkg_hmac_new(&conf->macs[i], secret->data, secret->len);
        if (rc != LKG_OK) {
            return rc;
        }

        conf->nkeys++;
    }

    return LKG_OK;
}


/*
 * The salt is the one that was configured, for Auth.js else the cookie's
 * name; a salt stands in the info, too.
 */

static int
lkg_session_derive(lkg_session_conf *conf, size_t cookie, size_t secret)
{
    int       n;
    char      text[1024];
    lkg_str   salt, info, *s;

    salt = conf->salt;

    if (salt.len == 0 && conf->preset->id == LKG_PRESET_AUTHJS) {
        salt = conf->cookies.values[cookie];
    }

    info = conf->info;

    if (info.len == 0) {
        n = salt.len ? snprintf(text, sizeof(text), "%s (%.*s)",
                                conf->preset->info,
                                (int) salt.len, salt.data)
                     : snprintf(text, sizeof(text), "%s",
                                conf->preset->info);

        if (n < 0 || (size_t) n >= sizeof(text)) {
            return LKG_ERR_INVALID;
        }

        info.data = text;
        info.len = n;
    }

    s = &conf->secrets.values[secret];

    return lkg_jwe_key_new(&conf->keys[cookie][secret], conf->enc,
                           s->data, s->len, salt.data, salt.len,
                           info.data, info.len);
}


static int
lkg_session_ready_jwe(lkg_session_conf *conf)
{
    int          rc, defaults;
    size_t       i, j;
    const char  *name;

    defaults = (conf->cookies.n == 0);

    for (i = 0; defaults && i < 2; i++) {
        name = conf->preset->cookies[i];

        rc = lkg_strings_add(&conf->cookies, name, strlen(name));
        if (rc != LKG_OK) {
            return rc;
        }
    }

    for (i = 0; i < conf->cookies.n; i++) {
        for (j = 0; j < conf->secrets.n; j++) {
            rc = lkg_session_derive(conf, i, j);
            if (rc != LKG_OK) {
                return rc;
            }
        }
    }

    conf->nkeys = conf->secrets.n;

    return LKG_OK;
}


static void
lkg_session_keys_free(lkg_session_conf *conf)
{
    size_t  i, j;

    for (i = 0; i < LKG_STRINGS_MAX; i++) {
        lkg_hmac_free(conf->macs[i]);
        conf->macs[i] = NULL;

        for (j = 0; j < LKG_STRINGS_MAX; j++) {
            lkg_jwe_key_free(conf->keys[i][j]);
            conf->keys[i][j] = NULL;
        }
    }

    conf->nkeys = 0;
}


static int
lkg_session_complete(const lkg_session_conf *conf, lkg_error *err)
{
    if (conf->ready) {
        return lkg_fail(err, LKG_ERR_INVALID, "the session is configured "
                        "already");
    }

    if (conf->secrets.n == 0) {
        return lkg_fail(err, LKG_ERR_INVALID, "session preset \"%s\" needs "
                        "secret=", conf->preset->name);
    }

    if (conf->preset->id == LKG_PRESET_JWT
        && conf->cookies.n == 0 && !conf->bearer)
    {
        return lkg_fail(err, LKG_ERR_INVALID, "session preset \"jwt\" needs "
                        "cookie=, or bearer, or both");
    }

    return LKG_OK;
}


int
lkg_session_conf_ready(lkg_session_conf *conf, lkg_error *err)
{
    int     rc;
    size_t  i;

    rc = lkg_session_complete(conf, err);
    if (rc != LKG_OK) {
        return rc;
    }

    for (i = 0; i < conf->secrets.n; i++) {
        conf->weak |= (conf->secrets.values[i].len < LKG_SECRET_WEAK);
    }

    ERR_set_mark();

    rc = conf->preset->id == LKG_PRESET_JWT ? lkg_session_ready_jwt(conf)
                                            : lkg_session_ready_jwe(conf);

    ERR_pop_to_mark();

    if (rc != LKG_OK) {
        lkg_session_keys_free(conf);
        return lkg_fail(err, rc, "cannot make the session keys: %s",
                        lkg_strerror(rc));
    }

    lkg_strings_clear(&conf->secrets);
    conf->ready = 1;

    return LKG_OK;
}


int
lkg_session_conf_weak(const lkg_session_conf *conf)
{
    return conf->weak;
}


void
lkg_session_conf_free(lkg_session_conf *conf)
{
    if (conf == NULL) {
        return;
    }

    lkg_session_keys_free(conf);

    lkg_strings_clear(&conf->cookies);
    lkg_strings_clear(&conf->secrets);
    lkg_strings_clear(&conf->iss);
    lkg_strings_clear(&conf->aud);
    lkg_strings_clear(&conf->azp);

    lkg_paths_clear(&conf->identity);
    lkg_paths_clear(&conf->name);
    lkg_paths_clear(&conf->email);
    lkg_paths_clear(&conf->expires);

    free((char *) conf->salt.data);
    free((char *) conf->info.data);
    free((char *) conf->prefix.data);

    free(conf);
}
