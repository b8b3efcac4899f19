
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
 * Its headers are the client's until they are replaced, and it has no body.
 */
ngx_int_t ngx_http_livekit_subrequest(ngx_http_request_t *r, ngx_str_t *uri,
    ngx_http_livekit_subrequest_t *s);

/* Whether all of the answer is there, and what is there. */
ngx_uint_t ngx_http_livekit_subrequest_whole(ngx_http_livekit_subrequest_t *s);
void ngx_http_livekit_subrequest_body(ngx_http_request_t *sr,
    ngx_str_t *body);


#endif /* _NGX_HTTP_LIVEKIT_SUBREQUEST_H_INCLUDED_ */
