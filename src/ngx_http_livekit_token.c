
/*
 * livekit_token: session and room in, LiveKit access token out.
 *
 * It speaks three dialects: that of a typical application's own route, that
 * of LiveKit's TokenSource, and that of LiveKit Meet.
 */


#include "ngx_http_livekit_token.h"


static ngx_int_t ngx_http_livekit_token_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_token_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_token_entered(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc);
static ngx_int_t ngx_http_livekit_token_issue(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_token_document(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *token, ngx_str_t *body);
static ngx_int_t ngx_http_livekit_token_url(ngx_http_request_t *r,
    ngx_str_t *url);
static ngx_uint_t ngx_http_livekit_token_wishes(ngx_http_livekit_ctx_t *ctx);
static u_char *ngx_http_livekit_token_text(u_char *p, ngx_str_t *text);
static ngx_int_t ngx_http_livekit_token_refuse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc);

static char *ngx_http_livekit_token_merge_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_livekit_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_http_livekit_token_commands[] = {

    { ngx_string("livekit_token"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_livekit_token,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_token_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    ngx_http_livekit_token_merge_conf      /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_token_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_token_module_ctx,    /* module context */
    ngx_http_livekit_token_commands,       /* module directives */
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
ngx_http_livekit_token_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_livekit_endpoint_session(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (r->method == NGX_HTTP_POST) {
        return ngx_http_livekit_endpoint_body(r, ctx,
                                              ngx_http_livekit_token_body);
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_livekit_token_args(r, ctx) != NGX_OK) {
        ctx->verdict = "bad_request";
        return ngx_http_livekit_reply_error(r, NGX_HTTP_BAD_REQUEST,
                    "An argument is given twice or is not encoded rightly.");
    }

    r->main->count++;

    ngx_http_livekit_enter(r, ctx, 0, ngx_http_livekit_token_entered);

    return NGX_DONE;
}


static void
ngx_http_livekit_token_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    const char  *fault;

    fault = ngx_http_livekit_token_parse(ctx);

    if (fault) {
        ngx_http_livekit_bad_request(r, ctx, fault);
        return;
    }

    ngx_http_livekit_enter(r, ctx, 0, ngx_http_livekit_token_entered);
}


static void
ngx_http_livekit_token_entered(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc)
{
    ngx_http_finalize_request(r, (rc == NGX_OK)
                                 ? ngx_http_livekit_token_issue(r, ctx)
                                 : ngx_http_livekit_token_refuse(r, ctx, rc));
}


static ngx_int_t
ngx_http_livekit_token_issue(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    int                           rc;
    char                          buf[LKG_TOKEN_MAX];
    size_t                        len;
    ngx_str_t                     token, body;
    ngx_http_livekit_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);

    rc = lkg_token_mint(buf, sizeof(buf), &len, llcf->policy, &ctx->ask,
                        &ctx->decision, llcf->keys);

    if (rc == LKG_ERR_TOOBIG && ngx_http_livekit_token_wishes(ctx)) {
        ctx->verdict = "bad_field";
        return ngx_http_livekit_reply_error(r, NGX_HTTP_BAD_REQUEST,
                             "With these fields the token is too large.");
    }

    if (rc != LKG_OK) {
        ctx->verdict = "error";

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: no token for room \"%V\": %s", &ctx->room,
                      rc == LKG_ERR_TOOBIG
                      ? "it would be larger than the policy's max_size"
                      : lkg_strerror(rc));

        return ngx_http_livekit_reply_error(r, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                            NULL);
    }

    token.data = (u_char *) buf;
    token.len = len;

    if (ngx_http_livekit_token_document(r, ctx, &token, &body) != NGX_OK) {
        ctx->verdict = "error";
        return ngx_http_livekit_reply_error(r, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                            NULL);
    }

    ctx->verdict = "issued";

    return ngx_http_livekit_reply(r,
                        ctx->asked.dialect == NGX_HTTP_LIVEKIT_TOKENSOURCE
                        ? NGX_HTTP_CREATED : NGX_HTTP_OK, &body);
}


static ngx_int_t
ngx_http_livekit_token_document(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *token, ngx_str_t *body)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   url, name, room;

    if (ngx_http_livekit_token_url(r, &url) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_str_null(&name);

    if (ctx->asked.dialect == NGX_HTTP_LIVEKIT_MEET) {
        name = ctx->asked.participant_name;

        if (name.len == 0) {
            name = ngx_http_livekit_str(lkg_session_name(ctx->session));
        }

        if (name.len == 0) {
            name = ngx_http_livekit_str(lkg_session_identity(ctx->session));
        }
    }

    /* by the name that it was asked for, if it was */

    room = ctx->asked.room.len ? ctx->asked.room : ctx->room;

    /* escaped, a byte takes six at most */

    len = sizeof("{\"serverUrl\":\"\",\"roomName\":\"\","
                 "\"participantName\":\"\",\"participantToken\":\"\"}")
          + url.len + 6 * (name.len + room.len) + token->len;

    body->data = ngx_pnalloc(r->pool, len);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    switch (ctx->asked.dialect) {

    case NGX_HTTP_LIVEKIT_TOKENSOURCE:
        p = ngx_cpymem(body->data, "{\"server_url\":\"", 15);
        p = ngx_cpymem(p, url.data, url.len);
        p = ngx_cpymem(p, "\",\"participant_token\":\"", 23);
        p = ngx_cpymem(p, token->data, token->len);
        break;

    case NGX_HTTP_LIVEKIT_MEET:
        p = ngx_cpymem(body->data, "{\"serverUrl\":\"", 14);
        p = ngx_cpymem(p, url.data, url.len);
        p = ngx_cpymem(p, "\",\"roomName\":\"", 14);
        p = ngx_http_livekit_token_text(p, &room);
        p = ngx_cpymem(p, "\",\"participantName\":\"", 21);
        p = ngx_http_livekit_token_text(p, &name);
        p = ngx_cpymem(p, "\",\"participantToken\":\"", 22);
        p = ngx_cpymem(p, token->data, token->len);
        break;

    default: /* NGX_HTTP_LIVEKIT_APP */
        p = ngx_cpymem(body->data, "{\"token\":\"", 10);
        p = ngx_cpymem(p, token->data, token->len);
        p = ngx_cpymem(p, "\",\"url\":\"", 9);
        p = ngx_cpymem(p, url.data, url.len);
    }

    p = ngx_cpymem(p, "\"}", 2);

    body->len = p - body->data;

    return NGX_OK;
}


/* As JSON has it.  Most are, as they stand in the configuration. */

static ngx_int_t
ngx_http_livekit_token_url(ngx_http_request_t *r, ngx_str_t *url)
{
    u_char                       *p;
    ngx_str_t                     value;
    ngx_http_livekit_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);

    if (llcf->url_plain) {
        *url = llcf->url->value;
        return NGX_OK;
    }

    if (ngx_http_livekit_whole_value(r, llcf->url, &value) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: a variable in livekit_url \"%V\" is empty",
                      &llcf->url->value);
        return NGX_ERROR;
    }

    p = ngx_pnalloc(r->pool, 6 * value.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    url->data = p;
    url->len = ngx_http_livekit_token_text(p, &value) - p;

    return NGX_OK;
}


/* Whether the client has a share in the token's size. */

static ngx_uint_t
ngx_http_livekit_token_wishes(ngx_http_livekit_ctx_t *ctx)
{
    return ctx->asked.participant_name.len
           || ctx->asked.participant_metadata.len
           || ctx->asked.participant_attributes != LKG_JSON_NONE
           || ctx->asked.room_config != LKG_JSON_NONE;
}


static u_char *
ngx_http_livekit_token_text(u_char *p, ngx_str_t *text)
{
    return (u_char *) ngx_escape_json(p, text->data, text->len);
}


static ngx_int_t
ngx_http_livekit_token_refuse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc)
{
    const char  *message;

    message = NULL;

    if (rc == NGX_HTTP_FORBIDDEN
        && ctx->decision.reason == LKG_FORBIDDEN_FIELD)
    {
        return ngx_http_livekit_reply_forbidden_field(r, ctx->decision.field);
    }

    if (rc == NGX_HTTP_BAD_REQUEST) {
        message = ctx->decision.reason == LKG_BAD_FIELD
                  ? "A field of the request has a wrong value."
                  : (ctx->asked.room.len ? "There can be no room of that name."
                                         : "Say which room: roomName.");
    }

    return ngx_http_livekit_reply_error(r, rc, message);
}


static char *
ngx_http_livekit_token_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_str_t                         *url;
    const char                        *missing;
    ngx_http_livekit_loc_conf_t       *llcf;
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_endpoint_module);

    if (ecf->handler != ngx_http_livekit_token_handler) {
        return NGX_CONF_OK;
    }

    llcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_livekit_module);

    if (llcf->keys == NULL) {
        missing = "livekit_key, which signs the tokens";

    } else if (llcf->url == NULL) {
        missing = "livekit_url, which tells clients where LiveKit is";

    } else {
        url = &llcf->url->value;

        llcf->url_plain = url->len && llcf->url->lengths == NULL
                          && ngx_escape_json(NULL, url->data, url->len) == 0;

        return ngx_http_livekit_access_needs(cf, &ecf->where, 1);
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "\"%V\" needs %s in %V:%ui",
                  &ecf->where.directive, missing, &ecf->where.file,
                  ecf->where.line);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_livekit_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_livekit_set_endpoint(cf, ngx_http_livekit_token_handler,
                                         NGX_HTTP_GET|NGX_HTTP_POST);
}
