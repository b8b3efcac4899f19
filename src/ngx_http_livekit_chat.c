
/*
 * livekit_chat: POST says something in a room, GET reads what was kept.
 *
 * A message is stored first, if its type is one that is kept, and then sent
 * into the room by LiveKit, with the id under which it is stored: everybody
 * sees the same message, and nobody has to store it.
 */


#include "ngx_http_livekit_chat.h"
#include "ngx_http_livekit_api.h"


static ngx_int_t ngx_http_livekit_chat_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_chat_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_chat_entered(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc);
static void ngx_http_livekit_chat_say(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_chat_author(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, lkg_chat_message *m);
static ngx_uint_t ngx_http_livekit_chat_may(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_chat_stored(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_chat_refuse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t status, const char *message);

static char *ngx_http_livekit_chat_merge_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_livekit_chat(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_http_livekit_chat_commands[] = {

    { ngx_string("livekit_chat"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_livekit_chat,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_chat_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    ngx_http_livekit_chat_merge_conf       /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_chat_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_chat_module_ctx,     /* module context */
    ngx_http_livekit_chat_commands,        /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_livekit_chat_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t    rc;
    const char  *fault;

    rc = ngx_http_livekit_endpoint_session(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    ctx->state = ngx_pcalloc(r->pool, sizeof(ngx_http_livekit_chat_t));
    if (ctx->state == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->method == NGX_HTTP_POST) {
        return ngx_http_livekit_endpoint_body(r, ctx,
                                              ngx_http_livekit_chat_body);
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    fault = ngx_http_livekit_chat_args(r, ctx);

    r->main->count++;

    if (fault) {
        ngx_http_livekit_bad_request(r, ctx, fault);

    } else {
        ngx_http_livekit_enter(r, ctx, 0, ngx_http_livekit_chat_entered);
    }

    return NGX_DONE;
}


static void
ngx_http_livekit_chat_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    const char  *fault;

    fault = ngx_http_livekit_chat_parse(r, ctx);

    if (fault) {
        ngx_http_livekit_bad_request(r, ctx, fault);
        return;
    }

    ngx_http_livekit_enter(r, ctx, 0, ngx_http_livekit_chat_entered);
}


static void
ngx_http_livekit_chat_entered(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc)
{
    if (rc != NGX_OK) {
        ngx_http_livekit_not_entered(r, ctx, rc);
        return;
    }

    if (r->method == NGX_HTTP_POST) {
        ngx_http_livekit_chat_say(r, ctx);
        return;
    }

    ngx_http_livekit_storing(r, ctx,
                  ngx_http_livekit_chat_read(r, ctx,
                                             ngx_http_livekit_chat_stored));
}


static void
ngx_http_livekit_chat_say(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx)
{
    char                          buf[NGX_HTTP_LIVEKIT_CHAT_PAYLOAD];
    ngx_int_t                     rc;
    lkg_chat_message             *m;
    ngx_http_livekit_chat_t      *chat;
    ngx_http_livekit_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);
    chat = ctx->state;
    m = &chat->message;

    if (!ngx_http_livekit_chat_may(r, ctx)) {
        ngx_http_finalize_request(r,
                  ngx_http_livekit_reply_error(r, NGX_HTTP_FORBIDDEN, NULL));
        return;
    }

    ngx_http_livekit_chat_author(r, ctx, m);

    /* nothing is stored that cannot be sent, with the id that it will have */

    if (m->text.len > (size_t) lkg_policy_chat(llcf->policy)->max_text
        || lkg_chat_write(buf, sizeof(buf) - LKG_STREAM_ID_BUF, m) < 0)
    {
        ngx_http_livekit_chat_refuse(r, ctx,
                                     NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                     "The message is too long.");
        return;
    }

    if (chat->unpin) {
        rc = ngx_http_livekit_chat_unpin(r, ctx,
                                         ngx_http_livekit_chat_stored);

    } else if (lkg_chat_type_stored(chat->type)) {
        rc = ngx_http_livekit_chat_keep(r, ctx, ngx_http_livekit_chat_stored);

    } else {
        ngx_http_livekit_chat_send(r, ctx);
        return;
    }

    ngx_http_livekit_storing(r, ctx, rc);
}


/* Who says it, and when, is never the client's to say. */

static void
ngx_http_livekit_chat_author(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, lkg_chat_message *m)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    m->time = (int64_t) tp->sec * 1000 + tp->msec;
    m->sender = lkg_session_identity(ctx->session);
    m->name = lkg_session_name(ctx->session);
    m->role = lkg_role_name(ctx->decision.role);

    m->room = ngx_http_livekit_lkg(ctx->asked.room.len ? &ctx->asked.room
                                                       : &ctx->room);
}


static ngx_uint_t
ngx_http_livekit_chat_may(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx)
{
    ngx_str_t                 identity, type;
    ngx_http_livekit_chat_t  *chat;

    chat = ctx->state;

    if (chat->unpin
        ? lkg_role_may(ctx->decision.role,
                       lkg_action("moderate", sizeof("moderate") - 1))
        : lkg_chat_may_send(chat->type, ctx->decision.role))
    {
        return 1;
    }

    identity = ngx_http_livekit_str(lkg_session_identity(ctx->session));
    type = ngx_http_livekit_str(chat->message.type);

    ctx->verdict = "type_not_allowed";

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "livekit: forbidden: %s %V, room \"%V\", identity \"%V\"",
                  ctx->verdict, &type, &ctx->room, &identity);

    return 0;
}


static void
ngx_http_livekit_chat_stored(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t                 rc;
    ngx_str_t                 body;
    ngx_redis_reply_t        *reply;
    ngx_http_livekit_chat_t  *chat;

    chat = ctx->state;
    reply = ngx_http_livekit_stored(ctx);

    if (reply == NULL) {
        ngx_http_livekit_storing(r, ctx, NGX_DECLINED);
        return;
    }

    if (r->method != NGX_HTTP_POST) {
        rc = ngx_http_livekit_chat_page(r, ctx, reply, &body);

        if (rc == NGX_OK) {
            ngx_http_finalize_request(r,
                               ngx_http_livekit_reply(r, NGX_HTTP_OK, &body));
            return;
        }

    } else if (chat->unpin) {
        rc = ngx_http_livekit_chat_unpinned(r, ctx, reply);

    } else {
        rc = ngx_http_livekit_chat_kept(r, ctx, reply);
    }

    if (rc == NGX_DECLINED) {
        ngx_http_livekit_chat_refuse(r, ctx, NGX_HTTP_CONFLICT,
                                     "That message is no pin.");
        return;
    }

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: the chat of room \"%V\" in redis cannot be "
                      "understood", &ctx->room);

        ctx->status = NGX_HTTP_SERVICE_UNAVAILABLE;
        ctx->verdict = "redis_data";

        ngx_http_livekit_storing(r, ctx, NGX_DECLINED);
        return;
    }

    if (chat->gone) {
        ngx_http_livekit_chat_answer(r, ctx, 0);
        return;
    }

    ngx_http_livekit_chat_send(r, ctx);
}


static void
ngx_http_livekit_chat_refuse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t status, const char *message)
{
    ctx->verdict = (status == NGX_HTTP_CONFLICT)
                   ? "no_pin" : "payload_too_large";

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "livekit: bad request: %s", message);

    ngx_http_finalize_request(r,
                            ngx_http_livekit_reply_error(r, status, message));
}


static char *
ngx_http_livekit_chat_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_livekit_api_conf_t       *apcf;
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_endpoint_module);

    if (ecf->handler != ngx_http_livekit_chat_handler) {
        return NGX_CONF_OK;
    }

    if (ngx_http_livekit_members_needs(cf, &ecf->where) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    apcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_livekit_api_module);

    if (apcf->uri.len) {
        return ngx_http_livekit_api_needs(cf, &ecf->where);
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"%V\" keeps messages, but sends none into the room "
                  "without livekit_api in %V:%ui", &ecf->where.directive,
                  &ecf->where.file, ecf->where.line);

    return NGX_CONF_OK;
}


static char *
ngx_http_livekit_chat(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_livekit_set_endpoint(cf, ngx_http_livekit_chat_handler,
                                         NGX_HTTP_GET|NGX_HTTP_POST);
}
