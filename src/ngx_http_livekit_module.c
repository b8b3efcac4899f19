
/*
 * The common part: keys, url, policy, and the ctx of a request.
 */


#include "ngx_http_livekit.h"


typedef struct {
    ngx_str_t      name;
    lkg_policy    *policy;
} ngx_http_livekit_policy_file_t;


typedef struct {
    ngx_array_t    policies;   /* of ngx_http_livekit_policy_file_t */
    ngx_array_t    secrets;    /* of lkg_str */
} ngx_http_livekit_main_conf_t;


static void ngx_http_livekit_cleanup_ctx(void *data);
static ngx_int_t ngx_http_livekit_verdict_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

static ngx_int_t ngx_http_livekit_add_variables(ngx_conf_t *cf);
static void *ngx_http_livekit_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_livekit_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_livekit_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_livekit_url(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_livekit_policy(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static void ngx_http_livekit_free_keys(void *data);
static void ngx_http_livekit_free_policy(void *data);


static ngx_command_t  ngx_http_livekit_commands[] = {

    { ngx_string("livekit_key"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_livekit_key,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("livekit_url"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_livekit_url,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("livekit_policy"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_livekit_policy,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_module_ctx = {
    ngx_http_livekit_add_variables,        /* preconfiguration */
    NULL,                                  /* postconfiguration */

    ngx_http_livekit_create_main_conf,     /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_livekit_create_loc_conf,      /* create location configuration */
    ngx_http_livekit_merge_loc_conf        /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_module_ctx,          /* module context */
    ngx_http_livekit_commands,             /* module directives */
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


static ngx_str_t  ngx_http_livekit_verdict_name =
    ngx_string("livekit_verdict");


ngx_http_livekit_ctx_t *
ngx_http_livekit_find_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_livekit_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_livekit_module);

    if (ctx || !(r->internal || r->filter_finalize)) {
        return ctx;
    }

    /*
     * After an internal redirect nginx has cleared the ctx; the pool, which
     * subrequests share with the main request, still knows it.
     */

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_livekit_cleanup_ctx) {
            ctx = cln->data;

            if (ctx->request == r) {
                ngx_http_set_ctx(r, ctx, ngx_http_livekit_module);
                return ctx;
            }
        }
    }

    return NULL;
}


ngx_http_livekit_ctx_t *
ngx_http_livekit_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_livekit_ctx_t  *ctx;

    ctx = ngx_http_livekit_find_ctx(r);
    if (ctx) {
        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_livekit_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_livekit_ctx_t));

    ctx->request = r;

    ngx_http_livekit_forget_asked(ctx);

    cln->handler = ngx_http_livekit_cleanup_ctx;

    ngx_http_set_ctx(r, ctx, ngx_http_livekit_module);

    return ctx;
}


/* The session outlives the request's own cleanup, since logs still ask. */

static void
ngx_http_livekit_cleanup_ctx(void *data)
{
    ngx_http_livekit_ctx_t  *ctx = data;

    ngx_http_livekit_count_request(ctx);
    lkg_session_free(ctx->session_pending);
    ctx->session_pending = NULL;

    lkg_session_free(ctx->session);
    ctx->session = NULL;

    ngx_http_livekit_forget_asked(ctx);
}


ngx_str_t
ngx_http_livekit_str(lkg_str s)
{
    ngx_str_t  str;

    str.data = (u_char *) s.data;
    str.len = s.len;

    return str;
}


lkg_str
ngx_http_livekit_lkg(ngx_str_t *s)
{
    lkg_str  str;

    str.data = (char *) s->data;
    str.len = s->len;

    return str;
}


static ngx_int_t
ngx_http_livekit_verdict_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_livekit_ctx_t  *ctx;

    ctx = ngx_http_livekit_find_ctx(r);

    if (ctx == NULL || ctx->verdict == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->len = ngx_strlen(ctx->verdict);
    v->data = (u_char *) ctx->verdict;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var;

    var = ngx_http_add_variable(cf, &ngx_http_livekit_verdict_name,
                                NGX_HTTP_VAR_NOCACHEABLE);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_livekit_verdict_variable;

    return NGX_OK;
}


static void *
ngx_http_livekit_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_livekit_main_conf_t  *lmcf;

    lmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_main_conf_t));
    if (lmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&lmcf->policies, cf->pool, 2,
                       sizeof(ngx_http_livekit_policy_file_t))
        != NGX_OK)
    {
        return NULL;
    }

    if (ngx_array_init(&lmcf->secrets, cf->pool, 4, sizeof(lkg_str))
        != NGX_OK)
    {
        return NULL;
    }

    return lmcf;
}


ngx_array_t *
ngx_http_livekit_secrets(ngx_conf_t *cf)
{
    ngx_http_livekit_main_conf_t  *lmcf;

    lmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_livekit_module);

    return &lmcf->secrets;
}


static void *
ngx_http_livekit_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_livekit_loc_conf_t  *llcf;

    llcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_loc_conf_t));
    if (llcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     llcf->url = NULL;
     *     llcf->keys = NULL;
     *     llcf->policy = NULL;
     *     llcf->url_plain = 0;
     */

    return llcf;
}


static char *
ngx_http_livekit_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_livekit_loc_conf_t *prev = parent;
    ngx_http_livekit_loc_conf_t *conf = child;

    if (conf->url == NULL) {
        conf->url = prev->url;
    }

    if (conf->keys == NULL) {
        conf->keys = prev->keys;
    }

    if (conf->policy == NULL) {
        conf->policy = prev->policy;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_livekit_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_loc_conf_t *llcf = conf;

    int                  rc;
    char                *rv;
    ngx_str_t           *value, secret;
    ngx_pool_cleanup_t  *cln;

    value = cf->args->elts;

    rv = ngx_http_livekit_secret(cf, &value[2], &secret);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (llcf->keys == NULL) {
        cln = ngx_pool_cleanup_add(cf->pool, 0);
        if (cln == NULL) {
            return NGX_CONF_ERROR;
        }

        if (lkg_keys_new(&llcf->keys) != LKG_OK) {
            return NGX_CONF_ERROR;
        }

        cln->handler = ngx_http_livekit_free_keys;
        cln->data = llcf->keys;
    }

    rc = lkg_keys_add(llcf->keys, (char *) value[1].data, value[1].len,
                      secret.data, secret.len);

    if (rc == LKG_ERR_INVALID) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "API key \"%V\" is empty or was given before; "
                           "each livekit_key at a level needs another name",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (rc != LKG_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "livekit_key \"%V\": %s",
                           &value[1], lkg_strerror(rc));
        return NGX_CONF_ERROR;
    }

    if (secret.len < 32) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "secret of livekit_key \"%V\" is shorter than "
                           "32 bytes; make one with: openssl rand -base64 36",
                           &value[1]);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_livekit_url(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_loc_conf_t *llcf = conf;

    ngx_str_t  *value;

    if (llcf->url) {
        return "is duplicate";
    }

    llcf->url = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (llcf->url == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    return ngx_http_livekit_compile(cf, &value[1], llcf->url);
}


static char *
ngx_http_livekit_policy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_loc_conf_t *llcf = conf;

    int                              rc;
    char                            *rv;
    ngx_str_t                       *value, name, text;
    ngx_uint_t                       i;
    lkg_error                        err;
    ngx_pool_cleanup_t              *cln;
    ngx_http_livekit_main_conf_t    *lmcf;
    ngx_http_livekit_policy_file_t  *pf;

    if (llcf->policy) {
        return "is duplicate";
    }

    value = cf->args->elts;
    name = value[1];

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    lmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_livekit_module);

    pf = lmcf->policies.elts;
    for (i = 0; i < lmcf->policies.nelts; i++) {
        if (pf[i].name.len == name.len
            && ngx_memcmp(pf[i].name.data, name.data, name.len) == 0)
        {
            llcf->policy = pf[i].policy;
            return NGX_CONF_OK;
        }
    }

    rv = ngx_http_livekit_read_file(cf, &name, LKG_POLICY_MAX, &text, NULL);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    rc = lkg_policy_load(&llcf->policy, (char *) text.data, text.len, &err);

    if (rc == LKG_ERR_FORMAT) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "policy %V:%ui:%ui: %s",
                           &name, (ngx_uint_t) err.line,
                           (ngx_uint_t) err.column, err.text);
        return NGX_CONF_ERROR;
    }

    if (rc != LKG_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "policy %V: %s", &name,
                           lkg_strerror(rc));
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_livekit_free_policy;
    cln->data = llcf->policy;

    pf = ngx_array_push(&lmcf->policies);
    if (pf == NULL) {
        return NGX_CONF_ERROR;
    }

    pf->name = name;
    pf->policy = llcf->policy;

    return NGX_CONF_OK;
}


static void
ngx_http_livekit_free_keys(void *data)
{
    lkg_keys_free(data);
}


static void
ngx_http_livekit_free_policy(void *data)
{
    lkg_policy_free(data);
}
