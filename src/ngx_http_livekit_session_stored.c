
/*
 * A session of which the cookie holds only the id: its value is in Redis.
 */


#include "ngx_http_livekit_session.h"


static ngx_int_t ngx_http_livekit_session_command(ngx_redis_query_t *q,
    const char *command, ngx_str_t *key);
static void ngx_http_livekit_session_reply(ngx_redis_query_t *q, void *data);
static ngx_int_t ngx_http_livekit_session_value(ngx_http_request_t *r,
    ngx_redis_query_t *q, ngx_str_t **value);
static ngx_int_t ngx_http_livekit_session_forgotten(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_query_t *q);
static ngx_int_t ngx_http_livekit_session_own(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_session_cancel(void *data);


/* NGX_DECLINED: there is no key for it; NGX_ERROR: Redis cannot be asked. */

ngx_int_t
ngx_http_livekit_session_stored(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_session_line_t *line)
{
    ngx_int_t                  rc;
    ngx_str_t                  key;
    ngx_uint_t                 second;
    ngx_http_complex_value_t  *cv;

    /* a pending session with claims wants its second value */

    second = (lkg_session_claims(ctx->session_pending) != NULL);
    cv = second ? line->user_key : line->key;

    if (cv == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_http_livekit_whole_value(r, cv, &key);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_livekit_session_own(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->session_query = ngx_redis_query_create(line->redis,
                                        ngx_http_livekit_session_reply, ctx);
    if (ctx->session_query == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_livekit_session_command(ctx->session_query, "GET", &key)
        != NGX_OK
        || (!second
            && ngx_http_livekit_session_command(ctx->session_query, "PTTL",
                                                &key)
               != NGX_OK)
        || ngx_redis_query_send(ctx->session_query) != NGX_OK)
    {
        ngx_http_livekit_session_cancel(ctx);
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


static ngx_int_t
ngx_http_livekit_session_command(ngx_redis_query_t *q, const char *command,
    ngx_str_t *key)
{
    ngx_str_t  argv[2];

    argv[0].data = (u_char *) command;
    argv[0].len = ngx_strlen(command);
    argv[1] = *key;

    return ngx_redis_query_command(q, 2, argv, 1);
}


static void
ngx_http_livekit_session_reply(ngx_redis_query_t *q, void *data)
{
    ngx_http_livekit_ctx_t *ctx = data;

    ngx_int_t            rc;
    ngx_str_t           *value;
    ngx_uint_t           available;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ctx->session_query = NULL;
    value = NULL;
    available = 0;

    if (ngx_redis_query_status(q) != NGX_REDIS_OK) {
        ngx_log_error(NGX_LOG_ERR, c->log, 0,
                      "livekit: no answer about the session: redis %s",
                      ngx_redis_status_name(ngx_redis_query_status(q)));

    } else if (ngx_http_livekit_session_value(r, q, &value) == NGX_OK) {
        available = 1;

        if (value && lkg_session_claims(ctx->session_pending) == NULL) {

            switch (ngx_http_livekit_session_forgotten(r, ctx, q)) {

            case NGX_DECLINED:
                value = NULL;
                break;

            case NGX_ERROR:
                available = 0;
            }
        }
    }

    rc = ngx_http_livekit_session_fetched(r, ctx, available, value);

    if (rc == NGX_OK) {
        r->read_event_handler = ngx_http_block_reading;
        ngx_http_core_run_phases(r);
    }

    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_livekit_session_value(ngx_http_request_t *r, ngx_redis_query_t *q,
    ngx_str_t **value)
{
    ngx_redis_reply_t  *reply;

    reply = ngx_redis_query_reply(q, 0);

    switch (reply->type) {

    case NGX_REDIS_STRING:
        *value = &reply->str;
        return NGX_OK;

    case NGX_REDIS_NIL:
        *value = NULL;
        return NGX_OK;

    default:
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: the session's value in redis is of another "
                      "type");
        return NGX_ERROR;
    }
}


/*
 * When Redis will forget the value, the session ends, whatever the value
 * says: connect-redis prolongs a session by that alone.  NGX_DECLINED: it has
 * been forgotten since.
 */

static ngx_int_t
ngx_http_livekit_session_forgotten(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_query_t *q)
{
    int                 rc;
    ngx_redis_reply_t  *reply;

    reply = ngx_redis_query_reply(q, 1);

    if (reply->type != NGX_REDIS_INTEGER || reply->integer < -2) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: redis does not say when the session ends: "
                      "the account needs \"+pttl\"");
        return NGX_ERROR;
    }

    /* never, or so late that it does not matter */

    if (reply->integer == -1
        || reply->integer > (int64_t) NGX_MAX_INT32_VALUE * 1000)
    {
        return NGX_OK;
    }

    rc = lkg_session_limit(ctx->session_pending,
                           ngx_time() + reply->integer / 1000, ngx_time());

    return (rc == LKG_OK) ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_livekit_session_own(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_cleanup_t  *cln;

    if (ctx->session_cleanup) {
        return NGX_OK;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_livekit_session_cancel;
    cln->data = ctx;
    ctx->session_cleanup = 1;

    return NGX_OK;
}


static void
ngx_http_livekit_session_cancel(void *data)
{
    ngx_http_livekit_ctx_t *ctx = data;

    if (ctx->session_query) {
        ngx_redis_query_cancel(ctx->session_query);
        ctx->session_query = NULL;
    }
}
