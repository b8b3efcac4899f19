
/*
 * Queries out, gathered over a turn of the event loop.
 */


#include "ngx_redis_private.h"


#define NGX_REDIS_OUTPUT_SIZE  16384


static u_char *ngx_redis_connection_reserve(ngx_redis_connection_t *rcn,
    size_t size);
static void ngx_redis_connection_flush(ngx_redis_connection_t *rcn);


ngx_int_t
ngx_redis_connection_send(ngx_redis_connection_t *rcn, ngx_redis_query_t *q)
{
    u_char            *p;
    ngx_uint_t         i;
    ngx_msec_t         delay;
    ngx_connection_t  *c;

    c = rcn->peer.connection;

    /* one that is not the master any more says so before it answers */

    if (rcn->master
        && rcn->state == NGX_REDIS_READY
        && rcn->query.connection == NULL
        && q != &rcn->query
        && ngx_current_msec - rcn->checked >= NGX_REDIS_ROLE_AFTER
        && ngx_redis_ping(rcn) != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = ngx_redis_connection_reserve(rcn, q->size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < q->ncommands; i++) {
        p = ngx_cpymem(p, q->commands[i].data, q->commands[i].len);
    }

    rcn->last = p;
    rcn->appended += q->size;

    q->connection = rcn;
    q->end = rcn->appended;
    q->sent = ngx_current_msec;

    if (ngx_queue_empty(&rcn->queries)) {
        c->idle = 0;

        delay = ngx_redis_connection_dead_after(rcn);

        /* set already, but perhaps for a far ping */

        if (!c->read->timer_set
            || (ngx_msec_int_t) (c->read->timer.key - q->sent - delay) > 0)
        {
            ngx_add_timer(c->read, delay);
        }
    }

    ngx_queue_insert_tail(&rcn->queries, &q->queue);
    rcn->nqueries++;

    if (q != &rcn->query) {
        rcn->stats->queries++;
        rcn->stats->inflight++;
    }

    ngx_log_debug3(NGX_LOG_DEBUG_CORE, c->log, 0,
                   "redis query %p: %ui commands, %ui queries in flight",
                   q, q->ncommands, rcn->nqueries);

    ngx_post_event(&rcn->flush, &ngx_posted_events);

    return NGX_OK;
}


static u_char *
ngx_redis_connection_reserve(ngx_redis_connection_t *rcn, size_t size)
{
    u_char  *p;
    size_t   unsent, total;

    if ((size_t) (rcn->end - rcn->last) >= size) {
        return rcn->last;
    }

    unsent = rcn->last - rcn->pos;
    total = rcn->end - rcn->start;

    if (total - unsent >= size) {
        ngx_memmove(rcn->start, rcn->pos, unsent);

    } else {
        total = ngx_max(2 * total, unsent + size);
        total = ngx_max(total, NGX_REDIS_OUTPUT_SIZE);

        p = ngx_alloc(total, rcn->peer.connection->log);
        if (p == NULL) {
            return NULL;
        }

        if (rcn->start) {
            ngx_memcpy(p, rcn->pos, unsent);
            ngx_free(rcn->start);
        }

        rcn->start = p;
        rcn->end = p + total;
    }

    rcn->pos = rcn->start;
    rcn->last = rcn->start + unsent;

    return rcn->last;
}


void
ngx_redis_connection_flush_handler(ngx_event_t *ev)
{
    ngx_redis_connection_flush(ev->data);
}


void
ngx_redis_connection_write_handler(ngx_event_t *wev)
{
    ngx_connection_t        *c;
    ngx_redis_connection_t  *rcn;

    c = wev->data;
    rcn = c->data;

    if (wev->timedout) {

        /* of the handshake, there is no other */

        ngx_log_error(NGX_LOG_ERR, ngx_redis_log(rcn->log), NGX_ETIMEDOUT,
                      "redis did not answer on a new connection");

        ngx_redis_connection_lost(rcn, NGX_REDIS_FAILED);
        return;
    }

    ngx_redis_connection_flush(rcn);
}


static void
ngx_redis_connection_flush(ngx_redis_connection_t *rcn)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = rcn->peer.connection;

    rcn->log->log.action = "sending to redis";

    while (rcn->pos < rcn->last && c->write->ready && !c->write->error) {

        n = c->send(c, rcn->pos, rcn->last - rcn->pos);

        if (n == NGX_ERROR) {

            /* there may be a last word to read before this is the end */

            ngx_post_event(c->read, &ngx_posted_next_events);
            return;
        }

        if (n > 0) {
            rcn->pos += n;
        }
    }

    if (rcn->pos == rcn->last) {
        rcn->pos = rcn->start;
        rcn->last = rcn->start;

        if (rcn->end - rcn->start > 4 * NGX_REDIS_OUTPUT_SIZE) {
            ngx_free(rcn->start);

            rcn->start = NULL;
            rcn->pos = NULL;
            rcn->last = NULL;
            rcn->end = NULL;
        }
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_redis_connection_lost(rcn, NGX_REDIS_UNKNOWN);
    }
}
