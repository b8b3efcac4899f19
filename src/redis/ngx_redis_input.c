
/*
 * Replies in, matched to the queries in the order in which these were sent.
 */


#include "ngx_redis_private.h"


/* reads in one turn, each of a whole buffer at most */
#define NGX_REDIS_MAX_READS    8


static ngx_int_t ngx_redis_connection_read(ngx_redis_connection_t *rcn);
static ngx_int_t ngx_redis_connection_parse(ngx_redis_connection_t *rcn,
    size_t n);
static ngx_redis_arena_t *ngx_redis_connection_arena(
    ngx_redis_connection_t *rcn, ngx_redis_query_t *q);
static ngx_uint_t ngx_redis_connection_pushed(ngx_redis_connection_t *rcn,
    ngx_redis_reply_t *reply);
static ngx_int_t ngx_redis_connection_reply(ngx_redis_connection_t *rcn,
    ngx_redis_query_t *q, ngx_redis_reply_t *reply);
static ngx_int_t ngx_redis_connection_error(ngx_redis_connection_t *rcn,
    ngx_redis_query_t *q, ngx_str_t *error);


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

        rcn->heard = ngx_redis_usec();

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
    ngx_redis_query_t   *q;
    ngx_redis_reply_t   *reply;
    ngx_redis_reader_t  *rd;

    rd = &rcn->reader;

    if (ngx_redis_reader_feed(rd, rcn->buffer, n) != NGX_OK) {
        goto failed;
    }

    while (ngx_redis_reader_pending(rd)) {

        q = ngx_queue_empty(&rcn->queries) ? NULL
            : ngx_queue_data(ngx_queue_head(&rcn->queries), ngx_redis_query_t,
                             queue);

        if (q == NULL && rcn->push == NULL) {
            goto unasked;
        }

        rc = ngx_redis_reader_next(rd, ngx_redis_connection_arena(rcn, q),
                                   &reply);

        if (rc == NGX_AGAIN) {
            return NGX_OK;
        }

        if (rc == NGX_ERROR) {
            goto failed;
        }

        if (ngx_redis_connection_pushed(rcn, reply)) {
            rcn->push(rcn, reply);
            continue;
        }

        if (q == NULL) {
            goto unasked;
        }

        if (ngx_redis_connection_reply(rcn, q, reply) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;

unasked:

    ngx_log_error(NGX_LOG_WARN, ngx_redis_log(rcn->log), 0,
                  "redis sent what nobody asked for");

    rcn->stats->failures[NGX_REDIS_FAILURE_PROTOCOL]++;

    return NGX_ERROR;

failed:

    ngx_log_error(NGX_LOG_ERR, ngx_redis_log(rcn->log), 0,
                  "redis sent an invalid reply: %s", rd->error);

    rcn->stats->failures[NGX_REDIS_FAILURE_PROTOCOL]++;

    return NGX_ERROR;
}


/* where the next reply, or the rest of it, goes */

static ngx_redis_arena_t *
ngx_redis_connection_arena(ngx_redis_connection_t *rcn, ngx_redis_query_t *q)
{
    ngx_redis_arena_t  mark;

    if (rcn->pushed) {

        if (!ngx_redis_reader_partial(&rcn->reader)) {
            ngx_memzero(&mark, sizeof(ngx_redis_arena_t));
            ngx_redis_arena_reset(rcn->pushed, &mark);
        }

        return rcn->pushed;
    }

    if (q->state > NGX_REDIS_QUERY_UNDERWAY
        && !ngx_redis_reader_partial(&rcn->reader))
    {
        ngx_redis_arena_reset(&q->arena, &q->mark);
    }

    return &q->arena;
}


static ngx_uint_t
ngx_redis_connection_pushed(ngx_redis_connection_t *rcn,
    ngx_redis_reply_t *reply)
{
    ngx_str_t  *s;

    if (rcn->push == NULL
        || reply->type != NGX_REDIS_ARRAY
        || reply->nelts != 3
        || reply->elts[0]->type != NGX_REDIS_STRING)
    {
        return 0;
    }

    s = &reply->elts[0]->str;

    return s->len == 7 && ngx_memcmp(s->data, "message", 7) == 0;
}


static ngx_int_t
ngx_redis_connection_reply(ngx_redis_connection_t *rcn, ngx_redis_query_t *q,
    ngx_redis_reply_t *reply)
{
    q->replies[q->nreplies++] = reply;

    if (q == &rcn->query
        && ngx_redis_handshake_role(rcn, q->nreplies - 1, reply) != NGX_OK)
    {
        return NGX_ERROR;
    }

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
    q->answered = rcn->heard;

    ngx_log_debug2(NGX_LOG_DEBUG_CORE, &rcn->log->log, 0,
                   "redis query %p: complete, state %d", q, q->state);

    rcn->used = ngx_current_msec;
    rcn->proved = (rcn->state != NGX_REDIS_HANDSHAKE);

    if (q != &rcn->query) {
        rcn->stats->inflight--;
    }

    if (q->state == NGX_REDIS_QUERY_UNDERWAY) {
        rcn->late = 0;
        rcn->stats->replies++;

        if (q->start) {
            ngx_redis_stats_latency(rcn->stats, ngx_redis_query_usec(q));
        }
    }

    q->complete(q);

    return NGX_OK;
}


/* NGX_OK: the error is a reply to the command */

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

    if (rcn->master
        && (ngx_redis_error_is(error, "READONLY")
            || ngx_redis_error_is(error, "MASTERDOWN")))
    {
        ngx_log_error(NGX_LOG_WARN, ngx_redis_log(rcn->log), 0,
                      "redis is not the master any more");

        rcn->verdict = NGX_REDIS_DEMOTED;
        return NGX_ERROR;
    }

    if (q->whole) {

        /* the cluster's part */

        return NGX_OK;
    }

    word = ngx_redis_error_unavailable(error);

    if (word) {
        ngx_log_error(NGX_LOG_WARN, ngx_redis_log(rcn->log), 0,
                      "redis answers %s", word);
        rcn->stats->failures[NGX_REDIS_FAILURE_REFUSED]++;
        q->refused = 1;
    }

    return NGX_OK;
}
