
/*
 * Replies that send a piece elsewhere, or later; and nodes that have none.
 */


#include "ngx_redis_cluster.h"


/* milliseconds */
#define NGX_REDIS_TRYAGAIN_AFTER  10
#define NGX_REDIS_TRYAGAIN_RANGE  30
#define NGX_REDIS_DOWN_AFTER      50


static void ngx_redis_cluster_redirect(ngx_redis_query_t *q,
    ngx_str_t *error, ngx_uint_t ask);
static ngx_uint_t ngx_redis_cluster_target(ngx_redis_cluster_t *cl,
    ngx_redis_query_t *q, ngx_str_t *error, ngx_uint_t *slot);
static void ngx_redis_cluster_asking(ngx_redis_query_t *q, ngx_uint_t on);
static void ngx_redis_cluster_refused(ngx_redis_query_t *q,
    const char *word);
static void ngx_redis_cluster_delay(ngx_redis_query_t *q, ngx_msec_t delay);


static ngx_str_t  ngx_redis_asking = ngx_string("*1" CRLF "$6" CRLF
                                                "ASKING" CRLF);


void
ngx_redis_cluster_complete(ngx_redis_query_t *q)
{
    ngx_str_t          *error;
    const char         *word;
    ngx_redis_reply_t  *reply;

    if (q->state == NGX_REDIS_QUERY_FORGOTTEN) {
        ngx_redis_query_free(q);
        return;
    }

    reply = q->replies[q->nreplies - 1];

    if (reply->type != NGX_REDIS_ERROR) {
        ngx_redis_cluster_end(q, NGX_REDIS_OK);
        return;
    }

    error = &reply->str;

    if (ngx_redis_error_is(error, "MOVED")) {
        ngx_redis_cluster_redirect(q, error, 0);
        return;
    }

    if (ngx_redis_error_is(error, "ASK")) {
        ngx_redis_cluster_redirect(q, error, 1);
        return;
    }

    word = ngx_redis_error_unavailable(error);

    if (word) {
        ngx_redis_cluster_refused(q, word);
        return;
    }

    ngx_redis_cluster_end(q, NGX_REDIS_OK);
}


static void
ngx_redis_cluster_redirect(ngx_redis_query_t *q, ngx_str_t *error,
    ngx_uint_t ask)
{
    ngx_uint_t            slot, n;
    ngx_redis_cluster_t  *cl;

    cl = q->client->state;

    if (q->hops == NGX_REDIS_MAX_HOPS) {
        ngx_log_error(NGX_LOG_WARN, ngx_redis_log(&cl->log), 0,
                      "redis redirects a command more than %d times",
                      NGX_REDIS_MAX_HOPS);

        ngx_redis_cluster_refresh(cl);
        ngx_redis_cluster_end(q, NGX_REDIS_UNAVAILABLE);
        return;
    }

    q->hops++;

    n = ngx_redis_cluster_target(cl, q, error, &slot);

    if (n == NGX_REDIS_NO_MEMBER) {
        ngx_log_error(NGX_LOG_ERR, ngx_redis_log(&q->at->log), 0,
                      "redis redirects a command to nowhere");

        ngx_redis_cluster_refresh(cl);
        ngx_redis_cluster_end(q, NGX_REDIS_UNAVAILABLE);
        return;
    }

    ngx_log_debug3(NGX_LOG_DEBUG_CORE, &cl->log.log, 0,
                   "redis query %p: %s to %V", q, ask ? "ASK" : "MOVED",
                   &cl->members[n].node->name);

    if (!ask) {
        cl->slots[slot] = (uint16_t) n;
        ngx_redis_cluster_refresh(cl);
    }

    ngx_redis_query_rewind(q);
    ngx_redis_cluster_asking(q, ask);

    ngx_redis_cluster_go(q, cl->members[n].node);
}


/* "MOVED 3999 127.0.0.1:6381"; without a host it is the one that says so */

static ngx_uint_t
ngx_redis_cluster_target(ngx_redis_cluster_t *cl, ngx_redis_query_t *q,
    ngx_str_t *error, ngx_uint_t *slot)
{
    u_char     *p, *last, *space, *colon;
    ngx_int_t   n, port;
    ngx_str_t   host;

    last = error->data + error->len;

    p = ngx_strlchr(error->data, last, ' ');
    if (p == NULL) {
        return NGX_REDIS_NO_MEMBER;
    }

    space = ngx_strlchr(++p, last, ' ');
    if (space == NULL) {
        return NGX_REDIS_NO_MEMBER;
    }

    n = ngx_atoi(p, space - p);

    p = space + 1;

    /* what else may follow some day */

    space = ngx_strlchr(p, last, ' ');

    if (space) {
        last = space;
    }

    for (colon = last; colon > p && colon[-1] != ':'; colon--) { /* void */ }

    if (colon == p) {
        return NGX_REDIS_NO_MEMBER;
    }

    port = ngx_atoi(colon, last - colon);

    if (n < 0 || n >= NGX_REDIS_SLOTS || port < 1 || port > 65535) {
        return NGX_REDIS_NO_MEMBER;
    }

    if (q->slots[0] < NGX_REDIS_SLOTS && q->slots[0] != n) {
        return NGX_REDIS_NO_MEMBER;
    }

    host.data = p;
    host.len = colon - 1 - p;

    if (host.len == 0 || (host.len == 1 && *p == '?')) {
        host = q->at->ssl_name;
    }

    *slot = n;

    return ngx_redis_cluster_member(cl, &host, (in_port_t) port);
}


/* ASKING stands right before the command, so that no other can come between */

static void
ngx_redis_cluster_asking(ngx_redis_query_t *q, ngx_uint_t on)
{
    ngx_str_t  command;

    command = q->commands[q->ncommands - 1];

    q->client->size -= q->size;

    q->ncommands = 0;
    q->size = command.len;

    if (on) {
        q->commands[q->ncommands++] = ngx_redis_asking;
        q->size += ngx_redis_asking.len;
    }

    q->commands[q->ncommands++] = command;

    q->client->size += q->size;
}


static void
ngx_redis_cluster_refused(ngx_redis_query_t *q, const char *word)
{
    ngx_redis_cluster_t  *cl;

    cl = q->client->state;

    ngx_log_error(NGX_LOG_WARN, ngx_redis_log(&q->at->log), 0,
                  "redis answers %s", word);

    q->at->stats->failures[NGX_REDIS_FAILURE_REFUSED]++;

    if (ngx_strcmp(word, "TRYAGAIN") == 0) {

        /* some of its keys are here and some there; that will end soon */

        q->hops = 0;
        ngx_redis_cluster_delay(q, NGX_REDIS_TRYAGAIN_AFTER
                                   + ngx_random() % NGX_REDIS_TRYAGAIN_RANGE);
        return;
    }

    ngx_redis_cluster_refresh(cl);

    if (ngx_strcmp(word, "CLUSTERDOWN") == 0 && !q->down) {
        q->down = 1;
        ngx_redis_cluster_delay(q, NGX_REDIS_DOWN_AFTER);
        return;
    }

    if (cl->client->conf.replicas && !q->write) {

        /* it may have been a replica */

        q->write = 1;
        ngx_redis_query_rewind(q);
        ngx_redis_cluster_dispatch(q);
        return;
    }

    ngx_redis_cluster_end(q, NGX_REDIS_UNAVAILABLE);
}


/*
 * The node is away.  Any other knows where the slot is, or says that it is
 * still the same node; what may have been done already is left at that.
 */

void
ngx_redis_cluster_failed(ngx_redis_query_t *q, ngx_redis_status_e status)
{
    ngx_redis_node_t     *node;
    ngx_redis_cluster_t  *cl;

    cl = q->client->state;

    if (q->client->stopping) {
        return;
    }

    if (status == NGX_REDIS_BUSY) {
        ngx_redis_cluster_end(q, status);
        return;
    }

    ngx_redis_cluster_refresh(cl);

    if (q->elsewhere || (q->once && status == NGX_REDIS_LOST)) {
        ngx_redis_cluster_end(q, status);
        return;
    }

    q->elsewhere = 1;

    node = ngx_redis_cluster_any(cl, q->at);

    if (node == NULL) {
        ngx_redis_cluster_end(q, status);
        return;
    }

    ngx_redis_query_rewind(q);
    ngx_redis_cluster_asking(q, 0);

    ngx_redis_cluster_go(q, node);
}


static void
ngx_redis_cluster_delay(ngx_redis_query_t *q, ngx_msec_t delay)
{
    ngx_queue_t          *link;
    ngx_redis_query_t    *other;
    ngx_redis_cluster_t  *cl;

    cl = q->client->state;

    ngx_redis_query_rewind(q);
    ngx_redis_cluster_asking(q, 0);

    q->when = ngx_current_msec + delay;
    q->delayed = 1;

    for (link = ngx_queue_last(&cl->delayed);
         link != ngx_queue_sentinel(&cl->delayed);
         link = ngx_queue_prev(link))
    {
        other = ngx_queue_data(link, ngx_redis_query_t, queue);

        if ((ngx_msec_int_t) (q->when - other->when) >= 0) {
            break;
        }
    }

    ngx_queue_insert_after(link, &q->queue);

    if (ngx_queue_head(&cl->delayed) == &q->queue) {

        if (cl->retry.timer_set) {
            ngx_del_timer(&cl->retry);
        }

        ngx_add_timer(&cl->retry, delay);
    }
}


void
ngx_redis_cluster_retry_handler(ngx_event_t *ev)
{
    ngx_queue_t          *link;
    ngx_msec_int_t        left;
    ngx_redis_query_t    *q;
    ngx_redis_cluster_t  *cl;

    cl = ev->data;

    while (!ngx_queue_empty(&cl->delayed)) {

        link = ngx_queue_head(&cl->delayed);
        q = ngx_queue_data(link, ngx_redis_query_t, queue);

        left = (ngx_msec_int_t) (q->when - ngx_current_msec);

        if (left > 0) {
            ngx_add_timer(ev, (ngx_msec_t) left);
            return;
        }

        ngx_queue_remove(link);
        q->delayed = 0;

        ngx_redis_cluster_dispatch(q);
    }
}
