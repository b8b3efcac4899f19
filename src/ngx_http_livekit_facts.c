
/*
 * Facts about one person and one room: asked of Redis all at once.
 *
 * The room's own hash is always asked for its state, bans and kicks; the
 * membership stands there too, unless livekit_access says where else.
 */


#include "ngx_http_livekit.h"


static ngx_int_t ngx_http_livekit_facts_own(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_facts_cancel(void *data);
static ngx_redis_query_t *ngx_http_livekit_facts_query(
    ngx_http_livekit_ctx_t *ctx, ngx_redis_client_t *rc);
static ngx_int_t ngx_http_livekit_facts_hash(ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_facts_conf_t *conf);
static ngx_int_t ngx_http_livekit_facts_command(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_source_t *source);
static void ngx_http_livekit_facts_reply(ngx_redis_query_t *q, void *data);
static void ngx_http_livekit_facts_fail(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_status_e status);


lkg_fact  ngx_http_livekit_hash_facts[NGX_HTTP_LIVEKIT_HASH_FACTS] = {
    LKG_FACT_STATE, LKG_FACT_BAN, LKG_FACT_KICK, LKG_FACT_MEMBER
};


ngx_int_t
ngx_http_livekit_facts_ask(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_facts_conf_t *conf)
{
    ngx_int_t                   rc;
    ngx_uint_t                  i;
    ngx_http_livekit_source_t  *source;

    lkg_access_init(&ctx->facts);

    ctx->facts_conf = conf;
    ctx->redis_asked = 1;

    if (ngx_http_livekit_facts_own(r, ctx) != NGX_OK) {
        goto failed;
    }

    rc = ngx_http_livekit_facts_hash(ctx, conf);
    if (rc != NGX_OK) {
        goto failed;
    }

    if (conf->sources) {
        source = conf->sources->elts;

        for (i = 0; i < conf->sources->nelts; i++) {
            rc = ngx_http_livekit_facts_command(r, ctx, &source[i]);

            if (rc == NGX_DECLINED) {
                ngx_http_livekit_facts_cancel(ctx);
                return NGX_DECLINED;
            }

            if (rc != NGX_OK) {
                goto failed;
            }
        }
    }

    ctx->pending = ctx->nqueries;

    for (i = 0; i < ctx->nqueries; i++) {
        if (ngx_redis_query_send(ctx->queries[i]) != NGX_OK) {
            ngx_http_livekit_facts_fail(r, ctx,
                               ngx_redis_query_status(ctx->queries[i]));
            return NGX_DECLINED;
        }
    }

    return NGX_AGAIN;

failed:

    ngx_http_livekit_facts_fail(r, ctx, NGX_REDIS_BUSY);

    return NGX_DECLINED;
}


/* Queries end with the request, also when a client goes away in between. */

static ngx_int_t
ngx_http_livekit_facts_own(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_cleanup_t  *cln;

    if (ctx->cleanup) {
        return NGX_OK;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_livekit_facts_cancel;
    cln->data = ctx;
    ctx->cleanup = 1;

    return NGX_OK;
}


static void
ngx_http_livekit_facts_cancel(void *data)
{
    ngx_http_livekit_ctx_t *ctx = data;

    ngx_uint_t  i;

    for (i = 0; i < ctx->nqueries; i++) {
        if (ctx->queries[i]) {
            ngx_redis_query_cancel(ctx->queries[i]);
            ctx->queries[i] = NULL;
        }
    }

    ctx->nqueries = 0;
    ctx->pending = 0;
}


/* One query for each Redis instance: its commands travel together. */

static ngx_redis_query_t *
ngx_http_livekit_facts_query(ngx_http_livekit_ctx_t *ctx,
    ngx_redis_client_t *rc)
{
    ngx_uint_t          i;
    ngx_redis_query_t  *q;

    for (i = 0; i < ctx->nqueries; i++) {
        if (ctx->clients[i] == rc) {
            return ctx->queries[i];
        }
    }

    if (rc == NULL || i == NGX_HTTP_LIVEKIT_MAX_CLIENTS) {
        return NULL;
    }

    q = ngx_redis_query_create(rc, ngx_http_livekit_facts_reply, ctx);
    if (q == NULL) {
        return NULL;
    }

    ctx->clients[i] = rc;
    ctx->queries[i] = q;
    ctx->nqueries++;

    return q;
}


static ngx_int_t
ngx_http_livekit_facts_hash(ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_facts_conf_t *conf)
{
    int                 len;
    char                key[LKG_KEY_BUF], field[4][LKG_FIELD_BUF];
    lkg_str             identity;
    ngx_str_t           argv[6];
    ngx_uint_t          i, n;
    ngx_redis_query_t  *q;

    q = ngx_http_livekit_facts_query(ctx, conf->redis);
    if (q == NULL) {
        return NGX_ERROR;
    }

    len = lkg_access_key(key, sizeof(key), (char *) ctx->room.data,
                         ctx->room.len);
    if (len < 0) {
        return NGX_ERROR;
    }

    ngx_str_set(&argv[0], "HMGET");
    argv[1].data = (u_char *) key;
    argv[1].len = len;

    identity = ngx_http_livekit_identity(ctx);
    n = conf->sources ? 3 : 4;

    for (i = 0; i < n; i++) {
        len = lkg_access_field(field[i], LKG_FIELD_BUF,
                               ngx_http_livekit_hash_facts[i],
                               identity.data, identity.len);
        if (len < 0) {
            return NGX_ERROR;
        }

        argv[i + 2].data = (u_char *) field[i];
        argv[i + 2].len = len;
    }

    return ngx_redis_query_command(q, n + 2, argv, 1);
}


static ngx_int_t
ngx_http_livekit_facts_command(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_source_t *source)
{
    ngx_int_t                  rc;
    ngx_str_t                  argv[3];
    ngx_uint_t                 i;
    ngx_redis_query_t         *q;
    ngx_http_complex_value_t  *cv;

    cv = source->args.elts;

    for (i = 0; i < source->args.nelts; i++) {

        rc = ngx_http_livekit_whole_value(r, &cv[i], &argv[i]);

        if (rc == NGX_DECLINED) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "livekit: forbidden: a variable in \"%V\" of "
                          "livekit_access is empty", &cv[i].value);

            ctx->status = NGX_HTTP_FORBIDDEN;
            ctx->verdict = "empty_value";
            return NGX_DECLINED;
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    q = ngx_http_livekit_facts_query(ctx, source->redis);
    if (q == NULL) {
        return NGX_ERROR;
    }

    return ngx_redis_query_command(q, source->args.nelts, argv, source->key);
}


static void
ngx_http_livekit_facts_reply(ngx_redis_query_t *q, void *data)
{
    ngx_http_livekit_ctx_t *ctx = data;

    ngx_int_t            rc;
    ngx_uint_t           i, usec;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    usec = ngx_redis_query_usec(q);

    if (usec > ctx->redis_usec) {
        ctx->redis_usec = usec;
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, c->log, 0,
                   "livekit redis reply: %s in %uius, %ui pending",
                   ngx_redis_status_name(ngx_redis_query_status(q)), usec,
                   ctx->pending);

    for (i = 0; ctx->queries[i] != q; i++) { /* void */ }

    rc = NGX_ERROR;

    if (ngx_redis_query_status(q) == NGX_REDIS_OK) {
        rc = ngx_http_livekit_facts_read(r, ctx, ctx->clients[i], q);
    }

    /* the client frees the query when this handler returns */

    ctx->queries[i] = NULL;

    if (rc != NGX_OK) {
        ngx_http_livekit_facts_fail(r, ctx, ngx_redis_query_status(q));

    } else if (--ctx->pending) {
        return;
    }

    ctx->nqueries = 0;

    ctx->access_handler(r, ctx);

    ngx_http_run_posted_requests(c);
}


/* After a failure nothing that is still under way can change the answer. */

static void
ngx_http_livekit_facts_fail(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_status_e status)
{
    ngx_http_livekit_facts_cancel(ctx);

    ctx->status = NGX_HTTP_SERVICE_UNAVAILABLE;

    ctx->verdict = ngx_http_livekit_redis_verdict(status);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "livekit: no answer about room \"%V\": %s", &ctx->room,
                  ctx->verdict);
}


const char *
ngx_http_livekit_redis_verdict(ngx_redis_status_e status)
{
    switch (status) {

    case NGX_REDIS_OK:
        return "redis_data";

    case NGX_REDIS_TIMEOUT:
        return "redis_timeout";

    case NGX_REDIS_BUSY:
        return "redis_busy";

    default:
        return "redis_unavailable";
    }
}
