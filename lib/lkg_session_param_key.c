/*
 * Parameters of a session that it is checked with: secrets, public keys,
 * algorithms, and what stands for several of them.
 */

#include <stdio.h>

#include "lkg_session_param.h"


/* "-----BEGIN " would make a public key a secret that everybody knows. */

int
lkg_param_secret(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err)
{
    static const char  pem[] = "-----BEGIN ";

    if (value.len >= sizeof(pem) - 1
        && memcmp(value.data, pem, sizeof(pem) - 1) == 0)
    {
        return lkg_fail(err, LKG_ERR_INVALID, "secret= is a key in PEM: "
                        "give a public key as key=");
    }

    return lkg_param_list(conf, param, value, err);
}


int
lkg_param_alg(lkg_session_conf *conf, const lkg_param *param, lkg_str value,
    lkg_error *err)
{
    int       n;
    char      names[120];
    size_t    len;
    lkg_jwa   alg;
    unsigned  algs;

    if (lkg_jwa_list(&algs, value.data, value.len) == LKG_OK
        && !(algs & ~conf->preset->algs))
    {
        conf->algs = algs;
        return LKG_OK;
    }

    for (len = 0, alg = 0; alg < LKG_JWA_N; alg++) {
        if (!(conf->preset->algs & lkg_jwa_bit(alg))) {
            continue;
        }

        n = snprintf(names + len, sizeof(names) - len, "%s%s",
                     len ? ", " : "", lkg_jwa_name(alg));

        if (n < 0 || (size_t) n >= sizeof(names) - len) {
            break;
        }

        len += n;
    }

    return lkg_fail(err, LKG_ERR_INVALID, "alg= of preset \"%s\" must be of "
                    "these, separated by commas: %s", conf->preset->name,
                    names);
}


int
lkg_param_key(lkg_session_conf *conf, const lkg_param *param, lkg_str value,
    lkg_error *err)
{
    if (conf->jwks && lkg_jwks_named(conf->jwks)) {
        return lkg_fail(err, LKG_ERR_INVALID, "give key= or jwks=, not both");
    }

    return lkg_jwks_add_pem(&conf->jwks, value.data, value.len, err);
}


int
lkg_param_jwks(lkg_session_conf *conf, const lkg_param *param, lkg_str value,
    lkg_error *err)
{
    int  rc;

    if (conf->jwks) {
        return lkg_fail(err, LKG_ERR_INVALID, "give key= or jwks=, not both");
    }

    rc = lkg_jwks_load(&conf->jwks, value.data, value.len, err);

    return rc == LKG_OK || rc == LKG_ERR_NOMEM ? rc : LKG_ERR_INVALID;
}


/* What stands in names of others' making: a label, or several. */

static int
lkg_param_label(const lkg_param *param, lkg_str value, lkg_error *err)
{
    char    c;
    size_t  i;

    for (i = 0; i < value.len; i++) {
        c = value.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')
            && !(c >= '0' && c <= '9') && (c == '\0' || !strchr("-_.:", c)))
        {
            return lkg_fail(err, LKG_ERR_INVALID, "%s= can only hold letters, "
                            "digits and -_.:", param->name);
        }
    }

    return LKG_OK;
}


/* Supabase's name for the cookie: sb-<ref>-auth-token. */

int
lkg_param_ref(lkg_session_conf *conf, const lkg_param *param, lkg_str value,
    lkg_error *err)
{
    int      rc;
    char     text[LKG_PARAM_LABEL_MAX + 32];
    lkg_str  name;

    rc = lkg_param_label(param, value, err);
    if (rc != LKG_OK) {
        return rc;
    }

    name.data = text;
    name.len = snprintf(text, sizeof(text), "sb-%.*s-auth-token",
                        (int) value.len, value.data);

    return lkg_param_cookie(conf, param, name, err);
}


/* Firebase's names for the issuer and the audience of its sessions. */

int
lkg_param_project(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err)
{
    int   rc, n;
    char  text[LKG_PARAM_LABEL_MAX + 64];

    rc = lkg_param_label(param, value, err);
    if (rc != LKG_OK) {
        return rc;
    }

    n = snprintf(text, sizeof(text), "https://session.firebase.google.com/"
                 "%.*s", (int) value.len, value.data);

    if (lkg_strings_add(&conf->iss, text, n) != LKG_OK
        || lkg_strings_add(&conf->aud, value.data, value.len) != LKG_OK)
    {
        return lkg_param_nomem(err);
    }

    return LKG_OK;
}
