
/*
 * livekit_webhook: what LiveKit reports, kept.  A bad delivery is 401, which
 * LiveKit does not repeat; while Redis is away it is 503, which it does; once
 * all is stored it is 200.
 */


#include "ngx_http_livekit_recording.h"


#define NGX_HTTP_LIVEKIT_WEBHOOK_BODY    (64 * 1024)

/* with all that goes with it, no more than a query to Redis may have */
#define NGX_HTTP_LIVEKIT_WEBHOOK_MOST    (120 * 1024)

#define NGX_HTTP_LIVEKIT_WEBHOOK_EVENTS  10000


typedef struct {
    ngx_uint_t                           events;    /* that are kept */
} ngx_http_livekit_webhook_conf_t;


typedef struct {
    ngx_http_livekit_recording_update_t  update;    /* comes first */
    lkg_webhook                         *webhook;
    ngx_uint_t                           repeated;
} ngx_http_livekit_webhook_t;


static ngx_int_t ngx_http_livekit_webhook_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_webhook_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_webhook_verify(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_webhook_open(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_webhook_cleanup(void *data);
static ngx_int_t ngx_http_livekit_webhook_store(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_webhook_stored(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_webhook_follow(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_webhook_t *webhook);
static void ngx_http_livekit_webhook_done(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);

static void *ngx_http_livekit_webhook_create_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_webhook_merge_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_livekit_webhook(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* Known is an event only once it is in the stream. */

static ngx_str_t  ngx_http_livekit_webhook_script = ngx_string(
    "if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end "
    "redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', "
        "'id', ARGV[2], 'event', ARGV[3], 'room', ARGV[4], 'body', ARGV[5]) "
    "redis.call('SET', KEYS[2], '1', 'EX', 86400) "
    "return 1"
);


static ngx_command_t  ngx_http_livekit_webhook_commands[] = {

    { ngx_string("livekit_webhook"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_livekit_webhook,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_webhook_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_livekit_webhook_create_conf,  /* create location configuration */
    ngx_http_livekit_webhook_merge_conf    /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_webhook_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_webhook_module_ctx,  /* module context */
    ngx_http_livekit_webhook_commands,     /* module directives */
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
ngx_http_livekit_webhook_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    size_t                             max;
    ngx_str_t                          name, value;
    ngx_http_livekit_endpoint_conf_t  *ecf;

    if (r->method != NGX_HTTP_POST) {
        ngx_str_set(&name, "Allow");
        ngx_str_set(&value, "POST");

        if (ngx_http_livekit_header(r, &name, &value) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx->verdict = "method_not_allowed";
        return ngx_http_livekit_reply_error(r, NGX_HTTP_NOT_ALLOWED, NULL);
    }

    ecf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_endpoint_module);
    max = ngx_max(ecf->body_size, NGX_HTTP_LIVEKIT_WEBHOOK_BODY);
    max = ngx_min(max, NGX_HTTP_LIVEKIT_WEBHOOK_MOST);

    if (r->headers_in.content_length_n > (off_t) max) {
        ctx->verdict = "payload_too_large";
        return ngx_http_livekit_reply_error(r,
                                      NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, NULL);
    }

    /* a stranger's body is not worth reading */

    if (r->headers_in.authorization == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: webhook refused: no Authorization");

        ctx->verdict = "bad_webhook";
        return ngx_http_livekit_reply_error(r, NGX_HTTP_UNAUTHORIZED,
                                            "This is not from LiveKit.");
    }

    return ngx_http_livekit_read_body(r, ctx, max,
                                      ngx_http_livekit_webhook_body);
}


static void
ngx_http_livekit_webhook_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_livekit_webhook_verify(r, ctx);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_livekit_webhook_open(r, ctx);
    }

    if (rc != NGX_DECLINED) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    if (ngx_http_livekit_webhook_store(r, ctx) != NGX_AGAIN) {
        ngx_http_livekit_webhook_done(r, ctx);
    }
}


/* Here and below NGX_DECLINED is "go on"; anything else is the answer. */

static ngx_int_t
ngx_http_livekit_webhook_verify(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    int                           rc;
    ngx_str_t                    *value;
    ngx_http_livekit_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);

    value = &r->headers_in.authorization->value;

    rc = lkg_webhook_verify(llcf->keys, (char *) value->data, value->len,
                            ctx->body.data, ctx->body.len, ngx_time());

    switch (rc) {

    case LKG_OK:
        return NGX_DECLINED;

    case LKG_ERR_FORMAT:
    case LKG_ERR_SIGNATURE:
    case LKG_ERR_EXPIRED:
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: webhook refused: %s", lkg_strerror(rc));

        ctx->verdict = "bad_webhook";
        return ngx_http_livekit_reply_error(r, NGX_HTTP_UNAUTHORIZED,
                                            "This is not from LiveKit.");

    default:
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: webhook not checked: %s", lkg_strerror(rc));

        ctx->verdict = "error";
        return ngx_http_livekit_reply_error(r, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                            NULL);
    }
}


static ngx_int_t
ngx_http_livekit_webhook_open(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    int                          rc;
    ngx_pool_cleanup_t          *cln;
    ngx_http_livekit_webhook_t  *webhook;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_livekit_webhook_t));

    if (cln == NULL) {
        ctx->verdict = "error";
        return ngx_http_livekit_reply_error(r, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                            NULL);
    }

    webhook = cln->data;
    ngx_memzero(webhook, sizeof(ngx_http_livekit_webhook_t));

    rc = lkg_webhook_open(&webhook->webhook, (char *) ctx->body.data,
                          ctx->body.len);

    if (rc == LKG_OK) {
        cln->handler = ngx_http_livekit_webhook_cleanup;
        ctx->state = webhook;
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "livekit: webhook of LiveKit's not understood: %s",
                  lkg_strerror(rc));

    if (rc == LKG_ERR_FORMAT || rc == LKG_ERR_TOOBIG) {
        ctx->verdict = "bad_request";
        return ngx_http_livekit_reply_error(r, NGX_HTTP_BAD_REQUEST, NULL);
    }

    ctx->verdict = "error";
    return ngx_http_livekit_reply_error(r, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                        NULL);
}


static void
ngx_http_livekit_webhook_cleanup(void *data)
{
    ngx_http_livekit_webhook_t *webhook = data;

    lkg_webhook_free(webhook->webhook);
}


/* The braces put both keys into one slot of a cluster. */

static ngx_int_t
ngx_http_livekit_webhook_store(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    u_char                           *p, events[NGX_INT_T_LEN];
    u_char                            key[sizeof("lkg:seen:{lkg:events}:")
                                          + LKG_ID_MAX + 32];
    ngx_str_t                         argv[7];
    const lkg_event                  *event;
    ngx_http_livekit_webhook_t       *webhook;
    ngx_http_livekit_webhook_conf_t  *wcf;

    wcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_webhook_module);

    webhook = ctx->state;
    event = lkg_webhook_event(webhook->webhook);

    ngx_str_set(&argv[0], "lkg:events");

    argv[3] = ngx_http_livekit_str(event->id);

    p = ngx_slprintf(key, key + sizeof(key), "lkg:seen:{lkg:events}:%V",
                     &argv[3]);
    argv[1].data = key;
    argv[1].len = p - key;

    argv[2].data = events;
    argv[2].len = ngx_sprintf(events, "%ui", wcf->events) - events;

    argv[4] = ngx_http_livekit_str(event->name);
    argv[5] = ngx_http_livekit_str(event->room);
    argv[6] = ctx->body;

    return ngx_http_livekit_store(r, ctx, &ngx_http_livekit_webhook_script, 2,
                                  7, argv, 1,
                                  ngx_http_livekit_webhook_stored);
}


static void
ngx_http_livekit_webhook_stored(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_redis_reply_t           *reply;
    ngx_http_livekit_webhook_t  *webhook;

    webhook = ctx->state;
    reply = ngx_http_livekit_stored(ctx);

    if (reply == NULL) {
        ngx_http_livekit_webhook_done(r, ctx);
        return;
    }

    webhook->repeated = (reply->type == NGX_REDIS_INTEGER
                         && reply->integer == 0);

    /* also of an event that is repeated: what follows may be missing */

    if (ngx_http_livekit_webhook_follow(r, ctx, webhook) != NGX_AGAIN) {
        ngx_http_livekit_webhook_done(r, ctx);
    }
}


/* What an event means for recordings. */

static ngx_int_t
ngx_http_livekit_webhook_follow(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_webhook_t *webhook)
{
    ngx_str_t         room, person, id;
    const lkg_event  *event;

    event = lkg_webhook_event(webhook->webhook);

    if (event->recording.id.len) {
        webhook->update.recording = event->recording;
        webhook->update.handler = ngx_http_livekit_webhook_done;

        return ngx_http_livekit_recording_update(r, ctx, &webhook->update);
    }

    if (event->person.len && event->room.len
        && event->name.len == sizeof("participant_joined") - 1
        && ngx_memcmp(event->name.data, "participant_joined",
                      event->name.len) == 0)
    {
        room = ngx_http_livekit_str(event->room);
        person = ngx_http_livekit_str(event->person);
        ngx_str_null(&id);

        return ngx_http_livekit_recording_people(r, ctx, &room, &id, &person,
                                               ngx_http_livekit_webhook_done);
    }

    return NGX_OK;
}


static void
ngx_http_livekit_webhook_done(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_webhook_t  *webhook;

    if (ctx->status) {
        ngx_http_finalize_request(r,
                    ngx_http_livekit_reply_error(r, ctx->status,
                                     "The event cannot be stored now."));
        return;
    }

    webhook = ctx->state;
    ctx->verdict = (webhook->repeated) ? "repeated" : "stored";

    ngx_http_finalize_request(r, ngx_http_livekit_reply_empty(r,
                                                              NGX_HTTP_OK));
}


static void *
ngx_http_livekit_webhook_create_conf(ngx_conf_t *cf)
{
    ngx_http_livekit_webhook_conf_t  *wcf;

    wcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_webhook_conf_t));
    if (wcf == NULL) {
        return NULL;
    }

    wcf->events = NGX_CONF_UNSET_UINT;

    return wcf;
}


static char *
ngx_http_livekit_webhook_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_livekit_webhook_conf_t *prev = parent;
    ngx_http_livekit_webhook_conf_t *conf = child;

    ngx_http_livekit_loc_conf_t       *llcf;
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ngx_conf_merge_uint_value(conf->events, prev->events,
                              NGX_HTTP_LIVEKIT_WEBHOOK_EVENTS);

    ecf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_endpoint_module);

    if (ecf->handler != ngx_http_livekit_webhook_handler) {
        return NGX_CONF_OK;
    }

    llcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_livekit_module);

    if (llcf->keys == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%V\" needs livekit_key, with which LiveKit signs, "
                      "in %V:%ui", &ecf->where.directive, &ecf->where.file,
                      ecf->where.line);
        return NGX_CONF_ERROR;
    }

    return ngx_http_livekit_store_needs(cf, &ecf->where);
}


static char *
ngx_http_livekit_webhook(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_webhook_conf_t *wcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (cf->args->nelts == 2) {
        n = NGX_ERROR;

        if (ngx_strncmp(value[1].data, "events=", 7) == 0) {
            n = ngx_atoi(value[1].data + 7, value[1].len - 7);
        }

        if (n == NGX_ERROR || n == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": it is events= and "
                               "how many are kept, at least 1", &value[1]);
            return NGX_CONF_ERROR;
        }

        wcf->events = n;
    }

    return ngx_http_livekit_set_endpoint(cf,
                                         ngx_http_livekit_webhook_handler, 0);
}
