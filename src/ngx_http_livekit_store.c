
/*
 * What endpoints keep in Redis.  Each write is one script on one slot, so
 * that a crash leaves all of it or nothing.
 */


#include "ngx_http_livekit.h"


#define NGX_HTTP_LIVEKIT_STORE_ARGS  64


static ngx_int_t ngx_http_livekit_store_own(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_store_cancel(void *data);
static ngx_int_t ngx_http_livekit_store_command(ngx_redis_query_t *q,
    ngx_str_t *script, ngx_uint_t nkeys, ngx_uint_t argc, ngx_str_t *argv);
static void ngx_http_livekit_store_reply(ngx_redis_query_t *q, void *data);
static void ngx_http_livekit_store_fail(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, const char *verdict);


ngx_int_t
ngx_http_livekit_store(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_str_t *script, ngx_uint_t nkeys, ngx_uint_t argc, ngx_str_t *argv,
    ngx_uint_t again, ngx_http_livekit_resume_pt handler)
{
    ngx_redis_query_t               *q;
    ngx_redis_status_e               status;
    ngx_http_livekit_access_conf_t  *acf;

    acf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_access_module);

    r->read_event_handler = ngx_http_block_reading;

    ctx->stored = NULL;
    ctx->status = 0;
    ctx->store_handler = handler;

    status = NGX_REDIS_BUSY;
    q = NULL;

    if (ngx_http_livekit_store_own(r, ctx) != NGX_OK) {
        goto failed;
    }

    q = ngx_redis_query_create(acf->facts.redis, ngx_http_livekit_store_reply,
                               ctx);
    if (q == NULL) {
        goto failed;
    }

    if (ngx_http_livekit_store_command(q, script, nkeys, argc, argv)
        != NGX_OK)
    {
        goto failed;
    }

    if (!again) {
        ngx_redis_query_once(q);
    }

    if (ngx_redis_query_send(q) != NGX_OK) {
        status = ngx_redis_query_status(q);
        goto failed;
    }

    ctx->store_query = q;

    return NGX_AGAIN;

failed:

    if (q) {
        ngx_redis_query_cancel(q);
    }

    ngx_http_livekit_store_fail(r, ctx,
                                ngx_http_livekit_redis_verdict(status));

    return NGX_DECLINED;
}


ngx_redis_reply_t *
ngx_http_livekit_stored(ngx_http_livekit_ctx_t *ctx)
{
    return ctx->stored;
}


static ngx_int_t
ngx_http_livekit_store_own(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_cleanup_t  *cln;

    if (ctx->store_cleanup) {
        return NGX_OK;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_livekit_store_cancel;
    cln->data = ctx;
    ctx->store_cleanup = 1;

    return NGX_OK;
}


static void
ngx_http_livekit_store_cancel(void *data)
{
    ngx_http_livekit_ctx_t *ctx = data;

    if (ctx->store_query) {
        ngx_redis_query_cancel(ctx->store_query);
        ctx->store_query = NULL;
    }
}


/* The text travels each time: no server can have forgotten it. */

static ngx_int_t
ngx_http_livekit_store_command(ngx_redis_query_t *q, ngx_str_t *script,
    ngx_uint_t nkeys, ngx_uint_t argc, ngx_str_t *argv)
{
    u_char      number[NGX_INT_T_LEN];
    ngx_str_t   args[NGX_HTTP_LIVEKIT_STORE_ARGS];
    ngx_uint_t  i;

    if (nkeys == 0 || nkeys > argc
        || argc + 3 > NGX_HTTP_LIVEKIT_STORE_ARGS)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&args[0], "EVAL");
    args[1] = *script;
    args[2].data = number;
    args[2].len = ngx_sprintf(number, "%ui", nkeys) - number;

    for (i = 0; i < argc; i++) {
        args[i + 3] = argv[i];
    }

    return ngx_redis_query_command(q, argc + 3, args, 3);
}


static void
ngx_http_livekit_store_reply(ngx_redis_query_t *q, void *data)
{
    ngx_http_livekit_ctx_t *ctx = data;

    u_char               kind[NGX_HTTP_LIVEKIT_KIND];
    ngx_uint_t           usec;
    ngx_connection_t    *c;
    ngx_redis_reply_t   *reply;
    ngx_http_request_t  *r;
    ngx_redis_status_e   status;

    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ctx->store_query = NULL;

    usec = ngx_redis_query_usec(q);

    if (usec > ctx->redis_usec) {
        ctx->redis_usec = usec;
    }

    status = ngx_redis_query_status(q);

    if (status != NGX_REDIS_OK) {
        ngx_http_livekit_store_fail(r, ctx,
                                    ngx_http_livekit_redis_verdict(status));

    } else {
        reply = ngx_redis_query_reply(q, 0);

        if (reply->type == NGX_REDIS_ERROR) {
            ngx_log_error(NGX_LOG_ERR, c->log, 0,
                          "livekit: redis answered a script with %*s",
                          ngx_http_livekit_redis_kind(reply, kind), kind);

            ngx_http_livekit_store_fail(r, ctx, "redis_data");

        } else {
            ctx->stored = reply;
        }
    }

    ctx->store_handler(r, ctx);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_livekit_store_fail(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, const char *verdict)
{
    ctx->stored = NULL;
    ctx->status = NGX_HTTP_SERVICE_UNAVAILABLE;
    ctx->verdict = verdict;

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "livekit: not stored: %s", verdict);
}
