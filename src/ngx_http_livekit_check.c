
/*
 * livekit_check: the access check as a location of its own, for auth_request
 * and ingress controllers.  It answers 204, 401, 403 or 503.
 */


#include "ngx_http_livekit.h"


typedef struct {
    ngx_flag_t    check;
    ngx_uint_t    session_only;
    ngx_uint_t    action;
} ngx_http_livekit_check_conf_t;


static ngx_int_t ngx_http_livekit_check_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_check_start(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_check_resume(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_check_reply(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc);
static ngx_int_t ngx_http_livekit_check_header(ngx_http_request_t *r,
    ngx_str_t *name, lkg_str value);

static void *ngx_http_livekit_check_create_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_check_merge_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_livekit_check(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_http_livekit_check_commands[] = {

    { ngx_string("livekit_check"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE12,
      ngx_http_livekit_check,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_check_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_livekit_check_create_conf,    /* create location configuration */
    ngx_http_livekit_check_merge_conf      /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_check_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_check_module_ctx,    /* module context */
    ngx_http_livekit_check_commands,       /* module directives */
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
ngx_http_livekit_check_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_livekit_check_start(r, ctx);

    if (rc == NGX_AGAIN) {
        r->main->count++;
        ngx_http_livekit_watch_client(r);
        return NGX_DONE;
    }

    return ngx_http_livekit_check_reply(r, ctx, rc);
}


static ngx_int_t
ngx_http_livekit_check_start(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t                       rc;
    ngx_http_livekit_check_conf_t  *ccf;

    ccf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_check_module);

    if (ccf->session_only) {
        rc = ngx_http_livekit_session(r, ctx);

        if (rc == NGX_OK) {
            ctx->verdict = "allowed";
        }

        return rc;
    }

    if (ngx_http_livekit_ask_room(r, ctx) != NGX_OK) {
        return NGX_HTTP_FORBIDDEN;
    }

    return ngx_http_livekit_access(r, ctx, ccf->action,
                                   ngx_http_livekit_check_resume);
}


static void
ngx_http_livekit_check_resume(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_livekit_access_result(r, ctx);

    ngx_http_finalize_request(r, ngx_http_livekit_check_reply(r, ctx, rc));
}


static ngx_int_t
ngx_http_livekit_check_reply(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc)
{
    static ngx_str_t  identity = ngx_string("X-LiveKit-Identity");
    static ngx_str_t  role = ngx_string("X-LiveKit-Role");

    switch (rc) {

    case NGX_OK:
        rc = NGX_HTTP_NO_CONTENT;
        break;

    case NGX_HTTP_UNAUTHORIZED:
        break;

    case NGX_HTTP_BAD_REQUEST:
    case NGX_HTTP_FORBIDDEN:
        rc = NGX_HTTP_FORBIDDEN;
        break;

    default:
        rc = NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (rc != NGX_HTTP_NO_CONTENT) {

        if (r == r->main) {
            return ngx_http_livekit_reply_error(r, rc, NULL);
        }

        /* not as a result, of which an error_page could make a success */

        if (ngx_http_livekit_refusal_headers(r, rc) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_livekit_reply_empty(r, rc);
    }

    if (ngx_http_livekit_check_header(r, &identity,
                                      lkg_session_identity(ctx->session))
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->decision.role
        && ngx_http_livekit_check_header(r, &role,
                                         lkg_role_name(ctx->decision.role))
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_livekit_reply_empty(r, NGX_HTTP_NO_CONTENT);
}


static ngx_int_t
ngx_http_livekit_check_header(ngx_http_request_t *r, ngx_str_t *name,
    lkg_str value)
{
    ngx_str_t  s;

    /* headers can be sent after the session is freed */

    s = ngx_http_livekit_str(value);

    s.data = ngx_pstrdup(r->pool, &s);
    if (s.data == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_livekit_header(r, name, &s);
}


static void *
ngx_http_livekit_check_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_check_conf_t));
}


static char *
ngx_http_livekit_check_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_livekit_check_conf_t *prev = parent;
    ngx_http_livekit_check_conf_t *conf = child;

    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_endpoint_module);

    if (ecf->handler != ngx_http_livekit_check_handler) {
        return NGX_CONF_OK;
    }

    if (!conf->check) {
        *conf = *prev;
    }

    return ngx_http_livekit_access_needs(cf, &ecf->where, !conf->session_only);
}


static char *
ngx_http_livekit_check(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_check_conf_t *ccf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;
    ccf->check = 1;

    if (cf->args->nelts > 1) {

        if (ngx_strcmp(value[1].data, "session") == 0
            && cf->args->nelts == 2)
        {
            ccf->session_only = 1;

        } else if (ngx_strcmp(value[1].data, "access") != 0) {
            return "takes nothing, \"session\", or \"access\" and an action";
        }
    }

    if (cf->args->nelts == 3
        && ngx_http_livekit_action(cf, &value[2], &ccf->action) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_livekit_set_endpoint(cf, ngx_http_livekit_check_handler,
                                         0);
}
