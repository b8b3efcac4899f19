
/*
 * Calling LiveKit's own API: POST, JSON, a token for just this call, and
 * nothing that the client has sent.
 */


#include "ngx_http_livekit_api.h"


typedef struct {
    ngx_http_headers_in_t     headers;
    ngx_http_request_body_t  *body;
    ngx_str_t                 uri;
} ngx_http_livekit_api_request_t;


static ngx_int_t ngx_http_livekit_api_prepare(ngx_http_request_t *r,
    ngx_http_livekit_api_call_t *call, ngx_http_livekit_api_request_t *req);
static ngx_int_t ngx_http_livekit_api_authorization(ngx_http_request_t *r,
    ngx_http_livekit_api_call_t *call, ngx_str_t *value);
static ngx_int_t ngx_http_livekit_api_body(ngx_http_request_t *r,
    ngx_str_t *json, ngx_http_request_body_t *body);
static ngx_int_t ngx_http_livekit_api_header(ngx_list_t *headers,
    ngx_str_t *key, u_char *lowcase, ngx_str_t *value);
static void ngx_http_livekit_api_resume(ngx_http_request_t *r);
static void ngx_http_livekit_api_answer(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);


static ngx_str_t  ngx_http_livekit_api_post = ngx_string("POST");


ngx_int_t
ngx_http_livekit_api(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_api_call_t *call, ngx_http_livekit_resume_pt handler)
{
    ngx_http_request_t              *sr;
    ngx_http_livekit_api_request_t   req;

    if (ngx_http_livekit_api_prepare(r, call, &req) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->api_method = call->method;
    ctx->api_handler = handler;
    ctx->api_status = 0;
    ngx_str_null(&ctx->api_body);

    if (ngx_http_livekit_subrequest(r, &req.uri, &req.headers,
                                    &ctx->api_asked)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    sr = ctx->api_asked.request;
    sr->request_body = req.body;
    sr->method = NGX_HTTP_POST;
    sr->method_name = ngx_http_livekit_api_post;

    r->write_event_handler = ngx_http_livekit_api_resume;

    return NGX_AGAIN;
}


/* All that can fail, before there is a subrequest. */

static ngx_int_t
ngx_http_livekit_api_prepare(ngx_http_request_t *r,
    ngx_http_livekit_api_call_t *call, ngx_http_livekit_api_request_t *req)
{
    u_char                       *p;
    ngx_str_t                     value;
    ngx_http_headers_in_t        *in;
    ngx_http_livekit_api_conf_t  *apcf;

    static ngx_str_t  type = ngx_string("Content-Type");
    static ngx_str_t  json = ngx_string("application/json");
    static ngx_str_t  authorization = ngx_string("Authorization");

    apcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_api_module);

    req->uri.len = apcf->twirp.len + call->method.len;

    req->uri.data = ngx_pnalloc(r->pool, req->uri.len);
    if (req->uri.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(req->uri.data, apcf->twirp.data, apcf->twirp.len);
    ngx_memcpy(p, call->method.data, call->method.len);

    req->body = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));

    if (req->body == NULL
        || ngx_http_livekit_api_body(r, &call->body, req->body) != NGX_OK
        || ngx_http_livekit_api_authorization(r, call, &value) != NGX_OK)
    {
        return NGX_ERROR;
    }

    in = &req->headers;
    ngx_memzero(in, sizeof(ngx_http_headers_in_t));

    in->server = r->headers_in.server;
    in->content_length_n = call->body.len;
    in->keep_alive_n = -1;

    if (ngx_list_init(&in->headers, r->pool, 2, sizeof(ngx_table_elt_t))
            != NGX_OK
        || ngx_http_livekit_api_header(&in->headers, &type,
                                       (u_char *) "content-type", &json)
           != NGX_OK
        || ngx_http_livekit_api_header(&in->headers, &authorization,
                                       (u_char *) "authorization", &value)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_api_authorization(ngx_http_request_t *r,
    ngx_http_livekit_api_call_t *call, ngx_str_t *value)
{
    int                           rc;
    char                          buf[LKG_TOKEN_MAX];
    u_char                       *p;
    size_t                        len;
    ngx_http_livekit_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);

    rc = lkg_token_server(buf, sizeof(buf), &len, llcf->keys, call->grant,
                          ngx_http_livekit_lkg(&call->room), ngx_time());

    if (rc != LKG_OK) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "livekit: no token to call \"%V\" with: %s",
                      &call->method, lkg_strerror(rc));
        return NGX_ERROR;
    }

    value->len = sizeof("Bearer ") - 1 + len;

    value->data = ngx_pnalloc(r->pool, value->len + 1);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(value->data, "Bearer ", sizeof("Bearer ") - 1);
    p = ngx_cpymem(p, buf, len);
    *p = '\0';

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_api_body(ngx_http_request_t *r, ngx_str_t *json,
    ngx_http_request_body_t *body)
{
    ngx_buf_t  *b;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->start = json->data;
    b->pos = json->data;
    b->last = json->data + json->len;
    b->end = b->last;
    b->memory = 1;
    b->last_buf = 1;

    body->bufs = ngx_alloc_chain_link(r->pool);
    if (body->bufs == NULL) {
        return NGX_ERROR;
    }

    body->bufs->buf = b;
    body->bufs->next = NULL;
    body->buf = b;

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_api_header(ngx_list_t *headers, ngx_str_t *key,
    u_char *lowcase, ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key = *key;
    h->value = *value;
    h->lowcase_key = lowcase;
    h->hash = ngx_hash_key(lowcase, key->len);

    return NGX_OK;
}


/* The client's events come here, too. */

static void
ngx_http_livekit_api_resume(ngx_http_request_t *r)
{
    ngx_http_livekit_ctx_t  *ctx;

    ctx = ngx_http_livekit_find_ctx(r);

    if (!ctx->api_asked.request->done) {
        return;
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_livekit_api_answer(r, ctx);

    ctx->api_handler(r, ctx);
}


/* What nginx itself answers in LiveKit's place is no answer. */

static void
ngx_http_livekit_api_answer(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_uint_t                    status, level;
    ngx_http_request_t           *sr;
    ngx_http_livekit_api_conf_t  *apcf;

    sr = ctx->api_asked.request;
    status = sr->upstream ? sr->upstream->headers_in.status_n : 0;

    /* nginx's own 502 may follow half a header */

    if (status != sr->headers_out.status) {
        status = 0;
    }

    if (status == 0 || !ngx_http_livekit_subrequest_whole(&ctx->api_asked)) {
        apcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_api_module);

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: no answer from LiveKit to %V through \"%V\": "
                      "%s", &ctx->api_method, &apcf->uri,
                      status ? "it is broken off or too large"
                             : "nothing came that is one");
        return;
    }

    ctx->api_status = status;

    if (status == NGX_HTTP_UNAUTHORIZED) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: LiveKit answered 401 to %V: the first "
                      "livekit_key must be one of its keys, and the clocks "
                      "must agree", &ctx->api_method);
        return;
    }

    ngx_http_livekit_subrequest_body(sr, &ctx->api_body);

    if (status >= NGX_HTTP_SPECIAL_RESPONSE) {
        level = (status >= NGX_HTTP_INTERNAL_SERVER_ERROR) ? NGX_LOG_ERR
                                                           : NGX_LOG_INFO;

        ngx_log_error(level, r->connection->log, 0,
                      "livekit: LiveKit answered %ui to %V", status,
                      &ctx->api_method);
    }
}
