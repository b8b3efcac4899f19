
/*
 * livekit_recording stop: of a recording, by those who may record the room
 * that it is on record for; or of the one that runs in a room.
 */


#include "ngx_http_livekit_recording.h"


static void ngx_http_livekit_recording_found(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_recording_running(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_recording_end(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_recording_ended(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);


static ngx_str_t  ngx_http_livekit_recording_where = ngx_string(
    "return redis.call('HMGET', KEYS[1], 'room', 'rank')"
);

static ngx_str_t  ngx_http_livekit_recording_which = ngx_string(
    "return redis.call('GET', KEYS[1])"
);


void
ngx_http_livekit_recording_find(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    u_char                        *p, key[sizeof("lkg:rec:") + LKG_ID_MAX];
    ngx_str_t                      argv[1];
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    p = ngx_cpymem(key, "lkg:rec:", sizeof("lkg:rec:") - 1);
    p = ngx_cpymem(p, rec->id.data, rec->id.len);

    argv[0].data = key;
    argv[0].len = p - key;

    if (ngx_http_livekit_store(r, ctx, &ngx_http_livekit_recording_where, 1,
                               1, argv, 1, ngx_http_livekit_recording_found)
        != NGX_AGAIN)
    {
        ngx_http_livekit_recording_found(r, ctx);
    }
}


static void
ngx_http_livekit_recording_found(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_redis_reply_t                 *reply, *room, *rank;
    ngx_http_livekit_recording_t      *rec;
    ngx_http_livekit_recording_row_t  *row;

    rec = ctx->state;
    reply = ngx_http_livekit_stored(ctx);

    if (reply == NULL || reply->type != NGX_REDIS_ARRAY || reply->nelts != 2)
    {
        ngx_http_finalize_request(r,
               ngx_http_livekit_reply_error(r,
                                            NGX_HTTP_SERVICE_UNAVAILABLE,
                                            NULL));
        return;
    }

    room = reply->elts[0];
    rank = reply->elts[1];

    if (room->type != NGX_REDIS_STRING || rank->type != NGX_REDIS_STRING) {
        ngx_http_livekit_recording_refuse(r, ctx, NGX_HTTP_NOT_FOUND,
                                          "There is no such recording.");
        return;
    }

    /* the name of its room, until access has been decided */

    row = ngx_http_livekit_recording_one(r, rec, &room->str);
    if (row == NULL) {
        ngx_http_livekit_recording_refuse(r, ctx,
                                       NGX_HTTP_INTERNAL_SERVER_ERROR, NULL);
        return;
    }

    row->rank = ngx_atoi(rank->str.data, rank->str.len);

    if (ctx->asked.room.len == 0) {
        ctx->asked.room = row->id;
    }

    ngx_http_livekit_recording_enter(r, ctx);
}


void
ngx_http_livekit_recording_stop(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    u_char                             key[NGX_HTTP_LIVEKIT_RECORDING_KEY];
    ngx_str_t                          argv[1];
    ngx_http_livekit_recording_t      *rec;
    ngx_http_livekit_recording_row_t  *row;

    rec = ctx->state;

    if (rec->id.len) {
        row = rec->rows.elts;

        if (row->id.len != ctx->room.len
            || ngx_memcmp(row->id.data, ctx->room.data, row->id.len) != 0)
        {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "livekit: forbidden: recording \"%V\" is not of "
                          "room \"%V\"", &rec->id, &ctx->room);

            ngx_http_livekit_recording_refuse(r, ctx, NGX_HTTP_FORBIDDEN,
                                              NULL);
            return;
        }

        if (row->rank >= NGX_HTTP_LIVEKIT_RECORDING_OVER) {
            ngx_http_livekit_recording_refuse(r, ctx, NGX_HTTP_CONFLICT,
                                              "This recording is over.");
            return;
        }

        ngx_http_livekit_recording_end(r, ctx);
        return;
    }

    argv[0] = ngx_http_livekit_recording_key(key, "active", &ctx->room, "",
                                             NULL);

    if (ngx_http_livekit_store(r, ctx, &ngx_http_livekit_recording_which, 1,
                               1, argv, 1,
                               ngx_http_livekit_recording_running)
        != NGX_AGAIN)
    {
        ngx_http_livekit_recording_running(r, ctx);
    }
}


static void
ngx_http_livekit_recording_running(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_redis_reply_t             *reply;
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;
    reply = ngx_http_livekit_stored(ctx);

    if (reply == NULL) {
        ngx_http_finalize_request(r,
                       ngx_http_livekit_reply_error(r, ctx->status, NULL));
        return;
    }

    if (reply->type != NGX_REDIS_STRING || reply->str.len == 0
        || reply->str.len > LKG_ID_MAX)
    {
        ngx_http_livekit_recording_refuse(r, ctx, NGX_HTTP_NOT_FOUND,
                                      "This room is not being recorded.");
        return;
    }

    if (reply->str.data[0] == '?') {
        ngx_http_livekit_recording_refuse(r, ctx, NGX_HTTP_CONFLICT,
                                      "The recording is only starting.");
        return;
    }

    rec->id.len = reply->str.len;
    rec->id.data = ngx_pstrdup(r->pool, &reply->str);

    if (rec->id.data == NULL) {
        ngx_http_livekit_recording_refuse(r, ctx,
                                       NGX_HTTP_INTERNAL_SERVER_ERROR, NULL);
        return;
    }

    ngx_http_livekit_recording_end(r, ctx);
}


static void
ngx_http_livekit_recording_end(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_str_t                      body;
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    if (ngx_http_livekit_recording_about(r, "egress_id", &rec->id, &body)
        != NGX_OK)
    {
        ngx_http_livekit_recording_refuse(r, ctx,
                                       NGX_HTTP_INTERNAL_SERVER_ERROR, NULL);
        return;
    }

    ngx_http_livekit_recording_call(r, ctx, "Egress/StopEgress", &body,
                                    ngx_http_livekit_recording_ended);
}


static void
ngx_http_livekit_recording_ended(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    u_char                        *p;
    ngx_str_t                      body, identity;
    lkg_recording                  recording;
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    switch (ctx->api_status) {

    case NGX_HTTP_OK:
        break;

    case NGX_HTTP_NOT_FOUND:
        ngx_http_livekit_recording_refuse(r, ctx, NGX_HTTP_NOT_FOUND,
                                "LiveKit does not know this recording.");
        return;

    case NGX_HTTP_PRECONDITION_FAILED:
        ngx_http_livekit_recording_refuse(r, ctx, NGX_HTTP_CONFLICT,
                                          "This recording is over.");
        return;

    case 0:
    case NGX_HTTP_REQUEST_TIME_OUT:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        ngx_http_livekit_recording_refuse(r, ctx,
                                       NGX_HTTP_SERVICE_UNAVAILABLE,
                                       "The recorder does not answer; try "
                                       "again.");
        return;

    default:
        ngx_http_livekit_recording_refuse(r, ctx, NGX_HTTP_BAD_GATEWAY,
                                   "LiveKit could not stop the recording.");
        return;
    }

    if (ngx_http_livekit_recording_answer(ctx) != NGX_OK
        || lkg_recording_read(&recording, rec->answer, LKG_JSON_ROOT)
           != LKG_OK)
    {
        recording.state = LKG_RECORDING_ENDING;
    }

    body.data = ngx_pnalloc(r->pool, 64 + LKG_ID_MAX);
    if (body.data == NULL) {
        ngx_http_livekit_recording_refuse(r, ctx,
                                       NGX_HTTP_INTERNAL_SERVER_ERROR, NULL);
        return;
    }

    p = ngx_sprintf(body.data, "{\"recordingId\":\"%V\",\"status\":\"%s\"}",
                    &rec->id, lkg_recording_state_name(recording.state));
    body.len = p - body.data;

    identity = ngx_http_livekit_str(lkg_session_identity(ctx->session));

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "livekit: recording \"%V\" of room \"%V\" stopped by "
                  "\"%V\"", &rec->id, &ctx->room, &identity);

    ctx->verdict = "stopped";
    ctx->target = rec->id;

    ngx_http_finalize_request(r, ngx_http_livekit_reply(r, NGX_HTTP_OK,
                                                        &body));
}
