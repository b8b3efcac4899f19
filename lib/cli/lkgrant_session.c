/*
 * lkgrant session: opens an application's cookie as nginx does, and makes
 * cookies to test with.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lkgrant_cli.h"


#define CLI_COOKIE_LINES   64
#define CLI_COOKIE_INPUT   (LKG_COOKIE_MAX * 4)


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

    if (value && len == 6 && memcmp(param, "secret", 6) == 0) {
        rc = cli_session_secret(c, conf, value, &err, &status);

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


/* PRESET [name=value ...]; "-" is left for the caller. */

static int
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


/* One line of what a browser sends, with or without the name of the header. */

static lkg_str
cli_cookie_line(const char *data, size_t len)
{
    lkg_str  line;

    if (len >= 7 && strncasecmp(data, "cookie:", 7) == 0) {
        data += 7;
        len -= 7;
    }

    while (len && (data[0] == ' ' || data[0] == '\t')) {
        data++;
        len--;
    }

    while (len && strchr(" \t\r", data[len - 1])) {
        len--;
    }

    line.data = data;
    line.len = len;

    return line;
}


static size_t
cli_cookie_lines(lkg_str *lines, const char *data, size_t len)
{
    size_t       n;
    lkg_str      line;
    const char  *end, *next;

    n = 0;
    end = data + len;

    while (data < end && n < CLI_COOKIE_LINES) {
        next = memchr(data, '\n', (size_t) (end - data));
        next = next ? next : end;
        line = cli_cookie_line(data, (size_t) (next - data));

        if (line.len) {
            lines[n++] = line;
        }

        data = next + 1;
    }

    return n;
}


/* --cookie, or standard input where it or an argument is "-". */

static int
cli_session_input(cli *c, char **text, size_t *len)
{
    int          from_stdin;
    size_t       i;
    const char  *cookie;

    cookie = c->value[OPT_COOKIE];
    from_stdin = (cookie && strcmp(cookie, "-") == 0);
    *text = NULL;
    *len = 0;

    for (i = 1; i < c->nargs; i++) {
        if (strcmp(c->args[i], "-") == 0) {

            if (cookie) {
                return cli_fail(c, CLI_USAGE, "usage",
                                "the cookie comes from --cookie or from -, "
                                "not from both");
            }

            from_stdin = 1;
        }
    }

    if (from_stdin) {
        return cli_read(c, "-", CLI_COOKIE_INPUT, text, len);
    }

    if (cookie == NULL && c->value[OPT_AUTHORIZATION] == NULL) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "which cookie? give --cookie 'NAME=VALUE', or - to "
                        "read it from standard input");
    }

    *text = strdup(cookie ? cookie : "");
    if (*text == NULL) {
        return cli_nomem(c);
    }

    *len = strlen(*text);

    return CLI_OK;
}


static void
cli_session_line(const char *title, lkg_str value)
{
    if (value.len) {
        printf("%-9s ", title);
        cli_put(stdout, value.data, value.len, 0);
        putchar('\n');
    }
}


static int
cli_session_print(cli *c, const lkg_session *s)
{
    char     buf[CLI_TIME_BUF];
    lkg_str  identity;

    identity = lkg_session_identity(s);

    if (c->json) {
        return cli_json(c, CLI_OK,
                        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}",
                            "identity", cli_json_text(identity.data,
                                                      identity.len),
                            "name", cli_json_opt(lkg_session_name(s)),
                            "email", cli_json_opt(lkg_session_email(s)),
                            "id", cli_json_opt(lkg_session_id(s)),
                            "expires", cli_json_time(lkg_session_expires(s)),
                            "claims", cli_json_doc(lkg_session_claims(s))));
    }

    cli_session_line("identity", identity);
    cli_session_line("name", lkg_session_name(s));
    cli_session_line("email", lkg_session_email(s));
    cli_session_line("id", lkg_session_id(s));

    if (lkg_session_expires(s)) {
        cli_line("%s", cli_time(c, buf, lkg_session_expires(s), "expires  ",
                                "expired  "));
    }

    return cli_pretty(c, "claims:  ", cli_json_doc(lkg_session_claims(s)));
}


/* The cookie is good, but does not say who it is. */

static int
cli_session_elsewhere(cli *c, const lkg_session *session)
{
    lkg_str  id;

    id = lkg_session_id(session);

    if (id.len == 0) {
        return cli_fail(c, CLI_BAD, "elsewhere",
                        "only the application can say who it is");
    }

    return cli_fail(c, CLI_BAD, "elsewhere", "the cookie is good; who it is "
                    "stands in Redis, under the id %.*s",
                    (int) (id.len < 128 ? id.len : 128), id.data);
}


static int
cli_session_show(cli *c)
{
    int                rc;
    char              *text;
    size_t             len;
    lkg_str            lines[CLI_COOKIE_LINES];
    const char        *authorization;
    lkg_session       *session;
    lkg_session_conf  *conf;
    lkg_session_input  in;

    rc = cli_session_conf(c, &conf);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_session_input(c, &text, &len);
    if (rc != CLI_OK) {
        lkg_session_conf_free(conf);
        return rc;
    }

    authorization = c->value[OPT_AUTHORIZATION];

    in.cookies = lines;
    in.ncookies = cli_cookie_lines(lines, text, len);
    in.authorization.data = authorization;
    in.authorization.len = authorization ? strlen(authorization) : 0;

    rc = lkg_session_open(&session, conf, &in, c->now);

    if (rc == LKG_OK) {
        rc = cli_session_print(c, session);
        lkg_session_free(session);

    } else if (rc == LKG_MORE) {
        rc = cli_session_elsewhere(c, session);
        lkg_session_free(session);

    } else {
        rc = cli_fail_lkg(c, rc, "no session");
    }

    cli_free(text, len);
    lkg_session_conf_free(conf);

    return rc;
}


static int
cli_claim(json_t *claims, const char *name, const char *text)
{
    return text ? json_object_set_new(claims, name,
                                      cli_json_text(text, strlen(text))) : 0;
}


/* The claims of --claims, with what the other options say on top. */

static int
cli_session_claims(cli *c, char **text)
{
    int      bad;
    json_t  *claims;
    int64_t  ttl;

    ttl = 3600;

    if (cli_seconds(c, OPT_TTL, &ttl) != CLI_OK) {
        return CLI_USAGE;
    }

    if (c->value[OPT_CLAIMS] == NULL && c->value[OPT_IDENTITY] == NULL) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "whose session? give --identity ID or --claims JSON");
    }

    claims = c->value[OPT_CLAIMS]
             ? json_loads(c->value[OPT_CLAIMS], JSON_REJECT_DUPLICATES, NULL)
             : json_object();

    if (!json_is_object(claims)) {
        json_decref(claims);
        return cli_fail(c, CLI_USAGE, "usage",
                        "--claims needs a JSON object, such as "
                        "{\"sub\":\"alice\"}");
    }

    bad = cli_claim(claims, "sub", c->value[OPT_IDENTITY])
          || cli_claim(claims, "name", c->value[OPT_NAME])
          || cli_claim(claims, "email", c->value[OPT_EMAIL]);

    if (!bad && json_object_get(claims, "iat") == NULL) {
        bad = json_object_set_new(claims, "iat", json_integer(c->now));
    }

    if (!bad && (c->value[OPT_TTL] || json_object_get(claims, "exp") == NULL))
    {
        bad = json_object_set_new(claims, "exp", json_integer(c->now + ttl));
    }

    *text = bad ? NULL : json_dumps(claims, JSON_COMPACT);
    json_decref(claims);

    return *text ? CLI_OK : cli_nomem(c);
}


static int
cli_session_make(cli *c)
{
    int                rc;
    char              *claims, *cookie;
    lkg_session_conf  *conf;

    rc = cli_session_conf(c, &conf);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_session_claims(c, &claims);
    if (rc != CLI_OK) {
        lkg_session_conf_free(conf);
        return rc;
    }

    rc = lkg_session_make(&cookie, conf, claims, strlen(claims));

    if (rc != LKG_OK) {
        rc = cli_fail_lkg(c, rc, "the cookie cannot be made");

    } else if (c->json) {
        rc = cli_json(c, CLI_OK, json_pack("{s:s, s:o}", "cookie", cookie,
                                           "claims",
                                           json_loads(claims, 0, NULL)));
    } else {
        printf("%s\n", cookie);
    }

    lkg_free(cookie);
    free(claims);
    lkg_session_conf_free(conf);

    return rc;
}


static const cli_use  cli_show_uses[] = {
    { OPT_COOKIE, 0, "value of the Cookie header; - reads it from standard "
      "input, one header a line" },
    { OPT_AUTHORIZATION, 0, "value of the Authorization header" },
    CLI_USE_NOW,
    { OPT_HELP, 0, NULL }
};

static const cli_use  cli_make_uses[] = {
    { OPT_CLAIMS, 0, "what stands in the session: a JSON object" },
    { OPT_IDENTITY, 0, "claim sub" },
    { OPT_NAME, 0, "claim name" },
    { OPT_EMAIL, 0, "claim email" },
    { OPT_TTL, 0, "end of the session, from now (600, 10m, 2h); default: exp "
      "of the claims, or 1h" },
    CLI_USE_NOW,
    { OPT_HELP, 0, NULL }
};

#define CLI_PRESETS                                                          \
    "PRESET and NAME=VALUE are those of nginx's livekit_session: jwt,\n"     \
    "next-auth or authjs, with secret=, cookie=, identity=, iss= and so on.\n"

const cli_command  cli_session_commands[] = {

    { "session", "show", "PRESET [NAME=VALUE ...] [-]", 1, 64,
      cli_session_show, cli_show_uses,
      "open a session cookie as nginx does, and show who it is",
      CLI_PRESETS
      "A session that nginx would not take is exit status 1.\n",
      "  lkgrant session show authjs secret=env:AUTH_SECRET \\\n"
      "      --cookie 'authjs.session-token=eyJhbGciOi...'\n" },

    { "session", "make", "PRESET [NAME=VALUE ...]", 1, 64,
      cli_session_make, cli_make_uses,
      "make a session cookie to test with",
      CLI_PRESETS
      "Needs --identity or --claims; with both, the options win over the\n"
      "claims.  iat and exp are added where they are missing.  The cookie has\n"
      "the first name that the preset looks for, or that of cookie=.\n",
      "  curl --cookie \"$(lkgrant session make jwt secret=file:app.key \\\n"
      "      cookie=session --identity alice)\" http://127.0.0.1:8080/token\n"
    },

    { NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL }
};
