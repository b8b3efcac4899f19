
/*
 * Asking LiveKit about recordings.  What it says by itself, in webhooks, can
 * be lost: what has not been heard of for long is asked for.
 */


#include "ngx_http_livekit_recording.h"


static void ngx_http_livekit_recording_listed(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_recording_apply(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_recording_look(
    ngx_http_livekit_recording_t *rec, ngx_http_livekit_recording_row_t *row,
    lkg_recording *recording);
static ngx_uint_t ngx_http_livekit_recording_is(lkg_json *answer,
    lkg_json_node info, ngx_str_t *id);
static ngx_uint_t ngx_http_livekit_recording_is_stale(
    ngx_http_livekit_recording_row_t *row);


void
ngx_http_livekit_recording_call(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, const char *method, ngx_str_t *body,
    ngx_http_livekit_resume_pt next)
{
    ngx_http_livekit_api_call_t   *call;
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;
    call = &rec->call;

    call->method.data = (u_char *) method;
    call->method.len = ngx_strlen(method);
    call->grant = call->room.len ? LKG_SERVER_ROOM_ADMIN
                                 : LKG_SERVER_ROOM_RECORD;
    call->body = *body;

    ctx->api_status = 0;

    if (ngx_http_livekit_api(r, ctx, call, next) != NGX_AGAIN) {
        next(r, ctx);
    }
}


ngx_int_t
ngx_http_livekit_recording_about(ngx_http_request_t *r, const char *name,
    ngx_str_t *value, ngx_str_t *body)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, sizeof("{\"\":\"\"}") + ngx_strlen(name)
                             + 6 * value->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;

    p = ngx_sprintf(p, "{\"%s\":\"", name);
    p = (u_char *) ngx_escape_json(p, value->data, value->len);
    p = ngx_cpymem(p, "\"}", 2);

    body->len = p - body->data;

    return NGX_OK;
}


ngx_int_t
ngx_http_livekit_recording_answer(ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    lkg_json_free(rec->answer);

    return lkg_json_parse(&rec->answer, (char *) ctx->api_body.data,
                          ctx->api_body.len,
                          NGX_HTTP_LIVEKIT_RECORDING_NODES)
           == LKG_OK ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
ngx_http_livekit_recording_is_stale(ngx_http_livekit_recording_row_t *row)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return row->rank < NGX_HTTP_LIVEKIT_RECORDING_OVER
           && row->updated_at
              < ((int64_t) tp->sec - NGX_HTTP_LIVEKIT_RECORDING_STALE) * 1000;
}


ngx_uint_t
ngx_http_livekit_recording_stale(ngx_http_livekit_recording_t *rec)
{
    ngx_uint_t                         i;
    ngx_http_livekit_recording_row_t  *row;

    row = rec->rows.elts;

    for (i = 0; i < rec->rows.nelts; i++) {
        if (ngx_http_livekit_recording_is_stale(&row[i])) {
            return 1;
        }
    }

    return 0;
}


void
ngx_http_livekit_recording_refresh(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_resume_pt next)
{
    ngx_str_t                      body;
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;
    rec->next = next;
    rec->refreshed = 1;
    rec->row = 0;

    if (ngx_http_livekit_recording_about(r, "room_name", &ctx->room, &body)
        != NGX_OK)
    {
        next(r, ctx);
        return;
    }

    ngx_http_livekit_recording_call(r, ctx, "Egress/ListEgress", &body,
                                    ngx_http_livekit_recording_listed);
}


static void
ngx_http_livekit_recording_listed(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    lkg_json_node                  n;
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;
    n = LKG_JSON_NONE;

    if (ctx->api_status == NGX_HTTP_OK
        && ngx_http_livekit_recording_answer(ctx) == NGX_OK)
    {
        n = lkg_json_get(rec->answer, LKG_JSON_ROOT, "items",
                         sizeof("items") - 1);
    }

    if (lkg_json_typeof(rec->answer, n) != LKG_JSON_ARRAY) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: LiveKit could not say what became of the "
                      "recordings of room \"%V\"", &ctx->room);
        rec->next(r, ctx);
        return;
    }

    ngx_http_livekit_recording_apply(r, ctx);
}


/* One after the other: each is two scripts, in two slots. */

static void
ngx_http_livekit_recording_apply(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_recording_t         *rec;
    ngx_http_livekit_recording_row_t     *row;
    ngx_http_livekit_recording_update_t  *u;

    rec = ctx->state;
    u = &rec->update;
    row = rec->rows.elts;

    while (rec->row < rec->rows.nelts) {
        row = (ngx_http_livekit_recording_row_t *) rec->rows.elts + rec->row;
        rec->row++;

        if (!ngx_http_livekit_recording_is_stale(row)) {
            continue;
        }

        ngx_memzero(u, sizeof(ngx_http_livekit_recording_update_t));

        if (ngx_http_livekit_recording_look(rec, row, &u->recording)
            != NGX_OK)
        {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "livekit: what LiveKit says of recording \"%V\" of "
                          "room \"%V\" is not understood; it stays on record "
                          "as it is", &row->id, &ctx->room);
            continue;
        }

        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "livekit: recording \"%V\" of room \"%V\" had not been "
                      "heard of: LiveKit says \"%s\"", &row->id, &ctx->room,
                      lkg_recording_state_name(u->recording.state));

        u->recording.id = ngx_http_livekit_lkg(&row->id);
        u->recording.room = ngx_http_livekit_lkg(&ctx->room);
        u->recording.whole = 1;
        u->handler = ngx_http_livekit_recording_apply;

        if (ngx_http_livekit_recording_update(r, ctx, u) == NGX_AGAIN) {
            return;
        }
    }

    rec->next(r, ctx);
}


/* What LiveKit has forgotten cannot be running; what it says in words that are
 * not understood (NGX_DECLINED) may. */

static ngx_int_t
ngx_http_livekit_recording_look(ngx_http_livekit_recording_t *rec,
    ngx_http_livekit_recording_row_t *row, lkg_recording *recording)
{
    lkg_json_node  n;

    n = lkg_json_get(rec->answer, LKG_JSON_ROOT, "items",
                     sizeof("items") - 1);

    for (n = lkg_json_first(rec->answer, n);
         n != LKG_JSON_NONE;
         n = lkg_json_next(rec->answer, n))
    {
        if (ngx_http_livekit_recording_is(rec->answer, n, &row->id)) {
            return lkg_recording_read(recording, rec->answer, n) == LKG_OK
                   ? NGX_OK : NGX_DECLINED;
        }
    }

    ngx_memzero(recording, sizeof(lkg_recording));

    recording->state = LKG_RECORDING_FAILED;
    recording->error.data = "LiveKit does not know it any more";
    recording->error.len = ngx_strlen(recording->error.data);

    return NGX_OK;
}


/* Both of protobuf's ways to write the name. */

static ngx_uint_t
ngx_http_livekit_recording_is(lkg_json *answer, lkg_json_node info,
    ngx_str_t *id)
{
    lkg_str     value;
    ngx_uint_t  i;

    static const char  *names[] = { "egressId", "egress_id" };

    for (i = 0; i < 2; i++) {
        value = lkg_json_string(answer, lkg_json_get(answer, info, names[i],
                                                     ngx_strlen(names[i])));

        if (value.len == id->len
            && ngx_memcmp(value.data, id->data, id->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}
