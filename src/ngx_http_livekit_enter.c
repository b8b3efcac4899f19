
/*
 * How the endpoints that are about a room come to it, what they are asked for
 * there, and what a client hears that does not get in.
 */


#include "ngx_http_livekit.h"


static void ngx_http_livekit_enter_resume(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);


void
ngx_http_livekit_enter(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_uint_t action, ngx_http_livekit_entered_pt handler)
{
    ngx_int_t  rc;

    ctx->entered = handler;

    rc = ngx_http_livekit_access(r, ctx, action,
                                 ngx_http_livekit_enter_resume);

    if (rc == NGX_AGAIN) {
        ngx_http_livekit_watch_client(r);
        return;
    }

    handler(r, ctx, rc);
}


static void
ngx_http_livekit_enter_resume(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ctx->entered(r, ctx, ngx_http_livekit_access_result(r, ctx));
}


void
ngx_http_livekit_not_entered(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t status)
{
    const char  *message;

    message = NULL;

    if (status == NGX_HTTP_BAD_REQUEST) {
        message = ctx->asked.room.len ? "There can be no room of that name."
                                      : "Say which room: roomName.";
    }

    ngx_http_finalize_request(r,
                           ngx_http_livekit_reply_error(r, status, message));
}


void
ngx_http_livekit_bad_request(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, const char *fault)
{
    ngx_uint_t  status;

    status = ctx->status ? ctx->status : NGX_HTTP_BAD_REQUEST;

    ctx->verdict = ctx->status ? "error" : "bad_request";

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "livekit: bad request: %s", fault);

    ngx_http_finalize_request(r,
                             ngx_http_livekit_reply_error(r, status, fault));
}


const char *
ngx_http_livekit_limit_arg(ngx_http_request_t *r, ngx_uint_t *limit)
{
    ngx_int_t  rc, n;
    ngx_str_t  value;

    static ngx_str_t  name = ngx_string("limit");

    rc = ngx_http_livekit_arg(r, &r->args, &name, &value);

    if (rc == NGX_ABORT) {
        return "An argument is given twice or is not encoded rightly.";
    }

    if (rc == NGX_DECLINED || value.len == 0) {
        return NULL;
    }

    n = ngx_atoi(value.data, value.len);

    if (n < 1) {
        return "limit must be a number from 1.";
    }

    *limit = ngx_min(*limit, (ngx_uint_t) n);

    return NULL;
}


/* How the store was asked: it will be back, or it is over. */

void
ngx_http_livekit_storing(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_int_t rc)
{
    if (rc == NGX_AGAIN) {
        return;
    }

    if (rc == NGX_ERROR) {
        ctx->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        ctx->verdict = "error";
    }

    ngx_http_finalize_request(r,
                         ngx_http_livekit_reply_error(r, ctx->status, NULL));
}
