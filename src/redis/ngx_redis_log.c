
/*
 * A server that is away would fill the log: one message a second is enough.
 */


#include "ngx_redis_private.h"


static void ngx_redis_log_writer(ngx_log_t *log, ngx_uint_t level,
    u_char *buf, size_t len);
static u_char *ngx_redis_log_handler(ngx_log_t *log, u_char *buf, size_t len);


void
ngx_redis_log_init(ngx_redis_log_t *l, ngx_log_t *log, ngx_str_t *client,
    ngx_str_t *server)
{
    ngx_memzero(l, sizeof(ngx_redis_log_t));

    l->log = *log;
    l->log.connection = 0;
    l->log.handler = ngx_redis_log_handler;
    l->log.data = l;
    l->log.action = NULL;

    l->quiet = l->log;
    l->quiet.handler = NULL;
    l->quiet.writer = ngx_redis_log_writer;
    l->quiet.wdata = l;
    l->quiet.next = NULL;

    /* without debug levels */

    l->quiet.log_level = ngx_min(log->log_level, NGX_LOG_INFO);

    l->client = client;
    l->server = server;
}


ngx_log_t *
ngx_redis_log(ngx_redis_log_t *l)
{
    if (l->used && ngx_current_msec - l->time < NGX_REDIS_LOG_INTERVAL) {
        return &l->quiet;
    }

    return &l->log;
}


static void
ngx_redis_log_writer(ngx_log_t *log, ngx_uint_t level, u_char *buf, size_t len)
{
    ngx_redis_log_t  *l;

    l = log->wdata;
    l->suppressed++;
}


static u_char *
ngx_redis_log_handler(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char           *p, *last;
    ngx_redis_log_t  *l;

    l = log->data;
    last = buf + len;

    p = buf;

    if (log->action) {
        p = ngx_slprintf(p, last, " while %s", log->action);
    }

    p = ngx_slprintf(p, last, ", redis: \"%V\", server: %V", l->client,
                     l->server);

    if (l->suppressed) {
        p = ngx_slprintf(p, last, ", %ui more suppressed", l->suppressed);
    }

    l->suppressed = 0;
    l->time = ngx_current_msec;
    l->used = 1;

    return p;
}
