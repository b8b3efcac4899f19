
/*
 * Replies: hiredis's reader and the memory of what it read.
 */


#ifndef _NGX_REDIS_REPLY_H_INCLUDED_
#define _NGX_REDIS_REPLY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_redis.h"


/* a reply: bytes of its strings, elements and levels of its arrays */
#define NGX_REDIS_MAX_REPLY          65536
#define NGX_REDIS_MAX_ELEMENTS       1024
#define NGX_REDIS_MAX_DEPTH          8

/* on a connection that carries no queries */
#define NGX_REDIS_MAX_CONTROL        (4 * 1024 * 1024)
#define NGX_REDIS_MAX_CONTROL_ELTS   262144


typedef struct ngx_redis_chunk_s  ngx_redis_chunk_t;


/* Memory that only grows and is given back at once, to a mark. */

typedef struct {
    u_char                   *pos;
    u_char                   *end;
    ngx_redis_chunk_t        *chunks;
} ngx_redis_arena_t;


typedef struct {
    void                     *reader;       /* redisReader */
    ngx_redis_arena_t        *arena;
    size_t                    size;         /* of the reply being read */
    ngx_uint_t                nelts;
    size_t                    max_size;
    ngx_uint_t                max_nelts;
    const char               *error;
} ngx_redis_reader_t;


void *ngx_redis_arena_alloc(ngx_redis_arena_t *arena, size_t size,
    size_t alignment);
void ngx_redis_arena_reset(ngx_redis_arena_t *arena, ngx_redis_arena_t *mark);

ngx_int_t ngx_redis_reader_init(ngx_redis_reader_t *rd);
void ngx_redis_reader_destroy(ngx_redis_reader_t *rd);
size_t ngx_redis_reader_room(ngx_redis_reader_t *rd);
ngx_uint_t ngx_redis_reader_pending(ngx_redis_reader_t *rd);
ngx_uint_t ngx_redis_reader_partial(ngx_redis_reader_t *rd);
ngx_int_t ngx_redis_reader_feed(ngx_redis_reader_t *rd, u_char *p, size_t n);
ngx_int_t ngx_redis_reader_next(ngx_redis_reader_t *rd,
    ngx_redis_arena_t *arena, ngx_redis_reply_t **reply);

ngx_uint_t ngx_redis_error_is(ngx_str_t *error, const char *prefix);
const char *ngx_redis_error_unavailable(ngx_str_t *error);


#endif /* _NGX_REDIS_REPLY_H_INCLUDED_ */
