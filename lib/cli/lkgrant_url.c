/*
 * lkgrant: the address of a Redis, and who we are there.
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <openssl/crypto.h>

#include "lkgrant_cli.h"


#define CLI_REDIS_DEFAULT  "redis://127.0.0.1:6379/0"


static int
cli_url_fail(cli *c)
{
    return cli_fail(c, CLI_USAGE, "usage",
                    "the address of Redis is written redis://[USER:PASSWORD@]"
                    "HOST:PORT/DB or unix:/PATH[:DB]");
}


/* Number of a database or a port. */

static int
cli_url_number(const char *text, size_t len, long max, long *value)
{
    size_t  i;

    if (len == 0 || len > 5) {
        return -1;
    }

    *value = 0;

    for (i = 0; i < len; i++) {
        if (!isdigit((unsigned char) text[i])) {
            return -1;
        }

        *value = *value * 10 + (text[i] - '0');
    }

    return *value > max ? -1 : 0;
}


static int
cli_url_db(cli_redis_url *url, const char *text, size_t len)
{
    long  db;

    if (cli_url_number(text, len, 99999, &db) != 0) {
        return -1;
    }

    snprintf(url->db, sizeof(url->db), "%ld", db);

    return 0;
}


/* Percent-decoding (RFC 3986, section 2.1) of a user or password. */

static int
cli_url_decode(cli *c, cli_secret *out, const char *text, size_t len)
{
    char    hex[3] = { 0 };
    size_t  i;

    out->data = malloc(len + 1);
    if (out->data == NULL) {
        return cli_nomem(c);
    }

    out->len = 0;

    for (i = 0; i < len; i++) {

        if (text[i] != '%') {
            out->data[out->len++] = text[i];
            continue;
        }

        if (i + 2 >= len || !isxdigit((unsigned char) text[i + 1])
            || !isxdigit((unsigned char) text[i + 2]))
        {
            return cli_url_fail(c);
        }

        hex[0] = text[i + 1];
        hex[1] = text[i + 2];
        out->data[out->len++] = (char) strtol(hex, NULL, 16);
        i += 2;
    }

    out->data[out->len] = '\0';

    return CLI_OK;
}


/* [USER]:PASSWORD */

static int
cli_url_userinfo(cli *c, cli_redis_url *url, const char *text, size_t len)
{
    int          rc;
    const char  *colon;

    colon = memchr(text, ':', len);

    if (colon == NULL) {
        return cli_url_fail(c);
    }

    if (colon != text) {
        rc = cli_url_decode(c, &url->user, text, (size_t) (colon - text));
        if (rc != CLI_OK) {
            return rc;
        }
    }

    return cli_url_decode(c, &url->password, colon + 1,
                          len - (size_t) (colon + 1 - text));
}


/* HOST[:PORT][/DB], where an IPv6 address stands in brackets. */

static int
cli_url_host(cli *c, cli_redis_url *url, const char *text)
{
    long         port;
    size_t       n;
    const char  *host;

    host = text;

    if (text[0] == '[') {
        host = text + 1;
        n = strcspn(host, "]");

        if (host[n] == '\0') {
            return cli_url_fail(c);
        }

        text = host + n + 1;

    } else {
        n = strcspn(text, ":/");
        text += n;
    }

    if (n == 0 || n >= sizeof(url->host)) {
        return cli_url_fail(c);
    }

    memcpy(url->host, host, n);
    url->host[n] = '\0';
    port = 6379;

    if (text[0] == ':') {
        n = strcspn(++text, "/");

        if (cli_url_number(text, n, 65535, &port) != 0 || port == 0) {
            return cli_url_fail(c);
        }

        text += n;
    }

    if (text[0] == '/' && text[1] != '\0') {
        if (cli_url_db(url, text + 1, strlen(text + 1)) != 0) {
            return cli_url_fail(c);
        }

    } else if (text[0] != '\0' && text[0] != '/') {
        return cli_url_fail(c);
    }

    url->port = (int) port;

    return CLI_OK;
}


/* PATH[:DB] */

static int
cli_url_unix(cli *c, cli_redis_url *url, const char *path)
{
    size_t               len;
    const char          *colon;
    struct sockaddr_un   sun;

    len = strlen(path);
    colon = strrchr(path, ':');

    if (colon && cli_url_db(url, colon + 1, strlen(colon + 1)) == 0) {
        len = (size_t) (colon - path);
    }

    if (path[0] != '/') {
        return cli_url_fail(c);
    }

    if (len >= sizeof(sun.sun_path)) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "the path of a socket has at most %zu bytes",
                        sizeof(sun.sun_path) - 1);
    }

    memcpy(url->host, path, len);
    url->host[len] = '\0';
    url->port = 0;

    return CLI_OK;
}


static int
cli_url_parse(cli *c, cli_redis_url *url, const char *text)
{
    int          rc;
    size_t       len;
    const char  *at;

    if (strncmp(text, "unix:", 5) == 0) {
        return cli_url_unix(c, url, text + 5);
    }

    if (strncmp(text, "rediss://", 9) == 0) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "lkgrant speaks no TLS with Redis: use a socket, the "
                        "loopback, or a tunnel");
    }

    if (strncmp(text, "redis://", 8) != 0) {
        return cli_url_fail(c);
    }

    text += 8;
    len = strcspn(text, "/");
    at = NULL;

    /* the last "@": one in a password may stand there undecoded */

    while (len--) {
        if (text[len] == '@') {
            at = text + len;
            break;
        }
    }

    if (at) {
        rc = cli_url_userinfo(c, url, text, (size_t) (at - text));
        if (rc != CLI_OK) {
            return rc;
        }

        text = at + 1;
    }

    return cli_url_host(c, url, text);
}


/* The options win over the url. */

static int
cli_url_auth(cli *c, cli_redis_url *url)
{
    char        *user;
    int          rc;

    user = c->value[OPT_USER];

    if (user) {
        cli_secret_free(&url->user);
        url->user.data = strdup(user);

        if (url->user.data == NULL) {
            return cli_nomem(c);
        }

        url->user.len = strlen(user);
    }

    if (c->value[OPT_PASSWORD]) {
        cli_secret_free(&url->password);

        rc = cli_secret_get(c, &url->password, "--password",
                            c->value[OPT_PASSWORD]);
        if (rc != CLI_OK) {
            return rc;
        }
    }

    if (url->user.data && url->password.data == NULL) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "a Redis user needs a password: --password "
                        "file:/PATH, or env:NAME");
    }

    return CLI_OK;
}


/* The address of --redis, of LKGRANT_REDIS, or the usual one, with what
 * --user and --password say. */

int
cli_redis_url_get(cli *c, cli_redis_url *url)
{
    int          rc;
    char        *option;
    const char  *text;

    memset(url, 0, sizeof(*url));
    url->db[0] = '0';

    option = c->value[OPT_REDIS];
    text = option ? option : getenv("LKGRANT_REDIS");

    rc = cli_url_parse(c, url, text ? text : CLI_REDIS_DEFAULT);

    if (option && strchr(option, '@')) {
        OPENSSL_cleanse(option, strlen(option));
    }

    if (rc == CLI_OK) {
        rc = cli_url_auth(c, url);
    }

    if (rc != CLI_OK) {
        cli_redis_url_free(url);
    }

    return rc;
}


void
cli_redis_url_free(cli_redis_url *url)
{
    cli_secret_free(&url->user);
    cli_secret_free(&url->password);
}
