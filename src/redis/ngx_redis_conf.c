
/*
 * A named instance: its configuration.
 */


#include "ngx_redis_private.h"


static ngx_int_t ngx_redis_client_seed(ngx_conf_t *cf, ngx_redis_client_t *rc,
    ngx_redis_node_t *node);


ngx_redis_client_t *
ngx_redis_client_create(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_redis_client_t  *rc;

    rc = ngx_pcalloc(cf->pool, sizeof(ngx_redis_client_t));
    if (rc == NULL) {
        return NULL;
    }

    rc->ident = -1;
    rc->route = &ngx_redis_single;

    if (ngx_array_init(&rc->seeds, cf->pool, 1, sizeof(ngx_redis_node_t *))
        != NGX_OK)
    {
        return NULL;
    }

    rc->conf.name = *name;
    rc->conf.connect_timeout = 100;
    rc->conf.timeout = 200;
    rc->conf.connections = 1;

    rc->file_name = cf->conf_file->file.name.data;
    rc->line = cf->conf_file->line;

    return rc;
}


ngx_int_t
ngx_redis_client_url(ngx_conf_t *cf, ngx_redis_client_t *rc, ngx_str_t *url)
{
    ngx_redis_node_t  *node, **seed;

    node = ngx_redis_url_parse(cf, rc, url);
    if (node == NULL) {
        return NGX_ERROR;
    }

    if (rc->seeds.nelts
        && ngx_redis_client_seed(cf, rc, node) != NGX_OK)
    {
        return NGX_ERROR;
    }

    seed = ngx_array_push(&rc->seeds);
    if (seed == NULL) {
        return NGX_ERROR;
    }

    *seed = node;

    if (rc->conf.cluster && node->db) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a Redis cluster has no databases: leave out the "
                           "\"/%ui\" of the url", node->db);
        return NGX_ERROR;
    }

    if ((rc->conf.cluster || rc->conf.sentinel.len)
        && node->url->family == AF_UNIX)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a Redis cluster and sentinels are found by "
                           "\"redis://host:port\", not by \"%V\"",
                           &node->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* one more of those that know of the others */

static ngx_int_t
ngx_redis_client_seed(ngx_conf_t *cf, ngx_redis_client_t *rc,
    ngx_redis_node_t *node)
{
    ngx_redis_node_t  **seed;

    seed = rc->seeds.elts;

    if (!rc->conf.cluster && rc->conf.sentinel.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "several urls of Redis \"%V\": add \"cluster\" if "
                           "they are nodes of one, or \"sentinel=master\"",
                           &rc->conf.name);
        return NGX_ERROR;
    }

    if (seed[0]->tls != node->tls) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"redis://\" and \"rediss://\" for one Redis "
                           "\"%V\": all or none speak TLS", &rc->conf.name);
        return NGX_ERROR;
    }

    if (seed[0]->db != node->db) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "several databases of one Redis \"%V\"",
                           &rc->conf.name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_redis_conf_t *
ngx_redis_client_conf(ngx_redis_client_t *rc)
{
    return &rc->conf;
}


ngx_int_t
ngx_redis_client_init(ngx_conf_t *cf, ngx_redis_client_t *rc,
    ngx_resolver_t *resolver, ngx_msec_t resolver_timeout)
{
#if (NGX_SSL)
    ngx_redis_node_t  **seed;
#endif

    if (rc->seeds.nelts == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no url of Redis \"%V\" in %s:%ui",
                      &rc->conf.name, rc->file_name, rc->line);
        return NGX_ERROR;
    }

    if ((rc->conf.user.len && rc->conf.password.len == 0)
        || (rc->conf.sentinel_user.len && rc->conf.sentinel_password.len == 0))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "user without password of Redis \"%V\" in %s:%ui",
                      &rc->conf.name, rc->file_name, rc->line);
        return NGX_ERROR;
    }

    if (rc->conf.cluster) {
        rc->route = &ngx_redis_cluster;

    } else if (rc->conf.sentinel.len) {
        rc->route = &ngx_redis_sentinel;
    }

    /* without a "resolver" directive nginx has one that knows no servers */

    if (resolver && resolver->connections.nelts) {
        rc->resolver = resolver;
        rc->resolver_timeout = resolver_timeout;
    }

#if (NGX_SSL)

    seed = rc->seeds.elts;

    if (seed[0]->tls && ngx_redis_ssl_init(cf, rc->conf.ssl) != NGX_OK) {
        return NGX_ERROR;
    }

#endif

    return rc->route->init(cf, rc);
}
