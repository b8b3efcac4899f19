
/*
 * What the files of the guard share.
 */


#ifndef _NGX_HTTP_LIVEKIT_GUARD_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_GUARD_H_INCLUDED_


#include "ngx_http_livekit.h"


#define NGX_HTTP_LIVEKIT_GUARD_OFF   0
#define NGX_HTTP_LIVEKIT_GUARD_ON    1
#define NGX_HTTP_LIVEKIT_GUARD_BANS  2

typedef struct {
    ngx_uint_t                      mode;
    ngx_http_livekit_where_t        where;
    ngx_http_livekit_facts_conf_t   bans;   /* without any membership */
} ngx_http_livekit_guard_conf_t;

ngx_int_t ngx_http_livekit_guard_rewrite(ngx_http_request_t *r);
ngx_int_t ngx_http_livekit_guard_handler(ngx_http_request_t *r);

/*
 * The one token of the request that LiveKit would read, in
 * ngx_http_livekit_guard_token.c.  NGX_DECLINED: there is none; NGX_ABORT:
 * more than one, or somewhere else than where it belongs.
 */
ngx_int_t ngx_http_livekit_guard_token(ngx_http_request_t *r,
    ngx_str_t *token);

/* Keeps query strings out of all that is logged about the request, in
 * ngx_http_livekit_guard_log.c. */
void ngx_http_livekit_guard_mask(ngx_http_request_t *r);


extern ngx_module_t  ngx_http_livekit_guard_module;


#endif /* _NGX_HTTP_LIVEKIT_GUARD_H_INCLUDED_ */
