
/*
 * Reading what a client asks for: the query string and a JSON body.
 */


#include "ngx_http_livekit.h"


static void ngx_http_livekit_body_ready(ngx_http_request_t *r);
static void ngx_http_livekit_body_read(ngx_http_request_t *r);
static ngx_int_t ngx_http_livekit_body_collect(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_body_file(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_buf_t *b);
static ngx_int_t ngx_http_livekit_body_append(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, u_char *data, size_t len);


static ngx_str_t  ngx_http_livekit_room_args[] = {
    ngx_string("roomName"),
    ngx_string("room_name"),
    ngx_string("room"),
    ngx_null_string
};


/*
 * The body is read unbuffered, so that nginx neither writes it to a file nor
 * takes in more than the limit, whether or not its length was announced.
 */

ngx_int_t
ngx_http_livekit_read_body(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    size_t max, ngx_http_livekit_resume_pt handler)
{
    ngx_int_t  rc;

    ngx_str_null(&ctx->body);

    ctx->status = 0;
    ctx->body_size = 0;
    ctx->body_max = max;
    ctx->body_handler = handler;

    /* a body that somebody else has read, or that is the main request's */

    ctx->body_shared = (r != r->main || r->request_body != NULL);

    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_livekit_body_ready);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
ngx_http_livekit_body_ready(ngx_http_request_t *r)
{
    r->read_event_handler = ngx_http_livekit_body_read;

    ngx_http_livekit_body_read(r);
}


static void
ngx_http_livekit_body_read(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_livekit_ctx_t  *ctx;

    ctx = ngx_http_livekit_find_ctx(r);

    for ( ;; ) {

        rc = ngx_http_livekit_body_collect(r, ctx);

        if (rc != NGX_OK || !r->reading_body) {
            break;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {

            if (r->connection->error || r->connection->timedout) {
                ngx_http_finalize_request(r, rc);
                return;
            }

            break;
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            return;
        }
    }

    r->read_event_handler = ngx_http_block_reading;

    if (rc == NGX_OK) {
        ctx->body_handler(r, ctx);
        return;
    }

    ctx->verdict = (rc == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE)
                   ? "payload_too_large" : "error";

    ngx_http_finalize_request(r, ngx_http_livekit_reply_error(r, rc, NULL));
}


static ngx_int_t
ngx_http_livekit_body_collect(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (r->request_body == NULL) {
        return NGX_OK;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (b->in_file) {
            rc = ngx_http_livekit_body_file(r, ctx, b);

        } else {
            rc = ngx_http_livekit_body_append(r, ctx, b->pos,
                                              b->last - b->pos);
        }

        if (rc != NGX_OK) {
            return rc;
        }

        if (!ctx->body_shared) {
            b->pos = b->last;
        }
    }

    if (!ctx->body_shared) {
        r->request_body->bufs = NULL;
    }

    return NGX_OK;
}


/* Somebody else, mirror for one, has let nginx write it to a file. */

static ngx_int_t
ngx_http_livekit_body_file(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_buf_t *b)
{
    off_t     size;
    u_char   *p;
    ssize_t   n;

    size = b->file_last - b->file_pos;

    if (size > (off_t) (ctx->body_max - ctx->body.len)) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    p = ngx_pnalloc(r->pool, (size_t) size + 1);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    n = ngx_read_file(b->file, p, (size_t) size, b->file_pos);

    if (n != (ssize_t) size) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_livekit_body_append(r, ctx, p, (size_t) size);
}


static ngx_int_t
ngx_http_livekit_body_append(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, u_char *data, size_t len)
{
    size_t   size;
    u_char  *p;

    if (len > ctx->body_max - ctx->body.len) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    if (len == 0) {
        return NGX_OK;
    }

    /* the usual case: all of it came with the header, and stays there */

    if (ctx->body.len == 0 && !r->reading_body
        && r->request_body->bufs->next == NULL)
    {
        ctx->body.data = data;
        ctx->body.len = len;
        return NGX_OK;
    }

    if (ctx->body.len + len > ctx->body_size) {

        size = ctx->body_size ? 2 * ctx->body_size : 1024;

        if (r->headers_in.content_length_n > 0
            && r->headers_in.content_length_n <= (off_t) ctx->body_max)
        {
            size = ngx_max(size, (size_t) r->headers_in.content_length_n);
        }

        size = ngx_min(ngx_max(size, ctx->body.len + len), ctx->body_max);

        p = ngx_pnalloc(r->pool, size);
        if (p == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (ctx->body.len) {
            ngx_memcpy(p, ctx->body.data, ctx->body.len);
        }

        ctx->body.data = p;
        ctx->body_size = size;
    }

    ngx_memcpy(ctx->body.data + ctx->body.len, data, len);
    ctx->body.len += len;

    return NGX_OK;
}


const char *
ngx_http_livekit_body_object(ngx_http_livekit_ctx_t *ctx, ngx_uint_t nodes)
{
    int  rc;

    rc = lkg_json_parse(&ctx->asked.body, (char *) ctx->body.data,
                        ctx->body.len, nodes);

    if (rc == LKG_ERR_NOMEM) {
        ctx->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return "The server has no memory for it.";
    }

    if (rc != LKG_OK) {
        return "The body is not valid JSON, or a name stands in it twice.";
    }

    if (lkg_json_typeof(ctx->asked.body, LKG_JSON_ROOT) != LKG_JSON_OBJECT) {
        return "The body must be a JSON object.";
    }

    return NULL;
}


ngx_int_t
ngx_http_livekit_arg(ngx_http_request_t *r, ngx_str_t *args, ngx_str_t *name,
    ngx_str_t *value)
{
    u_char      *p, *last, *end, *eq;
    ngx_str_t    key;
    ngx_uint_t   found;

    /* without arguments nginx may leave the pointer as it was */

    if (args->len == 0) {
        return NGX_DECLINED;
    }

    found = 0;
    p = args->data;
    last = args->data + args->len;

    while (p < last) {

        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        eq = ngx_strlchr(p, end, '=');

        key.data = p;
        key.len = (eq ? eq : end) - p;

        if (ngx_http_livekit_unescape(r, &key) != NGX_OK) {
            return NGX_ABORT;
        }

        if (key.len == name->len
            && ngx_memcmp(key.data, name->data, key.len) == 0)
        {
            if (found) {
                return NGX_ABORT;
            }

            found = 1;

            value->data = eq ? eq + 1 : end;
            value->len = end - value->data;

            if (ngx_http_livekit_unescape(r, value) != NGX_OK) {
                return NGX_ABORT;
            }
        }

        p = end + 1;
    }

    return found ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_livekit_unescape(ngx_http_request_t *r, ngx_str_t *value)
{
    u_char      *p, *dst, *last;
    ngx_int_t    n;

    last = value->data + value->len;

    for (p = value->data; p < last; p++) {
        if (*p == '%' || *p == '+') {
            break;
        }
    }

    if (p == last) {
        return NGX_OK;
    }

    p = value->data;

    dst = ngx_pnalloc(r->pool, value->len);
    if (dst == NULL) {
        return NGX_ERROR;
    }

    value->data = dst;

    while (p < last) {

        if (*p == '%') {
            if (last - p < 3) {
                return NGX_ERROR;
            }

            n = ngx_hextoi(p + 1, 2);
            if (n == NGX_ERROR) {
                return NGX_ERROR;
            }

            *dst++ = (u_char) n;
            p += 3;
            continue;
        }

        *dst++ = (*p == '+') ? ' ' : *p;
        p++;
    }

    value->len = dst - value->data;

    return NGX_OK;
}


/*
 * A subrequest, such as auth_request's, speaks for its main request.  Rooms
 * that contradict each other are refused: who reads the other name after us
 * must not see another room.
 */

ngx_int_t
ngx_http_livekit_room_arg(ngx_http_request_t *r, ngx_str_t *room)
{
    ngx_int_t    rc;
    ngx_str_t   *args, *name, value;
    ngx_uint_t   found;

    found = 0;
    args = (r->args.len == 0) ? &r->main->args : &r->args;

    for (name = ngx_http_livekit_room_args; name->len; name++) {
        rc = ngx_http_livekit_arg(r, args, name, &value);

        if (rc == NGX_DECLINED) {
            continue;
        }

        if (rc != NGX_OK
            || (found && (value.len != room->len
                          || ngx_memcmp(value.data, room->data, value.len)
                             != 0)))
        {
            return NGX_ABORT;
        }

        *room = value;
        found = 1;
    }

    return found ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_livekit_main_arg(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_int_t  rc;

    rc = ngx_http_livekit_arg(r, (r->args.len == 0) ? &r->main->args
                                                    : &r->args, name, value);

    return (rc == NGX_OK && value->len == 0) ? NGX_DECLINED : rc;
}


void
ngx_http_livekit_forget_asked(ngx_http_livekit_ctx_t *ctx)
{
    if (ctx->asked.body) {

        /* of which these may be parts */

        ngx_str_null(&ctx->room);
        ngx_str_null(&ctx->target);

        lkg_json_free(ctx->asked.body);
    }

    ngx_memzero(&ctx->asked, sizeof(ngx_http_livekit_asked_t));

    ctx->asked.participant_attributes = LKG_JSON_NONE;
    ctx->asked.room_config = LKG_JSON_NONE;
}


/*
 * An internal redirect may ask for another room than the request did.  Where
 * it names none (an error page, try_files) it is still about the same one.
 */

ngx_int_t
ngx_http_livekit_ask_room(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t  rc;
    ngx_str_t  room;

    rc = ngx_http_livekit_room_arg(r, &room);

    if (rc == NGX_DECLINED && r->internal && ctx->asked.room.len) {
        return NGX_OK;
    }

    ngx_http_livekit_forget_asked(ctx);

    if (rc == NGX_OK) {
        ctx->asked.room = room;
    }

    if (rc == NGX_ABORT) {
        ctx->verdict = "bad_room";
        return NGX_ERROR;
    }

    return NGX_OK;
}
