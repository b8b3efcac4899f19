
/*
 * What LiveKit says of a recording, written down: the recording's own hash
 * first, then, in another slot, what the room knows of it.  Both may be
 * written again, and late events change nothing that newer ones have said.
 */


#include "ngx_http_livekit_recording.h"


#define NGX_HTTP_LIVEKIT_RECORDING_NAMES  (32 * 1024)  /* bytes of all */


static void ngx_http_livekit_recording_written(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_recording_room(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_recording_update_t *u);
static ngx_uint_t ngx_http_livekit_recording_rank(lkg_recording_state state);


/*
 * The rank of a status only grows.  What comes with an older one fills gaps.
 * The answer is the rank, or -1: nobody here knows it, and it is none of
 * those that a room has one of.
 */

static ngx_str_t  ngx_http_livekit_recording_write = ngx_string(
    "local k, rank = KEYS[1], tonumber(ARGV[1]) "
    "if ARGV[4] ~= '1' and redis.call('EXISTS', k) == 0 then return -1 end "
    "local was = redis.call('HMGET', k, 'rank', 'status') "
    "local old = tonumber(was[1] or '-1') "
    "if rank > old then "
        "redis.call('HSET', k, 'rank', rank, 'status', ARGV[2]) "
    "end "
    "local put = 'HSETNX' "
    "if rank > old or (rank == old and was[2] == ARGV[2]) then "
        "put = 'HSET' "
    "end "
    "redis.call('HSETNX', k, 'room', ARGV[3]) "
    "for i = 8, #ARGV, 2 do "
        "if ARGV[i + 1] ~= '' then "
            "redis.call(put, k, ARGV[i], ARGV[i + 1]) "
        "end "
    "end "
    "if ARGV[5] ~= '' then redis.call('HSETNX', k, 'startedBy', ARGV[5]) end "
    "redis.call('HSET', k, 'updatedAt', ARGV[6]) "
    "redis.call('EXPIRE', k, ARGV[7]) "
    "return math.max(rank, old)"
);


/* What is over is remembered, so that a start that is slow does not begin it
 * again. */

static ngx_str_t  ngx_http_livekit_recording_lease = ngx_string(
    "local id, lease = ARGV[1], redis.call('GET', KEYS[1]) "
    "if ARGV[2] == '1' then "
        "redis.call('SET', KEYS[3], '1', 'EX', ARGV[5]) "
    "end "
    "if redis.call('EXISTS', KEYS[3]) == 1 then "
        "if lease == id or lease == ARGV[7] then "
            "redis.call('DEL', KEYS[1]) "
        "end "
    "elseif not lease or lease == id or string.sub(lease, 1, 1) == '?' then "
        "redis.call('SET', KEYS[1], id, 'EX', ARGV[5]) "
    "end "
    "redis.call('ZADD', KEYS[2], 'NX', ARGV[3], id) "
    "redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[4]) "
    "redis.call('EXPIRE', KEYS[2], ARGV[6]) "
    "return 1"
);


static ngx_str_t  ngx_http_livekit_recording_join = ngx_string(
    "local id = ARGV[2] "
    "if id == '' then id = redis.call('GET', KEYS[1]) end "
    "if not id or string.sub(id, 1, 1) == '?' then return 0 end "
    "local k, n = ARGV[1] .. id, 0 "
    "for p in string.gmatch(ARGV[3], '[^\\n]+') do "
        "if redis.call('SCARD', k) >= tonumber(ARGV[4]) then break end "
        "n = n + redis.call('SADD', k, p) "
    "end "
    "redis.call('EXPIRE', k, ARGV[5]) "
    "return n"
);


ngx_int_t
ngx_http_livekit_recording_update(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_recording_update_t *u)
{
    u_char           rank[NGX_INT64_LEN], now[NGX_INT64_LEN];
    u_char           keep[NGX_INT64_LEN], start[NGX_INT64_LEN];
    u_char           end[NGX_INT64_LEN], size[NGX_INT64_LEN];
    u_char           duration[NGX_INT64_LEN], *p;
    u_char           key[sizeof("lkg:rec:") + LKG_ID_MAX];
    ngx_str_t        argv[20];
    ngx_time_t      *tp;
    lkg_recording   *rec;

    rec = &u->recording;
    tp = ngx_timeofday();

    p = ngx_cpymem(key, "lkg:rec:", sizeof("lkg:rec:") - 1);
    p = ngx_cpymem(p, rec->id.data, rec->id.len);

    argv[0].data = key;
    argv[0].len = p - key;

    argv[1] = ngx_http_livekit_recording_number(rank,
                                 ngx_http_livekit_recording_rank(rec->state));
    argv[2].data = (u_char *) lkg_recording_state_name(rec->state);
    argv[2].len = ngx_strlen(argv[2].data);
    argv[3] = ngx_http_livekit_str(rec->room);

    if (rec->whole) {
        ngx_str_set(&argv[4], "1");

    } else {
        ngx_str_set(&argv[4], "0");
    }

    argv[5] = u->started_by;
    argv[6] = ngx_http_livekit_recording_number(now,
                                     (int64_t) tp->sec * 1000 + tp->msec);
    argv[7] = ngx_http_livekit_recording_number(keep,
                                           NGX_HTTP_LIVEKIT_RECORDING_KEEP);

    ngx_str_set(&argv[8], "startedAt");
    argv[9] = ngx_http_livekit_recording_number(start, rec->started_at);
    ngx_str_set(&argv[10], "endedAt");
    argv[11] = ngx_http_livekit_recording_number(end, rec->ended_at);
    ngx_str_set(&argv[12], "duration");
    argv[13] = ngx_http_livekit_recording_number(duration, rec->duration);
    ngx_str_set(&argv[14], "size");
    argv[15] = ngx_http_livekit_recording_number(size, rec->size);
    ngx_str_set(&argv[16], "file");
    argv[17] = ngx_http_livekit_str(rec->file);
    ngx_str_set(&argv[18], "error");
    argv[19] = ngx_http_livekit_str(rec->error);

    /* what is not known is not written */

    if (rec->started_at == 0) {
        argv[9].len = 0;
    }

    if (rec->ended_at == 0) {
        argv[11].len = 0;
    }

    if (rec->size == 0) {
        argv[13].len = 0;
        argv[15].len = 0;
    }

    return ngx_http_livekit_store(r, ctx, &ngx_http_livekit_recording_write,
                                  1, 20, argv, 1,
                                  ngx_http_livekit_recording_written);
}


static void
ngx_http_livekit_recording_written(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_redis_reply_t                    *reply;
    ngx_http_livekit_recording_update_t  *u;

    u = ngx_http_livekit_recording_state(ctx);
    reply = ngx_http_livekit_stored(ctx);

    if (reply == NULL) {
        u->handler(r, ctx);
        return;
    }

    if (reply->type != NGX_REDIS_INTEGER || reply->integer < 0) {
        u->handler(r, ctx);
        return;
    }

    u->over = (reply->integer >= NGX_HTTP_LIVEKIT_RECORDING_OVER);

    if (ngx_http_livekit_recording_room(r, ctx, u) != NGX_AGAIN) {
        u->handler(r, ctx);
    }
}


static ngx_int_t
ngx_http_livekit_recording_room(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_recording_update_t *u)
{
    u_char       keys[3][NGX_HTTP_LIVEKIT_RECORDING_KEY];
    u_char       score[NGX_INT64_LEN], list[NGX_INT64_LEN];
    u_char       lease[NGX_INT64_LEN], keep[NGX_INT64_LEN];
    int64_t      began;
    ngx_str_t    argv[10], room, id;
    ngx_time_t  *tp;

    tp = ngx_timeofday();
    room = ngx_http_livekit_str(u->recording.room);
    id = ngx_http_livekit_str(u->recording.id);

    began = u->recording.started_at;

    if (began == 0) {
        began = (int64_t) tp->sec * 1000 + tp->msec;
    }

    argv[0] = ngx_http_livekit_recording_key(keys[0], "active", &room, "",
                                             NULL);
    argv[1] = ngx_http_livekit_recording_key(keys[1], "list", &room, "",
                                             NULL);
    argv[2] = ngx_http_livekit_recording_key(keys[2], "over", &room, ":",
                                             &id);
    argv[3] = id;

    if (u->over) {
        ngx_str_set(&argv[4], "1");

    } else {
        ngx_str_set(&argv[4], "0");
    }

    argv[5] = ngx_http_livekit_recording_number(score, began);
    argv[6] = ngx_http_livekit_recording_number(list,
                                           NGX_HTTP_LIVEKIT_RECORDING_LIST);
    argv[7] = ngx_http_livekit_recording_number(lease,
                                          NGX_HTTP_LIVEKIT_RECORDING_LEASE);
    argv[8] = ngx_http_livekit_recording_number(keep,
                                           NGX_HTTP_LIVEKIT_RECORDING_KEEP);
    argv[9] = u->lease;

    return ngx_http_livekit_store(r, ctx, &ngx_http_livekit_recording_lease,
                                  3, 10, argv, 1, u->handler);
}


ngx_int_t
ngx_http_livekit_recording_people(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *room, ngx_str_t *id,
    ngx_str_t *people, ngx_http_livekit_resume_pt handler)
{
    u_char     keys[2][NGX_HTTP_LIVEKIT_RECORDING_KEY];
    u_char     most[NGX_INT64_LEN], keep[NGX_INT64_LEN];
    ngx_str_t  argv[6];

    argv[0] = ngx_http_livekit_recording_key(keys[0], "active", room, "",
                                             NULL);
    argv[1] = ngx_http_livekit_recording_key(keys[1], "people", room, ":",
                                             NULL);
    argv[2] = *id;
    argv[3] = *people;
    argv[4] = ngx_http_livekit_recording_number(most,
                                         NGX_HTTP_LIVEKIT_RECORDING_PEOPLE);
    argv[5] = ngx_http_livekit_recording_number(keep,
                                           NGX_HTTP_LIVEKIT_RECORDING_KEEP);

    return ngx_http_livekit_store(r, ctx, &ngx_http_livekit_recording_join,
                                  1, 6, argv, 1, handler);
}


ngx_int_t
ngx_http_livekit_recording_names(ngx_http_request_t *r,
    lkg_json *answer, ngx_str_t *names)
{
    u_char         *p, *last;
    lkg_str         person;
    lkg_json_node   n;

    n = lkg_json_get(answer, LKG_JSON_ROOT, "participants",
                     sizeof("participants") - 1);

    p = ngx_pnalloc(r->pool, NGX_HTTP_LIVEKIT_RECORDING_NAMES);
    if (p == NULL) {
        return NGX_ERROR;
    }

    names->data = p;
    last = p + NGX_HTTP_LIVEKIT_RECORDING_NAMES;

    for (n = lkg_json_first(answer, n);
         n != LKG_JSON_NONE;
         n = lkg_json_next(answer, n))
    {
        if (lkg_participant_read(&person, answer, n) != LKG_OK
            || person.len >= (size_t) (last - p))
        {
            continue;
        }

        p = ngx_cpymem(p, person.data, person.len);
        *p++ = LF;
    }

    names->len = p - names->data;

    return names->len ? NGX_OK : NGX_DECLINED;
}


ngx_str_t
ngx_http_livekit_recording_key(u_char *buf, const char *what,
    ngx_str_t *room, const char *tail, ngx_str_t *id)
{
    ngx_str_t  key, none;

    ngx_str_null(&none);

    key.data = buf;
    key.len = ngx_snprintf(buf, NGX_HTTP_LIVEKIT_RECORDING_KEY,
                           "lkg:rec:%s:{%V}%s%V", what, room, tail,
                           id ? id : &none)
              - buf;

    return key;
}


u_char *
ngx_http_livekit_recording_time(u_char *p, int64_t msec)
{
    ngx_tm_t  tm;

    ngx_gmtime((time_t) (msec / 1000), &tm);

    return ngx_sprintf(p, "%4d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                       tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                       tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec,
                       (int) (msec % 1000));
}


static ngx_uint_t
ngx_http_livekit_recording_rank(lkg_recording_state state)
{
    return ngx_min((ngx_uint_t) state, NGX_HTTP_LIVEKIT_RECORDING_OVER);
}


ngx_str_t
ngx_http_livekit_recording_number(u_char *buf, int64_t n)
{
    ngx_str_t  text;

    text.data = buf;
    text.len = ngx_sprintf(buf, "%L", n) - buf;

    return text;
}
