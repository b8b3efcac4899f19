
/*
 * livekit_moderation: a moderator removes, bans, mutes, gives roles, closes
 * and opens.  Redis is written first, so that it holds also while LiveKit is
 * away; then LiveKit is told.
 */


#include "ngx_http_livekit_moderation.h"


static ngx_int_t ngx_http_livekit_moderation_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_moderation_begin(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_moderation_entered(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc);
static ngx_uint_t ngx_http_livekit_moderation_self(
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_moderation_t *m);
static ngx_int_t ngx_http_livekit_moderation_role(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_moderation_t *m);
static void ngx_http_livekit_moderation_equal(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_moderation_t *m);

static char *ngx_http_livekit_moderation_merge_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_livekit_moderation(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_http_livekit_moderation_commands[] = {

    { ngx_string("livekit_moderation"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_livekit_moderation,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_moderation_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    ngx_http_livekit_moderation_merge_conf /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_moderation_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_moderation_module_ctx,   /* module context */
    ngx_http_livekit_moderation_commands,  /* module directives */
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
ngx_http_livekit_moderation_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_livekit_endpoint_session(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    ctx->state = ngx_pcalloc(r->pool, sizeof(ngx_http_livekit_moderation_t));
    if (ctx->state == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_livekit_endpoint_body(r, ctx,
                                          ngx_http_livekit_moderation_begin);
}


static void
ngx_http_livekit_moderation_begin(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    const char                     *fault;
    ngx_http_livekit_moderation_t  *m;

    fault = ngx_http_livekit_moderation_parse(ctx, ctx->state);

    if (fault) {
        ngx_http_livekit_bad_request(r, ctx, fault);
        return;
    }

    m = ctx->state;

    ctx->deed = m->action->name;
    ctx->target = m->identity;

    ngx_http_livekit_enter(r, ctx,
                           lkg_action("moderate", sizeof("moderate") - 1),
                           ngx_http_livekit_moderation_entered);
}


static void
ngx_http_livekit_moderation_entered(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc)
{
    ngx_http_livekit_moderation_t  *m;

    m = ctx->state;

    if (rc != NGX_OK) {
        ngx_http_livekit_not_entered(r, ctx, rc);
        return;
    }

    if (m->action->power && ngx_http_livekit_moderation_self(ctx, m)) {
        ngx_http_livekit_moderation_equal(r, ctx, m);
        return;
    }

    if (m->number == NGX_HTTP_LIVEKIT_ROLE
        && ngx_http_livekit_moderation_role(r, ctx, m) != NGX_OK)
    {
        return;
    }

    if (!m->action->stored) {
        ngx_http_livekit_moderation_call(r, ctx);
        return;
    }

    if (ngx_http_livekit_moderation_store(r, ctx, m) != NGX_AGAIN) {
        ngx_http_livekit_moderation_refuse(r, ctx, ctx->status, NULL);
    }
}


void
ngx_http_livekit_moderation_stored(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    switch (ngx_http_livekit_moderation_reply(r, ctx)) {

    case NGX_OK:
        ngx_http_livekit_moderation_call(r, ctx);
        return;

    case NGX_ABORT:
        ngx_http_livekit_moderation_equal(r, ctx, ctx->state);
        return;

    case NGX_DECLINED:
        ctx->verdict = "not_member";
        ngx_http_livekit_moderation_refuse(r, ctx, NGX_HTTP_NOT_FOUND,
                                    "There is no such member of the room.");
        return;

    default:
        ngx_http_livekit_moderation_refuse(r, ctx, ctx->status,
                        "This could not be stored for sure; try again.");
    }
}


static ngx_uint_t
ngx_http_livekit_moderation_self(ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_moderation_t *m)
{
    lkg_str  self;

    self = lkg_session_identity(ctx->session);

    return self.len == m->person.len
           && ngx_memcmp(self.data, m->person.data, self.len) == 0;
}


/* The role that is to be given, as it is in this room. */

static ngx_int_t
ngx_http_livekit_moderation_role(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_moderation_t *m)
{
    ngx_http_livekit_loc_conf_t     *llcf;
    ngx_http_livekit_access_conf_t  *acf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);
    acf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_access_module);

    if (acf->facts.sources) {
        ctx->verdict = "kept_elsewhere";
        ngx_http_livekit_moderation_refuse(r, ctx, NGX_HTTP_CONFLICT,
                        "Who is what in this room is kept elsewhere: change "
                        "the role there.");
        return NGX_ERROR;
    }

    m->given = lkg_policy_role_named(llcf->policy,
                                     ngx_http_livekit_lkg(&ctx->room),
                                     ngx_http_livekit_lkg(&m->role));

    if (m->given && lkg_role_may_give(ctx->decision.role, m->given)) {
        return NGX_OK;
    }

    ctx->verdict = "role_not_given";

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "livekit: forbidden: role_not_given, room \"%V\"",
                  &ctx->room);

    ngx_http_livekit_moderation_refuse(r, ctx, NGX_HTTP_FORBIDDEN,
                                       "This role is not yours to give.");
    return NGX_ERROR;
}


static void
ngx_http_livekit_moderation_equal(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_moderation_t *m)
{
    ctx->verdict = "moderator";

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "livekit: forbidden: moderator, room \"%V\", %V \"%V\"",
                  &ctx->room, &m->action->name, &m->person);

    ngx_http_livekit_moderation_refuse(r, ctx, NGX_HTTP_FORBIDDEN,
                    "That cannot be done to yourself or another moderator.");
}


static char *
ngx_http_livekit_moderation_merge_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    char                              *rv;
    ngx_http_livekit_access_conf_t    *acf;
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_endpoint_module);

    if (ecf->handler != ngx_http_livekit_moderation_handler) {
        return NGX_CONF_OK;
    }

    acf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_access_module);

    if (acf->off) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%V\" cannot stand beside \"livekit_access off\", "
                      "with which no kick and no ban is asked for, in %V:%ui",
                      &ecf->where.directive, &ecf->where.file,
                      ecf->where.line);
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_livekit_access_needs(cf, &ecf->where, 1);

    if (rv == NGX_CONF_OK) {
        rv = ngx_http_livekit_store_needs(cf, &ecf->where);
    }

    if (rv == NGX_CONF_OK) {
        rv = ngx_http_livekit_api_needs(cf, &ecf->where);
    }

    return rv;
}


static char *
ngx_http_livekit_moderation(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_livekit_set_endpoint(cf,
                                         ngx_http_livekit_moderation_handler,
                                         NGX_HTTP_POST);
}
