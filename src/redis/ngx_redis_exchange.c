
/*
 * Queries out, gathered over a turn of the event loop; replies in, matched to
 * the queries in the order in which these were sent.
 */


#include "ngx_redis_private.h"


#define NGX_REDIS_OUTPUT_SIZE  16384

/* reads in one turn, each of a whole buffer at most */
#define NGX_REDIS_MAX_READS    8


static u_char *ngx_redis_connection_reserve(ngx_redis_connection_t *rcn,
    size_t size);
static void ngx_redis_connection_flush(ngx_redis_connection_t *rcn);
static ngx_int_t ngx_redis_connection_read(ngx_redis_connection_t *rcn);
static ngx_int_t ngx_redis_connection_parse(ngx_redis_connection_t *rcn,
    size_t n);
static ngx_int_t ngx_redis_connection_reply(ngx_redis_connection_t *rcn,
    ngx_redis_query_t *q, ngx_redis_reply_t *reply);
static ngx_int_t ngx_redis_connection_error(ngx_redis_connection_t *rcn,
    ngx_redis_query_t *q, ngx_str_t *error);


ngx_int_t
ngx_redis_connection_send(ngx_redis_connection_t *rcn, ngx_redis_query_t *q)
{
    u_char            *p;
    ngx_uint_t         i;
    ngx_msec_t         delay;
    ngx_connection_t  *c;

    c = rcn->peer.connection;

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


void
ngx_redis_connection_read_handler(ngx_event_t *rev)
{
    ngx_connection_t        *c;
    ngx_redis_connection_t  *rcn;

    c = rev->data;
    rcn = c->data;

    if (c->close) {
        ngx_redis_connection_lost(rcn, NGX_REDIS_CLOSED);
        return;
    }

    if (rev->timedout) {
        rev->timedout = 0;
        ngx_redis_connection_watch(rcn);
        return;
    }

    rcn->log->log.action = "reading from redis";

    if (ngx_redis_connection_read(rcn) != NGX_OK) {
        ngx_redis_connection_lost(rcn, rcn->verdict);
        return;
    }

    if (c->write->error || ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_redis_connection_lost(rcn, NGX_REDIS_UNKNOWN);
        return;
    }

    if (!ngx_queue_empty(&rcn->queries)) {
        return;
    }

    c->idle = 1;

    if (ngx_exiting || rcn->state == NGX_REDIS_DRAINING) {
        ngx_redis_connection_lost(rcn, NGX_REDIS_CLOSED);
    }
}


static ngx_int_t
ngx_redis_connection_read(ngx_redis_connection_t *rcn)
{
    size_t             size;
    ssize_t            n;
    ngx_uint_t         i, level;
    ngx_connection_t  *c;

    c = rcn->peer.connection;

    for (i = 0; i < NGX_REDIS_MAX_READS; i++) {

        size = ngx_redis_reader_room(&rcn->reader);
        size = ngx_min(size, NGX_REDIS_BUFFER_SIZE);

        n = c->recv(c, rcn->buffer, size);

        if (n == NGX_AGAIN) {
            return NGX_OK;
        }

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (n == 0) {
            level = rcn->nqueries || !ngx_redis_connection_useful(rcn)
                    ? NGX_LOG_ERR : NGX_LOG_INFO;

            ngx_log_error(level, ngx_redis_log(rcn->log), 0,
                          "redis closed connection with %ui queries in flight",
                          rcn->nqueries);
            return NGX_ERROR;
        }

        if (ngx_redis_connection_parse(rcn, n) != NGX_OK) {
            return NGX_ERROR;
        }

        if (!c->read->ready) {
            return NGX_OK;
        }
    }

    /* others want their turn */

    ngx_post_event(c->read, &ngx_posted_next_events);

    return NGX_OK;
}


static ngx_int_t
ngx_redis_connection_parse(ngx_redis_connection_t *rcn, size_t n)
{
    ngx_int_t            rc;
    ngx_queue_t         *link;
    ngx_redis_query_t   *q;
    ngx_redis_reply_t   *reply;
    ngx_redis_reader_t  *rd;

    rd = &rcn->reader;

    if (ngx_redis_reader_feed(rd, rcn->buffer, n) != NGX_OK) {
        goto failed;
    }

    while (ngx_redis_reader_pending(rd)) {

        if (ngx_queue_empty(&rcn->queries)) {
            ngx_log_error(NGX_LOG_WARN, ngx_redis_log(rcn->log), 0,
                          "redis sent what nobody asked for");
            return NGX_ERROR;
        }

        link = ngx_queue_head(&rcn->queries);
        q = ngx_queue_data(link, ngx_redis_query_t, queue);

        if (q->state > NGX_REDIS_QUERY_UNDERWAY
            && !ngx_redis_reader_partial(rd))
        {
            ngx_redis_arena_reset(&q->arena, &q->mark);
        }

        rc = ngx_redis_reader_next(rd, &q->arena, &reply);

        if (rc == NGX_AGAIN) {
            return NGX_OK;
        }

        if (rc == NGX_ERROR) {
            goto failed;
        }

        if (ngx_redis_connection_reply(rcn, q, reply) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;

failed:

    ngx_log_error(NGX_LOG_ERR, ngx_redis_log(rcn->log), 0,
                  "redis sent an invalid reply: %s", rd->error);

    return NGX_ERROR;
}


static ngx_int_t
ngx_redis_connection_reply(ngx_redis_connection_t *rcn, ngx_redis_query_t *q,
    ngx_redis_reply_t *reply)
{
    q->replies[q->nreplies++] = reply;

    if (reply->type == NGX_REDIS_ERROR
        && ngx_redis_connection_error(rcn, q, &reply->str) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (q->nreplies < q->ncommands) {
        return NGX_OK;
    }

    if (q->end > rcn->peer.connection->sent) {
        ngx_log_error(NGX_LOG_ERR, ngx_redis_log(rcn->log), 0,
                      "redis sent a reply before its command was sent");
        return NGX_ERROR;
    }

    ngx_queue_remove(&q->queue);
    rcn->nqueries--;

    q->connection = NULL;

    ngx_log_debug2(NGX_LOG_DEBUG_CORE, &rcn->log->log, 0,
                   "redis query %p: complete, state %d", q, q->state);

    rcn->used = ngx_current_msec;
    rcn->proved = (rcn->state != NGX_REDIS_HANDSHAKE);

    q->complete(q);

    return NGX_OK;
}


/*
 * NGX_OK: the error is a reply to the command.  MOVED and ASK are such
 * replies: the route of a cluster will send the query on.
 */

static ngx_int_t
ngx_redis_connection_error(ngx_redis_connection_t *rcn, ngx_redis_query_t *q,
    ngx_str_t *error)
{
    const char  *word;

    if (rcn->state == NGX_REDIS_HANDSHAKE) {
        return ngx_redis_handshake_error(rcn, q->nreplies - 1, error);
    }

    if (ngx_redis_error_is(error, "NOAUTH")) {

        /* the password was set or changed: a new connection will tell */

        ngx_log_error(NGX_LOG_WARN, ngx_redis_log(rcn->log), 0,
                      "redis wants AUTH on a connection in use");
        return NGX_ERROR;
    }

    word = ngx_redis_error_unavailable(error);

    if (word) {
        ngx_log_error(NGX_LOG_WARN, ngx_redis_log(rcn->log), 0,
                      "redis answers %s", word);
        q->refused = 1;
    }

    return NGX_OK;
}
