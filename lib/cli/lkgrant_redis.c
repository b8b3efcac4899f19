/*
 * lkgrant: one connection to Redis, by hiredis's blocking calls.
 *
 * An error text of Redis is never printed: it may quote the command, and
 * with it a password.
 */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <hiredis/hiredis.h>

#include "lkgrant_cli.h"


#define CLI_TIMEOUT_MAX    600


/* Says in words what went wrong between us and Redis. */

static int
cli_redis_broken(cli *c, cli_redis *r, const char *doing)
{
    int          error;
    const char  *text;

    error = errno;

    switch (r->ctx->err) {

    case REDIS_ERR_EOF:
        text = "Redis closed the connection";
        break;

    case REDIS_ERR_PROTOCOL:
        text = "what answers there is not Redis";
        break;

    default:
        text = r->ctx->errstr;
        break;
    }

    if ((r->ctx->err == REDIS_ERR_IO
         && (error == EAGAIN || error == EINPROGRESS))
        || error == ETIMEDOUT)
    {
        return cli_fail(c, CLI_SYSTEM, "redis",
                        "Redis at %s: %s: no answer within %lld s", r->where,
                        doing, (long long) r->timeout);
    }

    return cli_fail(c, CLI_SYSTEM, "redis", "Redis at %s: %s: %s", r->where,
                    doing, text);
}


/* Redis's own error: only its first word is looked at. */

static int
cli_redis_error(cli *c, cli_redis *r, const char *command,
    const redisReply *reply)
{
    size_t  i, n;

    static const struct {
        const char  *code;
        const char  *text;
    } errors[] = {
        { "WRONGTYPE", "the key is there, but is not a hash" },
        { "NOAUTH", "a password is needed: --password" },
        { "WRONGPASS", "the user or the password is wrong" },
        { "NOPERM", "the Redis user may not do this" },
        { "READONLY", "this is a replica, which cannot be written to; name "
          "the primary" },
        { "LOADING", "it is still loading its data; try again" },
        { "BUSY", "it is busy with a script; try again" },
        { "MISCONF", "it cannot save to its disk and takes no writes" },
        { "OOM", "it is out of memory and takes no writes" },
        { "MOVED", "the room is on another node of this cluster; name that "
          "one" },
        { "ASK", "the room is moving to another node of this cluster; try "
          "again" },
        { "CLUSTERDOWN", "the cluster is down" },
        { "MASTERDOWN", "it has lost its primary" },
        { "DENIED", "it is in protected mode: it takes only local clients" }
    };

    n = 0;

    while (n < reply->len && isupper((unsigned char) reply->str[n])) {
        n++;
    }

    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (strlen(errors[i].code) == n
            && memcmp(errors[i].code, reply->str, n) == 0)
        {
            return cli_fail(c, CLI_SYSTEM, "redis", "Redis at %s: %s: %s",
                            r->where, command, errors[i].text);
        }
    }

    return cli_fail(c, CLI_SYSTEM, "redis",
                    "Redis at %s: %s was refused (%.*s)", r->where, command,
                    n && n < 32 ? (int) n : 7, n && n < 32 ? reply->str
                                                           : "unknown");
}


int
cli_redis_odd(cli *c, cli_redis *r, const char *command)
{
    return cli_fail(c, CLI_SYSTEM, "redis",
                    "Redis at %s: %s: an answer of the wrong type", r->where,
                    command);
}


int
cli_redis_call(cli *c, cli_redis *r, int type, redisReply **reply, int argc,
    const char **argv, const size_t *lens)
{
    int          rc;
    redisReply  *got;

    *reply = NULL;
    errno = 0;

    got = redisCommandArgv(r->ctx, argc, argv, lens);

    if (got == NULL) {
        return cli_redis_broken(c, r, argv[0]);
    }

    if (got->type == type) {
        *reply = got;
        return CLI_OK;
    }

    rc = (got->type == REDIS_REPLY_ERROR)
         ? cli_redis_error(c, r, argv[0], got)
         : cli_redis_odd(c, r, argv[0]);

    freeReplyObject(got);

    return rc;
}


int
cli_redis_strings(cli *c, cli_redis *r, const char *command,
    const redisReply *array)
{
    size_t  i;

    for (i = 0; i < array->elements; i++) {
        if (array->element[i]->type != REDIS_REPLY_STRING) {
            return cli_redis_odd(c, r, command);
        }
    }

    return CLI_OK;
}


static int
cli_redis_hello(cli *c, cli_redis *r, const cli_redis_url *url)
{
    int          rc, n;
    size_t       lens[3];
    redisReply  *reply;
    const char  *argv[3];

    if (url->password.data) {
        n = 0;
        argv[n] = "AUTH";
        lens[n++] = 4;

        if (url->user.data) {
            argv[n] = url->user.data;
            lens[n++] = url->user.len;
        }

        argv[n] = url->password.data;
        lens[n++] = url->password.len;

        rc = cli_redis_call(c, r, REDIS_REPLY_STATUS, &reply, n, argv, lens);
        if (rc != CLI_OK) {
            return rc;
        }

        freeReplyObject(reply);
    }

    if (strcmp(url->db, "0") != 0) {
        argv[0] = "SELECT";
        lens[0] = 6;
        argv[1] = url->db;
        lens[1] = strlen(url->db);

        rc = cli_redis_call(c, r, REDIS_REPLY_STATUS, &reply, 2, argv, lens);
        if (rc != CLI_OK) {
            return rc;
        }

        freeReplyObject(reply);
    }

    return CLI_OK;
}


static int
cli_redis_connect(cli *c, cli_redis *r, const cli_redis_url *url)
{
    struct timeval  tv;

    tv.tv_sec = (time_t) r->timeout;
    tv.tv_usec = 0;
    errno = 0;

    if (url->port) {
        snprintf(r->where, sizeof(r->where),
                 strchr(url->host, ':') ? "[%s]:%d" : "%s:%d", url->host,
                 url->port);
        r->ctx = redisConnectWithTimeout(url->host, url->port, tv);

    } else {
        snprintf(r->where, sizeof(r->where), "%s", url->host);
        r->ctx = redisConnectUnixWithTimeout(url->host, tv);
    }

    if (r->ctx == NULL) {
        return cli_nomem(c);
    }

    if (r->ctx->err || redisSetTimeout(r->ctx, tv) != REDIS_OK) {
        return cli_redis_broken(c, r, "connecting");
    }

    return cli_redis_hello(c, r, url);
}


int
cli_redis_open(cli *c, cli_redis *r)
{
    int            rc;
    cli_redis_url  url;

    memset(r, 0, sizeof(*r));
    r->timeout = 3;

    rc = cli_seconds(c, OPT_TIMEOUT, &r->timeout);
    if (rc != CLI_OK) {
        return rc;
    }

    if (r->timeout > CLI_TIMEOUT_MAX) {
        return cli_fail(c, CLI_USAGE, "usage", "--timeout is at most %d s",
                        CLI_TIMEOUT_MAX);
    }

    rc = cli_redis_url_get(c, &url);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_redis_connect(c, r, &url);
    cli_redis_url_free(&url);

    if (rc != CLI_OK) {
        cli_redis_close(r);
    }

    return rc;
}


void
cli_redis_close(cli_redis *r)
{
    if (r->ctx) {
        redisFree(r->ctx);
        r->ctx = NULL;
    }
}
