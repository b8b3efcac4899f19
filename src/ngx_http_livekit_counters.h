
/*
 * Counters over all workers, in ngx_http_livekit_counters.c: common, as what
 * ngx_http_livekit.h has first, which includes this.
 */


#ifndef _NGX_HTTP_LIVEKIT_COUNTERS_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_COUNTERS_H_INCLUDED_


enum {
    NGX_HTTP_LIVEKIT_REQUESTS = 0,
    NGX_HTTP_LIVEKIT_SESSIONS,
    NGX_HTTP_LIVEKIT_CLIENT_SAMPLES,
    NGX_HTTP_LIVEKIT_CLIENT_QUALITY,
    NGX_HTTP_LIVEKIT_CLIENT_SUM,
    NGX_HTTP_LIVEKIT_CLIENT_COUNT,
    NGX_HTTP_LIVEKIT_METRICS        /* how many there are */
};

typedef struct ngx_http_livekit_counter_s  ngx_http_livekit_counter_t;

struct ngx_http_livekit_counter_s {
    ngx_http_livekit_counter_t  *next;
    ngx_uint_t                   metric;
    ngx_atomic_t                 value;
    size_t                       len;
    u_char                       labels[1];     /* name="value",... */
};

/* Makes the shared zone, without which nothing is counted. */
ngx_int_t ngx_http_livekit_counters_zone(ngx_conf_t *cf);

/* For the init handler of a zone: its data are the one before the reload's, or
 * so many bytes of zeros. */
ngx_int_t ngx_http_livekit_zeroed_zone(ngx_shm_zone_t *zone, void *data,
    size_t size);

/* Adds to the counter of a metric with these labels, over all workers.  The
 * values that a label can have must be bounded. */
void ngx_http_livekit_count(ngx_http_request_t *r, ngx_uint_t metric,
    ngx_str_t *names, ngx_str_t *values, ngx_uint_t n, ngx_uint_t value);
void ngx_http_livekit_count_request(ngx_http_livekit_ctx_t *ctx);

/* All counters, as pointers, and how many counts found no room. */
ngx_int_t ngx_http_livekit_counters_get(ngx_http_request_t *r,
    ngx_array_t *counters, ngx_uint_t *lost);


extern ngx_module_t  ngx_http_livekit_counters_module;


#endif /* _NGX_HTTP_LIVEKIT_COUNTERS_H_INCLUDED_ */
