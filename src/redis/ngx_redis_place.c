
/*
 * Nodes that are found at run time: made for an address that a server told,
 * moved to another one, and closed when they are of no more use.
 */


#include "ngx_redis_private.h"


#define NGX_REDIS_POOL_SIZE  1024
#define NGX_REDIS_MAX_HOST   253


static ngx_uint_t ngx_redis_place_valid(ngx_str_t *host);


ngx_redis_node_t *
ngx_redis_node_create(ngx_redis_client_t *rc, ngx_redis_conf_t *conf,
    ngx_str_t *host, in_port_t port)
{
    ngx_redis_node_t  *node, **seed;

    node = ngx_calloc(sizeof(ngx_redis_node_t), rc->log);
    if (node == NULL) {
        return NULL;
    }

    node->client = rc;
    node->conf = conf;
    node->ident = -1;

    seed = rc->seeds.elts;
    node->tls = seed[0]->tls;

    if (ngx_redis_node_place(node, host, port) != NGX_OK) {
        ngx_free(node);
        return NULL;
    }

    return node;
}


void
ngx_redis_node_destroy(ngx_redis_node_t *node)
{
    ngx_redis_node_stop(node);

    ngx_destroy_pool(node->place);
    ngx_free(node);
}


/*
 * Called when a node is not wanted any more, and again for each connection
 * that is gone since then.  Nothing may use the node after the last.
 */

void
ngx_redis_node_retire(ngx_redis_node_t *node)
{
    ngx_queue_t             *q;
    ngx_redis_connection_t  *rcn;

    node->retired = 1;
    node->owner = NULL;

    if (node->started) {
        ngx_redis_node_refuse(node);

        for (q = ngx_queue_head(&node->connections);
             q != ngx_queue_sentinel(&node->connections);
             q = ngx_queue_next(q))
        {
            rcn = ngx_queue_data(q, ngx_redis_connection_t, queue);

            ngx_redis_connection_drain(rcn);
        }

        if (!ngx_queue_empty(&node->connections)) {
            return;
        }
    }

    ngx_redis_node_destroy(node);
}


/*
 * The host is an address, or a name for the resolver.  Connections to where
 * the node was are closed, and what was in flight on them waits again.
 */

ngx_int_t
ngx_redis_node_place(ngx_redis_node_t *node, ngx_str_t *host, in_port_t port)
{
    ngx_int_t    rc;
    ngx_str_t    announced, name;
    ngx_addr_t  *addr;
    ngx_pool_t  *pool;

    if (port == 0 || !ngx_redis_place_valid(host)) {
        return NGX_ERROR;
    }

    pool = ngx_create_pool(NGX_REDIS_POOL_SIZE, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    addr = ngx_palloc(pool, sizeof(ngx_addr_t));
    name.data = ngx_pnalloc(pool, host->len + sizeof("[]:65535") - 1);
    announced.data = ngx_pstrdup(pool, host);

    if (addr == NULL || name.data == NULL || announced.data == NULL) {
        goto failed;
    }

    announced.len = host->len;

    rc = ngx_parse_addr(pool, addr, announced.data, announced.len);
    if (rc == NGX_ERROR) {
        goto failed;
    }

    name.len = ngx_sprintf(name.data,
                           ngx_strlchr(host->data, host->data + host->len, ':')
                           ? "[%V]:%d" : "%V:%d", host, (int) port)
               - name.data;

    if (node->started) {
        ngx_redis_node_drop(node);
        ngx_redis_node_unresolve(node);
    }

#if (NGX_SSL)
    ngx_redis_ssl_forget_session(&node->session);
#endif

    if (node->place) {
        ngx_destroy_pool(node->place);
    }

    node->place = pool;
    node->ssl_name = announced;
    node->name = name;
    node->port = port;

    if (rc == NGX_OK) {
        ngx_inet_set_port(addr->sockaddr, port);

        addr->name = name;

        node->addrs = addr;
        node->naddrs = 1;
        ngx_str_null(&node->host);

    } else {
        node->addrs = NULL;
        node->naddrs = 0;
        node->host = announced;
    }

    node->held = 0;
    node->paced = 0;
    node->current = 0;
    node->tried = 0;
    node->failures = 0;

    if (node->started) {
        ngx_redis_stats_stop(node);
        ngx_redis_stats_start(node);
        node->stats->waiting = node->nwaiting;
    }

    return NGX_OK;

failed:

    ngx_destroy_pool(pool);

    return NGX_ERROR;
}


/* as servers tell it, which may be anything */

static ngx_uint_t
ngx_redis_place_valid(ngx_str_t *host)
{
    u_char      ch;
    ngx_uint_t  i;

    for (i = 0; i < host->len; i++) {
        ch = host->data[i];

        if (!(ch >= '0' && ch <= '9')
            && !((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z')
            && ch != '.' && ch != '-' && ch != '_' && ch != ':')
        {
            return 0;
        }
    }

    return host->len > 0 && host->len <= NGX_REDIS_MAX_HOST;
}
