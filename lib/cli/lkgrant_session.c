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
                        "only the application can say who it is (give its "
                        "answer with --stored)");
    }

    return cli_fail(c, CLI_BAD, "elsewhere", "the cookie is good; who it is "
                    "stands in Redis, under the id %.*s (give its value with "
                    "--stored)",
                    (int) (id.len < 128 ? id.len : 128), id.data);
}


/* The value that is kept elsewhere, from a file; none: it is not there. */

static int
cli_session_value(cli *c, lkg_session *session, lkg_session_conf *conf,
    const char *path)
{
    int      rc;
    char    *text;
    size_t   len;

    if (path == NULL) {
        return lkg_session_complete(session, conf, NULL, 0, c->now);
    }

    rc = cli_read(c, path, LKG_VALUE_MAX, &text, &len);
    if (rc != CLI_OK) {
        return LKG_ERR_INVALID;
    }

    rc = lkg_session_complete(session, conf, text, len, c->now);
    cli_free(text, len);

    return rc;
}


static int
cli_session_stored(cli *c, lkg_session *session, lkg_session_conf *conf)
{
    int  rc;

    if (c->value[OPT_STORED] == NULL) {
        return cli_session_elsewhere(c, session);
    }

    rc = cli_session_value(c, session, conf, c->value[OPT_STORED]);

    if (rc == LKG_MORE) {
        rc = cli_session_value(c, session, conf, c->value[OPT_STORED_USER]);
    }

    if (rc == LKG_ERR_INVALID) {
        return CLI_SYSTEM;
    }

    return rc == LKG_OK ? cli_session_print(c, session)
                        : cli_fail_lkg(c, rc, "no session");
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
        rc = cli_session_stored(c, session, conf);
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
    { OPT_STORED, 0, "file with the session's value in Redis, or the "
      "application's answer" },
    { OPT_STORED_USER, 0, "file with the value that user= leads to, or Better "
      "Auth's revoked-sessions-before" },
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
    "next-auth or authjs, with secret=, cookie=, identity=, iss= and so on.\n" \
    "key= and jwks= name a file, also as file:PATH.\n"

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
