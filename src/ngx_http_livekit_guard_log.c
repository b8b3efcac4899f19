
/*
 * nginx writes the line of the request, the URL of the upstream and the
 * referrer behind each message of a request, a token in them included.  Where
 * there is a guard it does without their query strings.
 */


#include "ngx_http_livekit_guard.h"


static u_char *ngx_http_livekit_guard_log(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static size_t ngx_http_livekit_guard_cut(ngx_str_t *text);


/* nginx's own, as a filter has the next one: it is the same for all. */

static ngx_http_log_handler_pt  ngx_http_livekit_next_log_handler;


void
ngx_http_livekit_guard_mask(ngx_http_request_t *r)
{
    if (r->log_handler == ngx_http_livekit_guard_log) {
        return;
    }

    ngx_http_livekit_next_log_handler = r->log_handler;
    r->log_handler = ngx_http_livekit_guard_log;
}


static u_char *
ngx_http_livekit_guard_log(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len)
{
    u_char     *p;
    size_t      line, uri, referer;
    ngx_str_t  *upstream, *page, none = ngx_null_string;

    upstream = sr->upstream ? &sr->upstream->uri : &none;
    page = r->headers_in.referer ? &r->headers_in.referer->value : &none;

    line = ngx_http_livekit_guard_cut(&r->request_line);
    uri = ngx_http_livekit_guard_cut(upstream);
    referer = ngx_http_livekit_guard_cut(page);

    p = ngx_http_livekit_next_log_handler(r, sr, buf, len);

    r->request_line.len = line;
    upstream->len = uri;
    page->len = referer;

    return p;
}


/* The "?" stays, to show that something is missing; the result is the whole
 * length. */

static size_t
ngx_http_livekit_guard_cut(ngx_str_t *text)
{
    u_char  *p;
    size_t   len;

    len = text->len;

    p = ngx_strlchr(text->data, text->data + len, '?');

    if (p) {
        text->len = p + 1 - text->data;
    }

    return len;
}
