/*
 * Parameters of a session, one function for each kind of value.
 */

#include <stdio.h>
#include <stdlib.h>

#include "lkg_session_param.h"


#define LKG_PARAM_MAX        4096   /* bytes of a value */
#define LKG_PARAM_KEY_MAX    16384  /* of a key in PEM */
#define LKG_PARAM_TEXT_MAX   256    /* of one that goes into a key or name */
#define LKG_LEEWAY_MAX       300    /* seconds */

#define LKG_PARAM_JWS        (LKG_PRESET_JWT|LKG_PRESET_CLERK                \
                              |LKG_PRESET_SUPABASE|LKG_PRESET_FIREBASE)
#define LKG_PARAM_JWE        (LKG_PRESET_NEXT_AUTH|LKG_PRESET_AUTHJS         \
                              |LKG_PRESET_AUTH0|LKG_PRESET_AUTH0_V3)
#define LKG_PARAM_SIGNED     (LKG_PRESET_EXPRESS|LKG_PRESET_BETTER_AUTH)
#define LKG_PARAM_STORED     (LKG_PARAM_SIGNED|LKG_PRESET_REDIS)
#define LKG_PARAM_PERSON     (LKG_PRESET_EXPRESS|LKG_PRESET_REDIS)
#define LKG_PARAM_ALL        (LKG_PARAM_JWS|LKG_PARAM_JWE|LKG_PARAM_STORED   \
                              |LKG_PRESET_INTROSPECT)

#define LKG_PARAM_SECRET     (LKG_PRESET_JWT|LKG_PRESET_SUPABASE             \
                              |LKG_PARAM_JWE|LKG_PARAM_SIGNED)
#define LKG_PARAM_CLAIMS     (LKG_PARAM_JWS & ~LKG_PRESET_FIREBASE)
#define LKG_PARAM_COOKIES    (LKG_PARAM_ALL                                  \
                              & ~(LKG_PRESET_JWT|LKG_PRESET_SUPABASE))


static void *
lkg_param_at(lkg_session_conf *conf, const lkg_param *param)
{
    return (char *) conf + param->offset;
}


int
lkg_param_nomem(lkg_error *err)
{
    return lkg_fail(err, LKG_ERR_NOMEM, "out of memory");
}


int
lkg_param_list(lkg_session_conf *conf, const lkg_param *param, lkg_str value,
    lkg_error *err)
{
    switch (lkg_strings_add(lkg_param_at(conf, param), value.data, value.len))
    {
    case LKG_OK:
        return LKG_OK;

    case LKG_ERR_NOMEM:
        return lkg_param_nomem(err);

    default:
        return lkg_fail(err, LKG_ERR_INVALID, "%s= can be given %d times "
                        "at most", param->name, LKG_STRINGS_MAX);
    }
}


/* A token of RFC 9110, section 5.6.2, as RFC 6265 asks for. */

int
lkg_param_cookie(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err)
{
    char    c;
    size_t  i;

    for (i = 0; i < value.len; i++) {
        c = value.data[i];

        if (c <= ' ' || c > '~' || strchr("()<>@,;:\\\"/[]?={}", c)) {
            return lkg_fail(err, LKG_ERR_INVALID, "cookie= cannot be the "
                            "name of a cookie: only letters, digits and "
                            "!#$%%&'*+-.^_`|~ can stand there");
        }
    }

    return lkg_param_list(conf, param, value, err);
}


static int
lkg_param_text(lkg_session_conf *conf, const lkg_param *param, lkg_str value,
    lkg_error *err)
{
    char     *copy;
    lkg_str  *text;

    if (lkg_str_dup(&copy, value.data, value.len) != LKG_OK) {
        return lkg_param_nomem(err);
    }

    text = lkg_param_at(conf, param);
    text->data = copy;
    text->len = value.len;

    return LKG_OK;
}


static int
lkg_param_prefix(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err)
{
    if (!lkg_identity_valid(value.data, value.len)) {
        return lkg_fail(err, LKG_ERR_INVALID, "prefix= cannot be a part of "
                        "an identity: 1 to %d bytes of UTF-8 without control "
                        "characters, \"#\" and \"~\"", LKG_IDENTITY_MAX);
    }

    return lkg_param_text(conf, param, value, err);
}


static int
lkg_param_paths(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err)
{
    switch (lkg_paths_set(lkg_param_at(conf, param), value.data, value.len)) {

    case LKG_OK:
        return LKG_OK;

    case LKG_ERR_NOMEM:
        return lkg_param_nomem(err);

    default:
        return lkg_fail(err, LKG_ERR_INVALID, "%s= must be 1 to %d claims "
                        "such as sub or user.id, separated by commas",
                        param->name, LKG_PATHS_MAX);
    }
}


static int
lkg_param_leeway(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err)
{
    int64_t  seconds;

    if (lkg_digits(value.data, value.len, &seconds) != LKG_OK
        || seconds > LKG_LEEWAY_MAX)
    {
        return lkg_fail(err, LKG_ERR_INVALID, "leeway= must be 0 to %d "
                        "seconds", LKG_LEEWAY_MAX);
    }

    conf->leeway = seconds;

    return LKG_OK;
}


static int
lkg_param_enc(lkg_session_conf *conf, const lkg_param *param, lkg_str value,
    lkg_error *err)
{
    if (lkg_str_eq(value, lkg_lit("A256GCM"))) {
        conf->enc = LKG_JWE_A256GCM;
        return LKG_OK;
    }

    if (lkg_str_eq(value, lkg_lit("A256CBC-HS512"))) {
        conf->enc = LKG_JWE_A256CBC_HS512;
        return LKG_OK;
    }

    return lkg_fail(err, LKG_ERR_INVALID, "enc= must be A256GCM or "
                    "A256CBC-HS512");
}


static int
lkg_param_bearer(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err)
{
    conf->bearer = 1;

    return LKG_OK;
}


static int
lkg_param_email(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err)
{
    conf->email_unverified = 1;

    return LKG_OK;
}


#define LKG_PARAM_OFFSET(field)  offsetof(lkg_session_conf, field)

#define LKG_PARAM_LIST(field)    lkg_param_list, LKG_PARAM_OFFSET(field)
#define LKG_PARAM_PATHS(field)   lkg_param_paths, LKG_PARAM_OFFSET(field)

static const lkg_param  lkg_params[] = {

    { "secret", LKG_PARAM_SECRET, LKG_PARAM_SECRET, LKG_PARAM_MAX,
      lkg_param_secret, LKG_PARAM_OFFSET(secrets) },

    { "cookie", LKG_PARAM_ALL, LKG_PARAM_COOKIES, LKG_PARAM_TEXT_MAX,
      lkg_param_cookie, LKG_PARAM_OFFSET(cookies) },

    { "ref", LKG_PRESET_SUPABASE, 0, LKG_PARAM_LABEL_MAX,
      lkg_param_ref, LKG_PARAM_OFFSET(cookies) },

    { "project", LKG_PRESET_FIREBASE, 0, LKG_PARAM_LABEL_MAX,
      lkg_param_project, 0 },

    { "alg", LKG_PARAM_JWS, 0, LKG_PARAM_MAX, lkg_param_alg, 0 },

    { "key", LKG_PARAM_JWS, LKG_PARAM_JWS, LKG_PARAM_KEY_MAX,
      lkg_param_key, 0 },

    { "jwks", LKG_PARAM_JWS, 0, LKG_JWKS_TEXT_MAX, lkg_param_jwks, 0 },

    { "iss", LKG_PARAM_CLAIMS, LKG_PARAM_CLAIMS, LKG_PARAM_MAX,
      LKG_PARAM_LIST(iss) },

    { "aud", LKG_PARAM_CLAIMS, LKG_PARAM_CLAIMS, LKG_PARAM_MAX,
      LKG_PARAM_LIST(aud) },

    { "azp", LKG_PARAM_CLAIMS, LKG_PARAM_CLAIMS, LKG_PARAM_MAX,
      LKG_PARAM_LIST(azp) },

    { "bearer", LKG_PARAM_JWS, 0, 0, lkg_param_bearer, 0 },

    { "salt", LKG_PARAM_JWE, 0, LKG_PARAM_TEXT_MAX,
      lkg_param_text, LKG_PARAM_OFFSET(salt) },

    { "info", LKG_PARAM_JWE, 0, LKG_PARAM_TEXT_MAX,
      lkg_param_text, LKG_PARAM_OFFSET(info) },

    { "enc", LKG_PARAM_JWE, 0, LKG_PARAM_MAX, lkg_param_enc, 0 },

    { "user", LKG_PARAM_PERSON, 0, LKG_PARAM_MAX, LKG_PARAM_PATHS(user) },

    { "identity", LKG_PARAM_ALL, 0, LKG_PARAM_MAX,
      LKG_PARAM_PATHS(identity) },

    { "name", LKG_PARAM_ALL, 0, LKG_PARAM_MAX, LKG_PARAM_PATHS(name) },

    { "email", LKG_PARAM_ALL, 0, LKG_PARAM_MAX, LKG_PARAM_PATHS(email) },

    { "expires", LKG_PARAM_ALL, 0, LKG_PARAM_MAX, LKG_PARAM_PATHS(expires) },

    { "prefix", LKG_PARAM_ALL, 0, LKG_PARAM_TEXT_MAX,
      lkg_param_prefix, LKG_PARAM_OFFSET(prefix) },

    { "leeway", LKG_PARAM_ALL, 0, LKG_PARAM_MAX, lkg_param_leeway, 0 },

    { "email_unverified", LKG_PARAM_ALL, 0, 0, lkg_param_email, 0 }
};

#define LKG_NPARAMS  (sizeof(lkg_params) / sizeof(lkg_params[0]))


/* The name is not shown: it could be a secret in the wrong place. */

static int
lkg_param_unknown(const lkg_session_conf *conf, lkg_error *err)
{
    int     n;
    char    names[192];
    size_t  i, len;

    for (len = 0, i = 0; i < LKG_NPARAMS; i++) {
        if (!(lkg_params[i].presets & conf->preset->id)) {
            continue;
        }

        n = snprintf(names + len, sizeof(names) - len, "%s%s%s",
                     len ? ", " : "", lkg_params[i].name,
                     lkg_params[i].max ? "=" : "");

        if (n < 0 || (size_t) n >= sizeof(names) - len) {
            break;
        }

        len += n;
    }

    return lkg_fail(err, LKG_ERR_INVALID, "session preset \"%s\" knows only "
                    "these parameters: %s", conf->preset->name, names);
}


static int
lkg_param_check(const lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err)
{
    const char  *name;

    name = param->name;

    if (param->max == 0) {
        if (value.data != NULL) {
            return lkg_fail(err, LKG_ERR_INVALID, "%s takes no value", name);
        }

    } else if (value.len == 0) {
        return lkg_fail(err, LKG_ERR_INVALID, "%s= needs a value", name);

    } else if (value.len > param->max) {
        return lkg_fail(err, LKG_ERR_INVALID, "%s= is longer than %zu bytes",
                        name, param->max);
    }

    if (!(param->repeat & conf->preset->id)
        && conf->given & (1u << (param - lkg_params)))
    {
        return lkg_fail(err, LKG_ERR_INVALID, "%s is given twice", name);
    }

    return LKG_OK;
}


int
lkg_session_conf_set(lkg_session_conf *conf, const char *name, size_t nlen,
    const char *value, size_t vlen, lkg_error *err)
{
    int               rc;
    size_t            i;
    lkg_str           v;
    const lkg_param  *param;

    if (conf->ready) {
        return lkg_fail(err, LKG_ERR_INVALID, "the session is configured "
                        "already");
    }

    param = NULL;

    for (i = 0; i < LKG_NPARAMS; i++) {
        if (strlen(lkg_params[i].name) == nlen
            && memcmp(lkg_params[i].name, name, nlen) == 0
            && lkg_params[i].presets & conf->preset->id)
        {
            param = &lkg_params[i];
        }
    }

    if (param == NULL) {
        return lkg_param_unknown(conf, err);
    }

    v.data = value;
    v.len = value ? vlen : 0;

    rc = lkg_param_check(conf, param, v, err);

    if (rc == LKG_OK) {
        rc = param->set(conf, param, v, err);
    }

    if (rc == LKG_OK) {
        conf->given |= 1u << (param - lkg_params);
    }

    return rc;
}
