
/*
 * What all endpoints begin with, in ngx_http_livekit_endpoint.c; those that
 * are about a room also with what is in ngx_http_livekit_enter.c.  Included
 * by ngx_http_livekit.h.
 */


#ifndef _NGX_HTTP_LIVEKIT_ENDPOINT_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_ENDPOINT_H_INCLUDED_


typedef struct {
    ngx_array_t                 *origins;   /* of ngx_str_t; NULL: none */
    size_t                       body_size;
    size_t                       body_set;  /* livekit_body_size, if any */
    size_t                       body_usual;    /* 0: as everywhere */
    ngx_http_livekit_endpoint_pt  handler;  /* NULL: not an endpoint */
    ngx_uint_t                   methods;
    ngx_uint_t                   text;      /* takes JSON as text/plain, too */
    ngx_http_livekit_where_t     where;
} ngx_http_livekit_endpoint_conf_t;

/*
 * What every endpoint that a cookie opens begins with: origin, preflight,
 * method, type and announced size of the body.  NGX_DECLINED: go on;
 * anything else is the content handler's result.
 */
ngx_int_t ngx_http_livekit_endpoint(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);

/* The same, and a session: a stranger's body is not worth reading.  Then the
 * body, of which the size is livekit_body_size at most. */
ngx_int_t ngx_http_livekit_endpoint_session(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
ngx_int_t ngx_http_livekit_endpoint_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_resume_pt handler);

/* The first in the access phase, for bodies that are announced too large. */
ngx_int_t ngx_http_livekit_endpoint_access(ngx_http_request_t *r);

/* Makes the location an endpoint: its handler does its own checks.  Methods
 * 0: one that is not called by pages. */
char *ngx_http_livekit_set_endpoint(ngx_conf_t *cf,
    ngx_http_livekit_endpoint_pt handler, ngx_uint_t methods);
ngx_uint_t ngx_http_livekit_is_endpoint(ngx_http_request_t *r);
ngx_uint_t ngx_http_livekit_conf_is_endpoint(ngx_conf_t *cf);


/*
 * Whether the request may enter the room in ctx->asked: the handler is called
 * with NGX_OK or an HTTP status, at once or after a wait, during which a
 * client that goes away ends the request.
 */
void ngx_http_livekit_enter(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t action,
    ngx_http_livekit_entered_pt handler);

/* Of a list: "limit" in the query string, which is at most what it is before.
 * NULL, or what is wrong with it. */
const char *ngx_http_livekit_limit_arg(ngx_http_request_t *r,
    ngx_uint_t *limit);

/* These end the request: it may not enter, as the status says; it is not
 * understood, for which ctx->status, if set, says why; it could not ask the
 * store, which will otherwise be back. */
void ngx_http_livekit_not_entered(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t status);
void ngx_http_livekit_bad_request(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, const char *fault);
void ngx_http_livekit_storing(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc);


extern ngx_module_t  ngx_http_livekit_endpoint_module;


#endif /* _NGX_HTTP_LIVEKIT_ENDPOINT_H_INCLUDED_ */
