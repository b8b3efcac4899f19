
/*
 * What the parts of the route by sentinels know of each other.
 */


#ifndef _NGX_REDIS_SENTINEL_H_INCLUDED_
#define _NGX_REDIS_SENTINEL_H_INCLUDED_


#include "ngx_redis_private.h"


/* milliseconds */
#define NGX_REDIS_SENTINEL_AGAIN    5000
#define NGX_REDIS_SENTINEL_UNKNOWN  500
#define NGX_REDIS_SENTINEL_SOON     100
#define NGX_REDIS_SENTINEL_JITTER   400


typedef struct {
    ngx_redis_client_t       *client;
    ngx_redis_node_t         *asked;        /* the sentinels, */
    ngx_redis_node_t         *heard;        /* and again */

    /* event ident must be after 3 pointers as in ngx_connection_t */
    ngx_int_t                 ident;

    ngx_redis_conf_t          conf;         /* with their own credentials */
    ngx_uint_t                n;
    ngx_uint_t                current;
    ngx_uint_t                tried;

    ngx_redis_query_t        *query;        /* the question under way */
    ngx_event_t               timer;        /* its end, or the next one */

    unsigned                  confirmed:1;  /* the master says so, too */
} ngx_redis_sentinel_t;


void ngx_redis_sentinel_timer_handler(ngx_event_t *ev);
void ngx_redis_sentinel_ask(ngx_redis_sentinel_t *st);
void ngx_redis_sentinel_later(ngx_redis_sentinel_t *st,
    ngx_msec_t delay);
ngx_int_t ngx_redis_sentinel_follow(ngx_redis_sentinel_t *st,
    ngx_str_t *host, ngx_str_t *port);


#endif /* _NGX_REDIS_SENTINEL_H_INCLUDED_ */
