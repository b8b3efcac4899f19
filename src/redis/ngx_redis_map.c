
/*
 * The answer to CLUSTER SLOTS:
 *
 *     [ [ first, last, master, replica, ... ], ... ]
 *
 * where a node is [ host, port, id, [ metadata ] ].  The host may be missing:
 * then it is the one that was asked.
 */


#include "ngx_redis_cluster.h"


static const char *ngx_redis_map_check(ngx_redis_cluster_t *cl,
    ngx_redis_reply_t *reply, ngx_uint_t *covered);
static ngx_uint_t ngx_redis_map_is_node(ngx_redis_reply_t *reply);
static void ngx_redis_map_range(ngx_redis_cluster_t *cl,
    ngx_redis_reply_t *range);
static ngx_uint_t ngx_redis_map_node(ngx_redis_cluster_t *cl,
    ngx_redis_reply_t *reply);
static ngx_int_t ngx_redis_map_host(ngx_redis_cluster_t *cl,
    ngx_redis_reply_t *reply, ngx_str_t *host);


ngx_int_t
ngx_redis_cluster_map(ngx_redis_cluster_t *cl, ngx_redis_reply_t *reply)
{
    uint16_t    *slots;
    ngx_uint_t   i, covered;
    const char  *wrong;

    wrong = ngx_redis_map_check(cl, reply, &covered);

    if (wrong) {
        ngx_log_error(NGX_LOG_ERR, ngx_redis_log(&cl->control->log), 0,
                      "redis tells no topology of a cluster: %s", wrong);
        return NGX_ERROR;
    }

    if (covered < NGX_REDIS_SLOTS) {
        ngx_log_error(NGX_LOG_WARN, ngx_redis_log(&cl->control->log), 0,
                      "redis cluster has nodes for %ui of its %d slots only",
                      covered, NGX_REDIS_SLOTS);
    }

    cl->seen++;

    for (i = 0; i < NGX_REDIS_SLOTS; i++) {
        cl->fresh[i] = NGX_REDIS_NO_MEMBER;
    }

    for (i = 0; i < cl->nmembers; i++) {
        cl->members[i].nreplicas = 0;
    }

    for (i = 0; i < reply->nelts; i++) {
        ngx_redis_map_range(cl, reply->elts[i]);
    }

    cl->changed = (ngx_memcmp(cl->slots, cl->fresh,
                              NGX_REDIS_SLOTS * sizeof(uint16_t))
                   != 0);

    slots = cl->slots;
    cl->slots = cl->fresh;
    cl->fresh = slots;

    ngx_redis_cluster_leave(cl);

    ngx_log_debug2(NGX_LOG_DEBUG_CORE, &cl->log.log, 0,
                   "redis cluster: %ui slots, %ui nodes",
                   covered, cl->nmembers);

    return NGX_OK;
}


/* What is wrong with it, before anything is believed. */

static const char *
ngx_redis_map_check(ngx_redis_cluster_t *cl, ngx_redis_reply_t *reply,
    ngx_uint_t *covered)
{
    int64_t             n;
    ngx_uint_t          i, j;
    ngx_redis_reply_t  *range, **elts;

    if (reply->type == NGX_REDIS_ERROR) {
        return "it answers with an error";
    }

    if (reply->type != NGX_REDIS_ARRAY) {
        return "not an array";
    }

    *covered = 0;

    ngx_memzero(cl->fresh, NGX_REDIS_SLOTS * sizeof(uint16_t));

    for (i = 0; i < reply->nelts; i++) {

        range = reply->elts[i];
        elts = range->elts;

        if (range->type != NGX_REDIS_ARRAY
            || range->nelts < 3
            || elts[0]->type != NGX_REDIS_INTEGER
            || elts[1]->type != NGX_REDIS_INTEGER)
        {
            return "not a range of slots";
        }

        if (elts[0]->integer < 0
            || elts[1]->integer < elts[0]->integer
            || elts[1]->integer >= NGX_REDIS_SLOTS)
        {
            return "slots that there are not";
        }

        for (n = elts[0]->integer; n <= elts[1]->integer; n++) {
            if (cl->fresh[n]++) {
                return "a slot twice";
            }

            (*covered)++;
        }

        for (j = 2; j < range->nelts; j++) {
            if (!ngx_redis_map_is_node(elts[j])) {
                return "not a node";
            }
        }
    }

    return *covered ? NULL : "no slots";
}


static ngx_uint_t
ngx_redis_map_is_node(ngx_redis_reply_t *reply)
{
    return reply->type == NGX_REDIS_ARRAY
           && reply->nelts >= 2
           && (reply->elts[0]->type == NGX_REDIS_STRING
               || reply->elts[0]->type == NGX_REDIS_NIL)
           && reply->elts[1]->type == NGX_REDIS_INTEGER
           && reply->elts[1]->integer > 0
           && reply->elts[1]->integer <= 65535;
}


static void
ngx_redis_map_range(ngx_redis_cluster_t *cl, ngx_redis_reply_t *range)
{
    int64_t              n;
    ngx_uint_t           i, master, replica;
    ngx_redis_member_t  *m;

    master = ngx_redis_map_node(cl, range->elts[2]);

    if (master == NGX_REDIS_NO_MEMBER) {
        return;
    }

    for (n = range->elts[0]->integer; n <= range->elts[1]->integer; n++) {
        cl->fresh[n] = (uint16_t) master;
    }

    m = &cl->members[master];

    if (!cl->client->conf.replicas || m->nreplicas) {
        return;
    }

    for (i = 3; i < range->nelts; i++) {

        replica = ngx_redis_map_node(cl, range->elts[i]);

        if (replica == NGX_REDIS_NO_MEMBER) {
            continue;
        }

        m->replicas[m->nreplicas++] = (uint16_t) replica;

        if (m->nreplicas == NGX_REDIS_MAX_REPLICAS) {
            return;
        }
    }
}


static ngx_uint_t
ngx_redis_map_node(ngx_redis_cluster_t *cl, ngx_redis_reply_t *reply)
{
    ngx_str_t   host;
    ngx_uint_t  n;

    if (ngx_redis_map_host(cl, reply, &host) != NGX_OK) {
        ngx_log_error(NGX_LOG_WARN, ngx_redis_log(&cl->control->log), 0,
                      "redis cluster has a node without an address");
        return NGX_REDIS_NO_MEMBER;
    }

    n = ngx_redis_cluster_member(cl, &host,
                                 (in_port_t) reply->elts[1]->integer);

    if (n == NGX_REDIS_NO_MEMBER) {
        ngx_log_error(NGX_LOG_WARN, ngx_redis_log(&cl->control->log), 0,
                      "redis cluster has a node that cannot be used");
        return n;
    }

    cl->members[n].seen = cl->seen;

    return n;
}


static ngx_int_t
ngx_redis_map_host(ngx_redis_cluster_t *cl, ngx_redis_reply_t *reply,
    ngx_str_t *host)
{
    ngx_str_t          *key;
    ngx_uint_t          i;
    ngx_redis_reply_t  *meta;

    *host = reply->elts[0]->str;

    if (reply->elts[0]->type == NGX_REDIS_NIL || host->len == 0) {
        *host = cl->control->ssl_name;
        return NGX_OK;
    }

    if (host->len != 1 || host->data[0] != '?') {
        return NGX_OK;
    }

    /* it should have a name, and was given none; its address may be told */

    if (reply->nelts < 4 || reply->elts[3]->type != NGX_REDIS_ARRAY) {
        return NGX_ERROR;
    }

    meta = reply->elts[3];

    for (i = 0; i + 1 < meta->nelts; i += 2) {

        key = &meta->elts[i]->str;

        if (meta->elts[i]->type == NGX_REDIS_STRING
            && meta->elts[i + 1]->type == NGX_REDIS_STRING
            && key->len == 2
            && ngx_memcmp(key->data, "ip", 2) == 0)
        {
            *host = meta->elts[i + 1]->str;
            return host->len ? NGX_OK : NGX_ERROR;
        }
    }

    return NGX_ERROR;
}
