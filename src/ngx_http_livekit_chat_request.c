
/*
 * What a client asks the chat for: a message to say, or a page to read.
 */


#include "ngx_http_livekit_chat.h"


#define NGX_HTTP_LIVEKIT_CHAT_NODES  128


typedef struct {
    lkg_str    room;
    lkg_str    room_name;
    lkg_str    message;
    lkg_str    type;
    lkg_str    id;
} ngx_http_livekit_chat_asked_t;

typedef struct {
    lkg_str    name;
    size_t     offset;      /* in ngx_http_livekit_chat_asked_t */
} ngx_http_livekit_chat_member_t;


static ngx_int_t ngx_http_livekit_chat_members(lkg_json *doc,
    ngx_http_livekit_chat_asked_t *asked);
static const char *ngx_http_livekit_chat_message(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_chat_asked_t *asked);


static ngx_http_livekit_chat_member_t  ngx_http_livekit_chat_fields[] = {
    { lkg_str_lit("roomName"),
      offsetof(ngx_http_livekit_chat_asked_t, room) },
    { lkg_str_lit("room_name"),
      offsetof(ngx_http_livekit_chat_asked_t, room_name) },
    { lkg_str_lit("message"),
      offsetof(ngx_http_livekit_chat_asked_t, message) },
    { lkg_str_lit("type"),
      offsetof(ngx_http_livekit_chat_asked_t, type) },
    { lkg_str_lit("id"),
      offsetof(ngx_http_livekit_chat_asked_t, id) },
    { { NULL, 0 }, 0 }
};


const char *
ngx_http_livekit_chat_parse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    const char                     *fault;
    ngx_http_livekit_chat_asked_t   asked;

    fault = ngx_http_livekit_body_object(ctx, NGX_HTTP_LIVEKIT_CHAT_NODES);
    if (fault) {
        return fault;
    }

    ngx_memzero(&asked, sizeof(ngx_http_livekit_chat_asked_t));

    if (ngx_http_livekit_chat_members(ctx->asked.body, &asked) != NGX_OK) {
        return "A field of the request has a wrong type.";
    }

    if (asked.room.data && asked.room_name.data) {
        return "Say roomName or room_name, not both.";
    }

    ctx->asked.room = ngx_http_livekit_str(asked.room.data ? asked.room
                                                           : asked.room_name);

    return ngx_http_livekit_chat_message(r, ctx, &asked);
}


static ngx_int_t
ngx_http_livekit_chat_members(lkg_json *doc,
    ngx_http_livekit_chat_asked_t *asked)
{
    lkg_str                         *text;
    lkg_json_node                    n;
    lkg_json_type                    type;
    ngx_http_livekit_chat_member_t  *m;

    for (m = ngx_http_livekit_chat_fields; m->name.len; m++) {
        n = lkg_json_get(doc, LKG_JSON_ROOT, m->name.data, m->name.len);
        type = lkg_json_typeof(doc, n);

        if (type == LKG_JSON_ABSENT || type == LKG_JSON_NULL) {
            continue;
        }

        if (type != LKG_JSON_STRING) {
            return NGX_ERROR;
        }

        text = (lkg_str *) ((u_char *) asked + m->offset);
        *text = lkg_json_string(doc, n);
    }

    return NGX_OK;
}


static const char *
ngx_http_livekit_chat_message(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_chat_asked_t *asked)
{
    int64_t                       ms, seq;
    lkg_str                       type = lkg_str_lit("message");
    ngx_http_livekit_chat_t      *chat;
    ngx_http_livekit_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);
    chat = ctx->state;

    if (asked->type.data) {
        type = asked->type;
    }

    if (asked->message.len == 0) {
        return "Say something: message.";
    }

    if (asked->id.data
        && !lkg_chat_id_valid(asked->id.data, asked->id.len))
    {
        return "An id has 1 to 64 letters, digits, _ and -.";
    }

    chat->message.type = type;
    chat->message.text = asked->message;
    chat->message.client_id = asked->id;

    if (type.len == sizeof(LKG_CHAT_UNPIN) - 1
        && ngx_memcmp(type.data, LKG_CHAT_UNPIN, type.len) == 0)
    {
        chat->unpin = 1;

        return (lkg_stream_id(asked->message.data, asked->message.len, &ms,
                              &seq)
                == LKG_OK) ? NULL : "To unpin, say as message the pin's id.";
    }

    chat->type = lkg_chat_type_find(llcf->policy, type.data, type.len);

    return chat->type ? NULL : "There are no messages of that type.";
}


const char *
ngx_http_livekit_chat_args(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    int                           len;
    ngx_int_t                     rc;
    ngx_str_t                     value;
    ngx_http_livekit_chat_t      *chat;
    ngx_http_livekit_loc_conf_t  *llcf;

    static ngx_str_t  after = ngx_string("after");

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);
    chat = ctx->state;

    if (ngx_http_livekit_room_arg(r, &ctx->asked.room) == NGX_ABORT) {
        return "An argument is given twice or is not encoded rightly.";
    }

    ngx_str_set(&chat->from, "-");

    rc = ngx_http_livekit_arg(r, &r->args, &after, &value);

    if (rc == NGX_ABORT) {
        return "An argument is given twice or is not encoded rightly.";
    }

    if (rc == NGX_OK && value.len) {
        chat->from.data = ngx_pnalloc(r->pool, LKG_STREAM_ID_BUF);
        if (chat->from.data == NULL) {
            ctx->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
            return "The server has no memory for it.";
        }

        len = lkg_stream_after((char *) chat->from.data, LKG_STREAM_ID_BUF,
                               (char *) value.data, value.len);
        if (len < 0) {
            return "after must be the id of a message.";
        }

        chat->from.len = len;
    }

    chat->limit = lkg_policy_chat(llcf->policy)->page;

    return ngx_http_livekit_limit_arg(r, &chat->limit);
}
