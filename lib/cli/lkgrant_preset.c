/*
 * What stands in a line of livekit_session, as nginx takes it.
 */

#include <string.h>

#include "lkgrant_cli.h"


static int
cli_session_secret(cli *c, lkg_session_conf *conf, char *value, lkg_error *err,
    int *status)
{
    int         rc;
    cli_secret  secret;

    *status = cli_secret_get(c, &secret, "secret=", value);
    if (*status != CLI_OK) {
        return LKG_OK;
    }

    rc = lkg_session_conf_set(conf, "secret", 6, secret.data, secret.len, err);
    cli_secret_free(&secret);

    return rc;
}


/* The keys as they are, or a file of them, which nginx takes without "file:",
 * too. */

static int
cli_session_keys(cli *c, lkg_session_conf *conf, char *param, size_t len,
    lkg_error *err, int *status)
{
    int          rc;
    char        *text;
    size_t       n;
    const char  *value;

    value = param + len + 1;

    if (value[0] == '{' || strncmp(value, "-----", 5) == 0) {
        return lkg_session_conf_set(conf, param, len, value, strlen(value),
                                    err);
    }

    if (strncmp(value, "file:", 5) == 0) {
        value += 5;
    }

    *status = cli_read(c, value, LKG_JWKS_TEXT_MAX, &text, &n);
    if (*status != CLI_OK) {
        return LKG_OK;
    }

    rc = lkg_session_conf_set(conf, param, len, text, n, err);
    cli_free(text, n);

    return rc;
}


/* Where something is that we are given with --stored. */

static int
cli_session_place(const lkg_session_conf *conf, const char *param, size_t len)
{
    size_t  i;

    static const char *const  places[] = {
        "redis", "redis_key", "user_key", "uri", "set_cookie", "cache"
    };

    if (lkg_session_conf_mechanism(conf) == LKG_SESSION_COOKIE) {
        return 0;
    }

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (strlen(places[i]) == len && memcmp(param, places[i], len) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
cli_session_param(cli *c, lkg_session_conf *conf, char *param, size_t n)
{
    int        rc, status;
    char      *value;
    size_t     len;
    lkg_error  err;

    len = strcspn(param, "=");
    value = param[len] ? param + len + 1 : NULL;
    status = CLI_OK;
    memset(&err, 0, sizeof(err));

    if (cli_session_place(conf, param, len)) {
        return CLI_OK;
    }

    if (value && len == 6 && memcmp(param, "secret", 6) == 0) {
        rc = cli_session_secret(c, conf, value, &err, &status);

    } else if (value && ((len == 3 && memcmp(param, "key", 3) == 0)
                         || (len == 4 && memcmp(param, "jwks", 4) == 0)))
    {
        rc = cli_session_keys(c, conf, param, len, &err, &status);

    } else {
        rc = lkg_session_conf_set(conf, param, len, value,
                                  value ? strlen(value) : 0, &err);
    }

    if (status != CLI_OK || rc == LKG_OK) {
        return status;
    }

    if (rc != LKG_ERR_INVALID) {
        return cli_fail_lkg(c, rc, "session parameter");
    }

    /* a word alone may be a secret whose "secret=" was forgotten */

    if (value == NULL) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "session parameter %zu is no flag of this preset and "
                        "has no \"=\"", n);
    }

    return cli_fail(c, CLI_USAGE, "usage", "session parameter %zu: %s", n,
                    err.text);
}


int
cli_session_conf(cli *c, lkg_session_conf **conf)
{
    int        rc;
    size_t     i;
    lkg_error  err;

    memset(&err, 0, sizeof(err));

    rc = lkg_session_conf_new(conf, c->args[0], strlen(c->args[0]), &err);
    if (rc != LKG_OK) {
        return cli_fail(c, rc == LKG_ERR_INVALID ? CLI_USAGE : CLI_SYSTEM,
                        rc == LKG_ERR_INVALID ? "usage" : cli_error_name(rc),
                        "%s", err.text[0] ? err.text : lkg_strerror(rc));
    }

    for (i = 1; i < c->nargs; i++) {

        if (strcmp(c->args[i], "-") == 0) {
            continue;
        }

        rc = cli_session_param(c, *conf, c->args[i], i);
        if (rc != CLI_OK) {
            goto failed;
        }
    }

    rc = lkg_session_conf_ready(*conf, &err);

    if (rc == LKG_OK) {
        return CLI_OK;
    }

    rc = cli_fail(c, rc == LKG_ERR_INVALID ? CLI_USAGE : CLI_SYSTEM,
                  rc == LKG_ERR_INVALID ? "usage" : cli_error_name(rc),
                  "%s: %s", c->args[0],
                  err.text[0] ? err.text : lkg_strerror(rc));

failed:

    lkg_session_conf_free(*conf);
    *conf = NULL;

    return rc;
}
