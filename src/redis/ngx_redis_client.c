
/*
 * A named instance: its state in a worker, and the way of a query from create
 * to its handler.
 */


#include "ngx_redis_private.h"


#define NGX_REDIS_POOL_SIZE  16384


static void ngx_redis_client_timer_handler(ngx_event_t *ev);
static void ngx_redis_query_late(ngx_redis_query_t *q);
static void ngx_redis_client_deliver_handler(ngx_event_t *ev);
static void ngx_redis_query_complete(ngx_redis_query_t *q);
static void ngx_redis_query_unlink(ngx_redis_query_t *q);


ngx_int_t
ngx_redis_client_init_process(ngx_redis_client_t *rc, ngx_cycle_t *cycle)
{
    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    rc->pool = ngx_create_pool(NGX_REDIS_POOL_SIZE, cycle->log);
    if (rc->pool == NULL) {
        return NGX_ERROR;
    }

    rc->buffer = ngx_palloc(rc->pool, NGX_REDIS_BUFFER_SIZE);
    if (rc->buffer == NULL) {
        return NGX_ERROR;
    }

    rc->log = cycle->log;

    ngx_queue_init(&rc->free);
    ngx_queue_init(&rc->underway);
    ngx_queue_init(&rc->done);

    rc->timer.handler = ngx_redis_client_timer_handler;
    rc->timer.data = rc;
    rc->timer.log = rc->log;

    rc->deliver.handler = ngx_redis_client_deliver_handler;
    rc->deliver.data = rc;
    rc->deliver.log = rc->log;

    return rc->route->start(rc, cycle);
}


void
ngx_redis_client_exit_process(ngx_redis_client_t *rc)
{
    ngx_queue_t        *q;
    ngx_redis_query_t  *query;

    if (rc->pool == NULL) {
        return;
    }

    rc->stopping = 1;
    rc->route->stop(rc);

    /* nobody is called any more */

    while (!ngx_queue_empty(&rc->underway)) {
        q = ngx_queue_head(&rc->underway);
        query = ngx_queue_data(q, ngx_redis_query_t, link);
        ngx_queue_remove(q);
        ngx_redis_query_free(query);
    }

    while (!ngx_queue_empty(&rc->done)) {
        q = ngx_queue_head(&rc->done);
        query = ngx_queue_data(q, ngx_redis_query_t, link);
        ngx_queue_remove(q);
        ngx_redis_query_free(query);
    }

    if (rc->timer.timer_set) {
        ngx_del_timer(&rc->timer);
    }

    if (rc->deliver.posted) {
        ngx_delete_posted_event(&rc->deliver);
    }

    ngx_destroy_pool(rc->pool);

    rc->pool = NULL;
}


ngx_redis_query_t *
ngx_redis_query_create(ngx_redis_client_t *rc, ngx_redis_handler_pt handler,
    void *data)
{
    ngx_redis_query_t  *q;

    q = ngx_redis_query_alloc(rc);
    if (q == NULL) {
        return NULL;
    }

    q->complete = ngx_redis_query_complete;
    q->failed = ngx_redis_query_done;
    q->handler = handler;
    q->data = data;

    return q;
}


ngx_redis_query_t *
ngx_redis_query_alloc(ngx_redis_client_t *rc)
{
    ngx_queue_t        *link;
    ngx_redis_query_t  *q;

    if (rc->pool == NULL || rc->nqueries >= NGX_REDIS_MAX_QUERIES) {
        return NULL;
    }

    if (!ngx_queue_empty(&rc->free)) {
        link = ngx_queue_head(&rc->free);
        ngx_queue_remove(link);

        q = ngx_queue_data(link, ngx_redis_query_t, queue);

    } else {
        q = ngx_palloc(rc->pool, sizeof(ngx_redis_query_t));
        if (q == NULL) {
            return NULL;
        }
    }

    ngx_redis_query_init(q);

    q->client = rc;

    rc->nqueries++;

    return q;
}


ngx_int_t
ngx_redis_query_send(ngx_redis_query_t *q)
{
    ngx_redis_client_t  *rc;

    rc = q->client;

    if (q->state != NGX_REDIS_QUERY_NEW || q->ncommands == 0) {
        q->status = NGX_REDIS_UNAVAILABLE;
        return NGX_ERROR;
    }

    q->start = ngx_redis_usec();
    q->deadline = ngx_current_msec + rc->conf.timeout;

    if (q->size > NGX_REDIS_MAX_BYTES - rc->size) {
        q->status = NGX_REDIS_BUSY;
        return NGX_ERROR;
    }

    q->state = NGX_REDIS_QUERY_UNDERWAY;

    rc->size += q->size;
    ngx_queue_insert_tail(&rc->underway, &q->link);

    if (rc->route->send(q) != NGX_OK) {
        ngx_redis_query_unlink(q);
        rc->size -= q->size;

        q->state = NGX_REDIS_QUERY_NEW;

        return NGX_ERROR;
    }

    rc->timer.cancelable = 0;

    if (!rc->timer.timer_set) {
        ngx_add_timer(&rc->timer, rc->conf.timeout);
    }

    return NGX_OK;
}


void
ngx_redis_query_cancel(ngx_redis_query_t *q)
{
    ngx_redis_client_t  *rc;

    rc = q->client;

    switch (q->state) {

    case NGX_REDIS_QUERY_NEW:
        ngx_redis_query_free(q);
        return;

    case NGX_REDIS_QUERY_UNDERWAY:
    case NGX_REDIS_QUERY_DONE:

        ngx_redis_query_unlink(q);

        (void) rc->route->forget(q);

        if (q->connection) {
            q->state = NGX_REDIS_QUERY_FORGOTTEN;
            return;
        }

        ngx_redis_query_free(q);
        return;

    default:

        /* freed after its handler, or after its last reply */
        return;
    }
}


/* the handler is called later, when no one is on the stack */

void
ngx_redis_query_done(ngx_redis_query_t *q, ngx_redis_status_e status)
{
    ngx_redis_client_t  *rc;

    rc = q->client;

    ngx_redis_query_unlink(q);

    q->state = NGX_REDIS_QUERY_DONE;
    q->status = status;

    ngx_queue_insert_tail(&rc->done, &q->link);

    ngx_post_event(&rc->deliver, &ngx_posted_events);
}


/* a connection has no more of this query: its replies came, or never will */

static void
ngx_redis_query_complete(ngx_redis_query_t *q)
{
    switch (q->state) {

    case NGX_REDIS_QUERY_UNDERWAY:
        ngx_redis_query_done(q, q->refused ? NGX_REDIS_UNAVAILABLE
                                           : NGX_REDIS_OK);
        return;

    case NGX_REDIS_QUERY_FORGOTTEN:
        ngx_redis_query_free(q);
        return;

    default:
        return;
    }
}


static void
ngx_redis_client_timer_handler(ngx_event_t *ev)
{
    ngx_queue_t         *link;
    ngx_msec_int_t       left;
    ngx_redis_query_t   *q;
    ngx_redis_client_t  *rc;

    rc = ev->data;

    while (!ngx_queue_empty(&rc->underway)) {

        link = ngx_queue_head(&rc->underway);
        q = ngx_queue_data(link, ngx_redis_query_t, link);

        left = (ngx_msec_int_t) (q->deadline - ngx_current_msec);

        if (left > 0) {
            ngx_add_timer(ev, (ngx_msec_t) left);
            return;
        }

        ngx_redis_query_late(q);
        ngx_redis_query_done(q, rc->route->forget(q));
    }
}


static void
ngx_redis_query_late(ngx_redis_query_t *q)
{
    ngx_queue_t  *link;

    if (q->connection) {
        q->connection->stats->failures[NGX_REDIS_FAILURE_TIMEOUT]++;
        ngx_redis_guard_late(q->connection);
    }

    for (link = ngx_queue_head(&q->pieces);
         link != ngx_queue_sentinel(&q->pieces);
         link = ngx_queue_next(link))
    {
        ngx_redis_query_late(ngx_queue_data(link, ngx_redis_query_t, link));
    }
}


static void
ngx_redis_client_deliver_handler(ngx_event_t *ev)
{
    ngx_queue_t         *link;
    ngx_redis_query_t   *q;
    ngx_redis_client_t  *rc;

    rc = ev->data;

    /* a handler may cancel any other query */

    while (!ngx_queue_empty(&rc->done)) {

        link = ngx_queue_head(&rc->done);
        ngx_queue_remove(link);

        q = ngx_queue_data(link, ngx_redis_query_t, link);

        q->state = NGX_REDIS_QUERY_HANDLED;

        q->handler(q, q->data);

        if (q->connection) {
            q->state = NGX_REDIS_QUERY_FORGOTTEN;
            continue;
        }

        ngx_redis_query_free(q);
    }
}


static void
ngx_redis_query_unlink(ngx_redis_query_t *q)
{
    ngx_redis_client_t  *rc;

    rc = q->client;

    ngx_queue_remove(&q->link);

    if (ngx_queue_empty(&rc->underway)) {

        /* the timer is left to run, but must not keep a worker alive */

        rc->timer.cancelable = 1;
    }
}


void
ngx_redis_query_free(ngx_redis_query_t *q)
{
    ngx_queue_t         *link;
    ngx_redis_client_t  *rc;

    rc = q->client;

    while (!ngx_queue_empty(&q->pieces)) {
        link = ngx_queue_head(&q->pieces);
        ngx_queue_remove(link);

        ngx_redis_query_abandon(ngx_queue_data(link, ngx_redis_query_t, link));
    }

    if (q->state != NGX_REDIS_QUERY_NEW) {
        rc->size -= q->size;
    }

    ngx_redis_query_release(q);

    rc->nqueries--;

    ngx_queue_insert_head(&rc->free, &q->queue);
}


/*
 * Queries of the client's own, and pieces: they have no deadline, and nobody
 * is called but their complete() and failed().
 */

void
ngx_redis_query_begin(ngx_redis_query_t *q)
{
    q->client->size += q->size;
    q->state = NGX_REDIS_QUERY_UNDERWAY;
}


void
ngx_redis_query_abandon(ngx_redis_query_t *q)
{
    if (q->node) {
        ngx_redis_node_forget(q);
    }

    if (q->delayed) {
        ngx_queue_remove(&q->queue);
        q->delayed = 0;
    }

    if (q->connection) {
        q->state = NGX_REDIS_QUERY_FORGOTTEN;
        q->whole = NULL;
        return;
    }

    ngx_redis_query_free(q);
}
