
/*
 * livekit_require: protects any location in the access phase.
 */


#include "ngx_http_livekit.h"


#define NGX_HTTP_LIVEKIT_REQUIRE_OFF      0
#define NGX_HTTP_LIVEKIT_REQUIRE_SESSION  1
#define NGX_HTTP_LIVEKIT_REQUIRE_ACCESS   2


typedef struct {
    ngx_uint_t                what;
    ngx_uint_t                action;
    ngx_http_livekit_where_t  where;
} ngx_http_livekit_require_conf_t;


static ngx_int_t ngx_http_livekit_require_handler(ngx_http_request_t *r);
static void ngx_http_livekit_require_resume(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_require_finish(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc);

static ngx_int_t ngx_http_livekit_require_init(ngx_conf_t *cf);
static void *ngx_http_livekit_require_create_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_require_merge_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_livekit_require(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_http_livekit_require_commands[] = {

    { ngx_string("livekit_require"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_livekit_require,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_require_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_livekit_require_init,         /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_livekit_require_create_conf,  /* create location configuration */
    ngx_http_livekit_require_merge_conf    /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_require_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_require_module_ctx,  /* module context */
    ngx_http_livekit_require_commands,     /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_livekit_require_handler(ngx_http_request_t *r)
{
    ngx_int_t                         rc;
    ngx_http_livekit_ctx_t           *ctx;
    ngx_http_livekit_require_conf_t  *rcf;

    rcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_require_module);

    if (ngx_http_livekit_is_endpoint(r)) {
        return ngx_http_livekit_endpoint_access(r);
    }

    if (rcf->what == NGX_HTTP_LIVEKIT_REQUIRE_OFF) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_livekit_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->endpoint = &rcf->where.directive;

    if (rcf->what == NGX_HTTP_LIVEKIT_REQUIRE_SESSION) {
        rc = ngx_http_livekit_session(r, ctx);

        if (rc == NGX_OK) {
            ctx->verdict = "allowed";
        }

        return ngx_http_livekit_require_finish(r, ctx, rc);
    }

    /* any event on the connection runs the phases again */

    if (ctx->waiting) {
        return NGX_AGAIN;
    }

    if (ctx->resumed) {
        ctx->resumed = 0;
        rc = ngx_http_livekit_access_result(r, ctx);
        return ngx_http_livekit_require_finish(r, ctx, rc);
    }

    if (ngx_http_livekit_ask_room(r, ctx) != NGX_OK) {
        return ngx_http_livekit_require_finish(r, ctx, NGX_HTTP_FORBIDDEN);
    }

    rc = ngx_http_livekit_access(r, ctx, rcf->action,
                                 ngx_http_livekit_require_resume);

    if (rc == NGX_AGAIN) {
        ctx->waiting = 1;
        ngx_http_livekit_watch_client(r);
        return NGX_AGAIN;
    }

    return ngx_http_livekit_require_finish(r, ctx, rc);
}


static void
ngx_http_livekit_require_resume(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ctx->waiting = 0;
    ctx->resumed = 1;

    r->read_event_handler = ngx_http_block_reading;

    ngx_http_core_run_phases(r);
}


static ngx_int_t
ngx_http_livekit_require_finish(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc)
{
    if (rc == NGX_OK) {
        return NGX_OK;
    }

    /* "satisfy any" and error_page know what to do with this one */

    if (rc == NGX_HTTP_BAD_REQUEST) {
        rc = NGX_HTTP_FORBIDDEN;
    }

    if (ngx_http_livekit_refusal_headers(r, rc) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return rc;
}


static ngx_int_t
ngx_http_livekit_require_init(ngx_conf_t *cf)
{
    return ngx_http_livekit_access_last(cf, ngx_http_livekit_require_handler);
}


static void *
ngx_http_livekit_require_create_conf(ngx_conf_t *cf)
{
    ngx_http_livekit_require_conf_t  *rcf;

    rcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_require_conf_t));
    if (rcf == NULL) {
        return NULL;
    }

    rcf->what = NGX_CONF_UNSET_UINT;

    return rcf;
}


static char *
ngx_http_livekit_require_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_livekit_require_conf_t *prev = parent;
    ngx_http_livekit_require_conf_t *conf = child;

    if (conf->what == NGX_CONF_UNSET_UINT) {

        if (prev->what == NGX_CONF_UNSET_UINT) {
            conf->what = NGX_HTTP_LIVEKIT_REQUIRE_OFF;
            return NGX_CONF_OK;
        }

        *conf = *prev;
    }

    if (conf->what == NGX_HTTP_LIVEKIT_REQUIRE_OFF
        || ngx_http_livekit_conf_is_endpoint(cf))
    {
        return NGX_CONF_OK;
    }

    return ngx_http_livekit_access_needs(cf, &conf->where,
                           conf->what == NGX_HTTP_LIVEKIT_REQUIRE_ACCESS);
}


static char *
ngx_http_livekit_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_require_conf_t *rcf = conf;

    ngx_str_t  *value;

    if (rcf->what != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    ngx_http_livekit_set_where(cf, &rcf->where);

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "access") == 0) {
        rcf->what = NGX_HTTP_LIVEKIT_REQUIRE_ACCESS;

        if (cf->args->nelts == 2) {
            return NGX_CONF_OK;
        }

        return ngx_http_livekit_action(cf, &value[2], &rcf->action);
    }

    if (cf->args->nelts == 2) {

        if (ngx_strcmp(value[1].data, "session") == 0) {
            rcf->what = NGX_HTTP_LIVEKIT_REQUIRE_SESSION;
            return NGX_CONF_OK;
        }

        if (ngx_strcmp(value[1].data, "off") == 0) {
            rcf->what = NGX_HTTP_LIVEKIT_REQUIRE_OFF;
            return NGX_CONF_OK;
        }
    }

    return "takes \"session\", \"access\", \"access <action>\" or \"off\"";
}
