
/*
 * livekit_status, in ngx_http_livekit_status.c, and its part about Redis, in
 * .._status_redis.c.
 */


#ifndef _NGX_HTTP_LIVEKIT_STATUS_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_STATUS_H_INCLUDED_


#include "ngx_http_livekit.h"


/* Makes the shared zone; then, when all is configured, gives every server's
 * numbers a place in it; a worker that ends leaves its places to others. */
ngx_int_t ngx_http_livekit_status_redis_zone(ngx_conf_t *cf,
    ngx_shm_zone_t **zone);
void ngx_http_livekit_status_redis_init(ngx_conf_t *cf, ngx_shm_zone_t *zone);
void ngx_http_livekit_status_redis_leave(ngx_shm_zone_t *zone);

/* The sums over all workers, an element for each server, to be written where
 * there is room for .._size() bytes. */
ngx_int_t ngx_http_livekit_status_redis_sum(ngx_http_request_t *r,
    ngx_shm_zone_t *zone, ngx_array_t *servers);
size_t ngx_http_livekit_status_redis_size(ngx_array_t *servers);
u_char *ngx_http_livekit_status_redis_text(u_char *p, u_char *last,
    ngx_array_t *servers);
u_char *ngx_http_livekit_status_redis_json(u_char *p, u_char *last,
    ngx_array_t *servers);


#endif /* _NGX_HTTP_LIVEKIT_STATUS_H_INCLUDED_ */
