
/*
 * The Redis instances of the configuration, and their life in a worker.
 */


#include "ngx_http_livekit_redis.h"


typedef struct {
    ngx_array_t    clients;            /* of ngx_redis_client_t * */
    ngx_msec_t     connect_timeout;
    ngx_msec_t     timeout;
    ngx_uint_t     connections;
} ngx_http_livekit_redis_conf_t;


static void *ngx_http_livekit_redis_create_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_redis_init_conf(ngx_conf_t *cf, void *conf);
static ngx_int_t ngx_http_livekit_redis_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_livekit_redis_init_process(ngx_cycle_t *cycle);
static void ngx_http_livekit_redis_exit_process(ngx_cycle_t *cycle);
static char *ngx_http_livekit_redis(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_livekit_redis_check_timeout(ngx_conf_t *cf, void *post,
    void *data);
static ngx_redis_client_t *ngx_http_livekit_redis_lookup(
    ngx_http_livekit_redis_conf_t *rmcf, ngx_str_t *name);


static ngx_conf_post_t  ngx_http_livekit_redis_timeout_post = {
    ngx_http_livekit_redis_check_timeout
};


static ngx_conf_num_bounds_t  ngx_http_livekit_redis_connections_bounds = {
    ngx_conf_check_num_bounds, 1, 64
};


static ngx_command_t  ngx_http_livekit_redis_commands[] = {

    { ngx_string("livekit_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_livekit_redis,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("livekit_redis_connect_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_livekit_redis_conf_t, connect_timeout),
      &ngx_http_livekit_redis_timeout_post },

    { ngx_string("livekit_redis_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_livekit_redis_conf_t, timeout),
      &ngx_http_livekit_redis_timeout_post },

    { ngx_string("livekit_redis_connections"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_livekit_redis_conf_t, connections),
      &ngx_http_livekit_redis_connections_bounds },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_redis_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_livekit_redis_init,           /* postconfiguration */

    ngx_http_livekit_redis_create_conf,    /* create main configuration */
    ngx_http_livekit_redis_init_conf,      /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_redis_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_redis_module_ctx,    /* module context */
    ngx_http_livekit_redis_commands,       /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_livekit_redis_init_process,   /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_livekit_redis_exit_process,   /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_str_t  ngx_http_livekit_redis_default = ngx_string("default");


ngx_redis_client_t *
ngx_http_livekit_redis_find(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_livekit_where_t *where)
{
    ngx_redis_client_t             *rc, **rcp;
    ngx_http_livekit_redis_conf_t  *rmcf;

    rmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_livekit_redis_module);

    rcp = rmcf->clients.elts;

    if (name->len == 0) {
        if (rmcf->clients.nelts == 1) {
            return rcp[0];
        }

        name = &ngx_http_livekit_redis_default;
    }

    rc = ngx_http_livekit_redis_lookup(rmcf, name);

    if (rc == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no livekit_redis with name=%V; add "
                      "\"livekit_redis redis://host:6379 name=%V;\" "
                      "to the http block in %V:%ui",
                      name, name, &where->file, where->line);
    }

    return rc;
}


ngx_uint_t
ngx_http_livekit_redis_configured(ngx_conf_t *cf)
{
    ngx_http_livekit_redis_conf_t  *rmcf;

    rmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_livekit_redis_module);

    return rmcf->clients.nelts;
}


static ngx_redis_client_t *
ngx_http_livekit_redis_lookup(ngx_http_livekit_redis_conf_t *rmcf,
    ngx_str_t *name)
{
    ngx_uint_t            i;
    ngx_redis_conf_t     *rcf;
    ngx_redis_client_t  **rcp;

    rcp = rmcf->clients.elts;

    for (i = 0; i < rmcf->clients.nelts; i++) {
        rcf = ngx_redis_client_conf(rcp[i]);

        if (rcf->name.len == name->len
            && ngx_memcmp(rcf->name.data, name->data, name->len) == 0)
        {
            return rcp[i];
        }
    }

    return NULL;
}


static void *
ngx_http_livekit_redis_create_conf(ngx_conf_t *cf)
{
    ngx_http_livekit_redis_conf_t  *rmcf;

    rmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_redis_conf_t));
    if (rmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&rmcf->clients, cf->pool, 2,
                       sizeof(ngx_redis_client_t *))
        != NGX_OK)
    {
        return NULL;
    }

    rmcf->connect_timeout = NGX_CONF_UNSET_MSEC;
    rmcf->timeout = NGX_CONF_UNSET_MSEC;
    rmcf->connections = NGX_CONF_UNSET_UINT;

    return rmcf;
}


static char *
ngx_http_livekit_redis_init_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_livekit_redis_conf_t *rmcf = conf;

    ngx_conf_init_msec_value(rmcf->connect_timeout, 100);
    ngx_conf_init_msec_value(rmcf->timeout, 200);
    ngx_conf_init_uint_value(rmcf->connections, 1);

    return NGX_CONF_OK;
}


/* After all blocks are merged, so that the http level's resolver is known. */

static ngx_int_t
ngx_http_livekit_redis_init(ngx_conf_t *cf)
{
    ngx_msec_t                      resolver_timeout;
    ngx_uint_t                      i;
    ngx_resolver_t                 *resolver;
    ngx_redis_conf_t               *rcf;
    ngx_redis_client_t            **rcp;
    ngx_http_core_loc_conf_t       *clcf;
    ngx_http_livekit_redis_conf_t  *rmcf;

    rmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_livekit_redis_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* nginx makes one without servers where no resolver is configured */

    resolver = (clcf->resolver && clcf->resolver->connections.nelts)
               ? clcf->resolver : NULL;

    /* defaults are set for servers only */

    resolver_timeout = clcf->resolver_timeout;
    ngx_conf_init_msec_value(resolver_timeout, 30000);

    rcp = rmcf->clients.elts;

    for (i = 0; i < rmcf->clients.nelts; i++) {
        rcf = ngx_redis_client_conf(rcp[i]);

        rcf->connect_timeout = rmcf->connect_timeout;
        rcf->timeout = rmcf->timeout;
        rcf->connections = rmcf->connections;
        rcf->ssl = ngx_http_livekit_redis_ssl(cf);

        if (ngx_redis_client_init(cf, rcp[i], resolver, resolver_timeout)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_redis_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                      i;
    ngx_redis_client_t            **rcp;
    ngx_http_livekit_redis_conf_t  *rmcf;

    rmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_livekit_redis_module);
    if (rmcf == NULL) {
        return NGX_OK;
    }

    rcp = rmcf->clients.elts;

    for (i = 0; i < rmcf->clients.nelts; i++) {
        if (ngx_redis_client_init_process(rcp[i], cycle) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_http_livekit_redis_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                      i;
    ngx_redis_client_t            **rcp;
    ngx_http_livekit_redis_conf_t  *rmcf;

    rmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_livekit_redis_module);
    if (rmcf == NULL) {
        return;
    }

    rcp = rmcf->clients.elts;

    for (i = 0; i < rmcf->clients.nelts; i++) {
        ngx_redis_client_exit_process(rcp[i]);
    }
}


static char *
ngx_http_livekit_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_redis_conf_t *rmcf = conf;

    char                 *rv;
    ngx_str_t            *value, *name;
    ngx_uint_t            i, n;
    ngx_redis_client_t   *rc, **rcp;

    value = cf->args->elts;
    name = &ngx_http_livekit_redis_default;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_strncmp(value[i].data, "name=", 5) == 0) {
            value[i].data += 5;
            value[i].len -= 5;
            name = &value[i];

            if (name->len == 0) {
                return "has an empty name=";
            }
        }
    }

    if (ngx_http_livekit_redis_lookup(rmcf, name)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a second livekit_redis with the name \"%V\"; "
                           "give each its own name=", name);
        return NGX_CONF_ERROR;
    }

    rc = ngx_redis_client_create(cf, name);
    if (rc == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (&value[i] == name || ngx_http_livekit_redis_is_url(&value[i])) {
            continue;
        }

        rv = ngx_http_livekit_redis_parameter(cf, ngx_redis_client_conf(rc),
                                              &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    rv = ngx_http_livekit_redis_check(cf, ngx_redis_client_conf(rc));
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    /* what an url says depends on the parameters, wherever they stand */

    n = 0;

    for (i = 1; i < cf->args->nelts; i++) {

        if (&value[i] == name || !ngx_http_livekit_redis_is_url(&value[i])) {
            continue;
        }

        if (ngx_redis_client_url(cf, rc, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        n++;
    }

    if (n == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "livekit_redis needs a url: redis://host:port/db, "
                           "rediss://host:port/db or unix:/path");
        return NGX_CONF_ERROR;
    }

    rcp = ngx_array_push(&rmcf->clients);
    if (rcp == NULL) {
        return NGX_CONF_ERROR;
    }

    *rcp = rc;

    return NGX_CONF_OK;
}


static char *
ngx_http_livekit_redis_check_timeout(ngx_conf_t *cf, void *post, void *data)
{
    ngx_msec_t *msec = data;

    return *msec ? NGX_CONF_OK : "must be at least 1ms";
}


void
ngx_http_livekit_redis_stats(ngx_conf_t *cf, ngx_redis_stats_pt place,
    void *data)
{
    ngx_uint_t                      i;
    ngx_redis_client_t            **rcp;
    ngx_http_livekit_redis_conf_t  *rmcf;

    rmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_livekit_redis_module);
    rcp = rmcf->clients.elts;

    for (i = 0; i < rmcf->clients.nelts; i++) {
        ngx_redis_client_stats(rcp[i], place, data);
    }
}
