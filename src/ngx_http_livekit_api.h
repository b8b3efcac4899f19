
/*
 * Calling LiveKit's own API, for the endpoints that do.
 */


#ifndef _NGX_HTTP_LIVEKIT_API_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_API_H_INCLUDED_


#include "ngx_http_livekit.h"


#define NGX_HTTP_LIVEKIT_API_SIZE  (4 * 1024 * 1024)


typedef struct {
    ngx_str_t                    uri;       /* without a slash at its end */
    ngx_str_t                    twirp;     /* what all calls begin with */
    ngx_http_livekit_where_t     where;
} ngx_http_livekit_api_conf_t;

typedef struct {
    ngx_str_t                    method;    /* "RoomService/DeleteRoom" */
    lkg_server_grant             grant;
    ngx_str_t                    room;      /* of LKG_SERVER_ROOM_ADMIN */
    ngx_str_t                    body;      /* JSON, in the request's pool */
} ngx_http_livekit_api_call_t;

/*
 * Calls LiveKit's API (Twirp) through the location of livekit_api, with a
 * token of the one grant and nothing of the client's.
 *
 * NGX_AGAIN: the handler will be called, never from inside this call, and may
 * make the next one; only one is under way at a time in a request.  Then
 * ctx->api_status is LiveKit's HTTP status, or 0 where there was no answer, or
 * none that could be used whole (the log says which), and ctx->api_body is
 * what LiveKit said, as JSON it may not be: in the request's pool, at most
 * NGX_HTTP_LIVEKIT_API_SIZE bytes, and empty with 0 and 401, where LiveKit may
 * repeat the token.  NGX_ERROR: not possible, answer with 500.
 *
 * It is for content handlers that have added to r->main->count: until the
 * handler is called, they leave r->write_event_handler alone.
 */
ngx_int_t ngx_http_livekit_api(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_api_call_t *call,
    ngx_http_livekit_resume_pt handler);

/* For merging the conf of an endpoint that makes such calls. */
char *ngx_http_livekit_api_needs(ngx_conf_t *cf,
    ngx_http_livekit_where_t *where);


#endif /* _NGX_HTTP_LIVEKIT_API_H_INCLUDED_ */
