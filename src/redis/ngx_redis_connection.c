
/*
 * One socket, from connect to close.
 */


#include "ngx_redis_private.h"


#define NGX_REDIS_POOL_SIZE  4096


static void ngx_redis_connection_connect_handler(ngx_event_t *ev);
static ngx_int_t ngx_redis_connection_connected(ngx_redis_connection_t *rcn);


ngx_redis_connection_t *
ngx_redis_connection_create(ngx_log_t *log)
{
    ngx_pool_t              *pool;
    ngx_redis_connection_t  *rcn;

    pool = ngx_create_pool(NGX_REDIS_POOL_SIZE, log);
    if (pool == NULL) {
        return NULL;
    }

    rcn = ngx_pcalloc(pool, sizeof(ngx_redis_connection_t));
    if (rcn == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    rcn->pool = pool;

    ngx_queue_init(&rcn->queries);

    rcn->flush.handler = ngx_redis_connection_flush_handler;
    rcn->flush.data = rcn;
    rcn->flush.log = log;

    return rcn;
}


ngx_int_t
ngx_redis_connection_open(ngx_redis_connection_t *rcn, ngx_addr_t *addr)
{
    ngx_int_t               rc;
    ngx_str_t              *name;
    ngx_connection_t       *c;
    ngx_peer_connection_t  *peer;

    if (ngx_redis_reader_init(&rcn->reader) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rcn->control) {
        rcn->reader.max_size = NGX_REDIS_MAX_CONTROL;
        rcn->reader.max_nelts = NGX_REDIS_MAX_CONTROL_ELTS;
    }

    peer = &rcn->peer;

    /* the address may be forgotten while the connection lives */

    name = ngx_palloc(rcn->pool, sizeof(ngx_str_t));
    peer->sockaddr = ngx_palloc(rcn->pool, addr->socklen);

    if (name == NULL || peer->sockaddr == NULL) {
        return NGX_ERROR;
    }

    name->len = addr->name.len;
    name->data = ngx_pstrdup(rcn->pool, &addr->name);
    if (name->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(peer->sockaddr, addr->sockaddr, addr->socklen);

    peer->socklen = addr->socklen;
    peer->name = name;
    peer->get = ngx_event_get_peer;
    peer->log = ngx_redis_log(rcn->log);
    peer->log_error = NGX_ERROR_ERR;
    peer->so_keepalive = 1;

    rcn->log->log.action = "connecting to redis";

    rc = ngx_event_connect_peer(peer);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        return NGX_ERROR;
    }

    c = peer->connection;

    c->data = rcn;
    c->pool = rcn->pool;
    c->log = &rcn->log->log;
    c->read->log = c->log;
    c->write->log = c->log;

    c->read->handler = ngx_redis_connection_connect_handler;
    c->write->handler = ngx_redis_connection_connect_handler;

    /* queries keep a worker alive, connections do not */

    c->read->cancelable = 1;
    c->write->cancelable = 1;

    /* one time for all until the connection is ready */

    ngx_add_timer(c->write, rcn->conf->connect_timeout);

    if (rc == NGX_OK) {
        return ngx_redis_connection_connected(rcn);
    }

    return NGX_OK;
}


static void
ngx_redis_connection_connect_handler(ngx_event_t *ev)
{
    int                      err;
    socklen_t                len;
    ngx_connection_t        *c;
    ngx_redis_connection_t  *rcn;

    c = ev->data;
    rcn = c->data;

    if (c->close) {
        ngx_redis_connection_lost(rcn, NGX_REDIS_CLOSED);
        return;
    }

    rcn->log->log.action = "connecting to redis";

    if (ev->timedout) {
        err = NGX_ETIMEDOUT;

    } else {
        err = 0;
        len = sizeof(int);

        if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len)
            == -1)
        {
            err = ngx_socket_errno;
        }
    }

    if (err) {
        ngx_log_error(NGX_LOG_ERR, ngx_redis_log(rcn->log), err,
                      "connect() to %V failed", rcn->peer.name);

        ngx_redis_connection_lost(rcn, NGX_REDIS_FAILED);
        return;
    }

    if (ngx_redis_connection_connected(rcn) != NGX_OK) {
        ngx_redis_connection_lost(rcn, NGX_REDIS_FAILED);
    }
}


static ngx_int_t
ngx_redis_connection_connected(ngx_redis_connection_t *rcn)
{
    if (ngx_tcp_nodelay(rcn->peer.connection) != NGX_OK) {
        return NGX_ERROR;
    }

#if (NGX_SSL)

    if (rcn->ssl) {
        return ngx_redis_ssl_start(rcn);
    }

#endif

    return ngx_redis_connection_secured(rcn);
}


/* as much as it is to be: the server may be spoken to */

ngx_int_t
ngx_redis_connection_secured(ngx_redis_connection_t *rcn)
{
    ngx_connection_t  *c;

    c = rcn->peer.connection;

    rcn->state = NGX_REDIS_HANDSHAKE;

    c->read->handler = ngx_redis_connection_read_handler;
    c->write->handler = ngx_redis_connection_write_handler;

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);
    }

    return ngx_redis_handshake(rcn);
}


/*
 * The timer of the read event: with queries in flight it asks whether the
 * oldest of them has waited too long, whoever still waits for it; else it is
 * the one of the ping.
 */

void
ngx_redis_connection_watch(ngx_redis_connection_t *rcn)
{
    ngx_msec_t          age, limit;
    ngx_queue_t        *link;
    ngx_event_t        *rev;
    ngx_redis_query_t  *q;

    rev = rcn->peer.connection->read;

    if (ngx_queue_empty(&rcn->queries)) {
        age = ngx_current_msec - rcn->used;

        if (age < NGX_REDIS_PING_AFTER) {
            ngx_add_timer(rev, NGX_REDIS_PING_AFTER - age);
            return;
        }

        if (ngx_redis_ping(rcn) != NGX_OK) {
            ngx_redis_connection_lost(rcn, NGX_REDIS_CLOSED);
        }

        return;
    }

    link = ngx_queue_head(&rcn->queries);
    q = ngx_queue_data(link, ngx_redis_query_t, queue);

    age = ngx_current_msec - q->sent;
    limit = ngx_redis_connection_dead_after(rcn);

    if (age < limit) {
        ngx_add_timer(rev, limit - age);
        return;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_redis_log(rcn->log), NGX_ETIMEDOUT,
                  "redis has not answered for %M ms with %ui queries in "
                  "flight", age, rcn->nqueries);

    ngx_redis_connection_lost(rcn, NGX_REDIS_UNKNOWN);
}


/* later than those who wait give up, or they would be asked for in vain */

ngx_msec_t
ngx_redis_connection_dead_after(ngx_redis_connection_t *rcn)
{
    return ngx_max(rcn->conf->timeout + NGX_REDIS_DEAD_MARGIN,
                   NGX_REDIS_DEAD_AFTER);
}


/* from now on it may say what nobody asked for */

ngx_int_t
ngx_redis_connection_listen(ngx_redis_connection_t *rcn,
    ngx_redis_push_pt push)
{
    rcn->pushed = ngx_pcalloc(rcn->pool, sizeof(ngx_redis_arena_t));
    if (rcn->pushed == NULL) {
        return NGX_ERROR;
    }

    rcn->push = push;

    return NGX_OK;
}


/* no more queries; what is in flight is waited for */

void
ngx_redis_connection_drain(ngx_redis_connection_t *rcn)
{
    ngx_connection_t  *c;

    if (rcn->state == NGX_REDIS_DRAINING) {
        return;
    }

    if (rcn->state != NGX_REDIS_READY || ngx_queue_empty(&rcn->queries)) {
        c = rcn->peer.connection;

        c->close = 1;
        ngx_post_event(c->read, &ngx_posted_events);
    }

    rcn->state = NGX_REDIS_DRAINING;
}


/* one that never was of use is not made again at once */

ngx_uint_t
ngx_redis_connection_useful(ngx_redis_connection_t *rcn)
{
    switch (rcn->state) {

    case NGX_REDIS_READY:
        return rcn->proved
               || ngx_current_msec - rcn->since >= NGX_REDIS_PROVED_AFTER;

    case NGX_REDIS_DRAINING:
        return 1;

    default:
        return 0;
    }
}


/* the owner decides what follows, and frees the connection */

/* The handshake or a ping, of no use to anybody any more. */

void
ngx_redis_connection_disown(ngx_redis_connection_t *rcn)
{
    if (rcn->query.connection) {
        ngx_queue_remove(&rcn->query.queue);
        rcn->query.connection = NULL;
    }
}


void
ngx_redis_connection_lost(ngx_redis_connection_t *rcn,
    ngx_redis_verdict_e verdict)
{
    ngx_redis_connection_disown(rcn);

    if (verdict == NGX_REDIS_UNKNOWN) {
        verdict = ngx_redis_connection_useful(rcn) ? NGX_REDIS_CLOSED
                                                   : NGX_REDIS_FAILED;
    }

    ngx_log_debug3(NGX_LOG_DEBUG_CORE, &rcn->log->log, 0,
                   "redis connection %p: lost in state %d, verdict %d",
                   rcn, rcn->state, verdict);

    rcn->verdict = verdict;

    rcn->lost(rcn);
}


void
ngx_redis_connection_close(ngx_redis_connection_t *rcn)
{
    ngx_redis_arena_t  mark;

    if (rcn->flush.posted) {
        ngx_delete_posted_event(&rcn->flush);
    }

#if (NGX_SSL)

    if (rcn->peer.connection && rcn->peer.connection->ssl) {
        ngx_redis_ssl_stop(rcn);
    }

#endif

    if (rcn->peer.connection) {
        ngx_close_connection(rcn->peer.connection);
    }

    ngx_redis_reader_destroy(&rcn->reader);
    ngx_redis_query_release(&rcn->query);

    if (rcn->pushed) {
        ngx_memzero(&mark, sizeof(ngx_redis_arena_t));
        ngx_redis_arena_reset(rcn->pushed, &mark);
    }

    if (rcn->start) {
        ngx_free(rcn->start);
    }

    ngx_destroy_pool(rcn->pool);
}
