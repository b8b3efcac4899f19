
/*
 * What the parts of livekit_chat share.
 */


#ifndef _NGX_HTTP_LIVEKIT_CHAT_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_CHAT_H_INCLUDED_


#include "ngx_http_livekit.h"


/* LiveKit's clients take no more in one packet. */
#define NGX_HTTP_LIVEKIT_CHAT_PAYLOAD  15000

#define NGX_HTTP_LIVEKIT_CHAT_FIELDS   8        /* of an entry, as we read it */


/* What is asked for and what became of it, at ctx->state. */

typedef struct {
    lkg_chat_message        message;
    const lkg_chat_type    *type;
    ngx_uint_t              limit;
    ngx_str_t               from;       /* the least id of a page */
    unsigned                unpin:1;
    unsigned                stored:1;
    unsigned                duplicate:1;
    unsigned                gone:1;     /* what was stored then */
    unsigned                removed:1;
} ngx_http_livekit_chat_t;


/* In ngx_http_livekit_chat_request.c; NULL, or what is wrong with it. */
const char *ngx_http_livekit_chat_parse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
const char *ngx_http_livekit_chat_args(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);


/* In ngx_http_livekit_chat_store.c; they end as ngx_http_livekit_store(). */

ngx_int_t ngx_http_livekit_chat_keep(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_resume_pt handler);
ngx_int_t ngx_http_livekit_chat_unpin(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_resume_pt handler);
ngx_int_t ngx_http_livekit_chat_read(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_resume_pt handler);

/* Their replies.  NGX_ERROR: not understood, or no memory. */
ngx_int_t ngx_http_livekit_chat_kept(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_reply_t *reply);
ngx_int_t ngx_http_livekit_chat_unpinned(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_reply_t *reply);
ngx_int_t ngx_http_livekit_chat_page(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_reply_t *reply, ngx_str_t *body);


/* In ngx_http_livekit_chat_send.c; both end the request. */

void ngx_http_livekit_chat_send(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
void ngx_http_livekit_chat_answer(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t sent);


#endif /* _NGX_HTTP_LIVEKIT_CHAT_H_INCLUDED_ */
