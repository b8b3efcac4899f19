
/*
 * What all endpoints that a cookie opens have in common: methods, where the
 * request comes from, and the size of its body.
 */


#include "ngx_http_livekit.h"


static ngx_uint_t ngx_http_livekit_is_json(ngx_http_request_t *r);
static ngx_uint_t ngx_http_livekit_is_text(ngx_http_request_t *r);
static ngx_uint_t ngx_http_livekit_is_type(ngx_str_t *value, ngx_str_t *type);
static void ngx_http_livekit_methods(ngx_uint_t methods, ngx_str_t *value);
static ngx_int_t ngx_http_livekit_endpoint_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_livekit_preflight(ngx_http_request_t *r,
    ngx_uint_t methods);

static void *ngx_http_livekit_endpoint_create_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_endpoint_merge_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_livekit_check_body_size(ngx_conf_t *cf, void *post,
    void *data);


static ngx_conf_post_t  ngx_http_livekit_body_size_post = {
    ngx_http_livekit_check_body_size
};


static ngx_command_t  ngx_http_livekit_endpoint_commands[] = {

    { ngx_string("livekit_allow_origin"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_livekit_allow_origin,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("livekit_body_size"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_livekit_endpoint_conf_t, body_set),
      &ngx_http_livekit_body_size_post },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_endpoint_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_livekit_endpoint_create_conf, /* create location configuration */
    ngx_http_livekit_endpoint_merge_conf   /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_endpoint_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_endpoint_module_ctx, /* module context */
    ngx_http_livekit_endpoint_commands,    /* module directives */
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


/* All endpoints are called from here. */

static ngx_int_t
ngx_http_livekit_endpoint_handler(ngx_http_request_t *r)
{
    ngx_http_livekit_ctx_t            *ctx;
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ctx = ngx_http_livekit_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ecf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_endpoint_module);

    ctx->endpoint = &ecf->where.directive;

    return ecf->handler(r, ctx);
}


ngx_int_t
ngx_http_livekit_endpoint(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t                          rc;
    ngx_str_t                          name, value;
    ngx_uint_t                         preflight;
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_endpoint_module);

    rc = ngx_http_livekit_origin(r, ecf->origins, &preflight);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        ctx->verdict = "origin";

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: forbidden: the request comes from another "
                      "origin");

        return ngx_http_livekit_reply_error(r, NGX_HTTP_FORBIDDEN,
                                "Requests from this origin are not allowed.");
    }

    if (preflight) {
        ctx->verdict = "preflight";
        return ngx_http_livekit_preflight(r, ecf->methods);
    }

    if (!(r->method & ecf->methods)) {
        ctx->verdict = "method_not_allowed";

        ngx_str_set(&name, "Allow");
        ngx_http_livekit_methods(ecf->methods, &value);

        if (ngx_http_livekit_header(r, &name, &value) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_livekit_reply_error(r, NGX_HTTP_NOT_ALLOWED, NULL);
    }

    if (r->method == NGX_HTTP_POST && !ngx_http_livekit_is_json(r)
        && !(ecf->text && ngx_http_livekit_is_text(r)))
    {
        ctx->verdict = "unsupported_media_type";
        return ngx_http_livekit_reply_error(r,
                                        NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, NULL);
    }

    if (r->headers_in.content_length_n > (off_t) ecf->body_size) {
        ctx->verdict = "payload_too_large";
        return ngx_http_livekit_reply_error(r,
                                      NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, NULL);
    }

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_http_livekit_is_json(ngx_http_request_t *r)
{
    static ngx_str_t  type = ngx_string("application/json");

    return r->headers_in.content_type
           && ngx_http_livekit_is_type(&r->headers_in.content_type->value,
                                       &type);
}


static ngx_uint_t
ngx_http_livekit_is_text(ngx_http_request_t *r)
{
    static ngx_str_t  type = ngx_string("text/plain");

    return r->headers_in.content_type == NULL
           || ngx_http_livekit_is_type(&r->headers_in.content_type->value,
                                       &type);
}


static ngx_uint_t
ngx_http_livekit_is_type(ngx_str_t *value, ngx_str_t *type)
{
    u_char  *p;

    /* nearly all write it as we do */

    if (value->len < type->len
        || (ngx_memcmp(value->data, type->data, type->len) != 0
            && ngx_strncasecmp(value->data, type->data, type->len) != 0))
    {
        return 0;
    }

    p = value->data + type->len;

    while (p < value->data + value->len && (*p == ' ' || *p == '\t')) {
        p++;
    }

    return p == value->data + value->len || *p == ';';
}


ngx_int_t
ngx_http_livekit_endpoint_session(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_livekit_endpoint(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_livekit_session(r, ctx);
    if (rc != NGX_OK) {
        return ngx_http_livekit_reply_error(r, rc, NULL);
    }

    ngx_http_livekit_forget_asked(ctx);

    ctx->status = 0;

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_livekit_endpoint_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_resume_pt handler)
{
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_endpoint_module);

    return ngx_http_livekit_read_body(r, ctx, ecf->body_size, handler);
}


static void
ngx_http_livekit_methods(ngx_uint_t methods, ngx_str_t *value)
{
    switch (methods) {

    case NGX_HTTP_POST:
        ngx_str_set(value, "POST");
        break;

    case NGX_HTTP_GET:
        ngx_str_set(value, "GET");
        break;

    case NGX_HTTP_GET|NGX_HTTP_HEAD:
        ngx_str_set(value, "GET, HEAD");
        break;

    default: /* NGX_HTTP_GET|NGX_HTTP_POST */
        ngx_str_set(value, "GET, POST");
    }
}


static ngx_int_t
ngx_http_livekit_preflight(ngx_http_request_t *r, ngx_uint_t methods)
{
    ngx_int_t    rc;
    ngx_str_t    name, value;
    ngx_uint_t   i;

    static ngx_str_t  headers[] = {
        ngx_string("Access-Control-Allow-Headers"),
        ngx_string("Authorization, Content-Type"),
        ngx_string("Access-Control-Max-Age"),
        ngx_string("600")
    };

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    ngx_str_set(&name, "Access-Control-Allow-Methods");
    ngx_http_livekit_methods(methods, &value);

    if (ngx_http_livekit_header(r, &name, &value) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i += 2) {
        if (ngx_http_livekit_header(r, &headers[i], &headers[i + 1])
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_http_livekit_reply_empty(r, NGX_HTTP_NO_CONTENT);
}


ngx_uint_t
ngx_http_livekit_is_endpoint(ngx_http_request_t *r)
{
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_endpoint_module);

    return ecf->handler != NULL;
}


ngx_uint_t
ngx_http_livekit_conf_is_endpoint(ngx_conf_t *cf)
{
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_endpoint_module);
    return ecf->handler != NULL;
}


char *
ngx_http_livekit_set_endpoint(ngx_conf_t *cf,
    ngx_http_livekit_endpoint_pt handler, ngx_uint_t methods)
{
    ngx_http_core_loc_conf_t          *clcf;
    ngx_http_livekit_endpoint_conf_t  *ecf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    ecf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_endpoint_module);

    if (ecf->handler) {
        return "cannot stand beside another endpoint in a location";
    }

    ecf->handler = handler;
    ecf->methods = methods;
    clcf->handler = ngx_http_livekit_endpoint_handler;

    ngx_http_livekit_set_where(cf, &ecf->where);

    return NGX_CONF_OK;
}


/* Before mirror's turn comes, which would read a body of any size. */

ngx_int_t
ngx_http_livekit_endpoint_access(ngx_http_request_t *r)
{
    ngx_int_t                          rc;
    ngx_http_livekit_ctx_t            *ctx;
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_endpoint_module);

    if (ecf->methods == 0
        || r->headers_in.content_length_n <= (off_t) ecf->body_size)
    {
        return NGX_DECLINED;
    }

    ctx = ngx_http_livekit_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->endpoint = &ecf->where.directive;

    rc = ngx_http_livekit_endpoint(r, ctx);

    if (rc == NGX_DECLINED) {
        return NGX_DECLINED;
    }

    ngx_http_finalize_request(r, rc);

    return NGX_DONE;
}


static void *
ngx_http_livekit_endpoint_create_conf(ngx_conf_t *cf)
{
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_endpoint_conf_t));
    if (ecf == NULL) {
        return NULL;
    }

    ecf->origins = NGX_CONF_UNSET_PTR;
    ecf->body_set = NGX_CONF_UNSET_SIZE;

    return ecf;
}


static char *
ngx_http_livekit_endpoint_merge_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_livekit_endpoint_conf_t *prev = parent;
    ngx_http_livekit_endpoint_conf_t *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    ngx_conf_merge_ptr_value(conf->origins, prev->origins, NULL);
    if (conf->body_set == NGX_CONF_UNSET_SIZE) {
        conf->body_set = prev->body_set;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* "if" and "limit_except" are locations without a handler of their own */

    if (clcf->noname && clcf->handler == NULL && prev->handler) {
        conf->handler = prev->handler;
        conf->methods = prev->methods;
        conf->text = prev->text;
        conf->body_usual = prev->body_usual;
        conf->where = prev->where;
        clcf->handler = ngx_http_livekit_endpoint_handler;
    }

    if (conf->handler && clcf->handler != ngx_http_livekit_endpoint_handler) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%V\" cannot share its location with another "
                      "directive that answers requests in %V:%ui",
                      &conf->where.directive, &conf->where.file,
                      conf->where.line);
        return NGX_CONF_ERROR;
    }

    conf->body_size = (conf->body_set != NGX_CONF_UNSET_SIZE)
                      ? conf->body_set
                      : (conf->body_usual ? conf->body_usual : 16 * 1024);

    if (conf->handler) {

        /* ours is the limit that counts, and it answers in JSON */

        clcf->client_max_body_size = 0;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_livekit_check_body_size(ngx_conf_t *cf, void *post, void *data)
{
    size_t *size = data;

    return *size ? NGX_CONF_OK : "must be at least 1 byte";
}
