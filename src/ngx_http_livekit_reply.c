
/*
 * Answers: one JSON document each, never stored by anybody.
 */


#include "ngx_http_livekit.h"


typedef struct {
    ngx_uint_t    status;
    const char   *code;
    const char   *message;
} ngx_http_livekit_error_t;


static ngx_uint_t ngx_http_livekit_said(ngx_http_request_t *r,
    ngx_str_t *value);
static ngx_int_t ngx_http_livekit_reply_text(ngx_http_request_t *r,
    ngx_uint_t status, const char *code, const char *message,
    const char *field);


static ngx_http_livekit_error_t  ngx_http_livekit_errors[] = {

    { NGX_HTTP_BAD_REQUEST, "bad_request",
      "The request is not understood." },

    { NGX_HTTP_UNAUTHORIZED, "unauthorized",
      "There is no valid session; sign in and try again." },

    { NGX_HTTP_FORBIDDEN, "forbidden",
      "This session may not do that." },

    { NGX_HTTP_NOT_FOUND, "not_found",
      "There is no such thing." },

    { NGX_HTTP_NOT_ALLOWED, "method_not_allowed",
      "This method is not supported here." },

    { NGX_HTTP_CONFLICT, "conflict",
      "That cannot be done as things are." },

    { NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, "payload_too_large",
      "The request body is too large." },

    { NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type",
      "Send the request as Content-Type: application/json." },

    { NGX_HTTP_BAD_GATEWAY, "bad_gateway",
      "LiveKit could not be asked; try again." },

    { NGX_HTTP_SERVICE_UNAVAILABLE, "unavailable",
      "Access cannot be checked at the moment; try again." },

    { NGX_HTTP_INTERNAL_SERVER_ERROR, "internal_error",
      "The server could not answer." },
};


static ngx_str_t  ngx_http_livekit_no_store = ngx_string("no-store");
static ngx_str_t  ngx_http_livekit_bearer =
    ngx_string("Bearer realm=\"livekit\"");
static ngx_str_t  ngx_http_livekit_retry = ngx_string("1");


ngx_int_t
ngx_http_livekit_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key = *name;
    h->value = *value;

    return NGX_OK;
}


ngx_int_t
ngx_http_livekit_refusal_headers(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_str_t         name;
    ngx_table_elt_t  *h;

    if (status == NGX_HTTP_SERVICE_UNAVAILABLE) {

        if (ngx_http_livekit_said(r, &ngx_http_livekit_retry)) {
            return NGX_OK;
        }

        ngx_str_set(&name, "Retry-After");
        return ngx_http_livekit_header(r, &name, &ngx_http_livekit_retry);
    }

    if (status != NGX_HTTP_UNAUTHORIZED
        || ngx_http_livekit_said(r, &ngx_http_livekit_bearer))
    {
        return NGX_OK;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "WWW-Authenticate");
    h->value = ngx_http_livekit_bearer;

    /* "satisfy any" takes it back if another check lets the request pass */

    r->headers_out.www_authenticate = h;

    return NGX_OK;
}


/* before an internal redirect: an error page may be refused as well */

static ngx_uint_t
ngx_http_livekit_said(ngx_http_request_t *r, ngx_str_t *value)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].value.data == value->data && h[i].hash) {
                return 1;
            }
        }
    }

    return 0;
}


ngx_int_t
ngx_http_livekit_reply(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *body)
{
    ngx_int_t  rc;
    ngx_str_t  name;

    if (status >= NGX_HTTP_SPECIAL_RESPONSE) {

        /* nobody is to send a body that was refused */

        r->expect_tested = 1;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (r->reading_body) {
        r->keepalive = 0;
    }

    /* If-None-Match and its like mean nothing for what is made anew */

    r->disable_not_modified = 1;

    ngx_str_set(&name, "Cache-Control");

    if (ngx_http_livekit_header(r, &name, &ngx_http_livekit_no_store)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_livekit_reply_json(r, status, body);
}


ngx_int_t
ngx_http_livekit_reply_json(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *body)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    r->headers_out.status = status;
    r->headers_out.content_length_n = body->len;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = body->len ? 1 : 0;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_livekit_reply_empty(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_str_t  name;

    ngx_str_set(&name, "Cache-Control");

    if (ngx_http_livekit_header(r, &name, &ngx_http_livekit_no_store)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = 0;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


ngx_int_t
ngx_http_livekit_reply_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *message)
{
    ngx_uint_t                 i, n;
    ngx_http_livekit_error_t  *e;

    e = ngx_http_livekit_errors;
    n = sizeof(ngx_http_livekit_errors) / sizeof(ngx_http_livekit_errors[0]);

    for (i = 0; i < n - 1; i++) {
        if (e[i].status == status) {
            break;
        }
    }

    return ngx_http_livekit_reply_text(r, e[i].status, e[i].code,
                                       message ? message : e[i].message,
                                       NULL);
}


ngx_int_t
ngx_http_livekit_reply_forbidden_field(ngx_http_request_t *r,
    const char *field)
{
    return ngx_http_livekit_reply_text(r, NGX_HTTP_FORBIDDEN,
                        "forbidden_field",
                        "The policy does not let a client set this field.",
                        field);
}


/* All texts are our own and need no escaping. */

static ngx_int_t
ngx_http_livekit_reply_text(ngx_http_request_t *r, ngx_uint_t status,
    const char *code, const char *message, const char *field)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   body;

    if (ngx_http_livekit_refusal_headers(r, status) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = sizeof("{\"error\":\"\",\"message\":\"\",\"field\":\"\"}\n")
          + ngx_strlen(code) + ngx_strlen(message)
          + (field ? ngx_strlen(field) : 0);

    body.data = ngx_pnalloc(r->pool, len);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_sprintf(body.data, "{\"error\":\"%s\",\"message\":\"%s\"",
                    code, message);

    if (field) {
        p = ngx_sprintf(p, ",\"field\":\"%s\"", field);
    }

    p = ngx_cpymem(p, "}\n", 2);

    body.len = p - body.data;

    return ngx_http_livekit_reply(r, status, &body);
}
