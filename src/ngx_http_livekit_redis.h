
/*
 * The parameters of livekit_redis: ngx_http_livekit_redis_param.c
 */


#ifndef _NGX_HTTP_LIVEKIT_REDIS_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_REDIS_H_INCLUDED_


#include "ngx_http_livekit.h"


ngx_uint_t ngx_http_livekit_redis_is_url(ngx_str_t *value);
char *ngx_http_livekit_redis_parameter(ngx_conf_t *cf,
    ngx_redis_conf_t *rcf, ngx_str_t *value);
char *ngx_http_livekit_redis_check(ngx_conf_t *cf,
    ngx_redis_conf_t *rcf);


#endif /* _NGX_HTTP_LIVEKIT_REDIS_H_INCLUDED_ */
