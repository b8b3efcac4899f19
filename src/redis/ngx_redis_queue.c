
/*
 * The queries of a node: on which connection they go, which wait for one,
 * and what becomes of those whose connection is lost.
 */


#include "ngx_redis_private.h"


static ngx_int_t ngx_redis_node_wait(ngx_redis_node_t *node,
    ngx_redis_query_t *q);


ngx_int_t
ngx_redis_node_send(ngx_redis_node_t *node, ngx_redis_query_t *q)
{
    ngx_redis_connection_t  *rcn;

    ngx_redis_guard_earn(node);

    rcn = ngx_redis_node_choose(node);

    if (rcn) {
        if (ngx_redis_connection_send(rcn, q) != NGX_OK) {
            q->status = NGX_REDIS_UNAVAILABLE;
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    if (node->failures || node->nbehind) {
        node->stats->failures[NGX_REDIS_FAILURE_AWAY]++;
        q->status = NGX_REDIS_UNAVAILABLE;
        return NGX_ERROR;
    }

    if (ngx_redis_node_wait(node, q) != NGX_OK) {
        node->stats->failures[NGX_REDIS_FAILURE_BUSY]++;
        q->status = NGX_REDIS_BUSY;
        return NGX_ERROR;
    }

    ngx_redis_node_connect(node);

    return NGX_OK;
}


static ngx_int_t
ngx_redis_node_wait(ngx_redis_node_t *node, ngx_redis_query_t *q)
{
    if (node->nwaiting >= NGX_REDIS_MAX_WAITING
        || node->size + q->size > NGX_REDIS_MAX_WAITING_BYTES)
    {
        return NGX_BUSY;
    }

    q->node = node;

    ngx_queue_insert_tail(&node->waiting, &q->queue);

    node->nwaiting++;
    node->size += q->size;
    node->stats->waiting++;

    return NGX_OK;
}


void
ngx_redis_node_forget(ngx_redis_query_t *q)
{
    ngx_redis_node_t  *node;

    node = q->node;
    q->node = NULL;

    ngx_queue_remove(&q->queue);

    node->nwaiting--;
    node->size -= q->size;
    node->stats->waiting--;
}


void
ngx_redis_node_dispatch(ngx_redis_node_t *node)
{
    ngx_queue_t             *link;
    ngx_redis_query_t       *q;
    ngx_redis_connection_t  *rcn;

    while (!ngx_queue_empty(&node->waiting)) {

        rcn = ngx_redis_node_choose(node);

        if (rcn == NULL) {
            return;
        }

        link = ngx_queue_head(&node->waiting);
        q = ngx_queue_data(link, ngx_redis_query_t, queue);

        ngx_redis_node_forget(q);

        if (ngx_redis_connection_send(rcn, q) != NGX_OK) {
            q->failed(q, NGX_REDIS_UNAVAILABLE);
        }
    }
}


ngx_redis_connection_t *
ngx_redis_node_choose(ngx_redis_node_t *node)
{
    ngx_queue_t             *q;
    ngx_redis_connection_t  *rcn, *best;

    best = NULL;

    for (q = ngx_queue_head(&node->connections);
         q != ngx_queue_sentinel(&node->connections);
         q = ngx_queue_next(q))
    {
        rcn = ngx_queue_data(q, ngx_redis_connection_t, queue);

        if (rcn->state == NGX_REDIS_READY
            && !rcn->behind
            && (best == NULL || rcn->nqueries < best->nqueries))
        {
            best = rcn;
        }
    }

    return best;
}


/*
 * Queries in flight go to the head of those that wait, in their order.  They
 * only read, so they may be sent again; once, since the connection may have
 * been lost because of them, and only so many.  Those that say so are not
 * sent again if any of their bytes have left.
 */

void
ngx_redis_node_take_back(ngx_redis_node_t *node, ngx_redis_connection_t *rcn)
{
    ngx_queue_t        *link;
    ngx_redis_query_t  *q;

    while (!ngx_queue_empty(&rcn->queries)) {

        link = ngx_queue_last(&rcn->queries);
        q = ngx_queue_data(link, ngx_redis_query_t, queue);

        ngx_queue_remove(link);
        q->connection = NULL;

        rcn->stats->inflight--;

        if (q->state != NGX_REDIS_QUERY_UNDERWAY) {
            q->complete(q);
            continue;
        }

        if (q->replayed
            || (q->once
                && q->end - (off_t) q->size < rcn->peer.connection->sent)
            || ngx_redis_guard_spend(node) != NGX_OK)
        {
            q->failed(q, NGX_REDIS_LOST);
            continue;
        }

        ngx_redis_query_rewind(q);

        q->replayed = 1;
        q->node = node;

        ngx_queue_insert_head(&node->waiting, &q->queue);

        node->nwaiting++;
        node->size += q->size;
        node->stats->waiting++;
        node->stats->replays++;
    }
}


/* they would wait in vain */

void
ngx_redis_node_refuse(ngx_redis_node_t *node)
{
    ngx_queue_t        *link;
    ngx_redis_query_t  *q;

    while (!ngx_queue_empty(&node->waiting)) {
        link = ngx_queue_head(&node->waiting);
        q = ngx_queue_data(link, ngx_redis_query_t, queue);

        ngx_redis_node_forget(q);
        q->failed(q, q->replayed ? NGX_REDIS_LOST : NGX_REDIS_UNAVAILABLE);
    }
}
