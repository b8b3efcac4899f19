
/*
 * The chat in Redis: a stream for each room, lkg:chat:{<room>}, and for a day
 * the client's id of each message, so that one that is sent again is not
 * stored again.
 */


#include "ngx_http_livekit_chat.h"


#define NGX_HTTP_LIVEKIT_CHAT_KEY   "lkg:chat:{"
#define NGX_HTTP_LIVEKIT_CHAT_DAY   "86400"

/* An entry as a list, whoever wrote it. */

#define NGX_HTTP_LIVEKIT_CHAT_ROW                                             \
    "local function row(e) "                                                  \
    "local m = {} "                                                           \
    "for i = 1, #e[2], 2 do m[e[2][i]] = e[2][i + 1] end "                    \
    "local function f(n, x) return string.sub(m[n] or '', 1, x) end "         \
    "return {e[1], f('sender', 512), f('name', 512), f('role', 64), "         \
    "f('type', 64), f('text', 8192), f('time', 20), f('id', 64)} "            \
    "end "


static ngx_int_t ngx_http_livekit_chat_key(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *key);
static ngx_int_t ngx_http_livekit_chat_id_key(ngx_http_request_t *r,
    ngx_str_t *key, lkg_chat_message *m, ngx_str_t *id_key);
static ngx_str_t ngx_http_livekit_chat_number(ngx_http_request_t *r,
    int64_t n);
static ngx_int_t ngx_http_livekit_chat_row(ngx_http_request_t *r,
    ngx_redis_reply_t *row, lkg_chat_message *m);
static ngx_int_t ngx_http_livekit_chat_rows(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_reply_t *reply, ngx_str_t *body,
    size_t size);


/* {entry, 1: stored now, 0: before, -1: before, and gone since then} */

static ngx_str_t  ngx_http_livekit_chat_keep_script = ngx_string(
    NGX_HTTP_LIVEKIT_CHAT_ROW
    "if KEYS[2] then "
    "local id = redis.call('GET', KEYS[2]) "
    "if id then "
    "local e = redis.call('XRANGE', KEYS[1], id, id)[1] "
    "return {row(e or {id, {}}), e and 0 or -1} "
    "end "
    "end "
    "local id = redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[1], '*', "
    "'sender', ARGV[3], 'name', ARGV[4], 'role', ARGV[5], 'type', ARGV[6], "
    "'text', ARGV[7], 'time', ARGV[8], 'id', ARGV[9]) "
    "if KEYS[2] then redis.call('SET', KEYS[2], id, 'EX', ARGV[2]) end "
    "return {row(redis.call('XRANGE', KEYS[1], id, id)[1]), 1}");

/* 1: it is removed, 0: there is none, -1: it is no pin */

static ngx_str_t  ngx_http_livekit_chat_unpin_script = ngx_string(
    NGX_HTTP_LIVEKIT_CHAT_ROW
    "local e = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1] "
    "if not e then return 0 end "
    "local t = row(e)[5] "
    "for i = 2, #ARGV do "
    "if ARGV[i] == t then return redis.call('XDEL', KEYS[1], ARGV[1]) end "
    "end "
    "return -1");

/* {1 if there are more, entry, entry, ...} */

static ngx_str_t  ngx_http_livekit_chat_read_script = ngx_string(
    NGX_HTTP_LIVEKIT_CHAT_ROW
    "local out, size, max = {0}, 0, tonumber(ARGV[2]) "
    "local all = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', "
    "max + 1) "
    "for n, e in ipairs(all) do "
    "local r = row(e) "
    "for _, v in ipairs(r) do size = size + #v + 16 end "
    "if n > max or size > 57344 then out[1] = 1 break end "
    "out[#out + 1] = r "
    "end "
    "return out");


ngx_int_t
ngx_http_livekit_chat_keep(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_resume_pt handler)
{
    ngx_str_t                     argv[11], *arg;
    ngx_uint_t                    nkeys;
    lkg_chat_message             *m;
    ngx_http_livekit_chat_t      *chat;
    ngx_http_livekit_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);
    chat = ctx->state;
    m = &chat->message;

    if (ngx_http_livekit_chat_key(r, ctx, &argv[0]) != NGX_OK) {
        return NGX_ERROR;
    }

    nkeys = 1;

    if (m->client_id.len) {
        if (ngx_http_livekit_chat_id_key(r, &argv[0], m, &argv[1]) != NGX_OK) {
            return NGX_ERROR;
        }

        nkeys = 2;
    }

    arg = &argv[nkeys];

    *arg++ = ngx_http_livekit_chat_number(r,
                                 lkg_policy_chat(llcf->policy)->max_stored);
    ngx_str_set(arg, NGX_HTTP_LIVEKIT_CHAT_DAY);
    arg++;

    *arg++ = ngx_http_livekit_str(m->sender);
    *arg++ = ngx_http_livekit_str(m->name);
    *arg++ = ngx_http_livekit_str(m->role);
    *arg++ = ngx_http_livekit_str(m->type);
    *arg++ = ngx_http_livekit_str(m->text);
    *arg++ = ngx_http_livekit_chat_number(r, m->time);
    *arg++ = ngx_http_livekit_str(m->client_id);

    return ngx_http_livekit_store(r, ctx, &ngx_http_livekit_chat_keep_script,
                                  nkeys, arg - argv, argv, nkeys == 2,
                                  handler);
}


ngx_int_t
ngx_http_livekit_chat_unpin(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_resume_pt handler)
{
    size_t                        i;
    ngx_str_t                     argv[2 + 32], *arg;
    ngx_http_livekit_chat_t      *chat;
    const lkg_chat_type          *type;
    ngx_http_livekit_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);
    chat = ctx->state;

    if (ngx_http_livekit_chat_key(r, ctx, &argv[0]) != NGX_OK) {
        return NGX_ERROR;
    }

    argv[1] = ngx_http_livekit_str(chat->message.text);
    arg = &argv[2];

    for (i = 0; i < 32; i++) {
        type = lkg_chat_type_number(llcf->policy, i);

        if (type == NULL) {
            break;
        }

        if (lkg_chat_type_pin(type)) {
            *arg++ = ngx_http_livekit_str(lkg_chat_type_name(type));
        }
    }

    return ngx_http_livekit_store(r, ctx, &ngx_http_livekit_chat_unpin_script,
                                  1, arg - argv, argv, 1, handler);
}


ngx_int_t
ngx_http_livekit_chat_read(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_resume_pt handler)
{
    ngx_str_t                 argv[3];
    ngx_http_livekit_chat_t  *chat;

    chat = ctx->state;

    if (ngx_http_livekit_chat_key(r, ctx, &argv[0]) != NGX_OK) {
        return NGX_ERROR;
    }

    argv[1] = chat->from;
    argv[2] = ngx_http_livekit_chat_number(r, chat->limit);

    return ngx_http_livekit_store(r, ctx, &ngx_http_livekit_chat_read_script,
                                  1, 3, argv, 1, handler);
}


static ngx_int_t
ngx_http_livekit_chat_key(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_str_t *key)
{
    key->len = sizeof(NGX_HTTP_LIVEKIT_CHAT_KEY "}") - 1 + ctx->room.len;

    key->data = ngx_pnalloc(r->pool, key->len);
    if (key->data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(key->data, NGX_HTTP_LIVEKIT_CHAT_KEY "%V}", &ctx->room);

    return NGX_OK;
}


/* The last colon parts them: there is none in a client's id. */

static ngx_int_t
ngx_http_livekit_chat_id_key(ngx_http_request_t *r, ngx_str_t *key,
    lkg_chat_message *m, ngx_str_t *id_key)
{
    u_char  *p;

    id_key->len = key->len + sizeof(":id::") - 1 + m->sender.len
                  + m->client_id.len;

    id_key->data = ngx_pnalloc(r->pool, id_key->len);
    if (id_key->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(id_key->data, key->data, key->len);
    p = ngx_cpymem(p, ":id:", 4);
    p = ngx_cpymem(p, m->sender.data, m->sender.len);
    *p++ = ':';
    ngx_memcpy(p, m->client_id.data, m->client_id.len);

    return NGX_OK;
}


/* An empty one, which Redis refuses, where there is no memory. */

static ngx_str_t
ngx_http_livekit_chat_number(ngx_http_request_t *r, int64_t n)
{
    ngx_str_t  s;

    ngx_str_null(&s);

    s.data = ngx_pnalloc(r->pool, NGX_INT64_LEN);

    if (s.data) {
        s.len = ngx_sprintf(s.data, "%L", n) - s.data;
    }

    return s;
}


ngx_int_t
ngx_http_livekit_chat_kept(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_redis_reply_t *reply)
{
    lkg_str                   type;
    ngx_http_livekit_chat_t  *chat;

    chat = ctx->state;
    type = chat->message.type;

    if (reply->type != NGX_REDIS_ARRAY || reply->nelts != 2
        || reply->elts[1]->type != NGX_REDIS_INTEGER
        || ngx_http_livekit_chat_row(r, reply->elts[0], &chat->message)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    chat->stored = 1;
    chat->duplicate = (reply->elts[1]->integer != 1);

    /* what was stored is not sent under the right to say something else */

    chat->gone = (reply->elts[1]->integer == -1
                  || chat->message.type.len != type.len
                  || ngx_memcmp(chat->message.type.data, type.data, type.len)
                     != 0);

    return NGX_OK;
}


ngx_int_t
ngx_http_livekit_chat_unpinned(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_reply_t *reply)
{
    ngx_http_livekit_chat_t  *chat;

    chat = ctx->state;

    if (reply->type != NGX_REDIS_INTEGER) {
        return NGX_ERROR;
    }

    chat->removed = (reply->integer == 1);

    return (reply->integer == -1) ? NGX_DECLINED : NGX_OK;
}


static ngx_int_t
ngx_http_livekit_chat_row(ngx_http_request_t *r, ngx_redis_reply_t *row,
    lkg_chat_message *m)
{
    lkg_str     *fields[NGX_HTTP_LIVEKIT_CHAT_FIELDS], written;
    int64_t      ms, seq;
    ngx_int_t    time;
    ngx_str_t    text;
    ngx_uint_t   i;

    if (row->type != NGX_REDIS_ARRAY
        || row->nelts != NGX_HTTP_LIVEKIT_CHAT_FIELDS)
    {
        return NGX_ERROR;
    }

    fields[0] = &m->id;
    fields[1] = &m->sender;
    fields[2] = &m->name;
    fields[3] = &m->role;
    fields[4] = &m->type;
    fields[5] = &m->text;
    fields[6] = &written;
    fields[7] = &m->client_id;

    /* the reply goes when its handler returns */

    for (i = 0; i < row->nelts; i++) {
        if (row->elts[i]->type != NGX_REDIS_STRING) {
            return NGX_ERROR;
        }

        text.len = row->elts[i]->str.len;

        text.data = ngx_pstrdup(r->pool, &row->elts[i]->str);
        if (text.data == NULL) {
            return NGX_ERROR;
        }

        *fields[i] = ngx_http_livekit_lkg(&text);
    }

    /* NULL is "not there" */

    if (m->client_id.len == 0) {
        m->client_id.data = NULL;
    }

    if (lkg_stream_id(m->id.data, m->id.len, &ms, &seq) != LKG_OK) {
        return NGX_ERROR;
    }

    /* who writes by hand may leave it out: Redis knows when that was */

    time = ngx_atoi((u_char *) written.data, written.len);
    m->time = (time == NGX_ERROR) ? ms : time;

    return NGX_OK;
}


ngx_int_t
ngx_http_livekit_chat_page(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_redis_reply_t *reply, ngx_str_t *body)
{
    size_t             size;
    ngx_int_t          rc;
    ngx_uint_t         i, j;
    ngx_redis_reply_t  *row;

    if (reply->type != NGX_REDIS_ARRAY || reply->nelts == 0
        || reply->elts[0]->type != NGX_REDIS_INTEGER)
    {
        return NGX_ERROR;
    }

    size = 0;

    for (i = 1; i < reply->nelts; i++) {
        row = reply->elts[i];

        for (j = 0; row->type == NGX_REDIS_ARRAY && j < row->nelts; j++) {
            size += row->elts[j]->str.len;
        }
    }

    /* a text that needs much escaping is rare, and takes six times as much */

    rc = ngx_http_livekit_chat_rows(r, ctx, reply, body,
                                    size + size / 4
                                    + reply->nelts * (256 + LKG_ROOM_MAX));

    if (rc != NGX_DECLINED) {
        return rc;
    }

    return ngx_http_livekit_chat_rows(r, ctx, reply, body,
                                      6 * size
                                      + reply->nelts * (256 + 6 * LKG_ROOM_MAX))
           == NGX_OK ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_livekit_chat_rows(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_redis_reply_t *reply, ngx_str_t *body, size_t size)
{
    int                n;
    u_char            *p, *last;
    ngx_uint_t         i;
    lkg_chat_message   m;

    body->data = ngx_pnalloc(r->pool, size + 128);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    last = body->data + size;

    p = ngx_cpymem(body->data, "{\"messages\":[", 13);

    ngx_memzero(&m, sizeof(lkg_chat_message));
    m.room = ngx_http_livekit_lkg(ctx->asked.room.len ? &ctx->asked.room
                                                      : &ctx->room);

    for (i = 1; i < reply->nelts; i++) {
        if (ngx_http_livekit_chat_row(r, reply->elts[i], &m) != NGX_OK) {
            return NGX_ERROR;
        }

        n = (p < last) ? lkg_chat_write((char *) p, last - p, &m)
                       : LKG_ERR_TOOBIG;
        if (n < 0) {
            return NGX_DECLINED;
        }

        p += n;
        *p++ = ',';
    }

    if (reply->nelts > 1) {
        p--;
    }

    /* an id has digits and a dash only */

    if (reply->elts[0]->integer && reply->nelts > 1) {
        p = ngx_sprintf(p, "],\"next\":\"%*s\"}\n", m.id.len, m.id.data);

    } else {
        p = ngx_cpymem(p, "],\"next\":null}\n", 15);
    }

    body->len = p - body->data;

    return NGX_OK;
}
