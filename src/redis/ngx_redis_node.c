
/*
 * One server: its connections, the queries that wait for one, and when to
 * try again.
 *
 * The first connection makes the way: while there is none, one is tried at a
 * time, address after address.  When no address is left the node is away:
 * queries are refused at once, until an attempt succeeds.
 */


#include "ngx_redis_private.h"


static ngx_redis_connection_t *ngx_redis_node_open(ngx_redis_node_t *node);
static void ngx_redis_node_next(ngx_redis_node_t *node);
static ngx_uint_t ngx_redis_node_count(ngx_redis_node_t *node);
static void ngx_redis_node_timer_handler(ngx_event_t *ev);
static void ngx_redis_node_ready(ngx_redis_connection_t *rcn);
static void ngx_redis_node_lost(ngx_redis_connection_t *rcn);
static void ngx_redis_node_count_lost(ngx_redis_connection_t *rcn);
static void ngx_redis_node_turned(ngx_redis_connection_t *rcn);
static void ngx_redis_node_remove(ngx_redis_connection_t *rcn);


void
ngx_redis_node_start(ngx_redis_node_t *node, ngx_cycle_t *cycle)
{
    ngx_redis_client_t  *rc;

    rc = node->client;

    node->started = 1;
    node->failures = 0;
    node->tried = 0;

    ngx_queue_init(&node->connections);
    ngx_queue_init(&node->waiting);

    ngx_redis_log_init(&node->log, cycle->log, &rc->conf.name, &node->name);

    node->timer.handler = ngx_redis_node_timer_handler;
    node->timer.data = node;
    node->timer.log = cycle->log;
    node->timer.cancelable = 1;

    ngx_redis_guard_start(node);
    ngx_redis_stats_start(node);

    ngx_add_timer(&node->timer, ngx_random() % NGX_REDIS_START_JITTER);

    ngx_redis_node_resolve_later(node, NGX_REDIS_RESOLVE_AFTER);
}


void
ngx_redis_node_stop(ngx_redis_node_t *node)
{
    ngx_queue_t        *q;
    ngx_redis_query_t  *query;

    if (!node->started) {
        return;
    }

    node->started = 0;

    if (node->timer.timer_set) {
        ngx_del_timer(&node->timer);
    }

    ngx_redis_stats_log(node);

    ngx_redis_node_drop(node);
    ngx_redis_node_unresolve(node);

    while (!ngx_queue_empty(&node->waiting)) {
        q = ngx_queue_head(&node->waiting);
        query = ngx_queue_data(q, ngx_redis_query_t, queue);

        ngx_redis_node_forget(query);
    }

    ngx_redis_stats_stop(node);

#if (NGX_SSL)
    ngx_redis_ssl_forget_session(&node->session);
#endif
}


/* what is in flight waits again, for another connection */

void
ngx_redis_node_drop(ngx_redis_node_t *node)
{
    ngx_queue_t             *q;
    ngx_redis_connection_t  *rcn;

    while (!ngx_queue_empty(&node->connections)) {
        q = ngx_queue_head(&node->connections);
        rcn = ngx_queue_data(q, ngx_redis_connection_t, queue);

        ngx_redis_connection_disown(rcn);
        ngx_redis_node_take_back(node, rcn);
        ngx_redis_node_remove(rcn);
    }
}


void
ngx_redis_node_connect(ngx_redis_node_t *node)
{
    if (node->connecting
        || node->held
        || node->paced
        || node->retired
        || ngx_redis_node_count(node) >= node->conf->connections)
    {
        return;
    }

    if (node->timer.timer_set) {
        ngx_del_timer(&node->timer);
    }

    if (node->naddrs == 0) {
        ngx_redis_node_resolve(node);
        return;
    }

    while (node->tried < node->naddrs) {

        node->connecting = ngx_redis_node_open(node);

        if (node->connecting) {
            return;
        }

        ngx_redis_node_next(node);
    }

    ngx_redis_node_backoff(node, 0);
}


static void
ngx_redis_node_next(ngx_redis_node_t *node)
{
    node->tried++;
    node->current = (node->current + 1) % node->naddrs;
}


static ngx_redis_connection_t *
ngx_redis_node_open(ngx_redis_node_t *node)
{
    ngx_redis_client_t      *rc;
    ngx_redis_connection_t  *rcn;

    rc = node->client;

    rcn = ngx_redis_connection_create(&node->log.log);
    if (rcn == NULL) {
        return NULL;
    }

    rcn->conf = node->conf;
    rcn->ssl = node->tls ? rc->conf.ssl : NULL;
    rcn->ssl_name = &node->ssl_name;
    rcn->session = &node->session;
    rcn->db = node->db;
    rcn->log = &node->log;
    rcn->buffer = rc->buffer;

    rcn->ready = ngx_redis_node_ready;
    rcn->lost = ngx_redis_node_lost;
    rcn->turned = ngx_redis_node_turned;
    rcn->stats = node->stats;
    rcn->data = node;

    rcn->master = node->master;
    rcn->readonly = node->readonly;
    rcn->control = node->control;

    if (ngx_redis_connection_open(rcn, &node->addrs[node->current]) != NGX_OK) {
        node->stats->failures[NGX_REDIS_FAILURE_CONNECT]++;
        ngx_redis_connection_close(rcn);
        return NULL;
    }

    ngx_queue_insert_tail(&node->connections, &rcn->queue);

    return rcn;
}


static ngx_uint_t
ngx_redis_node_count(ngx_redis_node_t *node)
{
    ngx_uint_t               n;
    ngx_queue_t             *q;
    ngx_redis_connection_t  *rcn;

    n = 0;

    for (q = ngx_queue_head(&node->connections);
         q != ngx_queue_sentinel(&node->connections);
         q = ngx_queue_next(q))
    {
        rcn = ngx_queue_data(q, ngx_redis_connection_t, queue);

        if (rcn->state != NGX_REDIS_DRAINING) {
            n++;
        }
    }

    return n;
}


static void
ngx_redis_node_timer_handler(ngx_event_t *ev)
{
    ngx_redis_node_t  *node;

    node = ev->data;
    node->paced = 0;

    ngx_redis_node_connect(node);
}


static void
ngx_redis_node_ready(ngx_redis_connection_t *rcn)
{
    ngx_redis_node_t  *node;

    node = rcn->data;

    if (node->failures) {
        ngx_log_error(NGX_LOG_NOTICE, &node->log.log, 0,
                      "connected to redis again after %ui attempts",
                      node->failures);
    }

    node->connecting = NULL;
    node->failures = 0;
    node->tried = 0;

    rcn->counted = 1;
    node->stats->connected++;
    node->stats->open = 0;

    ngx_redis_node_dispatch(node);

    if (node->owner && node->owner->ready) {
        node->owner->ready(rcn);
    }

    /* one more, if more than one is wanted */

    if (!ngx_exiting) {
        ngx_redis_node_connect(node);
    }
}


static void
ngx_redis_node_lost(ngx_redis_connection_t *rcn)
{
    ngx_msec_t            since, delay;
    ngx_redis_node_t     *node;
    ngx_redis_verdict_e   verdict;

    node = rcn->data;
    verdict = rcn->verdict;
    since = rcn->since;

    ngx_redis_node_count_lost(rcn);
    ngx_redis_node_take_back(node, rcn);
    ngx_redis_node_remove(rcn);

    if (node->retired) {
        ngx_redis_node_retire(node);
        return;
    }

    ngx_redis_node_dispatch(node);

    switch (verdict) {

    case NGX_REDIS_DEMOTED:

        node->held = 1;

        ngx_redis_node_drop(node);

        node->owner->demoted(node);
        return;

    case NGX_REDIS_DENIED:
        ngx_redis_node_backoff(node, 1);
        return;

    case NGX_REDIS_FAILED:

        ngx_redis_node_next(node);

        if (node->tried >= node->naddrs) {
            ngx_redis_node_backoff(node, 0);
            return;
        }

        break;

    default:
        break;
    }

    /* a worker that is to exit connects again only if it must */

    if (ngx_exiting && ngx_queue_empty(&node->waiting)) {
        return;
    }

    delay = verdict == NGX_REDIS_FAILED ? 0
                                        : ngx_redis_guard_pace(node, since);

    if (delay) {
        node->paced = 1;
        ngx_add_timer(&node->timer, delay);
        return;
    }

    ngx_redis_node_connect(node);
}


static void
ngx_redis_node_count_lost(ngx_redis_connection_t *rcn)
{
    ngx_redis_failure_e  failure;

    switch (rcn->state) {

    case NGX_REDIS_DRAINING:
        return;

    case NGX_REDIS_READY:

        if (ngx_exiting) {
            return;
        }

        failure = NGX_REDIS_FAILURE_LOST;
        break;

    case NGX_REDIS_HANDSHAKE:
        failure = NGX_REDIS_FAILURE_HANDSHAKE;
        break;

    default:
        failure = NGX_REDIS_FAILURE_CONNECT;
        break;
    }

    rcn->stats->failures[failure]++;
}


static void
ngx_redis_node_turned(ngx_redis_connection_t *rcn)
{
    ngx_redis_node_t  *node;

    node = rcn->data;

    if (rcn->behind) {
        node->nbehind++;
        node->stats->open = (ngx_redis_node_choose(node) == NULL);
        return;
    }

    node->nbehind--;
    node->stats->open = 0;

    ngx_redis_node_dispatch(node);
}


static void
ngx_redis_node_remove(ngx_redis_connection_t *rcn)
{
    ngx_redis_node_t  *node;

    node = rcn->data;

    if (node->connecting == rcn) {
        node->connecting = NULL;
    }

    if (rcn->counted) {
        node->stats->connected--;
    }

    if (rcn->behind) {
        node->nbehind--;
    }

    ngx_queue_remove(&rcn->queue);

    ngx_redis_connection_close(rcn);
}


void
ngx_redis_node_backoff(ngx_redis_node_t *node, ngx_uint_t denied)
{
    ngx_msec_t  min, max, delay;

    node->tried = 0;
    node->failures++;

    min = denied ? NGX_REDIS_BACKOFF_DENIED : NGX_REDIS_BACKOFF_MIN;
    max = min << ngx_min(node->failures, 10);
    max = ngx_min(max, NGX_REDIS_BACKOFF_MAX);

    delay = min + ngx_random() % (max - min + 1);

    ngx_log_debug2(NGX_LOG_DEBUG_CORE, &node->log.log, 0,
                   "redis node: failure %ui, next attempt in %M",
                   node->failures, delay);

    ngx_add_timer(&node->timer, delay);

    if (node->naddrs) {
        ngx_redis_node_resolve(node);
    }

    if (ngx_redis_node_choose(node)) {
        return;
    }

    node->stats->open = 1;

    ngx_redis_node_refuse(node);

    if (node->owner && node->owner->away) {
        node->owner->away(node);
    }
}
