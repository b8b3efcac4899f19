
/*
 * What the files of livekit_moderation share.
 *
 *     _moderation.c           the story of a request
 *     _moderation_request.c   what the client asks for
 *     _moderation_store.c     what of it is written to Redis
 *     _moderation_call.c      what of it LiveKit is told
 *     _moderation_reply.c     what was done of it, and what was not
 */


#ifndef _NGX_HTTP_LIVEKIT_MODERATION_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_MODERATION_H_INCLUDED_


#include "ngx_http_livekit_api.h"


typedef enum {
    NGX_HTTP_LIVEKIT_REMOVE = 0,
    NGX_HTTP_LIVEKIT_BAN,
    NGX_HTTP_LIVEKIT_UNBAN,
    NGX_HTTP_LIVEKIT_MUTE,
    NGX_HTTP_LIVEKIT_ROLE,
    NGX_HTTP_LIVEKIT_CLOSE,
    NGX_HTTP_LIVEKIT_OPEN
} ngx_http_livekit_moderation_e;


typedef struct {
    ngx_str_t                      name;
    unsigned                       person:1;    /* is done to somebody */
    unsigned                       power:1;     /* over an equal, not */
    unsigned                       stored:1;
    unsigned                       listed:1;    /* and to all devices */
    ngx_str_t                      method;      /* LiveKit's, for each */
    const char                    *done;        /* those it was done to */
} ngx_http_livekit_moderation_action_t;


typedef enum {
    NGX_HTTP_LIVEKIT_CALL_NONE = 0,             /* there was nothing to do */
    NGX_HTTP_LIVEKIT_CALL_DONE,
    NGX_HTTP_LIVEKIT_CALL_PARTLY,
    NGX_HTTP_LIVEKIT_CALL_FAILED
} ngx_http_livekit_moderation_call_e;


typedef struct {
    ngx_http_livekit_moderation_e          number;
    ngx_http_livekit_moderation_action_t  *action;

    ngx_str_t                      identity;    /* of a participant */
    ngx_str_t                      person;      /* the part before # and ~ */
    ngx_str_t                      role;
    ngx_str_t                      track;
    int64_t                        until;
    unsigned                       muted:1;
    unsigned                       delete_room:1;

    const lkg_role                *given;

    ngx_array_t                    participants;    /* of ngx_str_t */
    ngx_uint_t                     next;
    ngx_array_t                    done;            /* of ngx_str_t */
    ngx_http_livekit_moderation_call_e  call;
} ngx_http_livekit_moderation_t;


/* NULL, or what is wrong with the request in ctx->body. */
const char *ngx_http_livekit_moderation_parse(ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_moderation_t *m);

/*
 * NGX_AGAIN: ngx_http_livekit_moderation_stored() will be called.  Otherwise,
 * and then, ctx->status says why it is not stored.
 */
ngx_int_t ngx_http_livekit_moderation_store(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_moderation_t *m);
void ngx_http_livekit_moderation_stored(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);

/* NGX_OK: it is stored.  NGX_ABORT: it is about another moderator;
 * NGX_DECLINED: about nobody.  NGX_ERROR: ctx->status is set. */
ngx_int_t ngx_http_livekit_moderation_reply(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);

/* Tells LiveKit, and then answers. */
void ngx_http_livekit_moderation_call(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);

/* Both end the request. */
void ngx_http_livekit_moderation_done(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
void ngx_http_livekit_moderation_refuse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t status, const char *message);


#endif /* _NGX_HTTP_LIVEKIT_MODERATION_H_INCLUDED_ */
