
/*
 * What Redis answered, as facts.  What cannot be understood is no answer.
 */


#include "ngx_http_livekit.h"


static ngx_int_t ngx_http_livekit_facts_read_hash(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_reply_t *reply);
static ngx_int_t ngx_http_livekit_facts_set(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, lkg_fact fact, ngx_redis_reply_t *reply);


static const char  *ngx_http_livekit_fact_names[] = {
    "state", "membership", "ban", "kick", "role", "allow", "deny", "expires"
};


ngx_int_t
ngx_http_livekit_facts_read(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_client_t *rc, ngx_redis_query_t *q)
{
    ngx_uint_t                      i, n;
    ngx_http_livekit_source_t      *source;
    ngx_http_livekit_facts_conf_t  *conf;

    conf = ctx->facts_conf;

    n = 0;

    if (rc == conf->redis
        && ngx_http_livekit_facts_read_hash(r, ctx,
                                            ngx_redis_query_reply(q, n++))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (conf->sources == NULL) {
        return NGX_OK;
    }

    source = conf->sources->elts;

    for (i = 0; i < conf->sources->nelts; i++) {

        if (source[i].redis == rc
            && ngx_http_livekit_facts_set(r, ctx, source[i].fact,
                                          ngx_redis_query_reply(q, n++))
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_facts_read_hash(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_reply_t *reply)
{
    ngx_uint_t  i, n;

    n = ctx->facts_conf->sources ? 3 : 4;

    if (reply->type == NGX_REDIS_ERROR) {
        return ngx_http_livekit_facts_set(r, ctx, LKG_FACT_STATE, reply);
    }

    if (reply->type != NGX_REDIS_ARRAY || reply->nelts != n) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: redis answered HMGET with another type");
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (ngx_http_livekit_facts_set(r, ctx, ngx_http_livekit_hash_facts[i],
                                       reply->elts[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_facts_set(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    lkg_fact fact, ngx_redis_reply_t *reply)
{
    int         rc;
    u_char      number[NGX_INT64_LEN], kind[NGX_HTTP_LIVEKIT_KIND];
    ngx_str_t   value;

    switch (reply->type) {

    case NGX_REDIS_NIL:
        ngx_str_null(&value);
        break;

    case NGX_REDIS_STRING:
        value = reply->str;
        break;

    case NGX_REDIS_INTEGER:

        /* of EXISTS and the like; no field of a hash is one */

        if ((fact == LKG_FACT_ALLOW || fact == LKG_FACT_DENY
             || fact == LKG_FACT_EXPIRES)
            && reply->integer >= 0)
        {
            value.data = number;
            value.len = ngx_sprintf(number, "%L", reply->integer) - number;
            break;
        }

        /* fall through */

    default:

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: redis answered the question for \"%s\" "
                      "with %*s", ngx_http_livekit_fact_names[fact],
                      ngx_http_livekit_redis_kind(reply, kind), kind);
        return NGX_ERROR;
    }

    if (value.len) {
        /* a role is looked at after the reply is gone */

        if (fact == LKG_FACT_ROLE || fact == LKG_FACT_MEMBER) {
            value.data = ngx_pstrdup(r->pool, &value);
            if (value.data == NULL) {
                return NGX_ERROR;
            }
        }

    } else if (reply->type != NGX_REDIS_NIL && value.data == NULL) {
        value.data = (u_char *) "";
    }

    rc = lkg_access_set(&ctx->facts, fact, (char *) value.data, value.len);

    if (rc != LKG_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: the value in redis for \"%s\" cannot be "
                      "understood", ngx_http_livekit_fact_names[fact]);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * An error's first word tells its kind.  What follows may be data, and what
 * is not such a word at all is nothing for a log.
 */

size_t
ngx_http_livekit_redis_kind(ngx_redis_reply_t *reply, u_char *kind)
{
    u_char  ch;
    size_t  i;

    if (reply->type != NGX_REDIS_ERROR) {
        return ngx_cpymem(kind, "another type", 12) - kind;
    }

    for (i = 0; i < reply->str.len && i < NGX_HTTP_LIVEKIT_KIND; i++) {
        ch = reply->str.data[i];

        if (!((ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9')
              || ch == '_'))
        {
            break;
        }

        kind[i] = ch;
    }

    return i ? i : (size_t) (ngx_cpymem(kind, "an error", 8) - kind);
}
