
/*
 * Asking another server, of which nothing but a location is known.
 */


#ifndef _NGX_HTTP_LIVEKIT_SUBREQUEST_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_SUBREQUEST_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


typedef struct {
    ngx_http_request_t          *request;
    unsigned                     broken:1;
} ngx_http_livekit_subrequest_t;


/*
 * Asks what the location of the uri leads to.  The answer stays in memory,
 * as far as it fits in subrequest_output_buffer_size; when it is there or
 * will never be, s->request->done is set and r->write_event_handler called.
 *
 * It has these headers instead of the client's, and no body.  It does not run
 * before the caller returns, and it does run: what can fail comes before it.
 */
ngx_int_t ngx_http_livekit_subrequest(ngx_http_request_t *r, ngx_str_t *uri,
    ngx_http_headers_in_t *headers, ngx_http_livekit_subrequest_t *s);

/* Whether the request is such a question. */
ngx_uint_t ngx_http_livekit_is_subrequest(ngx_http_request_t *r);

/* Whether all of the answer is there, and what is there. */
ngx_uint_t ngx_http_livekit_subrequest_whole(ngx_http_livekit_subrequest_t *s);
void ngx_http_livekit_subrequest_body(ngx_http_request_t *sr,
    ngx_str_t *body);


#endif /* _NGX_HTTP_LIVEKIT_SUBREQUEST_H_INCLUDED_ */
