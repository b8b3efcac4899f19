
/*
 * Which node has which slot.  CLUSTER SLOTS is asked for at start, after a
 * redirection or a failure, and now and then; over a connection of its own
 * that is closed afterwards, for the answer may be long.  However many ask
 * for it, it is asked for once, and at most once a second.
 *
 * An answer that makes no sense changes nothing, and the next node is asked.
 */


#include "ngx_redis_cluster.h"


#define NGX_REDIS_MAX_TRIES        8

/* milliseconds */
#define NGX_REDIS_TOPOLOGY_MIN     1000
#define NGX_REDIS_TOPOLOGY_JITTER  50
#define NGX_REDIS_TOPOLOGY_AGAIN   30000
#define NGX_REDIS_TOPOLOGY_CHANGED 4000
#define NGX_REDIS_TOPOLOGY_FAILED  500
#define NGX_REDIS_TOPOLOGY_TIMEOUT 1000


static ngx_redis_node_t *ngx_redis_cluster_control(ngx_redis_cluster_t *cl);
static void ngx_redis_cluster_load(ngx_redis_cluster_t *cl);
static void ngx_redis_cluster_loaded(ngx_redis_query_t *q);
static void ngx_redis_cluster_unanswered(ngx_redis_query_t *q,
    ngx_redis_status_e status);
static void ngx_redis_cluster_next(ngx_redis_cluster_t *cl);
static void ngx_redis_cluster_later(ngx_redis_cluster_t *cl,
    ngx_msec_t delay);
static void ngx_redis_cluster_resume(ngx_redis_cluster_t *cl);


void
ngx_redis_cluster_refresh(ngx_redis_cluster_t *cl)
{
    ngx_msec_t  delay, left, since;

    if (cl->client->stopping) {
        return;
    }

    if (cl->query || cl->tried) {
        cl->again = 1;
        return;
    }

    delay = 1 + ngx_random() % NGX_REDIS_TOPOLOGY_JITTER;
    since = ngx_current_msec - cl->loaded;

    if (since < NGX_REDIS_TOPOLOGY_MIN) {
        delay += NGX_REDIS_TOPOLOGY_MIN - since;
    }

    if (cl->timer.timer_set) {
        left = cl->timer.timer.key - ngx_current_msec;

        if ((ngx_msec_int_t) (left - delay) <= 0) {
            return;
        }
    }

    ngx_redis_cluster_later(cl, delay);
}


static void
ngx_redis_cluster_later(ngx_redis_cluster_t *cl, ngx_msec_t delay)
{
    if (cl->timer.timer_set) {
        ngx_del_timer(&cl->timer);
    }

    ngx_add_timer(&cl->timer, delay);
}


void
ngx_redis_cluster_timer_handler(ngx_event_t *ev)
{
    ngx_redis_cluster_t  *cl;

    cl = ev->data;

    if (cl->query) {
        ngx_log_error(NGX_LOG_ERR, ngx_redis_log(&cl->control->log),
                      NGX_ETIMEDOUT, "redis did not tell the topology");

        ngx_redis_query_abandon(cl->query);
        cl->query = NULL;

        ngx_redis_cluster_next(cl);
        return;
    }

    if (ngx_exiting && ngx_queue_empty(&cl->client->underway)) {
        ngx_redis_cluster_later(cl, NGX_REDIS_TOPOLOGY_FAILED);
        return;
    }

    ngx_redis_cluster_load(cl);
}


/* the node that was asked, which is not on the stack now */

void
ngx_redis_cluster_finish_handler(ngx_event_t *ev)
{
    ngx_redis_cluster_t  *cl;

    cl = ev->data;

    if (cl->control == NULL || cl->query) {
        return;
    }

    if (cl->seed) {
        ngx_redis_node_stop(cl->control);

    } else {
        ngx_redis_node_destroy(cl->control);
    }

    cl->control = NULL;
}


static void
ngx_redis_cluster_load(ngx_redis_cluster_t *cl)
{
    ngx_str_t           argv[2];
    ngx_redis_query_t  *q;

    ngx_redis_cluster_finish_handler(&cl->finish);

    cl->asked = 1;
    cl->loaded = ngx_current_msec;

    if (cl->tried == 0) {
        cl->again = 0;
    }

    cl->control = ngx_redis_cluster_control(cl);

    if (cl->control == NULL) {
        ngx_redis_cluster_next(cl);
        return;
    }

    q = ngx_redis_query_alloc(cl->client);
    if (q == NULL) {
        ngx_redis_cluster_next(cl);
        return;
    }

    q->complete = ngx_redis_cluster_loaded;
    q->failed = ngx_redis_cluster_unanswered;
    q->data = cl;

    ngx_str_set(&argv[0], "CLUSTER");
    ngx_str_set(&argv[1], "SLOTS");

    if (ngx_redis_query_command(q, 2, argv, 0) != NGX_OK) {
        ngx_redis_query_free(q);
        ngx_redis_cluster_next(cl);
        return;
    }

    ngx_redis_query_begin(q);

    cl->query = q;

    ngx_redis_cluster_later(cl, cl->conf.connect_timeout
                                + NGX_REDIS_TOPOLOGY_TIMEOUT);

    ngx_redis_node_start(cl->control, (ngx_cycle_t *) ngx_cycle);

    if (ngx_redis_node_send(cl->control, q) != NGX_OK) {
        ngx_redis_cluster_unanswered(q, q->status);
    }
}


/* some of the nodes that are known, then all that are configured */

static ngx_redis_node_t *
ngx_redis_cluster_control(ngx_redis_cluster_t *cl)
{
    ngx_uint_t          i, n;
    ngx_redis_node_t   *node, **seed;

    if (cl->tried == 0) {
        cl->first = ngx_random() % NGX_REDIS_MAX_MEMBERS;
    }

    n = ngx_min(cl->nmembers, NGX_REDIS_MAX_TRIES);

    if (cl->tried < n) {

        node = cl->members[(cl->first + cl->tried) % cl->nmembers].node;

        if (node == NULL) {
            return NULL;
        }

        node = ngx_redis_node_create(cl->client, &cl->conf, &node->ssl_name,
                                     node->port);
        if (node) {
            node->control = 1;
        }

        cl->seed = 0;

        return node;
    }

    i = cl->tried - n;

    if (i >= cl->client->seeds.nelts) {
        return NULL;
    }

    seed = cl->client->seeds.elts;
    cl->seed = 1;

    return seed[i];
}


static void
ngx_redis_cluster_loaded(ngx_redis_query_t *q)
{
    ngx_int_t             rc;
    ngx_redis_cluster_t  *cl;

    if (q->state == NGX_REDIS_QUERY_FORGOTTEN) {
        ngx_redis_query_free(q);
        return;
    }

    cl = q->data;
    cl->query = NULL;

    rc = ngx_redis_cluster_map(cl, q->replies[0]);

    ngx_redis_query_free(q);

    if (rc != NGX_OK) {
        ngx_redis_cluster_next(cl);
        return;
    }

    cl->mapped = 1;
    cl->tried = 0;
    cl->failures = 0;

    ngx_post_event(&cl->finish, &ngx_posted_events);

    /* while it changes, a node may not know all of it */

    ngx_redis_cluster_later(cl, (cl->changed ? NGX_REDIS_TOPOLOGY_CHANGED
                                             : NGX_REDIS_TOPOLOGY_AGAIN)
                                + ngx_random() % NGX_REDIS_TOPOLOGY_MIN);

    if (cl->again) {
        ngx_redis_cluster_refresh(cl);
    }

    ngx_redis_cluster_resume(cl);
}


static void
ngx_redis_cluster_unanswered(ngx_redis_query_t *q, ngx_redis_status_e status)
{
    ngx_redis_cluster_t  *cl;

    cl = q->data;
    cl->query = NULL;

    ngx_redis_query_free(q);

    ngx_redis_cluster_next(cl);
}


static void
ngx_redis_cluster_next(ngx_redis_cluster_t *cl)
{
    cl->tried++;

    if (cl->tried < ngx_min(cl->nmembers, NGX_REDIS_MAX_TRIES)
                    + cl->client->seeds.nelts)
    {
        /* from the timer, since the node that was asked may be on the stack */

        ngx_redis_cluster_later(cl, 1);
        return;
    }

    cl->tried = 0;
    cl->failures++;

    ngx_log_error(NGX_LOG_ERR, ngx_redis_log(&cl->log), 0,
                  "no node tells the topology of the cluster, %s",
                  cl->mapped ? "the last one known is kept"
                             : "and none is known");

    ngx_redis_cluster_later(cl, NGX_REDIS_TOPOLOGY_FAILED
                                + ngx_random() % NGX_REDIS_TOPOLOGY_FAILED);

    ngx_redis_cluster_resume(cl);
}


static void
ngx_redis_cluster_resume(ngx_redis_cluster_t *cl)
{
    ngx_queue_t        *link;
    ngx_redis_query_t  *q;

    while (!ngx_queue_empty(&cl->waiting)) {

        link = ngx_queue_head(&cl->waiting);
        q = ngx_queue_data(link, ngx_redis_query_t, queue);

        ngx_queue_remove(link);
        q->delayed = 0;

        ngx_redis_cluster_dispatch(q);
    }
}
