
/*
 * The nodes of a cluster.  One is made when it is first heard of, connected
 * to when it is needed, and goes when no topology names it any more.
 */


#include "ngx_redis_cluster.h"


static void ngx_redis_cluster_away(ngx_redis_node_t *node);


static ngx_redis_owner_t  ngx_redis_cluster_owner = {
    NULL,
    ngx_redis_cluster_away,
    NULL
};


/* NGX_REDIS_NO_MEMBER: not an address, or one too many */

ngx_uint_t
ngx_redis_cluster_member(ngx_redis_cluster_t *cl, ngx_str_t *host,
    in_port_t port)
{
    ngx_uint_t           i, n;
    ngx_redis_node_t    *node;
    ngx_redis_member_t  *m;

    n = cl->nmembers;

    for (i = 0; i < cl->nmembers; i++) {

        node = cl->members[i].node;

        if (node == NULL) {
            n = ngx_min(n, i);
            continue;
        }

        if (node->port == port
            && node->ssl_name.len == host->len
            && ngx_memcmp(node->ssl_name.data, host->data, host->len) == 0)
        {
            return i;
        }
    }

    if (n == NGX_REDIS_MAX_MEMBERS) {
        ngx_log_error(NGX_LOG_WARN, ngx_redis_log(&cl->log), 0,
                      "redis cluster has more than %d nodes",
                      NGX_REDIS_MAX_MEMBERS);
        return NGX_REDIS_NO_MEMBER;
    }

    node = ngx_redis_node_create(cl->client, &cl->client->conf, host, port);
    if (node == NULL) {
        return NGX_REDIS_NO_MEMBER;
    }

    node->owner = &ngx_redis_cluster_owner;
    node->data = cl;
    node->readonly = (cl->client->conf.replicas != 0);

    m = &cl->members[n];

    ngx_memzero(m, sizeof(ngx_redis_member_t));

    m->node = node;
    m->seen = cl->seen;

    if (n == cl->nmembers) {
        cl->nmembers++;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_CORE, &cl->log.log, 0,
                   "redis cluster: node %V", &node->name);

    return n;
}


static void
ngx_redis_cluster_away(ngx_redis_node_t *node)
{
    ngx_redis_cluster_refresh(node->data);
}


/* one that may well answer */

ngx_redis_node_t *
ngx_redis_cluster_any(ngx_redis_cluster_t *cl, ngx_redis_node_t *except)
{
    ngx_uint_t         i, n;
    ngx_redis_node_t  *node;

    n = ngx_random();

    for (i = 0; i < cl->nmembers; i++) {

        node = cl->members[(n + i) % cl->nmembers].node;

        if (node && node != except && node->failures == 0) {
            return node;
        }
    }

    return NULL;
}


ngx_redis_node_t *
ngx_redis_cluster_choose(ngx_redis_cluster_t *cl, ngx_redis_query_t *q)
{
    ngx_uint_t           i, n;
    ngx_redis_node_t    *node;
    ngx_redis_member_t  *m;

    n = NGX_REDIS_NO_MEMBER;

    if (q->slots[0] < NGX_REDIS_SLOTS) {
        n = cl->slots[q->slots[0]];
    }

    if (n == NGX_REDIS_NO_MEMBER) {

        /* whoever is asked knows better, or says that it is nobody's */

        return ngx_redis_cluster_any(cl, NULL);
    }

    m = &cl->members[n];

    if (q->write) {
        return m->node;
    }

    for (i = 0; i < m->nreplicas; i++) {
        n = m->replicas[m->next++ % m->nreplicas];
        node = cl->members[n].node;

        if (node && node->failures == 0) {
            return node;
        }
    }

    return m->node;
}


/* those that the last topology has not named */

void
ngx_redis_cluster_leave(ngx_redis_cluster_t *cl)
{
    ngx_uint_t           i;
    ngx_redis_node_t    *node;
    ngx_redis_member_t  *m;

    for (i = 0; i < cl->nmembers; i++) {

        m = &cl->members[i];

        if (m->node == NULL || m->seen == cl->seen) {
            continue;
        }

        node = m->node;
        m->node = NULL;

        ngx_log_debug1(NGX_LOG_DEBUG_CORE, &cl->log.log, 0,
                       "redis cluster: node %V is gone", &node->name);

        if (cl->client->stopping) {
            ngx_redis_node_destroy(node);

        } else {
            ngx_redis_node_retire(node);
        }
    }

    while (cl->nmembers && cl->members[cl->nmembers - 1].node == NULL) {
        cl->nmembers--;
    }
}
