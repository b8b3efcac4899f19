
/*
 * Sending a message of the chat into the room, and what the client is told.
 */


#include "ngx_http_livekit_chat.h"
#include "ngx_http_livekit_api.h"


static ngx_int_t ngx_http_livekit_chat_packet(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *body);
static void ngx_http_livekit_chat_sent(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);


void
ngx_http_livekit_chat_send(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t                      rc;
    ngx_http_livekit_api_conf_t   *apcf;
    ngx_http_livekit_api_call_t    call;

    apcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_api_module);

    ctx->api_status = 0;

    if (apcf->uri.len == 0) {
        ngx_http_livekit_chat_sent(r, ctx);
        return;
    }

    ngx_str_set(&call.method, "RoomService/SendData");
    call.grant = LKG_SERVER_ROOM_ADMIN;
    call.room = ctx->room;

    rc = ngx_http_livekit_chat_packet(r, ctx, &call.body);

    if (rc == NGX_OK) {
        rc = ngx_http_livekit_api(r, ctx, &call, ngx_http_livekit_chat_sent);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_livekit_chat_sent(r, ctx);
    }
}


static ngx_int_t
ngx_http_livekit_chat_packet(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *body)
{
    int                       len;
    char                      buf[NGX_HTTP_LIVEKIT_CHAT_PAYLOAD];
    u_char                   *p;
    ngx_str_t                 data, text;
    ngx_http_livekit_chat_t  *chat;

    chat = ctx->state;

    len = lkg_chat_write(buf, sizeof(buf), &chat->message);
    if (len < 0) {
        return NGX_ERROR;
    }

    data.data = (u_char *) buf;
    data.len = len;

    body->data = ngx_pnalloc(r->pool,
                             sizeof("{\"room\":\"\",\"kind\":\"RELIABLE\","
                                    "\"topic\":\"lkg-chat\",\"data\":\"\"}")
                             + 6 * ctx->room.len
                             + ngx_base64_encoded_length(data.len));
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(body->data, "{\"room\":\"", 9);
    p = (u_char *) ngx_escape_json(p, ctx->room.data, ctx->room.len);
    p = ngx_cpymem(p, "\",\"kind\":\"RELIABLE\",\"topic\":\"lkg-chat\","
                      "\"data\":\"",
                   sizeof("\",\"kind\":\"RELIABLE\",\"topic\":\"lkg-chat\","
                          "\"data\":\"") - 1);

    text.data = p;
    ngx_encode_base64(&text, &data);

    p = ngx_cpymem(p + text.len, "\"}", 2);

    body->len = p - body->data;

    return NGX_OK;
}


static void
ngx_http_livekit_chat_sent(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_chat_t  *chat;

    chat = ctx->state;

    if (ctx->api_status == NGX_HTTP_OK) {
        ngx_http_livekit_chat_answer(r, ctx, 1);
        return;
    }

    /* LiveKit has nobody to send it to: 503 says that no node has the room */

    if (chat->stored || chat->unpin
        || ctx->api_status == NGX_HTTP_NOT_FOUND
        || ctx->api_status == NGX_HTTP_SERVICE_UNAVAILABLE)
    {
        ngx_http_livekit_chat_answer(r, ctx, 0);
        return;
    }

    ctx->verdict = "livekit_unavailable";

    ngx_http_finalize_request(r,
                ngx_http_livekit_reply_error(r, NGX_HTTP_BAD_GATEWAY, NULL));
}


void
ngx_http_livekit_chat_answer(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t sent)
{
    u_char                   *p;
    ngx_str_t                 body, id;
    ngx_http_livekit_chat_t  *chat;

    chat = ctx->state;

    id = ngx_http_livekit_str(chat->unpin ? chat->message.text
                                          : chat->message.id);

    body.data = ngx_pnalloc(r->pool, id.len + 128);
    if (body.data == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    /* an id has digits and a dash only */

    p = id.len ? ngx_sprintf(body.data, "{\"id\":\"%V\"", &id)
               : ngx_cpymem(body.data, "{\"id\":null", 10);

    if (chat->unpin) {
        p = ngx_sprintf(p, ",\"removed\":%s", chat->removed ? "true"
                                                             : "false");
    } else {
        p = ngx_sprintf(p, ",\"stored\":%s,\"duplicate\":%s",
                        chat->stored ? "true" : "false",
                        chat->duplicate ? "true" : "false");
    }

    p = ngx_sprintf(p, ",\"sent\":%s}\n", sent ? "true" : "false");

    body.len = p - body.data;

    ngx_http_finalize_request(r,
                              ngx_http_livekit_reply(r, NGX_HTTP_OK, &body));
}
