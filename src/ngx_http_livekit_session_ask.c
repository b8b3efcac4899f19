
/*
 * A session that only the application understands: it is asked, with a
 * subrequest that carries the client's cookies and nothing that would make
 * the answer conditional, partial, compressed or long.
 */


#include "ngx_http_livekit_session.h"


static ngx_int_t ngx_http_livekit_session_headers(ngx_http_request_t *r,
    ngx_http_headers_in_t *in);
static ngx_int_t ngx_http_livekit_session_set_cookies(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_request_t *sr);


static ngx_str_t  ngx_http_livekit_session_dropped[] = {
    ngx_string("accept-encoding"),
    ngx_string("connection"),
    ngx_string("content-length"),
    ngx_string("content-type"),
    ngx_string("expect"),
    ngx_string("if-match"),
    ngx_string("if-modified-since"),
    ngx_string("if-none-match"),
    ngx_string("if-range"),
    ngx_string("if-unmodified-since"),
    ngx_string("range"),
    ngx_string("te"),
    ngx_string("transfer-encoding"),
    ngx_string("upgrade"),
    ngx_null_string
};


ngx_int_t
ngx_http_livekit_session_ask(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_session_line_t *line)
{
    ngx_str_t              answer;
    ngx_http_headers_in_t  headers;

    if (ngx_http_livekit_session_cached(r, line, &answer) == NGX_OK
        && lkg_session_complete(ctx->session_pending, line->conf,
                                (char *) answer.data, answer.len, ngx_time())
           == LKG_OK)
    {
        ctx->session = ctx->session_pending;
        ctx->session_pending = NULL;

        return NGX_OK;
    }

    ctx->session_renewed = 0;

    if (ngx_http_livekit_session_headers(r, &headers) != NGX_OK
        || ngx_http_livekit_subrequest(r, &line->uri, &headers,
                                       &ctx->session_asked)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


static ngx_int_t
ngx_http_livekit_session_headers(ngx_http_request_t *r,
    ngx_http_headers_in_t *in)
{
    ngx_str_t        *name;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *copy;

    *in = r->headers_in;

    in->content_length = NULL;
    in->content_length_n = -1;
    in->content_type = NULL;
    in->chunked = 0;
    in->expect = NULL;
    in->if_modified_since = NULL;
    in->if_unmodified_since = NULL;
    in->if_match = NULL;
    in->if_none_match = NULL;
    in->if_range = NULL;
    in->range = NULL;
    in->transfer_encoding = NULL;
    in->upgrade = NULL;
#if (NGX_HTTP_GZIP)
    in->accept_encoding = NULL;
#endif

    if (ngx_list_init(&in->headers, r->pool, 16, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            for (name = ngx_http_livekit_session_dropped; name->len; name++) {
                if (h[i].key.len == name->len
                    && ngx_strncmp(h[i].lowcase_key, name->data, name->len)
                       == 0)
                {
                    break;
                }
            }

            if (name->len) {
                continue;
            }

            copy = ngx_list_push(&in->headers);
            if (copy == NULL) {
                return NGX_ERROR;
            }

            *copy = h[i];
        }
    }

    return NGX_OK;
}


/*
 * The subrequest is over.  A refusal is an answer, a redirect to a sign-in
 * page as well; a failure is none.
 */

ngx_int_t
ngx_http_livekit_session_answer(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_str_t                         body, *value;
    ngx_uint_t                        status, whole, available;
    ngx_http_request_t               *sr;
    ngx_http_livekit_session_line_t  *line;

    sr = ctx->session_asked.request;
    whole = ngx_http_livekit_subrequest_whole(&ctx->session_asked);
    ctx->session_asked.request = NULL;

    line = ctx->session_lines->elts;
    line += ctx->session_line;

    status = sr->headers_out.status;
    available = (whole && status >= 200 && status < 500
                 && status != NGX_HTTP_REQUEST_TIME_OUT
                 && status != NGX_HTTP_TOO_MANY_REQUESTS);
    value = NULL;

    if (available && status == NGX_HTTP_OK) {
        ngx_http_livekit_subrequest_body(sr, &body);

        if (body.len == 0) {
            ngx_str_set(&body, "null");
        }

        value = &body;

    } else if (available) {

        /* as if it had said that nobody is signed in */

        ngx_str_set(&body, "null");
        value = &body;

    } else {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: no answer about the session from \"%V\": %ui",
                      &line->uri, status);
    }

    if (available && line->set_cookie
        && ngx_http_livekit_session_set_cookies(r, ctx, sr) != NGX_OK)
    {
        available = 0;
    }

    return ngx_http_livekit_session_fetched(r, ctx, available, value);
}


/* A session that the application has prolonged. */

static ngx_int_t
ngx_http_livekit_session_set_cookies(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_request_t *sr)
{
    ngx_str_t         name;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    ngx_str_set(&name, "Set-Cookie");

    for (part = &sr->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].hash == 0 || h[i].key.len != name.len
                || ngx_strncasecmp(h[i].key.data, name.data, name.len) != 0)
            {
                continue;
            }

            if (ngx_http_livekit_header(r, &name, &h[i].value) != NGX_OK) {
                return NGX_ERROR;
            }

            ctx->session_renewed = 1;
        }
    }

    return NGX_OK;
}
