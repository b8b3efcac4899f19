
/*
 * What the parts of the route in a cluster know of each other.
 *
 *     cluster      a query in pieces, each on its way to a node
 *     redirect     replies that send a piece elsewhere, or later
 *     topology     which node has which slot, as the nodes tell
 *     member       the nodes
 */


#ifndef _NGX_REDIS_CLUSTER_H_INCLUDED_
#define _NGX_REDIS_CLUSTER_H_INCLUDED_


#include "ngx_redis_private.h"


#define NGX_REDIS_MAX_MEMBERS    1000
#define NGX_REDIS_MAX_REPLICAS   8
#define NGX_REDIS_MAX_HOPS       3
#define NGX_REDIS_NO_MEMBER      0xffff


typedef struct {
    ngx_redis_node_t         *node;         /* NULL: this place is free */
    ngx_uint_t                seen;
    ngx_uint_t                next;         /* of its replicas */
    ngx_uint_t                nreplicas;
    uint16_t                  replicas[NGX_REDIS_MAX_REPLICAS];
} ngx_redis_member_t;


typedef struct {
    ngx_redis_client_t       *client;
    ngx_redis_node_t         *control;      /* is asked for the topology */
    ngx_redis_query_t        *query;        /* the question under way */

    /* event ident must be after 3 pointers as in ngx_connection_t */
    ngx_int_t                 ident;

    ngx_redis_conf_t          conf;         /* of the control node */
    ngx_str_t                 name;
    ngx_redis_log_t           log;

    ngx_redis_member_t       *members;
    ngx_uint_t                nmembers;     /* free places included */
    ngx_uint_t                seen;
    uint16_t                 *slots;        /* of whose master */
    uint16_t                 *fresh;        /* the same, being read */

    ngx_queue_t               waiting;      /* pieces, for a topology */
    ngx_queue_t               delayed;      /* pieces, the next one first */
    ngx_event_t               retry;

    ngx_event_t               timer;        /* end of query, or the next one */
    ngx_event_t               finish;
    ngx_msec_t                loaded;       /* last asked */
    ngx_uint_t                first;
    ngx_uint_t                tried;
    ngx_uint_t                failures;

    unsigned                  asked:1;
    unsigned                  mapped:1;
    unsigned                  again:1;
    unsigned                  changed:1;    /* by the last answer */
    unsigned                  seed:1;       /* control is one */
} ngx_redis_cluster_t;


/* cluster */

void ngx_redis_cluster_dispatch(ngx_redis_query_t *q);
void ngx_redis_cluster_go(ngx_redis_query_t *q, ngx_redis_node_t *node);
void ngx_redis_cluster_end(ngx_redis_query_t *q, ngx_redis_status_e status);

/* redirect */

void ngx_redis_cluster_complete(ngx_redis_query_t *q);
void ngx_redis_cluster_failed(ngx_redis_query_t *q, ngx_redis_status_e status);
void ngx_redis_cluster_retry_handler(ngx_event_t *ev);

/* topology */

void ngx_redis_cluster_refresh(ngx_redis_cluster_t *cl);
void ngx_redis_cluster_timer_handler(ngx_event_t *ev);
void ngx_redis_cluster_finish_handler(ngx_event_t *ev);
ngx_int_t ngx_redis_cluster_map(ngx_redis_cluster_t *cl,
    ngx_redis_reply_t *reply);

/* member */

ngx_uint_t ngx_redis_cluster_member(ngx_redis_cluster_t *cl, ngx_str_t *host,
    in_port_t port);
ngx_redis_node_t *ngx_redis_cluster_any(ngx_redis_cluster_t *cl,
    ngx_redis_node_t *except);
ngx_redis_node_t *ngx_redis_cluster_choose(ngx_redis_cluster_t *cl,
    ngx_redis_query_t *q);
void ngx_redis_cluster_leave(ngx_redis_cluster_t *cl);


#endif /* _NGX_REDIS_CLUSTER_H_INCLUDED_ */
