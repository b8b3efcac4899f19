
/*
 * A question to another server, which a location of this one leads to: a
 * subrequest whose answer stays in memory.
 */


#include "ngx_http_livekit.h"


static ngx_int_t ngx_http_livekit_subrequest_ended(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static ngx_uint_t ngx_http_livekit_subrequest_left(ngx_http_request_t *sr,
    ngx_int_t rc);


ngx_int_t
ngx_http_livekit_subrequest(ngx_http_request_t *r, ngx_str_t *uri,
    ngx_http_headers_in_t *headers, ngx_http_livekit_subrequest_t *s)
{
    ngx_http_request_t          *sr;
    ngx_http_request_body_t     *body;
    ngx_http_post_subrequest_t  *ps;

    s->request = NULL;
    s->broken = 0;

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_ERROR;
    }

    body = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));
    if (body == NULL) {
        return NGX_ERROR;
    }

    ps->handler = ngx_http_livekit_subrequest_ended;
    ps->data = s;

    if (ngx_http_subrequest(r, uri, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_WAITED
                            |NGX_HTTP_SUBREQUEST_IN_MEMORY)
        != NGX_OK)
    {
        /* half of it is there, and nothing but the end of all takes it back */

        r->connection->error = 1;

        return NGX_ERROR;
    }

    sr->headers_in = *headers;

    /* the list's end may be in the list itself, which has moved */

    if (headers->headers.last == &headers->headers.part) {
        sr->headers_in.headers.last = &sr->headers_in.headers.part;
    }

    /* the body is the main request's, to be read by whom it is for */

    sr->request_body = body;

    s->request = sr;

    return NGX_OK;
}


ngx_uint_t
ngx_http_livekit_is_subrequest(ngx_http_request_t *r)
{
    return r->post_subrequest
           && r->post_subrequest->handler == ngx_http_livekit_subrequest_ended;
}


/*
 * nginx may call this before the end, and again: for a status of its own and
 * for the page that it makes of it.  What is broken off is no answer, and not
 * the end of the request that asks, nor of its connection, which nginx gives
 * up where an answer is too large for the memory.  A client that takes back
 * its request over HTTP/2 leaves the same mark on the connection, and an
 * answer that is none the worse for it.
 */

static ngx_int_t
ngx_http_livekit_subrequest_ended(ngx_http_request_t *sr, void *data,
    ngx_int_t rc)
{
    ngx_http_livekit_subrequest_t *s = data;

    ngx_http_upstream_t  *u;

    if (ngx_http_livekit_subrequest_left(sr, rc)
        || (rc != NGX_ERROR && !sr->connection->error))
    {
        return rc;
    }

    u = sr->upstream;

    if (rc != NGX_ERROR && rc != NGX_HTTP_CLIENT_CLOSED_REQUEST
        && !sr->filter_finalize
        && !(u && u->pipe && u->pipe->downstream_error))
    {
        sr->connection->error = 0;
        return rc;
    }

    /* what the filters still hold of it will not be asked for */

    s->broken = 1;
    sr->buffered = 0;
    sr->connection->error = 0;

    return NGX_OK;
}


/*
 * Whether the client has left, and what it asked for is not to go on.  nginx
 * has the same status where the other server fails after that.
 */

static ngx_uint_t
ngx_http_livekit_subrequest_left(ngx_http_request_t *sr, ngx_int_t rc)
{
    ngx_http_upstream_t  *u;

    u = sr->upstream;

    return rc == NGX_HTTP_CLIENT_CLOSED_REQUEST
           && !(u && u->conf && u->conf->ignore_client_abort);
}


/*
 * To a client nginx would just close the connection when the other server
 * breaks off after its headers; here only what it has read can tell.
 */

ngx_uint_t
ngx_http_livekit_subrequest_whole(ngx_http_livekit_subrequest_t *s)
{
    ngx_event_pipe_t     *p;
    ngx_http_upstream_t  *u;

    if (s->broken) {
        return 0;
    }

    u = s->request->upstream;

    if (u == NULL || !u->header_sent) {
        return 1;
    }

    p = u->pipe;

    if (!u->buffering || p == NULL) {
        return u->length <= 0;
    }

    return p->upstream_done || (p->upstream_eof && p->length == -1)
           || !(p->upstream_eof || p->upstream_error);
}


void
ngx_http_livekit_subrequest_body(ngx_http_request_t *sr, ngx_str_t *body)
{
    ngx_buf_t  *b;

    b = sr->out ? sr->out->buf : NULL;

    if (b == NULL || b->in_file) {
        ngx_str_null(body);
        return;
    }

    body->data = b->pos;
    body->len = b->last - b->pos;
}
