
/*
 * What the files of the session share.
 */


#ifndef _NGX_HTTP_LIVEKIT_SESSION_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_SESSION_H_INCLUDED_


#include "ngx_http_livekit.h"


/* What of the request carries sessions; lines has room for so many. */
#define NGX_HTTP_LIVEKIT_COOKIE_LINES  16

ngx_int_t ngx_http_livekit_session_input(ngx_http_request_t *r,
    lkg_session_input *in, lkg_str *lines);

/* In .._session_stored.c and .._session_ask.c.  NGX_AGAIN: they will call
 * ngx_http_livekit_session_fetched(), the latter when the request goes on;
 * NGX_DECLINED, NGX_ERROR: they cannot; NGX_OK: ctx->session is there. */
ngx_int_t ngx_http_livekit_session_stored(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_session_line_t *line);
ngx_int_t ngx_http_livekit_session_ask(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_session_line_t *line);
ngx_int_t ngx_http_livekit_session_answer(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
ngx_int_t ngx_http_livekit_session_fetched(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t available, ngx_str_t *value);

/* In ngx_http_livekit_session_cache.c: its directive, the parameter cache=,
 * what both make of the configuration, and the answers in it. */
char *ngx_http_livekit_session_cache(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_livekit_session_cache_time(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line, ngx_str_t *value);
ngx_int_t ngx_http_livekit_session_cache_line(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line);
ngx_int_t ngx_http_livekit_session_cache_zone(ngx_conf_t *cf,
    ngx_http_livekit_session_main_conf_t *smcf);
ngx_int_t ngx_http_livekit_session_cached(ngx_http_request_t *r,
    ngx_http_livekit_session_line_t *line, ngx_str_t *answer);
void ngx_http_livekit_session_keep(ngx_http_request_t *r,
    ngx_http_livekit_session_line_t *line, ngx_str_t *answer, time_t end);

/* In ngx_http_livekit_session_param.c. */
char *ngx_http_livekit_session_parameter(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line, ngx_str_t *value);

/* In ngx_http_livekit_jwks.c. */
char *ngx_http_livekit_jwks_watch(ngx_conf_t *cf, lkg_session_conf *conf,
    ngx_str_t *file, ngx_str_t *text);
ngx_int_t ngx_http_livekit_jwks_init_process(ngx_cycle_t *cycle);

/* In ngx_http_livekit_session_zone.c: what the zone holds by a name, sealed,
 * for so many seconds, and not beyond the end if there is one. */
#define NGX_HTTP_LIVEKIT_CACHE_MAX     60   /* seconds */

ngx_int_t ngx_http_livekit_zone_init(ngx_shm_zone_t *shm_zone, void *data);
size_t ngx_http_livekit_zone_get(ngx_slab_pool_t *pool, u_char *name,
    u_char *sealed, size_t size);
void ngx_http_livekit_zone_put(ngx_slab_pool_t *pool, u_char *name,
    u_char *sealed, size_t len, time_t valid, time_t end);


#endif /* _NGX_HTTP_LIVEKIT_SESSION_H_INCLUDED_ */
