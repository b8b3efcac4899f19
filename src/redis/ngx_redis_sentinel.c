
/*
 * The route of a client with sentinels: every command goes to the node that
 * they call master.
 *
 * One of them is asked for its address, now and then and when there is doubt;
 * if it has no good answer the next one is, and who had one is asked first
 * from then on.  All of them are listened to for "+switch-master".
 *
 * What a sentinel says is where to look; only ROLE, as the node itself says
 * it, makes it the master.  A node that is none is held: it keeps the queries
 * until it is known where they can go, or until their deadline.
 */


#include "ngx_redis_sentinel.h"


static ngx_int_t ngx_redis_sentinel_init(ngx_conf_t *cf,
    ngx_redis_client_t *rc);
static ngx_int_t ngx_redis_sentinel_start(ngx_redis_client_t *rc,
    ngx_cycle_t *cycle);
static void ngx_redis_sentinel_stop(ngx_redis_client_t *rc);
static ngx_int_t ngx_redis_sentinel_send(ngx_redis_query_t *q);
static void ngx_redis_sentinel_ready(ngx_redis_connection_t *rcn);
static void ngx_redis_sentinel_away(ngx_redis_node_t *node);
static void ngx_redis_sentinel_demoted(ngx_redis_node_t *node);
static void ngx_redis_sentinel_listen(ngx_redis_connection_t *rcn);
static void ngx_redis_sentinel_listening(ngx_redis_query_t *q);
static void ngx_redis_sentinel_deaf(ngx_redis_query_t *q,
    ngx_redis_status_e status);
static void ngx_redis_sentinel_switched(ngx_redis_connection_t *rcn,
    ngx_redis_reply_t *reply);


ngx_redis_route_t  ngx_redis_sentinel = {
    ngx_redis_sentinel_init,
    ngx_redis_sentinel_start,
    ngx_redis_sentinel_stop,
    ngx_redis_sentinel_send,
    ngx_redis_single_forget
};


static ngx_redis_owner_t  ngx_redis_sentinel_master = {
    ngx_redis_sentinel_ready,
    ngx_redis_sentinel_away,
    ngx_redis_sentinel_demoted
};


static ngx_redis_owner_t  ngx_redis_sentinel_heard = {
    ngx_redis_sentinel_listen,
    NULL,
    NULL
};


static ngx_int_t
ngx_redis_sentinel_init(ngx_conf_t *cf, ngx_redis_client_t *rc)
{
    ngx_uint_t             i;
    ngx_redis_node_t     **seed, *node;
    ngx_redis_sentinel_t  *st;

    st = ngx_pcalloc(cf->pool, sizeof(ngx_redis_sentinel_t));
    node = ngx_pcalloc(cf->pool, sizeof(ngx_redis_node_t));

    if (st == NULL || node == NULL) {
        return NGX_ERROR;
    }

    st->client = rc;
    st->ident = -1;

    st->conf = rc->conf;
    st->conf.user = rc->conf.sentinel_user;
    st->conf.password = rc->conf.sentinel_password;
    st->conf.connections = 1;

    st->n = rc->seeds.nelts;
    st->asked = ngx_palloc(cf->pool, st->n * sizeof(ngx_redis_node_t));
    st->heard = ngx_palloc(cf->pool, st->n * sizeof(ngx_redis_node_t));

    if (st->asked == NULL || st->heard == NULL) {
        return NGX_ERROR;
    }

    seed = rc->seeds.elts;

    node->client = rc;
    node->ident = -1;
    node->conf = &rc->conf;
    node->owner = &ngx_redis_sentinel_master;
    node->data = st;
    node->name = rc->conf.sentinel;
    node->db = seed[0]->db;
    node->tls = seed[0]->tls;
    node->held = 1;
    node->master = 1;

    for (i = 0; i < st->n; i++) {

        if (ngx_redis_node_init(cf, seed[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        seed[i]->conf = &st->conf;
        seed[i]->data = st;
        seed[i]->db = 0;
        seed[i]->control = 1;

        st->asked[i] = *seed[i];
        st->heard[i] = *seed[i];
        st->heard[i].owner = &ngx_redis_sentinel_heard;
    }

    rc->node = node;
    rc->state = st;

    return NGX_OK;
}


static ngx_int_t
ngx_redis_sentinel_start(ngx_redis_client_t *rc, ngx_cycle_t *cycle)
{
    ngx_uint_t             i;
    ngx_redis_sentinel_t  *st;

    st = rc->state;

    st->timer.handler = ngx_redis_sentinel_timer_handler;
    st->timer.data = st;
    st->timer.log = cycle->log;
    st->timer.cancelable = 1;

    ngx_redis_node_start(rc->node, cycle);

    for (i = 0; i < st->n; i++) {
        ngx_redis_node_start(&st->heard[i], cycle);
    }

    ngx_add_timer(&st->timer, ngx_random() % NGX_REDIS_START_JITTER);

    return NGX_OK;
}


static void
ngx_redis_sentinel_stop(ngx_redis_client_t *rc)
{
    ngx_uint_t             i;
    ngx_redis_sentinel_t  *st;

    st = rc->state;

    if (st->timer.timer_set) {
        ngx_del_timer(&st->timer);
    }

    if (st->query) {
        ngx_redis_query_abandon(st->query);
        st->query = NULL;
    }

    for (i = 0; i < st->n; i++) {
        ngx_redis_node_stop(&st->asked[i]);
        ngx_redis_node_stop(&st->heard[i]);
    }

    ngx_redis_node_stop(rc->node);

    if (rc->node->place) {
        ngx_destroy_pool(rc->node->place);
        rc->node->place = NULL;
    }
}


static ngx_int_t
ngx_redis_sentinel_send(ngx_redis_query_t *q)
{
    ngx_redis_node_t      *node;
    ngx_redis_sentinel_t  *st;

    node = q->client->node;
    st = q->client->state;

    /* the first of all does not wait for the timer */

    if (node->place == NULL && st->query == NULL && node->failures == 0) {
        ngx_redis_sentinel_ask(st);
    }

    return ngx_redis_node_send(node, q);
}


ngx_int_t
ngx_redis_sentinel_follow(ngx_redis_sentinel_t *st, ngx_str_t *host,
    ngx_str_t *port)
{
    ngx_int_t          n;
    ngx_redis_node_t  *node;

    node = st->client->node;
    n = ngx_atoi(port->data, port->len);

    if (n < 1 || n > 65535) {
        return NGX_ERROR;
    }

    if (node->place
        && !node->held
        && node->port == n
        && node->ssl_name.len == host->len
        && ngx_memcmp(node->ssl_name.data, host->data, host->len) == 0)
    {
        return NGX_OK;
    }

    if (ngx_redis_node_place(node, host, (in_port_t) n) != NGX_OK) {
        return NGX_ERROR;
    }

    st->confirmed = 0;

    /* not by the node's own log, which may be silent for a while after that */

    ngx_log_error(NGX_LOG_NOTICE, st->client->log, 0,
                  "redis master \"%V\" is at %V, redis: \"%V\"",
                  &st->client->conf.sentinel, &node->name,
                  &st->client->conf.name);

    if (!ngx_exiting || !ngx_queue_empty(&node->waiting)) {
        ngx_redis_node_connect(node);
    }

    return NGX_OK;
}


static void
ngx_redis_sentinel_ready(ngx_redis_connection_t *rcn)
{
    ngx_redis_node_t      *node;
    ngx_redis_sentinel_t  *st;

    node = rcn->data;

    st = node->data;
    st->confirmed = 1;
}


static void
ngx_redis_sentinel_away(ngx_redis_node_t *node)
{
    ngx_redis_sentinel_t  *st;

    st = node->data;

    if (st->query == NULL) {
        ngx_redis_sentinel_later(st, NGX_REDIS_SENTINEL_SOON);
    }
}


/*
 * If it was the master, the sentinels have another one by now.  If it never
 * was, they know of the change before it does.
 */

static void
ngx_redis_sentinel_demoted(ngx_redis_node_t *node)
{
    ngx_redis_sentinel_t  *st;

    st = node->data;

    if (st->query) {
        return;
    }

    if (st->confirmed) {
        st->confirmed = 0;
        ngx_redis_sentinel_ask(st);
        return;
    }

    ngx_redis_sentinel_later(st, NGX_REDIS_SENTINEL_SOON);
}


static void
ngx_redis_sentinel_listen(ngx_redis_connection_t *rcn)
{
    ngx_str_t              argv[2];
    ngx_redis_node_t      *node;
    ngx_redis_query_t     *q;
    ngx_redis_sentinel_t  *st;

    node = rcn->data;
    st = node->data;

    q = ngx_redis_query_alloc(st->client);
    if (q == NULL) {
        return;
    }

    q->complete = ngx_redis_sentinel_listening;
    q->failed = ngx_redis_sentinel_deaf;

    /* each connection has one of its own */

    q->replayed = 1;

    ngx_str_set(&argv[0], "SUBSCRIBE");
    ngx_str_set(&argv[1], "+switch-master");

    if (ngx_redis_query_command(q, 2, argv, 0) != NGX_OK
        || ngx_redis_connection_listen(rcn, ngx_redis_sentinel_switched)
           != NGX_OK)
    {
        ngx_redis_query_free(q);
        return;
    }

    ngx_redis_query_begin(q);

    if (ngx_redis_connection_send(rcn, q) != NGX_OK) {
        ngx_redis_query_free(q);
    }
}


static void
ngx_redis_sentinel_listening(ngx_redis_query_t *q)
{
    ngx_redis_query_free(q);
}


static void
ngx_redis_sentinel_deaf(ngx_redis_query_t *q, ngx_redis_status_e status)
{
    ngx_redis_query_free(q);
}


/* "message", "+switch-master", "name old-host old-port host port" */

static void
ngx_redis_sentinel_switched(ngx_redis_connection_t *rcn,
    ngx_redis_reply_t *reply)
{
    u_char                *p, *last, *space;
    ngx_str_t              word[5], *s;
    ngx_uint_t             n;
    ngx_redis_node_t      *node;
    ngx_redis_sentinel_t  *st;

    node = rcn->data;
    st = node->data;

    s = &reply->elts[2]->str;

    if (reply->elts[2]->type != NGX_REDIS_STRING) {
        return;
    }

    p = s->data;
    last = s->data + s->len;

    for (n = 0; n < 5; n++) {
        space = ngx_strlchr(p, last, ' ');

        if (space == NULL) {
            space = last;
        }

        word[n].data = p;
        word[n].len = space - p;

        p = space < last ? space + 1 : last;
    }

    s = &st->client->conf.sentinel;

    if (word[0].len != s->len
        || ngx_memcmp(word[0].data, s->data, s->len) != 0)
    {
        return;
    }

    /* an answer that is under way may be from before */

    if (st->query) {
        ngx_redis_query_abandon(st->query);
        st->query = NULL;
    }

    st->current = node - st->heard;
    st->tried = 0;

    if (ngx_redis_sentinel_follow(st, &word[3], &word[4]) != NGX_OK) {
        ngx_redis_sentinel_ask(st);
        return;
    }

    ngx_redis_sentinel_later(st, NGX_REDIS_SENTINEL_AGAIN);
}
