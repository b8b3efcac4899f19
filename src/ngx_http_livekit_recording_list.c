
/*
 * livekit_recording list: what is on record of a room, the latest first.
 */


#include "ngx_http_livekit_recording.h"


static void ngx_http_livekit_recording_indexed(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_recording_index(ngx_http_request_t *r,
    ngx_http_livekit_recording_t *rec, ngx_redis_reply_t *reply);
static void ngx_http_livekit_recording_known(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_recording_show(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static size_t ngx_http_livekit_recording_length(
    ngx_http_livekit_recording_row_t *row);
static u_char *ngx_http_livekit_recording_write(u_char *p,
    ngx_http_livekit_recording_row_t *row);
static u_char *ngx_http_livekit_recording_when(u_char *p, int64_t msec);
static u_char *ngx_http_livekit_recording_member(u_char *p, const char *name,
    ngx_str_t *text);
static const char *ngx_http_livekit_recording_reason(ngx_str_t *status);


/* The id that the next list begins after, if there are more, then two for each
 * recording.  Names of people are cut where they would fill the answer. */

static ngx_str_t  ngx_http_livekit_recording_ids = ngx_string(
    "local out, first, max = {''}, 0, tonumber(ARGV[2]) "
    "if ARGV[3] ~= '' then "
        "local rank = redis.call('ZREVRANK', KEYS[1], ARGV[3]) "
        "if not rank then return out end "
        "first = rank + 1 "
    "end "
    "local ids = redis.call('ZREVRANGE', KEYS[1], first, first + max) "
    "if #ids > max then ids[#ids], out[1] = nil, ids[max] end "
    "for _, id in ipairs(ids) do "
        "local people, n = {}, 0 "
        "for _, p in ipairs(redis.call('SMEMBERS', ARGV[1] .. id)) do "
            "n = n + #p + 1 "
            "if n > 1024 then break end "
            "people[#people + 1] = p "
        "end "
        "table.sort(people) "
        "out[#out + 1] = id "
        "out[#out + 1] = table.concat(people, '\\n') "
    "end "
    "return out"
);


void
ngx_http_livekit_recording_list(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    u_char                         n[NGX_INT64_LEN];
    u_char                         keys[2][NGX_HTTP_LIVEKIT_RECORDING_KEY];
    ngx_str_t                      argv[4];
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    argv[0] = ngx_http_livekit_recording_key(keys[0], "list", &ctx->room, "",
                                             NULL);
    argv[1] = ngx_http_livekit_recording_key(keys[1], "people", &ctx->room,
                                             ":", NULL);
    argv[2] = ngx_http_livekit_recording_number(n, rec->limit);
    argv[3] = rec->after;

    if (ngx_http_livekit_store(r, ctx, &ngx_http_livekit_recording_ids, 1, 4,
                               argv, 1, ngx_http_livekit_recording_indexed)
        != NGX_AGAIN)
    {
        ngx_http_livekit_recording_indexed(r, ctx);
    }
}


static void
ngx_http_livekit_recording_indexed(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_redis_reply_t  *reply;

    reply = ngx_http_livekit_stored(ctx);

    if (reply == NULL || reply->type != NGX_REDIS_ARRAY
        || reply->nelts == 0)
    {
        ngx_http_finalize_request(r,
               ngx_http_livekit_reply_error(r,
                                            NGX_HTTP_SERVICE_UNAVAILABLE,
                                            NULL));
        return;
    }

    if (ngx_http_livekit_recording_index(r, ctx->state, reply) != NGX_OK) {
        ngx_http_livekit_recording_refuse(r, ctx,
                                       NGX_HTTP_INTERNAL_SERVER_ERROR, NULL);
        return;
    }

    ngx_http_livekit_recording_rows(r, ctx, ngx_http_livekit_recording_known);
}


static ngx_int_t
ngx_http_livekit_recording_index(ngx_http_request_t *r,
    ngx_http_livekit_recording_t *rec, ngx_redis_reply_t *reply)
{
    ngx_uint_t                         i, k;
    ngx_http_livekit_recording_row_t  *row;

    if (ngx_array_init(&rec->rows, r->pool, reply->nelts / 2 + 1,
                       sizeof(ngx_http_livekit_recording_row_t))
        != NGX_OK
        || ngx_http_livekit_recording_keep(r, reply->elts[0], &rec->more)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 1; i + 1 < reply->nelts; i += 2) {
        row = ngx_array_push(&rec->rows);
        if (row == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(row, sizeof(ngx_http_livekit_recording_row_t));

        if (ngx_http_livekit_recording_keep(r, reply->elts[i], &row->id)
            != NGX_OK
            || ngx_http_livekit_recording_keep(r, reply->elts[i + 1],
                                               &row->people)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        row->npeople = (row->people.len != 0);

        for (k = 0; k < row->people.len; k++) {
            row->npeople += (row->people.data[k] == LF);
        }

        if (row->id.len == 0 || row->id.len > LKG_ID_MAX) {
            rec->rows.nelts--;
        }
    }

    return NGX_OK;
}


/* The record of one may have ended before the list: it is not asked for, or it
 * would be put on record again, as one that failed. */

static void
ngx_http_livekit_recording_known(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_uint_t                         i, n;
    ngx_http_livekit_recording_t      *rec;
    ngx_http_livekit_recording_row_t  *row;

    rec = ctx->state;
    row = rec->rows.elts;

    for (i = 0, n = 0; i < rec->rows.nelts; i++) {
        if (row[i].known) {
            row[n++] = row[i];
        }
    }

    rec->rows.nelts = n;

    if (!rec->refreshed && ngx_http_livekit_recording_stale(rec)) {
        ngx_http_livekit_recording_refresh(r, ctx,
                                           ngx_http_livekit_recording_list);
        return;
    }

    ngx_http_livekit_recording_show(r, ctx);
}


static void
ngx_http_livekit_recording_show(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    u_char                            *p;
    size_t                             len;
    ngx_str_t                          body;
    ngx_uint_t                         i;
    ngx_http_livekit_recording_t      *rec;
    ngx_http_livekit_recording_row_t  *row;

    rec = ctx->state;
    row = rec->rows.elts;

    len = sizeof("{\"recordings\":[],\"next\":\"\"}") + 6 * rec->more.len;

    for (i = 0; i < rec->rows.nelts; i++) {
        len += ngx_http_livekit_recording_length(&row[i]);
    }

    body.data = ngx_pnalloc(r->pool, len);
    if (body.data == NULL) {
        ngx_http_livekit_recording_refuse(r, ctx,
                                       NGX_HTTP_INTERNAL_SERVER_ERROR, NULL);
        return;
    }

    p = ngx_cpymem(body.data, "{\"recordings\":[", 15);

    for (i = 0; i < rec->rows.nelts; i++) {
        if (i) {
            *p++ = ',';
        }

        p = ngx_http_livekit_recording_write(p, &row[i]);
    }

    *p++ = ']';

    if (rec->more.len) {
        *p++ = ',';
        p = ngx_http_livekit_recording_member(p, "next", &rec->more);
    }

    *p++ = '}';
    body.len = p - body.data;

    ctx->verdict = "listed";

    ngx_http_finalize_request(r, ngx_http_livekit_reply(r, NGX_HTTP_OK,
                                                        &body));
}


/* More than enough: escaped, a byte takes six. */

static size_t
ngx_http_livekit_recording_length(ngx_http_livekit_recording_row_t *row)
{
    return 512 + 2 * NGX_HTTP_LIVEKIT_RECORDING_TIME
           + 6 * (row->id.len + row->status.len + row->started_by.len
                  + row->file.len + row->people.len)
           + 4 * row->npeople;
}


static u_char *
ngx_http_livekit_recording_write(u_char *p,
    ngx_http_livekit_recording_row_t *row)
{
    u_char     *name, *end, *last;
    ngx_str_t   reason;

    *p++ = '{';
    p = ngx_http_livekit_recording_member(p, "recordingId", &row->id);
    *p++ = ',';
    p = ngx_http_livekit_recording_member(p, "status", &row->status);

    p = ngx_cpymem(p, ",\"startedAt\":", 13);
    p = ngx_http_livekit_recording_when(p, row->started_at);
    *p++ = ',';
    p = ngx_http_livekit_recording_member(p, "startedBy", &row->started_by);
    p = ngx_cpymem(p, ",\"participants\":[", 17);

    last = row->people.data + row->people.len;

    for (name = row->people.data; name < last; name = end + 1) {
        end = ngx_strlchr(name, last, LF);

        if (end == NULL) {
            end = last;
        }

        *p++ = '"';
        p = (u_char *) ngx_escape_json(p, name, end - name);
        *p++ = '"';

        if (end < last) {
            *p++ = ',';
        }
    }

    p = ngx_cpymem(p, "],\"endedAt\":", 12);
    p = ngx_http_livekit_recording_when(p, row->ended_at);
    *p++ = ',';
    p = ngx_http_livekit_recording_member(p, "file", &row->file);
    p = ngx_sprintf(p, ",\"duration\":%L,\"size\":%L,", row->duration / 1000,
                    row->size);

    reason.data = (u_char *) ngx_http_livekit_recording_reason(&row->status);
    reason.len = ngx_strlen(reason.data);
    p = ngx_http_livekit_recording_member(p, "error", &reason);

    *p++ = '}';

    return p;
}


/* null where there is nothing */

static u_char *
ngx_http_livekit_recording_when(u_char *p, int64_t msec)
{
    if (msec == 0) {
        return ngx_cpymem(p, "null", 4);
    }

    *p++ = '"';
    p = ngx_http_livekit_recording_time(p, msec);
    *p++ = '"';

    return p;
}


static u_char *
ngx_http_livekit_recording_member(u_char *p, const char *name,
    ngx_str_t *text)
{
    if (text->len == 0) {
        return ngx_sprintf(p, "\"%s\":null", name);
    }

    p = ngx_sprintf(p, "\"%s\":\"", name);
    p = (u_char *) ngx_escape_json(p, text->data, text->len);
    *p++ = '"';

    return p;
}


/* LiveKit's own words may name the storage; they stay in Redis. */

static const char *
ngx_http_livekit_recording_reason(ngx_str_t *status)
{
    ngx_uint_t  i;

    static const char  *reasons[] = {
        "failed", "The recording failed.",
        "aborted", "The recording was given up before it began.",
        "limit_reached", "The recording reached the longest time that is "
                         "allowed.",
        NULL
    };

    for (i = 0; reasons[i]; i += 2) {
        if (ngx_strlen(reasons[i]) == status->len
            && ngx_strncmp(reasons[i], status->data, status->len) == 0)
        {
            return reasons[i + 1];
        }
    }

    return "";
}
