
/*
 * livekit_recording start: a lease first, so that a room has one recording;
 * then LiveKit; then what LiveKit answered is put on record.
 */


#include "ngx_http_livekit_recording.h"


static void ngx_http_livekit_recording_leased(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_recording_busy(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *lease);
static void ngx_http_livekit_recording_checked(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_recording_begin(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_recording_begun(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_recording_failed(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t keep);
static void ngx_http_livekit_recording_released(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_recording_recorded(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_recording_present(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_recording_started(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);


/* The answer is who has it: we, or somebody else. */

static ngx_str_t  ngx_http_livekit_recording_take = ngx_string(
    "local lease = redis.call('GET', KEYS[1]) "
    "if lease then return lease end "
    "redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) "
    "return ARGV[1]"
);

static ngx_str_t  ngx_http_livekit_recording_release = ngx_string(
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
    "return redis.call('EXPIRE', KEYS[1], ARGV[2])"
);


void
ngx_http_livekit_recording_start(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    u_char                        *p, key[NGX_HTTP_LIVEKIT_RECORDING_KEY];
    u_char                         ttl[NGX_INT64_LEN];
    ngx_str_t                      argv[3];
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    if (rec->lease.len == 0) {
        p = ngx_pnalloc(r->pool, 25);
        if (p == NULL) {
            ngx_http_livekit_recording_refuse(r, ctx,
                                       NGX_HTTP_INTERNAL_SERVER_ERROR, NULL);
            return;
        }

        rec->lease.data = p;
        rec->lease.len = ngx_sprintf(p, "?%08xD%08xD%08xD",
                                     (uint32_t) ngx_random(),
                                     (uint32_t) ngx_random(),
                                     (uint32_t) (ngx_pid ^ ngx_time()))
                         - p;
    }

    argv[0] = ngx_http_livekit_recording_key(key, "active", &ctx->room, "",
                                             NULL);
    argv[1] = rec->lease;
    argv[2] = ngx_http_livekit_recording_number(ttl,
                                          NGX_HTTP_LIVEKIT_RECORDING_START);

    if (ngx_http_livekit_store(r, ctx, &ngx_http_livekit_recording_take, 1, 3,
                               argv, 1, ngx_http_livekit_recording_leased)
        != NGX_AGAIN)
    {
        ngx_http_livekit_recording_leased(r, ctx);
    }
}


static void
ngx_http_livekit_recording_leased(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_redis_reply_t             *reply;
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;
    reply = ngx_http_livekit_stored(ctx);

    /* without an answer, it may still be ours */

    if (reply == NULL || reply->type != NGX_REDIS_STRING) {
        rec->status = NGX_HTTP_SERVICE_UNAVAILABLE;
        rec->verdict = ctx->verdict;
        ngx_http_livekit_recording_failed(r, ctx, 0);
        return;
    }

    if (reply->str.len == rec->lease.len
        && ngx_memcmp(reply->str.data, rec->lease.data, rec->lease.len) == 0)
    {
        ngx_http_livekit_recording_begin(r, ctx);
        return;
    }

    ngx_http_livekit_recording_busy(r, ctx, &reply->str);
}


/* Another one runs; or does nobody know that it does not any more? */

static void
ngx_http_livekit_recording_busy(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *lease)
{
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    if (rec->refreshed || lease->len == 0 || lease->data[0] == '?'
        || lease->len > LKG_ID_MAX)
    {
        ngx_http_livekit_recording_refuse(r, ctx, NGX_HTTP_CONFLICT,
                                    "This room is being recorded already.");
        return;
    }

    if (ngx_http_livekit_recording_one(r, rec, lease) == NULL) {
        ngx_http_livekit_recording_refuse(r, ctx,
                                       NGX_HTTP_INTERNAL_SERVER_ERROR, NULL);
        return;
    }

    ngx_http_livekit_recording_rows(r, ctx,
                                    ngx_http_livekit_recording_checked);
}


static void
ngx_http_livekit_recording_checked(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    if (!ngx_http_livekit_recording_stale(rec)) {
        ngx_http_livekit_recording_refuse(r, ctx, NGX_HTTP_CONFLICT,
                                    "This room is being recorded already.");
        return;
    }

    ngx_http_livekit_recording_refresh(r, ctx,
                                       ngx_http_livekit_recording_start);
}


static void
ngx_http_livekit_recording_begin(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    int                                     rc;
    size_t                                  len;
    ngx_str_t                               body;
    lkg_recording_ask                       ask;
    ngx_http_livekit_loc_conf_t            *llcf;
    ngx_http_livekit_recording_t           *rec;
    ngx_http_livekit_recording_loc_conf_t  *rcf;

    rec = ctx->state;
    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);
    rcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_recording_module);

    body.data = ngx_pnalloc(r->pool, LKG_REQUEST_MAX);
    if (body.data == NULL) {
        goto failed;
    }

    ask.room = ngx_http_livekit_lkg(&ctx->room);
    ask.id.data = (char *) rec->lease.data + 1;
    ask.id.len = rec->lease.len - 1;
    ask.now = ngx_time();
    ask.secrets[LKG_S3_ACCESS_KEY] =
                      ngx_http_livekit_lkg(&rcf->secrets[LKG_S3_ACCESS_KEY]);
    ask.secrets[LKG_S3_SECRET] =
                          ngx_http_livekit_lkg(&rcf->secrets[LKG_S3_SECRET]);

    rc = lkg_recording_request((char *) body.data, LKG_REQUEST_MAX, &len,
                               llcf->policy, &ask);
    body.len = len;

    if (rc != LKG_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: no recording of room \"%V\": %s", &ctx->room,
                      lkg_strerror(rc));
        goto failed;
    }

    ngx_http_livekit_recording_call(r, ctx, "Egress/StartRoomCompositeEgress",
                                    &body, ngx_http_livekit_recording_begun);
    return;

failed:

    rec->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
    rec->verdict = "error";
    ngx_http_livekit_recording_failed(r, ctx, 0);
}


static void
ngx_http_livekit_recording_begun(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_str_t                             identity;
    ngx_time_t                           *tp;
    lkg_recording                        *recording;
    ngx_http_livekit_recording_t         *rec;
    ngx_http_livekit_recording_update_t  *u;

    rec = ctx->state;
    u = &rec->update;
    recording = &u->recording;

    /* what was sent may have held secrets */

    ngx_explicit_memzero(rec->call.body.data, rec->call.body.len);

    if (ctx->api_status != NGX_HTTP_OK) {

        /* without an answer, it may still have been heard */

        ngx_http_livekit_recording_failed(r, ctx, ctx->api_status == 0
                                      ? NGX_HTTP_LIVEKIT_RECORDING_DOUBT : 0);
        return;
    }

    if (ngx_http_livekit_recording_answer(ctx) != NGX_OK
        || lkg_recording_read(recording, rec->answer, LKG_JSON_ROOT)
           != LKG_OK)
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: LiveKit's answer about a recording of room "
                      "\"%V\" is not understood", &ctx->room);

        ctx->api_status = NGX_HTTP_BAD_GATEWAY;
        ngx_http_livekit_recording_failed(r, ctx,
                                          NGX_HTTP_LIVEKIT_RECORDING_DOUBT);
        return;
    }

    identity = ngx_http_livekit_str(lkg_session_identity(ctx->session));
    tp = ngx_timeofday();

    rec->id = ngx_http_livekit_str(recording->id);

    recording->room = ngx_http_livekit_lkg(&ctx->room);
    recording->whole = 1;

    if (recording->started_at == 0) {
        recording->started_at = (int64_t) tp->sec * 1000 + tp->msec;
    }

    u->started_by = identity;
    u->lease = rec->lease;
    u->handler = ngx_http_livekit_recording_recorded;

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "livekit: recording \"%V\" of room \"%V\" started by "
                  "\"%V\"", &rec->id, &ctx->room, &identity);

    if (ngx_http_livekit_recording_update(r, ctx, u) != NGX_AGAIN) {
        ngx_http_livekit_recording_recorded(r, ctx);
    }
}


/* The room is free again: now, or when there is no doubt any more. */

static void
ngx_http_livekit_recording_failed(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t keep)
{
    u_char                         key[NGX_HTTP_LIVEKIT_RECORDING_KEY];
    u_char                         ttl[NGX_INT64_LEN];
    ngx_str_t                      argv[3];
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    argv[0] = ngx_http_livekit_recording_key(key, "active", &ctx->room, "",
                                             NULL);
    argv[1] = rec->lease;
    argv[2] = ngx_http_livekit_recording_number(ttl, keep);

    if (ngx_http_livekit_store(r, ctx, &ngx_http_livekit_recording_release, 1,
                               3, argv, 1,
                               ngx_http_livekit_recording_released)
        != NGX_AGAIN)
    {
        ngx_http_livekit_recording_released(r, ctx);
    }
}


static void
ngx_http_livekit_recording_released(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_uint_t                     status;
    const char                    *message;
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    if (rec->status) {
        ctx->verdict = rec->verdict;

        ngx_http_finalize_request(r,
                         ngx_http_livekit_reply_error(r, rec->status, NULL));
        return;
    }

    switch (ctx->api_status) {

    case NGX_HTTP_NOT_FOUND:
        status = NGX_HTTP_NOT_FOUND;
        message = "There is nothing to record: nobody is in the room.";
        break;

    case 0:
        status = NGX_HTTP_SERVICE_UNAVAILABLE;
        message = "LiveKit does not answer; try again.";
        break;

    case NGX_HTTP_REQUEST_TIME_OUT:
    case NGX_HTTP_TOO_MANY_REQUESTS:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        status = NGX_HTTP_SERVICE_UNAVAILABLE;
        message = "No recorder is free; try again.";
        break;

    default:
        status = NGX_HTTP_BAD_GATEWAY;
        message = "LiveKit could not start the recording.";
    }

    ngx_http_livekit_recording_refuse(r, ctx, status, message);
}


/* It runs, whatever Redis said.  LiveKit's events will tell Redis again, but
 * not who has started it. */

static void
ngx_http_livekit_recording_recorded(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_str_t                      body;
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    if (ctx->status && rec->repeated++ == 0
        && ngx_http_livekit_recording_update(r, ctx, &rec->update)
           == NGX_AGAIN)
    {
        return;
    }

    if (ctx->status) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: recording \"%V\" of room \"%V\", started by "
                      "\"%V\", runs but is not on record: %s", &rec->id,
                      &ctx->room, &rec->update.started_by, ctx->verdict);

        rec->unrecorded = 1;

        ngx_http_livekit_recording_started(r, ctx);
        return;
    }

    if (ngx_http_livekit_recording_about(r, "room", &ctx->room, &body)
        != NGX_OK)
    {
        ngx_http_livekit_recording_started(r, ctx);
        return;
    }

    rec->call.room = ctx->room;

    ngx_http_livekit_recording_call(r, ctx, "RoomService/ListParticipants",
                                    &body,
                                    ngx_http_livekit_recording_present);
}


static void
ngx_http_livekit_recording_present(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    lkg_json                      *started;
    ngx_int_t                      rc;
    ngx_str_t                      names;
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    /* the recording's texts are in the answer before this one */

    started = rec->answer;
    rec->answer = NULL;

    rc = NGX_DECLINED;

    if (ctx->api_status == NGX_HTTP_OK
        && ngx_http_livekit_recording_answer(ctx) == NGX_OK
        && ngx_http_livekit_recording_names(r, rec->answer, &names)
           == NGX_OK)
    {
        rc = ngx_http_livekit_recording_people(r, ctx, &ctx->room, &rec->id,
                                         &names,
                                         ngx_http_livekit_recording_started);
    }

    lkg_json_free(rec->answer);
    rec->answer = started;

    if (rc != NGX_AGAIN) {
        ngx_http_livekit_recording_started(r, ctx);
    }
}


static void
ngx_http_livekit_recording_started(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    u_char                        *p;
    ngx_str_t                      body;
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    body.data = ngx_pnalloc(r->pool, 128 + LKG_ID_MAX);
    if (body.data == NULL) {
        ngx_http_livekit_recording_refuse(r, ctx,
                                       NGX_HTTP_INTERNAL_SERVER_ERROR, NULL);
        return;
    }

    p = ngx_sprintf(body.data,
                    "{\"recordingId\":\"%V\",\"status\":\"%s\","
                    "\"startedAt\":\"", &rec->id,
                    lkg_recording_state_name(rec->update.recording.state));
    p = ngx_http_livekit_recording_time(p, rec->update.recording.started_at);
    p = ngx_cpymem(p, "\"}", 2);

    body.len = p - body.data;

    ctx->verdict = (rec->unrecorded) ? "started_unrecorded" : "started";
    ctx->target = rec->id;

    ngx_http_finalize_request(r,
               ngx_http_livekit_reply(r, rec->unrecorded ? NGX_HTTP_ACCEPTED
                                                         : NGX_HTTP_OK,
                                      &body));
}
