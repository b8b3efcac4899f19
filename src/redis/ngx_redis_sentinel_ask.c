
/*
 * Asking the sentinels where the master is, one after the other.
 */


#include "ngx_redis_sentinel.h"


static void ngx_redis_sentinel_complete(ngx_redis_query_t *q);
static void ngx_redis_sentinel_failed(ngx_redis_query_t *q,
    ngx_redis_status_e status);
static ngx_int_t ngx_redis_sentinel_answer(ngx_redis_sentinel_t *st,
    ngx_redis_reply_t *reply);
static void ngx_redis_sentinel_next(ngx_redis_sentinel_t *st);


void
ngx_redis_sentinel_timer_handler(ngx_event_t *ev)
{
    ngx_redis_sentinel_t  *st;

    st = ev->data;

    if (st->query) {
        ngx_log_error(NGX_LOG_ERR, ngx_redis_log(&st->asked[st->current].log),
                      NGX_ETIMEDOUT, "sentinel did not answer");

        ngx_redis_query_abandon(st->query);
        st->query = NULL;

        ngx_redis_sentinel_next(st);
        return;
    }

    if (ngx_exiting && ngx_queue_empty(&st->client->underway)) {
        ngx_redis_sentinel_later(st, NGX_REDIS_SENTINEL_SOON);
        return;
    }

    ngx_redis_sentinel_ask(st);
}


void
ngx_redis_sentinel_later(ngx_redis_sentinel_t *st, ngx_msec_t delay)
{
    /* nginx keeps a timer that is set to almost the same time */

    if (st->timer.timer_set) {
        ngx_del_timer(&st->timer);
    }

    ngx_add_timer(&st->timer,
                  delay + ngx_random() % NGX_REDIS_SENTINEL_JITTER);
}


void
ngx_redis_sentinel_ask(ngx_redis_sentinel_t *st)
{
    ngx_str_t           argv[3];
    ngx_redis_node_t   *node;
    ngx_redis_query_t  *q;

    node = &st->asked[st->current];

    q = ngx_redis_query_alloc(st->client);
    if (q == NULL) {
        ngx_redis_sentinel_later(st, NGX_REDIS_SENTINEL_UNKNOWN);
        return;
    }

    q->complete = ngx_redis_sentinel_complete;
    q->failed = ngx_redis_sentinel_failed;
    q->data = st;

    ngx_str_set(&argv[0], "SENTINEL");
    ngx_str_set(&argv[1], "get-master-addr-by-name");
    argv[2] = st->client->conf.sentinel;

    if (ngx_redis_query_command(q, 3, argv, 0) != NGX_OK) {
        ngx_redis_query_free(q);
        ngx_redis_sentinel_later(st, NGX_REDIS_SENTINEL_UNKNOWN);
        return;
    }

    ngx_redis_query_begin(q);

    st->query = q;

    if (st->timer.timer_set) {
        ngx_del_timer(&st->timer);
    }

    ngx_add_timer(&st->timer, st->conf.connect_timeout + st->conf.timeout);

    if (!node->started) {
        ngx_redis_node_start(node, (ngx_cycle_t *) ngx_cycle);
    }

    if (ngx_redis_node_send(node, q) != NGX_OK) {
        ngx_redis_sentinel_failed(q, q->status);
    }
}


static void
ngx_redis_sentinel_complete(ngx_redis_query_t *q)
{
    ngx_int_t              rc;
    ngx_uint_t             i;
    ngx_redis_sentinel_t  *st;

    if (q->state == NGX_REDIS_QUERY_FORGOTTEN) {
        ngx_redis_query_free(q);
        return;
    }

    st = q->data;
    st->query = NULL;

    rc = ngx_redis_sentinel_answer(st, q->replies[0]);

    ngx_redis_query_free(q);

    if (rc != NGX_OK) {
        ngx_redis_sentinel_next(st);
        return;
    }

    /* the others are asked when this one has no answer any more */

    for (i = 0; i < st->n; i++) {
        if (i != st->current) {
            ngx_redis_node_stop(&st->asked[i]);
        }
    }

    st->tried = 0;

    ngx_redis_sentinel_later(st, NGX_REDIS_SENTINEL_AGAIN);
}


static void
ngx_redis_sentinel_failed(ngx_redis_query_t *q, ngx_redis_status_e status)
{
    ngx_redis_sentinel_t  *st;

    st = q->data;
    st->query = NULL;

    ngx_redis_query_free(q);

    ngx_redis_sentinel_next(st);
}


static ngx_int_t
ngx_redis_sentinel_answer(ngx_redis_sentinel_t *st, ngx_redis_reply_t *reply)
{
    ngx_log_t  *log;

    log = ngx_redis_log(&st->asked[st->current].log);

    if (reply->type == NGX_REDIS_NIL) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "sentinel knows no master \"%V\"",
                      &st->client->conf.sentinel);
        return NGX_DECLINED;
    }

    if (reply->type == NGX_REDIS_ARRAY
        && reply->nelts == 2
        && reply->elts[0]->type == NGX_REDIS_STRING
        && reply->elts[1]->type == NGX_REDIS_STRING
        && ngx_redis_sentinel_follow(st, &reply->elts[0]->str,
                                     &reply->elts[1]->str)
           == NGX_OK)
    {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "sentinel does not tell the address of a master");

    return NGX_DECLINED;
}


/* the one that was asked is of no use now */

static void
ngx_redis_sentinel_next(ngx_redis_sentinel_t *st)
{
    ngx_redis_node_t  *node;

    st->current = (st->current + 1) % st->n;
    st->tried++;

    if (st->tried < st->n) {
        ngx_redis_sentinel_ask(st);
        return;
    }

    st->tried = 0;

    node = st->client->node;

    ngx_log_error(NGX_LOG_ERR, ngx_redis_log(&node->log), 0,
                  "no sentinel tells where the master is, %s",
                  node->place ? "the last one known is kept"
                              : "and none is known");

    if (node->place == NULL) {

        /* whoever comes now need not wait for it */

        node->failures++;
        ngx_redis_node_refuse(node);
    }

    ngx_redis_sentinel_later(st, NGX_REDIS_SENTINEL_UNKNOWN);
}
