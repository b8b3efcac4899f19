
/*
 * What a connection says of its own.  Before it carries queries: AUTH and
 * SELECT as the configuration wants, a PING that shows whether the server
 * serves, and a ROLE where it must be a master.  Later, when it is idle, a
 * PING now and then; ROLE, where it matters, again ahead of the queries.
 */


#include "ngx_redis_private.h"


#define NGX_REDIS_TEXT_LEN  64


typedef enum {
    NGX_REDIS_AUTH = 0,
    NGX_REDIS_SELECT,
    NGX_REDIS_SETNAME,
    NGX_REDIS_PING,
    NGX_REDIS_READONLY,
    NGX_REDIS_ROLE
} ngx_redis_step_e;


static ngx_int_t ngx_redis_handshake_step(ngx_redis_connection_t *rcn,
    ngx_redis_step_e step, ngx_uint_t argc, ngx_str_t *argv);
static void ngx_redis_handshake_complete(ngx_redis_query_t *q);
static ngx_redis_verdict_e ngx_redis_handshake_verdict(ngx_redis_step_e step,
    ngx_str_t *error);
static void ngx_redis_handshake_text(ngx_redis_connection_t *rcn,
    ngx_str_t *error, ngx_str_t *text);
static void ngx_redis_ping_complete(ngx_redis_query_t *q);


static ngx_str_t  ngx_redis_step_names[] = {
    ngx_string("AUTH"),
    ngx_string("SELECT"),
    ngx_string("CLIENT SETNAME"),
    ngx_string("PING"),
    ngx_string("READONLY"),
    ngx_string("ROLE")
};


ngx_int_t
ngx_redis_handshake(ngx_redis_connection_t *rcn)
{
    u_char      db[NGX_INT_T_LEN];
    ngx_str_t   argv[3];
    ngx_uint_t  n;

    ngx_redis_query_init(&rcn->query);

    if (rcn->conf->password.len) {
        n = 0;
        ngx_str_set(&argv[n], "AUTH");

        if (rcn->conf->user.len) {
            argv[++n] = rcn->conf->user;
        }

        argv[++n] = rcn->conf->password;

        if (ngx_redis_handshake_step(rcn, NGX_REDIS_AUTH, n + 1, argv)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (rcn->db) {
        ngx_str_set(&argv[0], "SELECT");
        argv[1].data = db;
        argv[1].len = ngx_sprintf(db, "%ui", rcn->db) - db;

        if (ngx_redis_handshake_step(rcn, NGX_REDIS_SELECT, 2, argv)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_str_set(&argv[0], "CLIENT");
    ngx_str_set(&argv[1], "SETNAME");
    ngx_str_set(&argv[2], "nginx");

    if (ngx_redis_handshake_step(rcn, NGX_REDIS_SETNAME, 3, argv) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_str_set(&argv[0], "PING");

    if (ngx_redis_handshake_step(rcn, NGX_REDIS_PING, 1, argv) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rcn->readonly) {
        ngx_str_set(&argv[0], "READONLY");

        if (ngx_redis_handshake_step(rcn, NGX_REDIS_READONLY, 1, argv)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (rcn->master) {
        ngx_str_set(&argv[0], "ROLE");

        if (ngx_redis_handshake_step(rcn, NGX_REDIS_ROLE, 1, argv) != NGX_OK) {
            return NGX_ERROR;
        }

        rcn->checked = ngx_current_msec;
    }

    rcn->query.complete = ngx_redis_handshake_complete;
    rcn->query.data = rcn;

    return ngx_redis_connection_send(rcn, &rcn->query);
}


static ngx_int_t
ngx_redis_handshake_step(ngx_redis_connection_t *rcn, ngx_redis_step_e step,
    ngx_uint_t argc, ngx_str_t *argv)
{
    rcn->steps[rcn->query.ncommands] = (u_char) step;

    return ngx_redis_query_command(&rcn->query, argc, argv, 0);
}


static void
ngx_redis_handshake_complete(ngx_redis_query_t *q)
{
    ngx_connection_t        *c;
    ngx_redis_connection_t  *rcn;

    rcn = q->data;
    c = rcn->peer.connection;

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    ngx_log_debug1(NGX_LOG_DEBUG_CORE, c->log, 0,
                   "redis connection %p: ready", rcn);

    rcn->state = NGX_REDIS_READY;
    rcn->since = ngx_current_msec;

    rcn->ready(rcn);
}


/* NGX_OK: the n-th step failed, and that does not matter */

ngx_int_t
ngx_redis_handshake_error(ngx_redis_connection_t *rcn, ngx_uint_t n,
    ngx_str_t *error)
{
    u_char            buf[NGX_REDIS_TEXT_LEN];
    ngx_str_t         text;
    ngx_redis_step_e  step;

    step = rcn->steps[n];

    rcn->verdict = ngx_redis_handshake_verdict(step, error);

    if (rcn->verdict == NGX_REDIS_UNKNOWN) {
        return NGX_OK;
    }

    text.data = buf;

    ngx_redis_handshake_text(rcn, error, &text);

    if (step == NGX_REDIS_AUTH && rcn->conf->user.len) {
        ngx_log_error(NGX_LOG_ERR, ngx_redis_log(rcn->log), 0,
                      "redis refused AUTH of user \"%V\": \"%V\"",
                      &rcn->conf->user, &text);

    } else {
        ngx_log_error(NGX_LOG_ERR, ngx_redis_log(rcn->log), 0,
                      "redis refused %V: \"%V\"",
                      &ngx_redis_step_names[step], &text);
    }

    return NGX_ERROR;
}


static ngx_redis_verdict_e
ngx_redis_handshake_verdict(ngx_redis_step_e step, ngx_str_t *error)
{
    /* "max number of clients" comes in place of the first answer */

    if (ngx_redis_error_is(error, "ERR max number")
        || ngx_redis_error_is(error, "DENIED")
        || ngx_redis_error_unavailable(error))
    {
        return NGX_REDIS_FAILED;
    }

    if (ngx_redis_error_is(error, "NOAUTH")) {

        /* after a failed AUTH, or for want of a password: PING will tell */

        return step == NGX_REDIS_SETNAME ? NGX_REDIS_UNKNOWN
                                         : NGX_REDIS_DENIED;
    }

    switch (step) {

    case NGX_REDIS_AUTH:
    case NGX_REDIS_SELECT:
    case NGX_REDIS_READONLY:
    case NGX_REDIS_ROLE:
        return NGX_REDIS_DENIED;

    default:

        /* not allowed or not known: an answer is all that is wanted */

        return NGX_REDIS_UNKNOWN;
    }
}


/*
 * The beginning of an error for the log, up to where servers quote what they
 * were sent.
 */

static void
ngx_redis_handshake_text(ngx_redis_connection_t *rcn, ngx_str_t *error,
    ngx_str_t *text)
{
    u_char      ch;
    ngx_str_t  *password;
    ngx_uint_t  i;

    for (i = 0; i < ngx_min(error->len, NGX_REDIS_TEXT_LEN); i++) {
        ch = error->data[i];

        if (ch < 0x20 || ch > 0x7e || ch == '\'' || ch == '`' || ch == '"') {
            break;
        }

        text->data[i] = ch;
    }

    text->len = i;

    password = &rcn->conf->password;

    for (i = 0; i < text->len && i + password->len <= error->len; i++) {

        if (password->len
            && ngx_memcmp(&error->data[i], password->data, password->len) == 0)
        {
            text->len = i;
        }
    }
}


/* NGX_ERROR: what should be a master is not one */

ngx_int_t
ngx_redis_handshake_role(ngx_redis_connection_t *rcn, ngx_uint_t n,
    ngx_redis_reply_t *reply)
{
    ngx_str_t  *role;

    if (rcn->steps[n] != NGX_REDIS_ROLE) {
        return NGX_OK;
    }

    if (reply->type == NGX_REDIS_ERROR && rcn->state == NGX_REDIS_HANDSHAKE) {
        return NGX_OK;
    }

    if (reply->type != NGX_REDIS_ARRAY
        || reply->nelts == 0
        || reply->elts[0]->type != NGX_REDIS_STRING)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_redis_log(rcn->log), 0,
                      "redis does not say whether it is the master");
        return NGX_ERROR;
    }

    role = &reply->elts[0]->str;

    if (role->len == 6 && ngx_memcmp(role->data, "master", 6) == 0) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_WARN, ngx_redis_log(rcn->log), 0,
                  "redis is not the master %s",
                  rcn->state == NGX_REDIS_HANDSHAKE ? "that it should be"
                                                    : "any more");

    rcn->verdict = NGX_REDIS_DEMOTED;

    return NGX_ERROR;
}


/* shows a peer that is gone without a word, and keeps a server's timeout off */

ngx_int_t
ngx_redis_ping(ngx_redis_connection_t *rcn)
{
    ngx_str_t          *name;
    ngx_redis_query_t  *q;

    rcn->steps[0] = rcn->master ? NGX_REDIS_ROLE : NGX_REDIS_PING;
    rcn->checked = ngx_current_msec;

    name = &ngx_redis_step_names[rcn->steps[0]];
    q = &rcn->query;

    ngx_redis_query_release(q);
    ngx_redis_query_init(q);

    q->complete = ngx_redis_ping_complete;
    q->data = rcn;

    if (ngx_redis_query_command(q, 1, name, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_redis_connection_send(rcn, q);
}


static void
ngx_redis_ping_complete(ngx_redis_query_t *q)
{
    /* any answer will do */

    ngx_redis_guard_pong(q->data);
}
