
/*
 * A session of which the cookie holds only the id: its value is in Redis.
 */


#include "ngx_http_livekit.h"


static void ngx_http_livekit_session_reply(ngx_redis_query_t *q, void *data);
static ngx_int_t ngx_http_livekit_session_own(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_session_cancel(void *data);


/* NGX_DECLINED: there is no key for it; NGX_ERROR: Redis cannot be asked. */

ngx_int_t
ngx_http_livekit_session_stored(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_session_line_t *line)
{
    ngx_int_t                  rc;
    ngx_str_t                  argv[2];
    ngx_http_complex_value_t  *key;

    /* a pending session with claims wants its second value */

    key = lkg_session_claims(ctx->session_pending) ? line->user_key
                                                   : line->key;

    if (key == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_http_livekit_whole_value(r, key, &argv[1]);
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

    ngx_str_set(&argv[0], "GET");

    if (ngx_redis_query_command(ctx->session_query, 2, argv, 1) != NGX_OK
        || ngx_redis_query_send(ctx->session_query) != NGX_OK)
    {
        ngx_http_livekit_session_cancel(ctx);
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


static void
ngx_http_livekit_session_reply(ngx_redis_query_t *q, void *data)
{
    ngx_http_livekit_ctx_t *ctx = data;

    ngx_int_t            rc;
    ngx_str_t           *value;
    ngx_uint_t           available;
    ngx_connection_t    *c;
    ngx_redis_reply_t   *reply;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ctx->session_query = NULL;
    value = NULL;
    available = 0;

    if (ngx_redis_query_status(q) == NGX_REDIS_OK) {
        reply = ngx_redis_query_reply(q, 0);

        if (reply->type == NGX_REDIS_STRING) {
            value = &reply->str;
            available = 1;

        } else if (reply->type == NGX_REDIS_NIL) {
            available = 1;

        } else {
            ngx_log_error(NGX_LOG_ERR, c->log, 0,
                          "livekit: the session's value in redis is of "
                          "another type");
        }

    } else {
        ngx_log_error(NGX_LOG_ERR, c->log, 0,
                      "livekit: no answer about the session: redis %s",
                      ngx_redis_status_name(ngx_redis_query_status(q)));
    }

    rc = ngx_http_livekit_session_fetched(r, ctx, available, value);

    if (rc == NGX_OK) {
        r->read_event_handler = ngx_http_block_reading;
        ngx_http_core_run_phases(r);
    }

    ngx_http_run_posted_requests(c);
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
