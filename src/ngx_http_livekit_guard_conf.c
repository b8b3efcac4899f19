
/*
 * livekit_guard as a directive, and what a location that it guards must have.
 */


#include "ngx_http_livekit_guard.h"


static ngx_int_t ngx_http_livekit_guard_init(ngx_conf_t *cf);
static void *ngx_http_livekit_guard_create_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_guard_merge_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_livekit_guard_needs(ngx_conf_t *cf,
    ngx_http_livekit_guard_conf_t *conf);
static ngx_uint_t ngx_http_livekit_guard_client_says(
    ngx_http_livekit_facts_conf_t *facts);
static char *ngx_http_livekit_guard(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_http_livekit_guard_commands[] = {

    { ngx_string("livekit_guard"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_livekit_guard,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_guard_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_livekit_guard_init,           /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_livekit_guard_create_conf,    /* create location configuration */
    ngx_http_livekit_guard_merge_conf      /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_guard_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_guard_module_ctx,    /* module context */
    ngx_http_livekit_guard_commands,       /* module directives */
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


/* After livekit_require. */

static ngx_int_t
ngx_http_livekit_guard_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_livekit_guard_rewrite;

    return ngx_http_livekit_access_last(cf, ngx_http_livekit_guard_handler);
}


static void *
ngx_http_livekit_guard_create_conf(ngx_conf_t *cf)
{
    ngx_http_livekit_guard_conf_t  *gcf;

    gcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_guard_conf_t));
    if (gcf == NULL) {
        return NULL;
    }

    gcf->mode = NGX_CONF_UNSET_UINT;

    return gcf;
}


static char *
ngx_http_livekit_guard_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_livekit_guard_conf_t *prev = parent;
    ngx_http_livekit_guard_conf_t *conf = child;

    ngx_http_livekit_session_conf_t  *scf;

    if (conf->mode == NGX_CONF_UNSET_UINT) {

        if (prev->mode == NGX_CONF_UNSET_UINT) {
            conf->mode = NGX_HTTP_LIVEKIT_GUARD_OFF;
            return NGX_CONF_OK;
        }

        conf->mode = prev->mode;
        conf->where = prev->where;
    }

    if (conf->mode == NGX_HTTP_LIVEKIT_GUARD_OFF
        || ngx_http_livekit_conf_is_endpoint(cf))
    {
        return NGX_CONF_OK;
    }

    /* the token says who it is: no session has to be looked up */

    scf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_session_module);

    if (!scf->needed) {
        scf->later = 0;
    }

    return ngx_http_livekit_guard_needs(cf, conf);
}


static char *
ngx_http_livekit_guard_needs(ngx_conf_t *cf,
    ngx_http_livekit_guard_conf_t *conf)
{
    ngx_http_livekit_loc_conf_t     *llcf;
    ngx_http_livekit_access_conf_t  *acf;

    llcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_livekit_module);
    acf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_access_module);

    if (llcf->keys == NULL) {
        return ngx_http_livekit_needs(cf, &conf->where, "livekit_key, with "
                                      "which LiveKit's tokens are verified");
    }

    if (acf->off) {
        return ngx_http_livekit_needs(cf, &conf->where, "Redis, which "
                                      "\"livekit_access off\" does without");
    }

    if (ngx_http_livekit_store_needs(cf, &conf->where) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->mode == NGX_HTTP_LIVEKIT_GUARD_BANS) {

        conf->bans.redis = acf->facts.redis;
        conf->bans.sources = ngx_array_create(cf->pool, 1,
                                           sizeof(ngx_http_livekit_source_t));

        return conf->bans.sources ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    if (ngx_http_livekit_guard_client_says(&acf->facts)) {
        return ngx_http_livekit_needs(cf, &conf->where, "a livekit_access "
                                      "without $arg_..., for which the client "
                                      "could say anything here; use "
                                      "$livekit_room, or \"livekit_guard "
                                      "bans\"");
    }

    return ngx_http_livekit_facts_needs(cf, &conf->where);
}


/* The arguments here are not those that the token was issued for. */

static ngx_uint_t
ngx_http_livekit_guard_client_says(ngx_http_livekit_facts_conf_t *facts)
{
    u_char                     *text;
    ngx_uint_t                  i, j;
    ngx_http_complex_value_t   *cv;
    ngx_http_livekit_source_t  *source;

    if (facts->sources == NULL) {
        return 0;
    }

    source = facts->sources->elts;

    for (i = 0; i < facts->sources->nelts; i++) {
        cv = source[i].args.elts;

        for (j = 0; j < source[i].args.nelts; j++) {
            text = cv[j].value.data;

            if (ngx_strstr(text, "$arg_") || ngx_strstr(text, "${arg_")) {
                return 1;
            }
        }
    }

    return 0;
}


static char *
ngx_http_livekit_guard(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_guard_conf_t *gcf = conf;

    ngx_str_t  *value;

    if (gcf->mode != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    ngx_http_livekit_set_where(cf, &gcf->where);

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "on") == 0) {
        gcf->mode = NGX_HTTP_LIVEKIT_GUARD_ON;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "bans") == 0) {
        gcf->mode = NGX_HTTP_LIVEKIT_GUARD_BANS;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        gcf->mode = NGX_HTTP_LIVEKIT_GUARD_OFF;
        return NGX_CONF_OK;
    }

    return "takes \"on\", \"bans\" or \"off\"";
}
