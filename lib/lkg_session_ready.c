/*
 * The end of a configuration: is it whole, and the keys that its parameters
 * make.
 */

#include <stdio.h>

#include <openssl/err.h>

#include "lkg_session.h"


#define LKG_SECRET_WEAK  32

/* What keys do where alg= is silent: one way for each type of key. */

#define LKG_KEYS_DEFAULT                                                     \
    (lkg_jwa_bit(LKG_JWA_RS256)|lkg_jwa_bit(LKG_JWA_ES256)                   \
     |lkg_jwa_bit(LKG_JWA_ES384)|lkg_jwa_bit(LKG_JWA_ES512)                  \
     |lkg_jwa_bit(LKG_JWA_EDDSA))


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
    int     rc;
    size_t  i, j;

    for (i = 0; i < conf->cookies.n; i++) {
        for (j = 0; j < conf->secrets.n; j++) {
            rc = lkg_session_derive(conf, i, j);
            if (rc != LKG_OK) {
                return rc;
            }
        }
    }

    return LKG_OK;
}


/* HMACs: of a signed id always with SHA-256. */

static int
lkg_session_ready_macs(lkg_session_conf *conf)
{
    int       rc;
    size_t    i;
    lkg_str  *secret;
    lkg_jwa   alg;

    for (alg = 0; alg < LKG_JWA_NHMACS; alg++) {
        if (!(conf->algs & lkg_jwa_bit(alg))) {
            continue;
        }

        for (i = 0; i < conf->secrets.n; i++) {
            secret = &conf->secrets.values[i];

            rc = lkg_hmac_new_digest(&conf->macs[alg][i], lkg_jwa_digest(alg),
                                     secret->data, secret->len);
            if (rc != LKG_OK) {
                return rc;
            }
        }
    }

    return LKG_OK;
}


void
lkg_session_keys_free(lkg_session_conf *conf)
{
    size_t  i, j;

    for (i = 0; i < LKG_STRINGS_MAX; i++) {
        for (j = 0; j < LKG_JWA_NHMACS; j++) {
            lkg_hmac_free(conf->macs[j][i]);
            conf->macs[j][i] = NULL;
        }

        for (j = 0; j < LKG_STRINGS_MAX; j++) {
            lkg_jwe_key_free(conf->keys[i][j]);
            conf->keys[i][j] = NULL;
        }
    }

    conf->nkeys = 0;
}


/* Names of cookies that were given are taken as they are. */

static int
lkg_session_ready_names(lkg_session_conf *conf)
{
    int          rc;
    size_t       i;
    const char  *name;

    conf->cookie_flags = conf->preset->cookie_flags;

    if (conf->preset->id == LKG_PRESET_SUPABASE && conf->aud.n == 0) {
        rc = lkg_strings_add(&conf->aud, lkg_lit("authenticated"));
        if (rc != LKG_OK) {
            return rc;
        }
    }

    if (conf->cookies.n) {
        conf->cookie_flags &= ~LKG_COOKIE_SUFFIXED;
        return LKG_OK;
    }

    for (i = 0; i < 2 && conf->preset->cookies[i]; i++) {
        name = conf->preset->cookies[i];

        rc = lkg_strings_add(&conf->cookies, name, strlen(name));
        if (rc != LKG_OK) {
            return rc;
        }
    }

    return LKG_OK;
}


static int
lkg_session_named(const lkg_session_conf *conf)
{
    return conf->cookies.n != 0 || conf->preset->cookies[0] != NULL;
}


static int
lkg_session_need(const lkg_session_conf *conf, const char *what,
    lkg_error *err)
{
    return lkg_fail(err, LKG_ERR_INVALID, "session preset \"%s\" needs %s",
                    conf->preset->name, what);
}


/*
 * An algorithm for secrets and one for keys must not meet: what is public
 * could be taken for the secret.
 */

static int
lkg_session_check_algs(lkg_session_conf *conf, lkg_error *err)
{
    size_t    i;
    unsigned  can;

    if (conf->secrets.n && conf->jwks) {
        return lkg_fail(err, LKG_ERR_INVALID, "secret= does not go together "
                        "with key= or jwks=: make it two sessions");
    }

    if (conf->secrets.n == 0 && conf->jwks == NULL) {
        return lkg_session_need(conf, conf->preset->algs & LKG_JWA_HMACS
                                      ? "secret=, key= or jwks="
                                      : "key= or jwks=", err);
    }

    can = conf->jwks ? LKG_JWA_KEYS : LKG_JWA_HMACS;

    if (conf->algs == 0) {
        conf->algs = conf->preset->algs
                     & (conf->jwks ? LKG_KEYS_DEFAULT
                                   : lkg_jwa_bit(LKG_JWA_HS256));
    }

    if (conf->algs & ~can) {
        return lkg_fail(err, LKG_ERR_INVALID, conf->jwks
                        ? "alg= names HS256, HS384 or HS512, which need "
                          "secret= and no key= or jwks="
                        : "alg= names what needs key= or jwks= and no "
                          "secret=");
    }

    if (conf->jwks == NULL) {
        return LKG_OK;
    }

    if (!(lkg_jwks_algs(conf->jwks) & conf->algs)) {
        return lkg_fail(err, LKG_ERR_INVALID, "%s no key that fits alg=",
                        lkg_jwks_named(conf->jwks) ? "jwks= holds"
                                                   : "key= is");
    }

    for (i = 0; !lkg_jwks_named(conf->jwks)
                && i < lkg_jwks_count(conf->jwks); i++)
    {
        if (!(lkg_jwks_key_algs(conf->jwks, i) & conf->algs)) {
            return lkg_fail(err, LKG_ERR_INVALID, "key= number %zu fits no "
                            "algorithm of alg=", i + 1);
        }
    }

    return LKG_OK;
}


static int
lkg_session_check_jws(lkg_session_conf *conf, lkg_error *err)
{
    int  rc;

    rc = lkg_session_check_algs(conf, err);
    if (rc != LKG_OK) {
        return rc;
    }

    if (conf->preset->id == LKG_PRESET_FIREBASE && conf->aud.n == 0) {
        return lkg_session_need(conf, "project=", err);
    }

    if (conf->preset->id == LKG_PRESET_SUPABASE && conf->cookies.n > 1) {
        return lkg_fail(err, LKG_ERR_INVALID, "give ref= or cookie=, not "
                        "both");
    }

    if (!lkg_session_named(conf) && !conf->bearer) {
        return lkg_session_need(conf, conf->preset->id == LKG_PRESET_SUPABASE
                                      ? "ref= or cookie=, or bearer, or both"
                                      : "cookie=, or bearer, or both", err);
    }

    return LKG_OK;
}


static int
lkg_session_check(lkg_session_conf *conf, lkg_error *err)
{
    if (conf->ready) {
        return lkg_fail(err, LKG_ERR_INVALID, "the session is configured "
                        "already");
    }

    switch (conf->preset->scheme) {

    case LKG_SCHEME_JWS:
        return lkg_session_check_jws(conf, err);

    case LKG_SCHEME_SIGNED:
        conf->algs = lkg_jwa_bit(LKG_JWA_HS256);

        /* fall through */

    case LKG_SCHEME_JWE:
        return conf->secrets.n ? LKG_OK
                               : lkg_session_need(conf, "secret=", err);

    case LKG_SCHEME_OPAQUE:
        return lkg_session_named(conf)
               ? LKG_OK : lkg_session_need(conf, "cookie=", err);

    default:
        return LKG_OK;
    }
}


int
lkg_session_conf_ready(lkg_session_conf *conf, lkg_error *err)
{
    int     rc;
    size_t  i;

    rc = lkg_session_check(conf, err);
    if (rc != LKG_OK) {
        return rc;
    }

    for (i = 0; i < conf->secrets.n; i++) {
        conf->weak |= (conf->secrets.values[i].len < LKG_SECRET_WEAK);
    }

    ERR_set_mark();

    rc = lkg_session_ready_names(conf);

    if (rc == LKG_OK) {
        rc = conf->preset->scheme == LKG_SCHEME_JWE
             ? lkg_session_ready_jwe(conf) : lkg_session_ready_macs(conf);
    }

    ERR_pop_to_mark();

    if (rc != LKG_OK) {
        lkg_session_keys_free(conf);
        return lkg_fail(err, rc, "cannot make the session keys: %s",
                        lkg_strerror(rc));
    }

    conf->nkeys = conf->secrets.n;
    conf->ready = 1;

    lkg_strings_clear(&conf->secrets);

    return LKG_OK;
}
