
/*
 * What the files of the token endpoint share.
 */


#ifndef _NGX_HTTP_LIVEKIT_TOKEN_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_TOKEN_H_INCLUDED_


#include "ngx_http_livekit.h"


#define NGX_HTTP_LIVEKIT_APP          0     /* POST {"roomName"} */
#define NGX_HTTP_LIVEKIT_TOKENSOURCE  1     /* POST {"room_name"} */
#define NGX_HTTP_LIVEKIT_MEET         2     /* GET ?roomName= */

/* Reads ctx->body into ctx->asked; NULL, or what is wrong with it. */
const char *ngx_http_livekit_token_parse(ngx_http_livekit_ctx_t *ctx);
ngx_int_t ngx_http_livekit_token_args(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);


#endif /* _NGX_HTTP_LIVEKIT_TOKEN_H_INCLUDED_ */
