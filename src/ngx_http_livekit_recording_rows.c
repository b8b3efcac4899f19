
/*
 * What is on record of recordings: read from Redis, some at a time.
 */


#include "ngx_http_livekit_recording.h"


#define NGX_HTTP_LIVEKIT_RECORDING_CHUNK   12       /* rows, in one query */
#define NGX_HTTP_LIVEKIT_RECORDING_FIELDS  9


static void ngx_http_livekit_recording_read(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_recording_ask_rows(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_query_t *q);
static void ngx_http_livekit_recording_row_reply(ngx_redis_query_t *q,
    void *data);
static ngx_int_t ngx_http_livekit_recording_row(ngx_http_request_t *r,
    ngx_http_livekit_recording_row_t *row, ngx_redis_reply_t *reply);


static ngx_str_t  ngx_http_livekit_recording_fields[] = {
    ngx_string("rank"),
    ngx_string("status"),
    ngx_string("startedBy"),
    ngx_string("startedAt"),
    ngx_string("endedAt"),
    ngx_string("updatedAt"),
    ngx_string("duration"),
    ngx_string("size"),
    ngx_string("file")
};


void
ngx_http_livekit_recording_rows(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_resume_pt next)
{
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;
    rec->next = next;
    rec->row = 0;

    ngx_http_livekit_recording_read(r, ctx);
}


static void
ngx_http_livekit_recording_read(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_redis_query_t               *q;
    ngx_http_livekit_recording_t    *rec;
    ngx_http_livekit_access_conf_t  *acf;

    rec = ctx->state;

    if (rec->row >= rec->rows.nelts) {
        rec->next(r, ctx);
        return;
    }

    acf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_access_module);

    q = ngx_redis_query_create(acf->facts.redis,
                               ngx_http_livekit_recording_row_reply, ctx);

    /* the script before has seen to it that it ends with the request */

    if (q && ngx_http_livekit_recording_ask_rows(r, ctx, q) == NGX_OK
        && ngx_redis_query_send(q) == NGX_OK)
    {
        ctx->store_query = q;
        return;
    }

    if (q) {
        ngx_redis_query_cancel(q);
    }

    ctx->verdict = "redis_unavailable";

    ngx_http_finalize_request(r,
               ngx_http_livekit_reply_error(r,
                                            NGX_HTTP_SERVICE_UNAVAILABLE,
                                            NULL));
}


static ngx_int_t
ngx_http_livekit_recording_ask_rows(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_query_t *q)
{
    u_char                            *p;
    u_char                             key[sizeof("lkg:rec:") + LKG_ID_MAX];
    ngx_str_t                          argv[2
                                          + NGX_HTTP_LIVEKIT_RECORDING_FIELDS];
    ngx_uint_t                         i;
    ngx_http_livekit_recording_t      *rec;
    ngx_http_livekit_recording_row_t  *row;

    rec = ctx->state;
    row = (ngx_http_livekit_recording_row_t *) rec->rows.elts + rec->row;

    ngx_str_set(&argv[0], "HMGET");
    argv[1].data = key;

    for (i = 0; i < NGX_HTTP_LIVEKIT_RECORDING_FIELDS; i++) {
        argv[i + 2] = ngx_http_livekit_recording_fields[i];
    }

    for (i = 0; i < NGX_HTTP_LIVEKIT_RECORDING_CHUNK; i++) {

        if (rec->row + i == rec->rows.nelts) {
            break;
        }

        p = ngx_cpymem(key, "lkg:rec:", sizeof("lkg:rec:") - 1);
        p = ngx_cpymem(p, row[i].id.data, row[i].id.len);
        argv[1].len = p - key;

        if (ngx_redis_query_command(q, 2 + NGX_HTTP_LIVEKIT_RECORDING_FIELDS,
                                    argv, 1)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    rec->sent = i;

    return NGX_OK;
}


static void
ngx_http_livekit_recording_row_reply(ngx_redis_query_t *q, void *data)
{
    ngx_http_livekit_ctx_t *ctx = data;

    ngx_uint_t                         i;
    ngx_connection_t                  *c;
    ngx_http_request_t                *r;
    ngx_redis_status_e                 status;
    ngx_http_livekit_recording_t      *rec;
    ngx_http_livekit_recording_row_t  *row;

    r = ctx->request;
    c = r->connection;
    rec = ctx->state;

    ngx_http_set_log_request(c->log, r);

    ctx->store_query = NULL;

    status = ngx_redis_query_status(q);
    ctx->verdict = ngx_http_livekit_redis_verdict(status);

    if (status == NGX_REDIS_OK) {
        row = (ngx_http_livekit_recording_row_t *) rec->rows.elts + rec->row;

        for (i = 0; i < rec->sent; i++) {
            if (ngx_http_livekit_recording_row(r, &row[i],
                                               ngx_redis_query_reply(q, i))
                != NGX_OK)
            {
                break;
            }
        }

        if (i == rec->sent) {
            rec->row += i;

            ngx_http_livekit_recording_read(r, ctx);
            ngx_http_run_posted_requests(c);
            return;
        }
    }

    ngx_log_error(NGX_LOG_ERR, c->log, 0,
                  "livekit: no answer about recordings of room \"%V\": %s",
                  &ctx->room, ctx->verdict);

    ngx_http_finalize_request(r,
               ngx_http_livekit_reply_error(r,
                                            NGX_HTTP_SERVICE_UNAVAILABLE,
                                            NULL));
    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_livekit_recording_row(ngx_http_request_t *r,
    ngx_http_livekit_recording_row_t *row, ngx_redis_reply_t *reply)
{
    int64_t            *number[NGX_HTTP_LIVEKIT_RECORDING_FIELDS];
    ngx_str_t          *text;
    ngx_uint_t          i;
    ngx_redis_reply_t  *e;

    if (reply->type != NGX_REDIS_ARRAY
        || reply->nelts != NGX_HTTP_LIVEKIT_RECORDING_FIELDS)
    {
        return NGX_ERROR;
    }

    ngx_memzero(number, sizeof(number));

    number[0] = &row->rank;
    number[3] = &row->started_at;
    number[4] = &row->ended_at;
    number[5] = &row->updated_at;
    number[6] = &row->duration;
    number[7] = &row->size;

    for (i = 0; i < NGX_HTTP_LIVEKIT_RECORDING_FIELDS; i++) {
        e = reply->elts[i];

        if (number[i]) {
            *number[i] = (e->type == NGX_REDIS_STRING)
                         ? ngx_atoof(e->str.data, e->str.len) : 0;

            if (*number[i] < 0) {
                *number[i] = 0;
            }

            continue;
        }

        text = (i == 1) ? &row->status
                        : (i == 2) ? &row->started_by : &row->file;

        if (ngx_http_livekit_recording_keep(r, e, text) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    row->known = (row->status.len != 0);

    return NGX_OK;
}


ngx_http_livekit_recording_row_t *
ngx_http_livekit_recording_one(ngx_http_request_t *r,
    ngx_http_livekit_recording_t *rec, ngx_str_t *id)
{
    ngx_http_livekit_recording_row_t  *row;

    if (ngx_array_init(&rec->rows, r->pool, 1,
                       sizeof(ngx_http_livekit_recording_row_t))
        != NGX_OK)
    {
        return NULL;
    }

    row = ngx_array_push(&rec->rows);
    if (row == NULL) {
        return NULL;
    }

    ngx_memzero(row, sizeof(ngx_http_livekit_recording_row_t));

    row->id.len = id->len;
    row->id.data = ngx_pstrdup(r->pool, id);

    return row->id.data ? row : NULL;
}


/* Replies go when their handler returns. */

ngx_int_t
ngx_http_livekit_recording_keep(ngx_http_request_t *r,
    ngx_redis_reply_t *reply, ngx_str_t *text)
{
    ngx_str_null(text);

    if (reply->type != NGX_REDIS_STRING || reply->str.len == 0) {
        return NGX_OK;
    }

    text->len = reply->str.len;
    text->data = ngx_pstrdup(r->pool, &reply->str);

    return text->data ? NGX_OK : NGX_ERROR;
}
