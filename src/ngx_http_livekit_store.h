
/*
 * What endpoints keep in Redis, in ngx_http_livekit_store.c; included by
 * ngx_http_livekit.h, when that has said what a ctx is.
 */


#ifndef _NGX_HTTP_LIVEKIT_STORE_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_STORE_H_INCLUDED_


/* Checks that there is a Redis to store in, which is that of the rooms. */
char *ngx_http_livekit_store_needs(ngx_conf_t *cf,
    ngx_http_livekit_where_t *where);

/* The same for what members of a room store, and what they need to be. */
char *ngx_http_livekit_members_needs(ngx_conf_t *cf,
    ngx_http_livekit_where_t *where);

/*
 * Runs a script on the rooms' Redis; argv begins with nkeys keys, all of one
 * slot.  A script that does no more when it runs twice says "again".  From
 * here on the client is not watched any more: what is begun is ended.
 *
 * NGX_AGAIN: handler will be called, never from inside; stored() is then the
 * reply, valid until the handler returns, or NULL: ctx->status and the verdict
 * say why.  NGX_DECLINED: not sent, the same are set.  What timed out or was
 * lost may have been stored all the same.
 */
ngx_int_t ngx_http_livekit_store(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *script, ngx_uint_t nkeys,
    ngx_uint_t argc, ngx_str_t *argv, ngx_uint_t again,
    ngx_http_livekit_resume_pt handler);
ngx_redis_reply_t *ngx_http_livekit_stored(ngx_http_livekit_ctx_t *ctx);


#endif /* _NGX_HTTP_LIVEKIT_STORE_H_INCLUDED_ */
