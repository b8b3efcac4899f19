
/*
 * What a server has done and is doing, in numbers: increments by the one
 * worker whose numbers they are.
 */


#include "ngx_redis_private.h"


/* microseconds; what took longer than the last is in one more bucket */

const ngx_uint_t  ngx_redis_stats_bounds[NGX_REDIS_STATS_BUCKETS - 1] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
    500000, 1000000
};


static ngx_str_t  ngx_redis_stats_names[] = {
    ngx_string("connect"),
    ngx_string("handshake"),
    ngx_string("lost"),
    ngx_string("protocol"),
    ngx_string("timeout"),
    ngx_string("refused"),
    ngx_string("away"),
    ngx_string("busy")
};


const char *
ngx_redis_stats_name(ngx_redis_failure_e failure)
{
    return (const char *) ngx_redis_stats_names[failure].data;
}


void
ngx_redis_client_stats(ngx_redis_client_t *rc, ngx_redis_stats_pt place,
    void *data)
{
    rc->place_stats = place;
    rc->stats_data = data;
}


/* the numbers of now begin anew, the others go on where there are any */

void
ngx_redis_stats_start(ngx_redis_node_t *node)
{
    ngx_redis_client_t  *rc;

    rc = node->client;
    node->stats = NULL;

    if (rc->place_stats && !node->control) {
        node->stats = rc->place_stats(rc->stats_data, &rc->conf.name,
                                      &node->name);
    }

    if (node->stats == NULL) {
        node->stats = &node->own_stats;
        ngx_memzero(node->stats, sizeof(ngx_redis_stats_t));
    }

    ngx_redis_stats_stop(node);
}


void
ngx_redis_stats_stop(ngx_redis_node_t *node)
{
    ngx_redis_stats_t  *stats;

    stats = node->stats;

    stats->connected = 0;
    stats->inflight = 0;
    stats->waiting = 0;
    stats->open = 0;
}


void
ngx_redis_stats_latency(ngx_redis_stats_t *stats, ngx_uint_t usec)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_REDIS_STATS_BUCKETS - 1; i++) {
        if (usec <= ngx_redis_stats_bounds[i]) {
            break;
        }
    }

    stats->latency[i]++;
    stats->usec += usec;
}


void
ngx_redis_stats_log(ngx_redis_node_t *node)
{
#if (NGX_DEBUG)

    ngx_redis_stats_t  *s;

    s = node->stats;

    ngx_log_debug6(NGX_LOG_DEBUG_CORE, &node->log.log, 0,
                   "redis node: %ui queries, %ui answered, %ui replayed, "
                   "%ui lost, %ui late, %ui refused",
                   s->queries, s->replies, s->replays,
                   s->failures[NGX_REDIS_FAILURE_LOST],
                   s->failures[NGX_REDIS_FAILURE_TIMEOUT],
                   s->failures[NGX_REDIS_FAILURE_REFUSED]);

#endif
}
