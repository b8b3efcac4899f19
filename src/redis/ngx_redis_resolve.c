
/*
 * Addresses of a node: at configuration as the system knows them, and in a
 * worker as nginx's resolver does, without blocking.
 */


#include "ngx_redis_private.h"


static void ngx_redis_node_resolve_handler(ngx_resolver_ctx_t *ctx);
static ngx_int_t ngx_redis_node_resolved(ngx_redis_node_t *node,
    ngx_resolver_ctx_t *ctx);
static ngx_int_t ngx_redis_node_copy_addr(ngx_pool_t *pool, ngx_addr_t *addr,
    ngx_resolver_addr_t *from, in_port_t port);
static void ngx_redis_node_drain(ngx_redis_node_t *node);
static void ngx_redis_node_refresh_handler(ngx_event_t *ev);


ngx_int_t
ngx_redis_node_init(ngx_conf_t *cf, ngx_redis_node_t *node)
{
    ngx_url_t           *u;
    ngx_redis_client_t  *rc;

    if (node->host.len == 0) {
        return NGX_OK;
    }

    u = node->url;
    rc = node->client;

    if (ngx_inet_resolve_host(cf->pool, u) == NGX_OK) {
        node->addrs = u->addrs;
        node->naddrs = ngx_min(u->naddrs, NGX_REDIS_MAX_ADDRS);
        return NGX_OK;
    }

    if (rc->resolver) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "host not found of Redis \"%V\", \"%V\" in %s:%ui, "
                      "to be resolved at run time",
                      &rc->conf.name, &node->host, rc->file_name, rc->line);
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "host not found of Redis \"%V\", \"%V\" in %s:%ui, "
                  "and no resolver defined to resolve it at run time",
                  &rc->conf.name, &node->host, rc->file_name, rc->line);

    return NGX_ERROR;
}


void
ngx_redis_node_resolve(ngx_redis_node_t *node)
{
    ngx_redis_client_t  *rc;
    ngx_resolver_ctx_t  *ctx;

    rc = node->client;

    if (node->host.len == 0 || node->resolving) {
        return;
    }

    node->log.log.action = "resolving redis";

    if (rc->resolver == NULL) {

        if (node->naddrs) {
            return;
        }

        goto failed;
    }

    ctx = ngx_resolve_start(rc->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        goto failed;
    }

    ctx->name = node->host;
    ctx->handler = ngx_redis_node_resolve_handler;
    ctx->data = node;
    ctx->timeout = rc->resolver_timeout;
    ctx->cancelable = 1;

    node->resolving = ctx;

    if (ngx_resolve_name(ctx) == NGX_OK) {
        return;
    }

    node->resolving = NULL;

failed:

    ngx_log_error(NGX_LOG_ERR, ngx_redis_log(&node->log), 0,
                  "could not resolve \"%V\"", &node->host);

    if (node->naddrs == 0) {
        ngx_redis_node_backoff(node, 0);
    }
}


/* forgets what was resolved at run time */

void
ngx_redis_node_unresolve(ngx_redis_node_t *node)
{
    if (node->refresh.timer_set) {
        ngx_del_timer(&node->refresh);
    }

    if (node->resolving) {
        ngx_resolve_name_done(node->resolving);
        node->resolving = NULL;
    }

    if (node->pool == NULL) {
        return;
    }

    ngx_destroy_pool(node->pool);

    node->pool = NULL;
    node->addrs = NULL;
    node->naddrs = 0;
    node->current = 0;

    if (node->url) {
        node->addrs = node->url->addrs;
        node->naddrs = ngx_min(node->url->naddrs, NGX_REDIS_MAX_ADDRS);
    }
}


static void
ngx_redis_node_resolve_handler(ngx_resolver_ctx_t *ctx)
{
    time_t             valid;
    ngx_int_t          rc;
    ngx_uint_t         level;
    ngx_redis_node_t  *node;

    node = ctx->data;

    node->log.log.action = "resolving redis";

    if (ctx->state) {
        level = node->naddrs ? NGX_LOG_INFO : NGX_LOG_ERR;

        ngx_log_error(level, ngx_redis_log(&node->log), 0,
                      "%V could not be resolved (%i: %s)",
                      &ctx->name, ctx->state,
                      ngx_resolver_strerror(ctx->state));
        rc = NGX_ERROR;

    } else {
        rc = ngx_redis_node_resolved(node, ctx);
    }

    valid = ctx->valid;

    ngx_resolve_name_done(ctx);
    node->resolving = NULL;

    if (rc == NGX_OK) {
        valid = valid > ngx_time() ? valid - ngx_time() + 1 : 0;
        ngx_redis_node_resolve_later(node, (ngx_msec_t) valid * 1000);

    } else {
        ngx_redis_node_resolve_later(node, NGX_REDIS_RESOLVE_AFTER);

        if (node->naddrs == 0) {
            ngx_redis_node_backoff(node, 0);
            return;
        }
    }

    /* unless the next attempt has its time already */

    if (!node->timer.timer_set
        && (!ngx_exiting || !ngx_queue_empty(&node->waiting)))
    {
        ngx_redis_node_connect(node);
    }
}


static ngx_int_t
ngx_redis_node_resolved(ngx_redis_node_t *node, ngx_resolver_ctx_t *ctx)
{
    ngx_uint_t   i, n, current;
    ngx_addr_t  *addrs, *old;
    ngx_pool_t  *pool;

    n = ngx_min(ctx->naddrs, NGX_REDIS_MAX_ADDRS);

    if (n == 0) {
        return NGX_ERROR;
    }

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    addrs = ngx_palloc(pool, n * sizeof(ngx_addr_t));
    if (addrs == NULL) {
        goto failed;
    }

    old = node->naddrs ? &node->addrs[node->current] : NULL;
    current = 0;

    for (i = 0; i < n; i++) {

        if (ngx_redis_node_copy_addr(pool, &addrs[i], &ctx->addrs[i],
                                     node->port)
            != NGX_OK)
        {
            goto failed;
        }

        if (old
            && ngx_cmp_sockaddr(addrs[i].sockaddr, addrs[i].socklen,
                                old->sockaddr, old->socklen, 1)
               == NGX_OK)
        {
            current = i;
        }
    }

    if (node->pool) {
        ngx_destroy_pool(node->pool);
    }

    node->pool = pool;
    node->addrs = addrs;
    node->naddrs = n;
    node->current = current;
    node->tried = 0;

    ngx_redis_node_drain(node);

    return NGX_OK;

failed:

    ngx_destroy_pool(pool);

    return NGX_ERROR;
}


static ngx_int_t
ngx_redis_node_copy_addr(ngx_pool_t *pool, ngx_addr_t *addr,
    ngx_resolver_addr_t *from, in_port_t port)
{
    addr->sockaddr = ngx_palloc(pool, from->socklen);
    if (addr->sockaddr == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(addr->sockaddr, from->sockaddr, from->socklen);
    ngx_inet_set_port(addr->sockaddr, port);

    addr->socklen = from->socklen;

    addr->name.data = ngx_pnalloc(pool, NGX_SOCKADDR_STRLEN);
    if (addr->name.data == NULL) {
        return NGX_ERROR;
    }

    addr->name.len = ngx_sock_ntop(addr->sockaddr, addr->socklen,
                                   addr->name.data, NGX_SOCKADDR_STRLEN, 1);

    return NGX_OK;
}


/* the name does not mean these addresses any more */

static void
ngx_redis_node_drain(ngx_redis_node_t *node)
{
    ngx_uint_t               i;
    ngx_queue_t             *q;
    ngx_redis_connection_t  *rcn;

    for (q = ngx_queue_head(&node->connections);
         q != ngx_queue_sentinel(&node->connections);
         q = ngx_queue_next(q))
    {
        rcn = ngx_queue_data(q, ngx_redis_connection_t, queue);

        for (i = 0; i < node->naddrs; i++) {
            if (ngx_cmp_sockaddr(rcn->peer.sockaddr, rcn->peer.socklen,
                                 node->addrs[i].sockaddr,
                                 node->addrs[i].socklen, 1)
                == NGX_OK)
            {
                break;
            }
        }

        if (i == node->naddrs) {
            ngx_redis_connection_drain(rcn);
        }
    }
}


void
ngx_redis_node_resolve_later(ngx_redis_node_t *node, ngx_msec_t delay)
{
    if (node->client->resolver == NULL || node->host.len == 0) {
        return;
    }

    if (node->refresh.timer_set) {
        ngx_del_timer(&node->refresh);
    }

    node->refresh.handler = ngx_redis_node_refresh_handler;
    node->refresh.data = node;
    node->refresh.log = ngx_cycle->log;
    node->refresh.cancelable = 1;

    delay = ngx_max(delay, NGX_REDIS_RESOLVE_MIN);

    ngx_add_timer(&node->refresh, delay + ngx_random() % 1000);
}


static void
ngx_redis_node_refresh_handler(ngx_event_t *ev)
{
    ngx_redis_node_t  *node;

    node = ev->data;

    /* the answer, which may come at once, gives a better time */

    ngx_redis_node_resolve_later(node, NGX_REDIS_RESOLVE_AFTER);
    ngx_redis_node_resolve(node);
}
