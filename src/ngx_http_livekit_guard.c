
/*
 * livekit_guard: in front of LiveKit, which takes a token until it expires.
 * Here it is asked each time whether its bearer may still come in.
 */


#include "ngx_http_livekit_guard.h"


typedef struct {
    lkg_token                *token;
    lkg_guest                 guest;
    unsigned                  waiting:1;
    unsigned                  resumed:1;
} ngx_http_livekit_guard_ctx_t;


static ngx_int_t ngx_http_livekit_guard_start(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_guard_conf_t *gcf);
static ngx_http_livekit_guard_ctx_t *ngx_http_livekit_guard_create(
    ngx_http_request_t *r);
static void ngx_http_livekit_guard_cleanup(void *data);
static ngx_int_t ngx_http_livekit_guard_open(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_guard_ctx_t *gctx);
static ngx_int_t ngx_http_livekit_guard_read(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_guard_ctx_t *gctx);
static void ngx_http_livekit_guard_resume(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_guard_decide(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_guard_conf_t *gcf,
    ngx_http_livekit_guard_ctx_t *gctx);
static ngx_int_t ngx_http_livekit_guard_unauthorized(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_guard_forbidden(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_guard_error(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc);
static ngx_int_t ngx_http_livekit_guard_finish(ngx_http_request_t *r,
    ngx_int_t rc);


/* As soon as the location is known: other modules may have to complain. */

ngx_int_t
ngx_http_livekit_guard_rewrite(ngx_http_request_t *r)
{
    ngx_http_livekit_guard_conf_t  *gcf;

    gcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_guard_module);

    if (gcf->mode != NGX_HTTP_LIVEKIT_GUARD_OFF) {
        ngx_http_livekit_guard_mask(r->main);
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_livekit_guard_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_livekit_ctx_t         *ctx;
    ngx_http_livekit_guard_ctx_t   *gctx;
    ngx_http_livekit_guard_conf_t  *gcf;

    gcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_guard_module);

    if (gcf->mode == NGX_HTTP_LIVEKIT_GUARD_OFF
        || ngx_http_livekit_is_endpoint(r))
    {
        return NGX_DECLINED;
    }

    ctx = ngx_http_livekit_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->endpoint = &gcf->where.directive;

    gctx = ngx_http_get_module_ctx(r, ngx_http_livekit_guard_module);

    /* any event on the connection runs the phases again */

    if (gctx && gctx->waiting) {
        return NGX_AGAIN;
    }

    if (gctx && gctx->resumed) {
        gctx->resumed = 0;

        rc = ctx->status ? ctx->status
                         : ngx_http_livekit_guard_decide(r, ctx, gcf, gctx);

        return ngx_http_livekit_guard_finish(r, rc);
    }

    /* without any token; nothing but LiveKit's CORS comes to see it */

    if (ngx_http_livekit_is_preflight(r)) {
        ctx->verdict = "preflight";
        return NGX_DECLINED;
    }

    rc = ngx_http_livekit_guard_start(r, ctx, gcf);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    return ngx_http_livekit_guard_finish(r, rc);
}


static ngx_int_t
ngx_http_livekit_guard_start(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_guard_conf_t *gcf)
{
    ngx_int_t                        rc;
    ngx_http_livekit_guard_ctx_t    *gctx;
    ngx_http_livekit_access_conf_t  *acf;

    acf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_access_module);

    gctx = ngx_http_livekit_guard_create(r);
    if (gctx == NULL) {
        return ngx_http_livekit_guard_error(r, ctx, LKG_ERR_NOMEM);
    }

    /* from here on it is the token's that variables tell */

    ctx->guarded = 1;
    ctx->identity.len = 0;
    ctx->room.len = 0;

    ngx_memzero(&ctx->decision, sizeof(lkg_decision));

    rc = ngx_http_livekit_guard_open(r, ctx, gctx);
    if (rc != NGX_OK) {
        return rc;
    }

    ctx->access_handler = ngx_http_livekit_guard_resume;
    ctx->answered = 0;
    ctx->status = 0;

    rc = ngx_http_livekit_facts_ask(r, ctx,
                                   gcf->mode == NGX_HTTP_LIVEKIT_GUARD_BANS
                                   ? &gcf->bans : &acf->facts);

    if (rc != NGX_AGAIN) {
        return ctx->status;
    }

    gctx->waiting = 1;
    ngx_http_livekit_watch_client(r);

    return NGX_AGAIN;
}


/* Logs ask for the token's identity when the request is over. */

static ngx_http_livekit_guard_ctx_t *
ngx_http_livekit_guard_create(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t            *cln;
    ngx_http_livekit_guard_ctx_t  *gctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_livekit_guard_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    gctx = cln->data;
    ngx_memzero(gctx, sizeof(ngx_http_livekit_guard_ctx_t));

    cln->handler = ngx_http_livekit_guard_cleanup;

    ngx_http_set_ctx(r, gctx, ngx_http_livekit_guard_module);

    return gctx;
}


static void
ngx_http_livekit_guard_cleanup(void *data)
{
    ngx_http_livekit_guard_ctx_t *gctx = data;

    lkg_token_free(gctx->token);
}


static ngx_int_t
ngx_http_livekit_guard_open(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_guard_ctx_t *gctx)
{
    int                           rc;
    ngx_str_t                     token;
    ngx_http_livekit_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);

    switch (ngx_http_livekit_guard_token(r, &token)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        ctx->verdict = "no_token";
        return ngx_http_livekit_guard_unauthorized(r, ctx);

    default:
        ctx->verdict = "token_ambiguous";
        return ngx_http_livekit_guard_unauthorized(r, ctx);
    }

    rc = lkg_token_verify(&gctx->token, llcf->keys, (char *) token.data,
                          token.len, ngx_time());

    switch (rc) {

    case LKG_OK:
        return ngx_http_livekit_guard_read(r, ctx, gctx);

    case LKG_ERR_EXPIRED:
        ctx->verdict = "token_expired";
        return ngx_http_livekit_guard_unauthorized(r, ctx);

    case LKG_ERR_FORMAT:
    case LKG_ERR_SIGNATURE:
        ctx->verdict = "token_invalid";
        return ngx_http_livekit_guard_unauthorized(r, ctx);

    default:
        return ngx_http_livekit_guard_error(r, ctx, rc);
    }
}


static ngx_int_t
ngx_http_livekit_guard_read(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_guard_ctx_t *gctx)
{
    int         rc;
    lkg_reason  reason;

    rc = lkg_guard_read(&gctx->guest, gctx->token, &reason);

    if (rc == LKG_ERR_FORMAT) {
        ctx->verdict = "token_invalid";
        return ngx_http_livekit_guard_unauthorized(r, ctx);
    }

    ctx->identity = gctx->guest.identity;
    ctx->room = ngx_http_livekit_str(gctx->guest.room);

    if (rc == LKG_OK) {
        return NGX_OK;
    }

    ctx->decision.reason = reason;

    return ngx_http_livekit_guard_forbidden(r, ctx);
}


static void
ngx_http_livekit_guard_resume(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_guard_ctx_t  *gctx;

    gctx = ngx_http_get_module_ctx(r, ngx_http_livekit_guard_module);

    gctx->waiting = 0;
    gctx->resumed = 1;

    r->read_event_handler = ngx_http_block_reading;

    ngx_http_core_run_phases(r);
}


static ngx_int_t
ngx_http_livekit_guard_decide(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_guard_conf_t *gcf,
    ngx_http_livekit_guard_ctx_t *gctx)
{
    int                           rc;
    lkg_policy                   *policy;
    ngx_http_livekit_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);

    policy = (gcf->mode == NGX_HTTP_LIVEKIT_GUARD_ON) ? llcf->policy : NULL;

    rc = lkg_guard_decide(&ctx->decision, policy, &gctx->guest, &ctx->facts,
                          ngx_time());

    if (rc == LKG_OK) {
        ctx->verdict = "allowed";
        return NGX_OK;
    }

    if (rc == LKG_ERR_DENIED) {
        return ngx_http_livekit_guard_forbidden(r, ctx);
    }

    return ngx_http_livekit_guard_error(r, ctx, rc);
}


static ngx_int_t
ngx_http_livekit_guard_unauthorized(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "livekit guard: unauthorized: %s", ctx->verdict);

    return NGX_HTTP_UNAUTHORIZED;
}


static ngx_int_t
ngx_http_livekit_guard_forbidden(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_str_t  identity;

    identity = ngx_http_livekit_str(ctx->identity);

    ctx->verdict = lkg_reason_name(ctx->decision.reason);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "livekit guard: forbidden: %s%s%s, room \"%V\", "
                  "identity \"%V\"", ctx->verdict,
                  ctx->decision.field ? " " : "",
                  ctx->decision.field ? ctx->decision.field : "",
                  &ctx->room, &identity);

    return NGX_HTTP_FORBIDDEN;
}


static ngx_int_t
ngx_http_livekit_guard_error(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc)
{
    ctx->verdict = "error";

    ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                  "livekit guard: no decision: %s", lkg_strerror(rc));

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/*
 * LiveKit's client shows the body of a refusal, and pages of any origin may
 * read it, as they may LiveKit's own.  Where "satisfy any" or an error_page
 * have a say, the status is all that they need.
 */

static ngx_int_t
ngx_http_livekit_guard_finish(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_str_t                  name, value;
    const char                *message;
    ngx_http_core_loc_conf_t  *clcf;

    if (rc == NGX_OK) {
        return NGX_OK;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->error_pages || clcf->satisfy == NGX_HTTP_SATISFY_ANY) {

        if (ngx_http_livekit_refusal_headers(r, rc) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return rc;
    }

    ngx_str_set(&name, "Access-Control-Allow-Origin");
    ngx_str_set(&value, "*");

    if (ngx_http_livekit_header(r, &name, &value) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    message = NULL;

    if (rc == NGX_HTTP_UNAUTHORIZED) {
        message = "There is no valid access token; get one and try again.";

    } else if (rc == NGX_HTTP_FORBIDDEN) {
        message = "This access token does not open the room.";
    }

    ngx_http_finalize_request(r, ngx_http_livekit_reply_error(r, rc,
                                                              message));
    return NGX_DONE;
}
