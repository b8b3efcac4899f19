
/*
 * The route of a client in a cluster: each command of a query is a piece of
 * its own, and goes to the node that has the slot of its key, all at once.
 * The query is done when all its pieces are, or one of them fails.
 *
 * A piece has the query's deadline, and shares the bytes of its command.
 */


#include "ngx_redis_cluster.h"


static ngx_int_t ngx_redis_cluster_init(ngx_conf_t *cf,
    ngx_redis_client_t *rc);
static ngx_int_t ngx_redis_cluster_start(ngx_redis_client_t *rc,
    ngx_cycle_t *cycle);
static void ngx_redis_cluster_stop(ngx_redis_client_t *rc);
static ngx_int_t ngx_redis_cluster_send(ngx_redis_query_t *whole);
static ngx_redis_query_t *ngx_redis_cluster_piece(ngx_redis_query_t *whole,
    ngx_uint_t n);
static ngx_redis_status_e ngx_redis_cluster_forget(ngx_redis_query_t *whole);


ngx_redis_route_t  ngx_redis_cluster = {
    ngx_redis_cluster_init,
    ngx_redis_cluster_start,
    ngx_redis_cluster_stop,
    ngx_redis_cluster_send,
    ngx_redis_cluster_forget
};


static ngx_int_t
ngx_redis_cluster_init(ngx_conf_t *cf, ngx_redis_client_t *rc)
{
    ngx_uint_t          i;
    ngx_redis_node_t  **seed;

    seed = rc->seeds.elts;

    for (i = 0; i < rc->seeds.nelts; i++) {
        if (ngx_redis_node_init(cf, seed[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_redis_cluster_start(ngx_redis_client_t *rc, ngx_cycle_t *cycle)
{
    ngx_uint_t            i;
    ngx_redis_node_t    **seed;
    ngx_redis_cluster_t  *cl;

    cl = ngx_pcalloc(rc->pool, sizeof(ngx_redis_cluster_t));
    if (cl == NULL) {
        return NGX_ERROR;
    }

    cl->members = ngx_pcalloc(rc->pool, NGX_REDIS_MAX_MEMBERS
                                        * sizeof(ngx_redis_member_t));
    cl->slots = ngx_palloc(rc->pool, NGX_REDIS_SLOTS * sizeof(uint16_t));
    cl->fresh = ngx_palloc(rc->pool, NGX_REDIS_SLOTS * sizeof(uint16_t));

    if (cl->members == NULL || cl->slots == NULL || cl->fresh == NULL) {
        return NGX_ERROR;
    }

    cl->client = rc;
    cl->ident = -1;
    cl->conf = rc->conf;
    cl->conf.connections = 1;

    for (i = 0; i < NGX_REDIS_SLOTS; i++) {
        cl->slots[i] = NGX_REDIS_NO_MEMBER;
    }

    seed = rc->seeds.elts;

    for (i = 0; i < rc->seeds.nelts; i++) {
        seed[i]->conf = &cl->conf;
        seed[i]->control = 1;
    }

    ngx_str_set(&cl->name, "cluster");
    ngx_redis_log_init(&cl->log, cycle->log, &rc->conf.name, &cl->name);

    ngx_queue_init(&cl->waiting);
    ngx_queue_init(&cl->delayed);

    cl->retry.handler = ngx_redis_cluster_retry_handler;
    cl->retry.data = cl;
    cl->retry.log = cycle->log;
    cl->retry.cancelable = 1;

    cl->finish.handler = ngx_redis_cluster_finish_handler;
    cl->finish.data = cl;
    cl->finish.log = cycle->log;

    cl->timer.handler = ngx_redis_cluster_timer_handler;
    cl->timer.data = cl;
    cl->timer.log = cycle->log;
    cl->timer.cancelable = 1;

    ngx_add_timer(&cl->timer, 1 + ngx_random() % NGX_REDIS_START_JITTER);

    rc->state = cl;

    return NGX_OK;
}


static void
ngx_redis_cluster_stop(ngx_redis_client_t *rc)
{
    ngx_redis_cluster_t  *cl;

    cl = rc->state;

    if (cl == NULL) {
        return;
    }

    if (cl->timer.timer_set) {
        ngx_del_timer(&cl->timer);
    }

    if (cl->retry.timer_set) {
        ngx_del_timer(&cl->retry);
    }

    if (cl->finish.posted) {
        ngx_delete_posted_event(&cl->finish);
    }

    if (cl->query) {
        ngx_redis_query_abandon(cl->query);
        cl->query = NULL;
    }

    ngx_redis_cluster_finish_handler(&cl->finish);

    cl->seen++;
    ngx_redis_cluster_leave(cl);

    rc->state = NULL;
}


static ngx_int_t
ngx_redis_cluster_send(ngx_redis_query_t *whole)
{
    ngx_uint_t          i;
    ngx_redis_query_t  *piece[NGX_REDIS_MAX_COMMANDS];

    whole->npieces = 0;

    for (i = 0; i < whole->ncommands; i++) {

        piece[i] = ngx_redis_cluster_piece(whole, i);

        if (piece[i] == NULL) {
            (void) ngx_redis_cluster_forget(whole);

            whole->status = NGX_REDIS_BUSY;
            return NGX_ERROR;
        }
    }

    for (i = 0; i < whole->ncommands; i++) {

        ngx_redis_cluster_dispatch(piece[i]);

        if (whole->state != NGX_REDIS_QUERY_UNDERWAY) {

            /* it has failed already, and there are no pieces any more */

            break;
        }
    }

    return NGX_OK;
}


static ngx_redis_query_t *
ngx_redis_cluster_piece(ngx_redis_query_t *whole, ngx_uint_t n)
{
    ngx_redis_query_t  *q;

    q = ngx_redis_query_alloc(whole->client);
    if (q == NULL) {
        return NULL;
    }

    q->complete = ngx_redis_cluster_complete;
    q->failed = ngx_redis_cluster_failed;

    q->whole = whole;
    q->index = n;
    q->slots[0] = whole->slots[n];
    q->once = whole->once;
    q->write = whole->write;
    q->start = whole->start;
    q->deadline = whole->deadline;

    q->ncommands = 1;
    q->commands[0] = whole->commands[n];
    q->size = whole->commands[n].len;

    ngx_redis_query_begin(q);

    ngx_queue_insert_tail(&whole->pieces, &q->link);
    whole->npieces++;

    return q;
}


/* to the node of its slot, as far as that is known */

void
ngx_redis_cluster_dispatch(ngx_redis_query_t *q)
{
    ngx_redis_node_t     *node;
    ngx_redis_cluster_t  *cl;

    cl = q->client->state;

    if (!cl->mapped && cl->failures == 0) {

        q->delayed = 1;
        ngx_queue_insert_tail(&cl->waiting, &q->queue);

        if (!cl->asked) {
            cl->asked = 1;

            if (cl->timer.timer_set) {
                ngx_del_timer(&cl->timer);
            }

            ngx_add_timer(&cl->timer, 1);
        }

        return;
    }

    node = ngx_redis_cluster_choose(cl, q);

    if (node == NULL) {
        ngx_redis_cluster_refresh(cl);
        ngx_redis_cluster_end(q, NGX_REDIS_UNAVAILABLE);
        return;
    }

    ngx_redis_cluster_go(q, node);
}


void
ngx_redis_cluster_go(ngx_redis_query_t *q, ngx_redis_node_t *node)
{
    q->at = node;

    if (!node->started) {
        ngx_redis_node_start(node, (ngx_cycle_t *) ngx_cycle);
    }

    if (ngx_redis_node_send(node, q) != NGX_OK) {
        ngx_redis_cluster_failed(q, q->status);
    }
}


/* The piece is not to be used after that, nor are the others of its query. */

void
ngx_redis_cluster_end(ngx_redis_query_t *q, ngx_redis_status_e status)
{
    ngx_queue_t        *link;
    ngx_redis_query_t  *whole, *piece;

    whole = q->whole;

    q->state = NGX_REDIS_QUERY_DONE;

    if (status != NGX_REDIS_OK) {
        (void) ngx_redis_cluster_forget(whole);

        ngx_redis_query_done(whole, status);
        return;
    }

    if (--whole->npieces) {
        return;
    }

    for (link = ngx_queue_head(&whole->pieces);
         link != ngx_queue_sentinel(&whole->pieces);
         link = ngx_queue_next(link))
    {
        piece = ngx_queue_data(link, ngx_redis_query_t, link);

        whole->replies[piece->index] = piece->replies[piece->nreplies - 1];
    }

    whole->nreplies = whole->ncommands;

    ngx_redis_query_done(whole, NGX_REDIS_OK);
}


static ngx_redis_status_e
ngx_redis_cluster_forget(ngx_redis_query_t *whole)
{
    ngx_queue_t         *link;
    ngx_redis_query_t   *q;
    ngx_redis_status_e   status;

    status = NGX_REDIS_UNAVAILABLE;

    while (!ngx_queue_empty(&whole->pieces)) {

        link = ngx_queue_head(&whole->pieces);
        q = ngx_queue_data(link, ngx_redis_query_t, link);

        ngx_queue_remove(link);

        if (q->connection || (q->delayed && q->when)) {

            /* asked, or told to ask again later */

            status = NGX_REDIS_TIMEOUT;

        } else if (q->replayed && status == NGX_REDIS_UNAVAILABLE) {
            status = NGX_REDIS_LOST;
        }

        ngx_redis_query_abandon(q);
    }

    return status;
}
