
/*
 * livekit_recording: who has the action "record" in a room starts, stops and
 * lists its recordings.  The policy says what is recorded and where to; the
 * client only names the room, or a recording.
 */


#include "ngx_http_livekit_recording.h"


#define NGX_HTTP_LIVEKIT_RECORDING_BODY  128        /* JSON values and keys */


static ngx_int_t ngx_http_livekit_recording_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_recording_cleanup(void *data);
static void ngx_http_livekit_recording_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static const char *ngx_http_livekit_recording_parse(
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t id);
static const char *ngx_http_livekit_recording_id(ngx_str_t *id);
static const char *ngx_http_livekit_recording_args(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_recording_member(
    ngx_http_livekit_ctx_t *ctx, const char *name, ngx_str_t *value);
static void ngx_http_livekit_recording_entered(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc);

static void *ngx_http_livekit_recording_create_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_recording_merge_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_livekit_recording_secrets(ngx_conf_t *cf,
    ngx_http_livekit_recording_loc_conf_t *rcf, lkg_policy *policy,
    ngx_http_livekit_where_t *where);
static char *ngx_http_livekit_recording(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_http_livekit_recording_commands[] = {

    { ngx_string("livekit_recording"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_livekit_recording,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_recording_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_livekit_recording_create_conf,
                                           /* create location configuration */
    ngx_http_livekit_recording_merge_conf  /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_recording_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_recording_module_ctx,
                                           /* module context */
    ngx_http_livekit_recording_commands,   /* module directives */
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
ngx_http_livekit_recording_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t                               rc;
    const char                             *fault;
    ngx_pool_cleanup_t                     *cln;
    ngx_http_livekit_recording_loc_conf_t  *rcf;

    rc = ngx_http_livekit_endpoint_session(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_recording_module);
    ctx->deed = rcf->name;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_livekit_recording_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(cln->data, sizeof(ngx_http_livekit_recording_t));
    cln->handler = ngx_http_livekit_recording_cleanup;
    ctx->state = cln->data;

    if (r->method == NGX_HTTP_POST) {
        return ngx_http_livekit_endpoint_body(r, ctx,
                                              ngx_http_livekit_recording_body);
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    r->main->count++;

    fault = ngx_http_livekit_recording_args(r, ctx);

    if (fault) {
        ngx_http_livekit_bad_request(r, ctx, fault);

    } else {
        ngx_http_livekit_recording_enter(r, ctx);
    }

    return NGX_DONE;
}


static void
ngx_http_livekit_recording_cleanup(void *data)
{
    ngx_http_livekit_recording_t *rec = data;

    lkg_json_free(rec->answer);
}


static void
ngx_http_livekit_recording_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    const char                             *fault;
    ngx_http_livekit_recording_t           *rec;
    ngx_http_livekit_recording_loc_conf_t  *rcf;

    rcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_recording_module);

    fault = ngx_http_livekit_recording_parse(ctx,
                           rcf->allowed == ngx_http_livekit_recording_stop);

    if (fault) {
        ngx_http_livekit_bad_request(r, ctx, fault);
        return;
    }

    rec = ctx->state;

    if (rec->id.len) {
        ngx_http_livekit_recording_find(r, ctx);

    } else {
        ngx_http_livekit_recording_enter(r, ctx);
    }
}


static const char *
ngx_http_livekit_recording_parse(ngx_http_livekit_ctx_t *ctx, ngx_uint_t id)
{
    ngx_str_t                      room;
    const char                    *fault;
    ngx_http_livekit_recording_t  *rec;

    rec = ctx->state;

    fault = ngx_http_livekit_body_object(ctx,
                                         NGX_HTTP_LIVEKIT_RECORDING_BODY);
    if (fault) {
        return fault;
    }

    ngx_str_null(&room);

    if (ngx_http_livekit_recording_member(ctx, "roomName", &ctx->asked.room)
        != NGX_OK
        || ngx_http_livekit_recording_member(ctx, "room_name", &room)
           != NGX_OK
        || (id && ngx_http_livekit_recording_member(ctx, "recordingId",
                                                    &rec->id)
                  != NGX_OK))
    {
        return "A field of the request has a wrong type.";
    }

    if (ctx->asked.room.data && room.data) {
        return "Say roomName or room_name, not both.";
    }

    if (room.data) {
        ctx->asked.room = room;
    }

    return ngx_http_livekit_recording_id(&rec->id);
}


/* NULL, or what is wrong with it. */

static const char *
ngx_http_livekit_recording_id(ngx_str_t *id)
{
    u_char      ch;
    ngx_uint_t  i;

    for (i = 0; i < id->len; i++) {
        ch = id->data[i];

        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
              || (ch >= '0' && ch <= '9') || ch == '_' || ch == '-'))
        {
            break;
        }
    }

    return (i < id->len || id->len > LKG_ID_MAX)
           ? "There can be no recording of that id." : NULL;
}


/* Of a list, which is all that is asked for without a body. */

static const char *
ngx_http_livekit_recording_args(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    const char                    *fault;
    ngx_http_livekit_recording_t  *rec;

    static ngx_str_t  after = ngx_string("after");

    rec = ctx->state;

    if (ngx_http_livekit_arg(r, &r->args, &after, &rec->after) == NGX_ABORT
        || ngx_http_livekit_room_arg(r, &ctx->asked.room) == NGX_ABORT)
    {
        return "An argument is given twice or is not encoded rightly.";
    }

    fault = ngx_http_livekit_recording_id(&rec->after);
    if (fault) {
        return fault;
    }

    rec->limit = NGX_HTTP_LIVEKIT_RECORDING_SHOWN;

    return ngx_http_livekit_limit_arg(r, &rec->limit);
}


/* null is not there */

static ngx_int_t
ngx_http_livekit_recording_member(ngx_http_livekit_ctx_t *ctx,
    const char *name, ngx_str_t *value)
{
    lkg_json_node  n;
    lkg_json_type  type;

    n = lkg_json_get(ctx->asked.body, LKG_JSON_ROOT, name, ngx_strlen(name));
    type = lkg_json_typeof(ctx->asked.body, n);

    if (type == LKG_JSON_STRING) {
        *value = ngx_http_livekit_str(lkg_json_string(ctx->asked.body, n));
        return NGX_OK;
    }

    return (type == LKG_JSON_ABSENT || type == LKG_JSON_NULL) ? NGX_OK
                                                              : NGX_ERROR;
}


void
ngx_http_livekit_recording_enter(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_enter(r, ctx,
                           lkg_action("record", sizeof("record") - 1),
                           ngx_http_livekit_recording_entered);
}


static void
ngx_http_livekit_recording_entered(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc)
{
    ngx_http_livekit_recording_loc_conf_t  *rcf;

    if (rc != NGX_OK) {
        ngx_http_livekit_not_entered(r, ctx, rc);
        return;
    }

    rcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_recording_module);

    rcf->allowed(r, ctx);
}


void
ngx_http_livekit_recording_refuse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t status, const char *message)
{
    switch (status) {

    case NGX_HTTP_FORBIDDEN:
        ctx->verdict = "not_allowed";
        break;

    case NGX_HTTP_NOT_FOUND:
        ctx->verdict = "no_recording";
        break;

    case NGX_HTTP_CONFLICT:
        ctx->verdict = "recording_conflict";
        break;

    case NGX_HTTP_BAD_GATEWAY:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        ctx->verdict = "livekit_unavailable";
        break;

    default:
        ctx->verdict = "error";
    }

    if (message) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "livekit: recording, room \"%V\": %s", &ctx->room,
                      message);
    }

    ngx_http_finalize_request(r,
                          ngx_http_livekit_reply_error(r, status, message));
}


static void *
ngx_http_livekit_recording_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool,
                       sizeof(ngx_http_livekit_recording_loc_conf_t));
}


static char *
ngx_http_livekit_recording_merge_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_livekit_recording_loc_conf_t *prev = parent;
    ngx_http_livekit_recording_loc_conf_t *conf = child;

    ngx_http_livekit_loc_conf_t       *llcf;
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_endpoint_module);

    if (ecf->handler != ngx_http_livekit_recording_handler) {
        return NGX_CONF_OK;
    }

    /* inside "if" */

    if (conf->allowed == NULL) {
        conf->allowed = prev->allowed;
    }

    llcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_livekit_module);

    if (ngx_http_livekit_access_needs(cf, &ecf->where, 1) != NGX_CONF_OK
        || ngx_http_livekit_store_needs(cf, &ecf->where) != NGX_CONF_OK
        || ngx_http_livekit_api_needs(cf, &ecf->where) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_livekit_recording_secrets(cf, conf, llcf->policy,
                                              &ecf->where);
}


/* The policy says where they stand. */

static char *
ngx_http_livekit_recording_secrets(ngx_conf_t *cf,
    ngx_http_livekit_recording_loc_conf_t *rcf, lkg_policy *policy,
    ngx_http_livekit_where_t *where)
{
    ngx_str_t      value;
    lkg_s3_secret  i;

    if (rcf->allowed != ngx_http_livekit_recording_start) {
        return NGX_CONF_OK;
    }

    for (i = LKG_S3_ACCESS_KEY; i <= LKG_S3_SECRET; i++) {
        value = ngx_http_livekit_str(lkg_policy_recording_secret(policy, i));

        if (value.len == 0) {
            continue;
        }

        if (ngx_http_livekit_secret(cf, &value, &rcf->secrets[i])
            != NGX_CONF_OK)
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "the policy's recording.s3 needs \"%V\" for "
                          "\"%V\" in %V:%ui", &value, &where->directive,
                          &where->file, where->line);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_livekit_recording(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_recording_loc_conf_t *rcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   methods;

    value = cf->args->elts;
    methods = NGX_HTTP_POST;

    rcf->name = value[1];

    if (ngx_strcmp(value[1].data, "start") == 0) {
        rcf->allowed = ngx_http_livekit_recording_start;

    } else if (ngx_strcmp(value[1].data, "stop") == 0) {
        rcf->allowed = ngx_http_livekit_recording_stop;

    } else if (ngx_strcmp(value[1].data, "list") == 0) {
        rcf->allowed = ngx_http_livekit_recording_list;
        methods = NGX_HTTP_GET;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\": it is \"start\", \"stop\" "
                           "or \"list\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    return ngx_http_livekit_set_endpoint(cf,
                               ngx_http_livekit_recording_handler, methods);
}
