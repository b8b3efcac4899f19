
/*
 * What keeps a server that is in trouble from more of it.
 *
 * A connection whose answers come too late gets no more queries until it has
 * caught up, which a PING behind the others tells.  A server that closes its
 * connections gets new ones at a measured pace.  And of all queries only a
 * part is sent twice.
 */


#include "ngx_redis_private.h"


/* answers in a row that came, or did not come, after their deadline */
#define NGX_REDIS_MAX_LATE      16

/* connections that did not live long are made again at once: so many, and one
 * more a while */
#define NGX_REDIS_BRIEF         1000
#define NGX_REDIS_PACE          100
#define NGX_REDIS_PACE_BURST    10

/* queries that are sent again: so many, and one more for so many others */
#define NGX_REDIS_REPLAYS       512
#define NGX_REDIS_REPLAY_PRICE  10


void
ngx_redis_guard_start(ngx_redis_node_t *node)
{
    node->credit = NGX_REDIS_REPLAYS * NGX_REDIS_REPLAY_PRICE;
    node->pace = ngx_current_msec;
    node->paced = 0;
    node->nbehind = 0;
}


/* a query of the connection has passed its deadline */

void
ngx_redis_guard_late(ngx_redis_connection_t *rcn)
{
    if (++rcn->late < NGX_REDIS_MAX_LATE
        || rcn->behind
        || rcn->state != NGX_REDIS_READY)
    {
        return;
    }

    /* the answer to it is what ends this state: without it, none */

    if (rcn->query.connection == NULL && ngx_redis_ping(rcn) != NGX_OK) {
        return;
    }

    rcn->behind = 1;
    rcn->turned(rcn);

    ngx_log_error(NGX_LOG_WARN, ngx_redis_log(rcn->log), 0,
                  "redis is too late with %ui answers in a row, it is asked "
                  "no more until it has caught up", rcn->late);
}


/* a PING has been answered */

void
ngx_redis_guard_pong(ngx_redis_connection_t *rcn)
{
    if (!rcn->behind) {
        return;
    }

    if (ngx_current_msec - rcn->query.sent > rcn->conf->timeout
        && ngx_redis_ping(rcn) == NGX_OK)
    {
        return;
    }

    rcn->late = 0;
    rcn->behind = 0;
    rcn->turned(rcn);

    ngx_log_error(NGX_LOG_NOTICE, &rcn->log->log, 0, "redis has caught up");
}


/* how long to wait before a connection that was closed is made again */

ngx_msec_t
ngx_redis_guard_pace(ngx_redis_node_t *node, ngx_msec_t since)
{
    ngx_msec_int_t  ahead;

    if (ngx_current_msec - since >= NGX_REDIS_BRIEF) {
        return 0;
    }

    ahead = (ngx_msec_int_t) (node->pace - ngx_current_msec);

    if (ahead < 0) {
        ahead = 0;
        node->pace = ngx_current_msec;
    }

    if (ahead <= NGX_REDIS_PACE_BURST * NGX_REDIS_PACE) {
        node->pace += NGX_REDIS_PACE;
    }

    ahead -= (NGX_REDIS_PACE_BURST - 1) * NGX_REDIS_PACE;

    return ahead > 0 ? (ngx_msec_t) ahead : 0;
}


/* a query that is not sent again pays for those that are */

void
ngx_redis_guard_earn(ngx_redis_node_t *node)
{
    if (node->credit < NGX_REDIS_REPLAYS * NGX_REDIS_REPLAY_PRICE) {
        node->credit++;
    }
}


ngx_int_t
ngx_redis_guard_spend(ngx_redis_node_t *node)
{
    if (node->credit < NGX_REDIS_REPLAY_PRICE) {
        return NGX_DECLINED;
    }

    node->credit -= NGX_REDIS_REPLAY_PRICE;

    return NGX_OK;
}
