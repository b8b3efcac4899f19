
/*
 * Replies: hiredis's reader makes them, in the memory of the query they
 * answer.  Nothing but RESP2 is let in, and nothing that is too big, too
 * wide or too deep.
 */


#include "ngx_redis_private.h"

#include <hiredis/hiredis.h>


#define NGX_REDIS_CHUNK_SIZE  4096

/* not parsed yet, beside a reply's string: its type and length, and CRLFs */
#define NGX_REDIS_MAX_FRAME   64


struct ngx_redis_chunk_s {
    ngx_redis_chunk_t  *next;
};


#if (HIREDIS_MAJOR >= 1)
typedef size_t  ngx_redis_nelts_t;
#else
typedef int     ngx_redis_nelts_t;
#endif


static void *ngx_redis_reader_string(const redisReadTask *task, char *str,
    size_t len);
static void *ngx_redis_reader_array(const redisReadTask *task,
    ngx_redis_nelts_t nelts);
static void *ngx_redis_reader_integer(const redisReadTask *task,
    long long value);
static void *ngx_redis_reader_nil(const redisReadTask *task);
#if (HIREDIS_MAJOR >= 1)
static void *ngx_redis_reader_double(const redisReadTask *task, double value,
    char *str, size_t len);
static void *ngx_redis_reader_bool(const redisReadTask *task, int value);
#endif
static void ngx_redis_reader_free(void *obj);
static ngx_redis_reply_t *ngx_redis_reader_create(const redisReadTask *task,
    ngx_redis_type_e type);
static void *ngx_redis_reader_error(const redisReadTask *task,
    const char *error);


/* what a server says of itself, not of the command */

static const char  *ngx_redis_unavailable[] = {
    "LOADING",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "BUSY",
    "TRYAGAIN",
    "READONLY",
    NULL
};


static redisReplyObjectFunctions  ngx_redis_reader_functions = {
    ngx_redis_reader_string,
    ngx_redis_reader_array,
    ngx_redis_reader_integer,
#if (HIREDIS_MAJOR >= 1)
    ngx_redis_reader_double,
#endif
    ngx_redis_reader_nil,
#if (HIREDIS_MAJOR >= 1)
    ngx_redis_reader_bool,
#endif
    ngx_redis_reader_free
};


void *
ngx_redis_arena_alloc(ngx_redis_arena_t *arena, size_t size, size_t alignment)
{
    u_char             *p;
    size_t              n;
    ngx_redis_chunk_t  *chunk;

    p = ngx_align_ptr(arena->pos, alignment);

    if (p <= arena->end && size <= (size_t) (arena->end - p)) {
        arena->pos = p + size;
        return p;
    }

    n = sizeof(ngx_redis_chunk_t) + size;

    if (n < NGX_REDIS_CHUNK_SIZE) {
        n = NGX_REDIS_CHUNK_SIZE;
    }

    chunk = ngx_alloc(n, ngx_cycle->log);
    if (chunk == NULL) {
        return NULL;
    }

    chunk->next = arena->chunks;
    arena->chunks = chunk;

    p = (u_char *) chunk + sizeof(ngx_redis_chunk_t);

    arena->pos = p + size;
    arena->end = (u_char *) chunk + n;

    return p;
}


void
ngx_redis_arena_reset(ngx_redis_arena_t *arena, ngx_redis_arena_t *mark)
{
    ngx_redis_chunk_t  *chunk;

    while (arena->chunks != mark->chunks) {
        chunk = arena->chunks;
        arena->chunks = chunk->next;
        ngx_free(chunk);
    }

    *arena = *mark;
}


ngx_int_t
ngx_redis_reader_init(ngx_redis_reader_t *rd)
{
    redisReader  *r;

    ngx_memzero(rd, sizeof(ngx_redis_reader_t));

    r = redisReaderCreateWithFunctions(&ngx_redis_reader_functions);
    if (r == NULL) {
        return NGX_ERROR;
    }

    r->privdata = rd;

    rd->reader = r;
    rd->max_size = NGX_REDIS_MAX_REPLY;
    rd->max_nelts = NGX_REDIS_MAX_ELEMENTS;

    return NGX_OK;
}


void
ngx_redis_reader_destroy(ngx_redis_reader_t *rd)
{
    if (rd->reader) {
        redisReaderFree(rd->reader);
        rd->reader = NULL;
    }
}


/* how much may be fed before what is unread is parsed */

size_t
ngx_redis_reader_room(ngx_redis_reader_t *rd)
{
    size_t        max, unread;
    redisReader  *r;

    r = rd->reader;

    max = rd->max_size + NGX_REDIS_MAX_FRAME;
    unread = r->len - r->pos;

    return unread < max ? max - unread : 0;
}


ngx_uint_t
ngx_redis_reader_pending(ngx_redis_reader_t *rd)
{
    redisReader  *r;

    r = rd->reader;

    return r->len > r->pos;
}


/* a part of a reply is in the arena already */

ngx_uint_t
ngx_redis_reader_partial(ngx_redis_reader_t *rd)
{
    redisReader  *r;

    r = rd->reader;

    return r->reply != NULL;
}


ngx_int_t
ngx_redis_reader_feed(ngx_redis_reader_t *rd, u_char *p, size_t n)
{
    redisReader  *r;

    r = rd->reader;

    if (redisReaderFeed(r, (char *) p, n) != REDIS_OK) {
        rd->error = r->errstr;
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * NGX_AGAIN: the reply is not complete yet; the arena must be given again,
 * and must not be reset if the reader has a part of the reply in it.
 */

ngx_int_t
ngx_redis_reader_next(ngx_redis_reader_t *rd, ngx_redis_arena_t *arena,
    ngx_redis_reply_t **reply)
{
    void         *obj;
    redisReader  *r;

    r = rd->reader;

    rd->arena = arena;

    if (redisReaderGetReply(r, &obj) != REDIS_OK) {

        if (rd->error == NULL) {
            rd->error = r->errstr;
        }

        return NGX_ERROR;
    }

    if (obj == NULL) {

        if (ngx_redis_reader_room(rd) == 0) {
            rd->error = "too long reply";
            return NGX_ERROR;
        }

        return NGX_AGAIN;
    }

    rd->size = 0;
    rd->nelts = 0;

    *reply = obj;

    return NGX_OK;
}


static void *
ngx_redis_reader_string(const redisReadTask *task, char *str, size_t len)
{
    ngx_redis_type_e     type;
    ngx_redis_reply_t   *reply;
    ngx_redis_reader_t  *rd;

    rd = task->privdata;

    switch (task->type) {

    case REDIS_REPLY_STRING:
        type = NGX_REDIS_STRING;
        break;

    case REDIS_REPLY_STATUS:
        type = NGX_REDIS_STATUS;
        break;

    case REDIS_REPLY_ERROR:
        type = NGX_REDIS_ERROR;
        break;

    default:
        return ngx_redis_reader_error(task, "not a RESP2 reply");
    }

    if (len > rd->max_size - rd->size) {
        return ngx_redis_reader_error(task, "too long reply");
    }

    rd->size += len;

    reply = ngx_redis_reader_create(task, type);
    if (reply == NULL) {
        return NULL;
    }

    reply->str.data = ngx_redis_arena_alloc(rd->arena, len, 1);
    if (reply->str.data == NULL) {
        return ngx_redis_reader_error(task, "no memory for reply");
    }

    ngx_memcpy(reply->str.data, str, len);
    reply->str.len = len;

    return reply;
}


static void *
ngx_redis_reader_array(const redisReadTask *task, ngx_redis_nelts_t nelts)
{
    ngx_uint_t            n, depth;
    ngx_redis_reply_t    *reply;
    ngx_redis_reader_t   *rd;
    const redisReadTask  *t;

    rd = task->privdata;
    n = nelts;

    if (task->type != REDIS_REPLY_ARRAY) {
        return ngx_redis_reader_error(task, "not a RESP2 reply");
    }

    if (n > rd->max_nelts - rd->nelts) {
        return ngx_redis_reader_error(task, "too many elements in reply");
    }

    rd->nelts += n;

    depth = 1;

    for (t = task->parent; t; t = t->parent) {
        if (++depth > NGX_REDIS_MAX_DEPTH) {
            return ngx_redis_reader_error(task, "too deep reply");
        }
    }

    reply = ngx_redis_reader_create(task, NGX_REDIS_ARRAY);
    if (reply == NULL) {
        return NULL;
    }

    reply->elts = ngx_redis_arena_alloc(rd->arena,
                                        n * sizeof(ngx_redis_reply_t *),
                                        sizeof(ngx_redis_reply_t *));
    if (reply->elts == NULL) {
        return ngx_redis_reader_error(task, "no memory for reply");
    }

    reply->nelts = n;

    return reply;
}


static void *
ngx_redis_reader_integer(const redisReadTask *task, long long value)
{
    ngx_redis_reply_t  *reply;

    reply = ngx_redis_reader_create(task, NGX_REDIS_INTEGER);
    if (reply == NULL) {
        return NULL;
    }

    reply->integer = value;

    return reply;
}


static void *
ngx_redis_reader_nil(const redisReadTask *task)
{
    /* "$-1" and "*-1", but not "_" of RESP3 */

    if (task->type == REDIS_REPLY_NIL) {
        return ngx_redis_reader_error(task, "not a RESP2 reply");
    }

    return ngx_redis_reader_create(task, NGX_REDIS_NIL);
}


#if (HIREDIS_MAJOR >= 1)
static void *
ngx_redis_reader_double(const redisReadTask *task, double value, char *str,
    size_t len)
{
    return ngx_redis_reader_error(task, "not a RESP2 reply");
}


static void *
ngx_redis_reader_bool(const redisReadTask *task, int value)
{
    return ngx_redis_reader_error(task, "not a RESP2 reply");
}

#endif


static void
ngx_redis_reader_free(void *obj)
{
    /* the arena has it */
}


static ngx_redis_reply_t *
ngx_redis_reader_create(const redisReadTask *task, ngx_redis_type_e type)
{
    ngx_redis_reply_t   *reply, *parent;
    ngx_redis_reader_t  *rd;

    rd = task->privdata;

    reply = ngx_redis_arena_alloc(rd->arena, sizeof(ngx_redis_reply_t),
                                  sizeof(int64_t));
    if (reply == NULL) {
        return ngx_redis_reader_error(task, "no memory for reply");
    }

    ngx_memzero(reply, sizeof(ngx_redis_reply_t));

    reply->type = type;

    if (task->parent) {
        parent = task->parent->obj;
        parent->elts[task->idx] = reply;
    }

    return reply;
}


/* hiredis takes NULL for lack of memory, and gives up */

static void *
ngx_redis_reader_error(const redisReadTask *task, const char *error)
{
    ngx_redis_reader_t  *rd;

    rd = task->privdata;
    rd->error = error;

    return NULL;
}


/* the prefix ends where a word of the error does */

ngx_uint_t
ngx_redis_error_is(ngx_str_t *error, const char *prefix)
{
    size_t  len;

    len = ngx_strlen(prefix);

    if (error->len < len || ngx_memcmp(error->data, prefix, len) != 0) {
        return 0;
    }

    return error->len == len || error->data[len] == ' ';
}


const char *
ngx_redis_error_unavailable(ngx_str_t *error)
{
    ngx_uint_t  i;

    for (i = 0; ngx_redis_unavailable[i]; i++) {
        if (ngx_redis_error_is(error, ngx_redis_unavailable[i])) {
            break;
        }
    }

    return ngx_redis_unavailable[i];
}
