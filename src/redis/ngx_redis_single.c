
/*
 * The route of a client with one server: every command goes to it.
 */


#include "ngx_redis_private.h"


static ngx_int_t ngx_redis_single_init(ngx_conf_t *cf,
    ngx_redis_client_t *rc);
static ngx_int_t ngx_redis_single_start(ngx_redis_client_t *rc,
    ngx_cycle_t *cycle);
static void ngx_redis_single_stop(ngx_redis_client_t *rc);
static ngx_int_t ngx_redis_single_send(ngx_redis_query_t *q);


ngx_redis_route_t  ngx_redis_single = {
    ngx_redis_single_init,
    ngx_redis_single_start,
    ngx_redis_single_stop,
    ngx_redis_single_send,
    ngx_redis_single_forget
};


static ngx_int_t
ngx_redis_single_init(ngx_conf_t *cf, ngx_redis_client_t *rc)
{
    ngx_redis_node_t  **seed;

    seed = rc->seeds.elts;
    rc->node = seed[0];

    return ngx_redis_node_init(cf, rc->node);
}


static ngx_int_t
ngx_redis_single_start(ngx_redis_client_t *rc, ngx_cycle_t *cycle)
{
    ngx_redis_node_start(rc->node, cycle);

    return NGX_OK;
}


static void
ngx_redis_single_stop(ngx_redis_client_t *rc)
{
    ngx_redis_node_stop(rc->node);
}


static ngx_int_t
ngx_redis_single_send(ngx_redis_query_t *q)
{
    return ngx_redis_node_send(q->client->node, q);
}


ngx_redis_status_e
ngx_redis_single_forget(ngx_redis_query_t *q)
{
    if (q->node == NULL) {
        return NGX_REDIS_TIMEOUT;
    }

    ngx_redis_node_forget(q);

    return q->replayed ? NGX_REDIS_LOST : NGX_REDIS_UNAVAILABLE;
}
