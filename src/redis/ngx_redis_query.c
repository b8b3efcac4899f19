
/*
 * A query by itself: commands as the bytes to be sent, and the replies that
 * have come.
 */


#include "ngx_redis_private.h"


/* "*" or "$", a number, CRLF */
#define NGX_REDIS_HEADER_LEN  (1 + NGX_SIZE_T_LEN + 2)


static u_char *ngx_redis_query_header(u_char *p, u_char type, size_t n);


static ngx_str_t  ngx_redis_status_names[] = {
    ngx_string("ok"),
    ngx_string("timeout"),
    ngx_string("unavailable"),
    ngx_string("busy"),
    ngx_string("lost")
};


void
ngx_redis_query_init(ngx_redis_query_t *q)
{
    ngx_memzero(q, offsetof(ngx_redis_query_t, slots));

    ngx_queue_init(&q->pieces);

    q->replayed = 0;
    q->once = 0;
    q->write = 0;
    q->index = 0;
    q->hops = 0;
    q->delayed = 0;
    q->down = 0;
    q->elsewhere = 0;
    q->refused = 0;

    q->arena.pos = q->memory;
    q->arena.end = q->memory + NGX_REDIS_QUERY_SIZE;
    q->arena.chunks = NULL;

    q->mark = q->arena;
}


ngx_int_t
ngx_redis_query_command(ngx_redis_query_t *q, ngx_uint_t argc,
    ngx_str_t *argv, ngx_uint_t key)
{
    u_char      *p, *start;
    size_t       len, size;
    ngx_uint_t   i;

    if (q->state != NGX_REDIS_QUERY_NEW
        || q->ncommands == NGX_REDIS_MAX_COMMANDS
        || key >= argc)
    {
        return NGX_ERROR;
    }

    size = NGX_REDIS_MAX_REQUEST - q->size;
    len = NGX_REDIS_HEADER_LEN;

    for (i = 0; i < argc; i++) {

        if (argv[i].len > size) {
            return NGX_ERROR;
        }

        len += NGX_REDIS_HEADER_LEN + argv[i].len + 2;

        if (len > size) {
            return NGX_ERROR;
        }
    }

    start = ngx_redis_arena_alloc(&q->arena, len, 1);
    if (start == NULL) {
        return NGX_ERROR;
    }

    p = ngx_redis_query_header(start, '*', argc);

    for (i = 0; i < argc; i++) {
        p = ngx_redis_query_header(p, '$', argv[i].len);

        if (argv[i].len) {
            p = ngx_cpymem(p, argv[i].data, argv[i].len);
        }

        *p++ = CR; *p++ = LF;
    }

    if (q->client && q->client->conf.cluster) {
        q->slots[q->ncommands] = key ? ngx_redis_slot(&argv[key])
                                     : NGX_REDIS_SLOTS;

        /* scripts are for masters, whatever they do */

        if (argv[0].len >= 4
            && ngx_strncasecmp(argv[0].data, (u_char *) "EVAL", 4) == 0)
        {
            q->write = 1;
        }
    }

    q->commands[q->ncommands].len = p - start;
    q->commands[q->ncommands].data = start;
    q->ncommands++;

    q->size += p - start;

    /* what was too much by guess is for the replies */

    q->arena.pos = p;
    q->mark = q->arena;

    return NGX_OK;
}


static u_char *
ngx_redis_query_header(u_char *p, u_char type, size_t n)
{
    *p++ = type;

    if (n < 10) {
        *p++ = (u_char) ('0' + n);

    } else if (n < 100) {
        *p++ = (u_char) ('0' + n / 10);
        *p++ = (u_char) ('0' + n % 10);

    } else {
        p = ngx_sprintf(p, "%uz", n);
    }

    *p++ = CR; *p++ = LF;

    return p;
}


void
ngx_redis_query_once(ngx_redis_query_t *q)
{
    q->once = 1;
}


/* forgets the replies, keeps the commands */

void
ngx_redis_query_rewind(ngx_redis_query_t *q)
{
    ngx_redis_arena_reset(&q->arena, &q->mark);

    q->nreplies = 0;
    q->refused = 0;
}


/* gives back all memory but its own */

void
ngx_redis_query_release(ngx_redis_query_t *q)
{
    q->mark.chunks = NULL;

    ngx_redis_arena_reset(&q->arena, &q->mark);
}


ngx_redis_status_e
ngx_redis_query_status(ngx_redis_query_t *q)
{
    return q->status;
}


const char *
ngx_redis_status_name(ngx_redis_status_e status)
{
    return (const char *) ngx_redis_status_names[status].data;
}


ngx_redis_reply_t *
ngx_redis_query_reply(ngx_redis_query_t *q, ngx_uint_t n)
{
    if (q->status != NGX_REDIS_OK || n >= q->nreplies) {
        return NULL;
    }

    return q->replies[n];
}


ngx_uint_t
ngx_redis_query_usec(ngx_redis_query_t *q)
{
    uint64_t  end;

    end = q->answered ? q->answered : ngx_redis_usec();

    return (ngx_uint_t) (end - q->start);
}


/* nginx's own clock is too coarse, and stands still while events are run */

uint64_t
ngx_redis_usec(void)
{
#if (NGX_HAVE_CLOCK_MONOTONIC)

    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;

#else

    struct timeval  tv;

    ngx_gettimeofday(&tv);

    return (uint64_t) tv.tv_sec * 1000000 + tv.tv_usec;

#endif
}
