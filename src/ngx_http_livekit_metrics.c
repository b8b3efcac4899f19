
/*
 * livekit_metrics: what clients measure of their connections, by fetch() or
 * navigator.sendBeacon().
 */


#include "ngx_http_livekit.h"


#define NGX_HTTP_LIVEKIT_METRICS_BODY   (64 * 1024)
#define NGX_HTTP_LIVEKIT_METRICS_NODES  4096
#define NGX_HTTP_LIVEKIT_METRICS_TEXT   (56 * 1024)

#define NGX_HTTP_LIVEKIT_METRICS_KEY    "lkg:metrics:{"
#define NGX_HTTP_LIVEKIT_METRICS_KEPT   "10000"     /* samples of a room */
#define NGX_HTTP_LIVEKIT_METRICS_DAY    "86400"


typedef struct {
    lkg_metrics     total;
    ngx_str_t       samples;
} ngx_http_livekit_metrics_t;


static ngx_int_t ngx_http_livekit_metrics_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_metrics_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static const char *ngx_http_livekit_metrics_parse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static const char *ngx_http_livekit_metrics_room(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_metrics_resume(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_metrics_allowed(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc);
static ngx_int_t ngx_http_livekit_metrics_store(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_metrics_stored(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_metrics_count(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, lkg_metrics *total);

static char *ngx_http_livekit_metrics_merge_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_livekit_metrics(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_http_livekit_metrics_commands[] = {

    { ngx_string("livekit_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_livekit_metrics,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_metrics_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    ngx_http_livekit_metrics_merge_conf    /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_metrics_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_metrics_module_ctx,  /* module context */
    ngx_http_livekit_metrics_commands,     /* module directives */
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


/* One entry for each line; a room that nobody measures any more goes. */

static ngx_str_t  ngx_http_livekit_metrics_script = ngx_string(
    "local n = 0 "
    "for line in string.gmatch(ARGV[6], '[^\\n]+') do "
    "redis.call('XADD', KEYS[1], '*', 'identity', ARGV[3], 'role', ARGV[4], "
    "'time', ARGV[5], 'sample', line) "
    "n = n + 1 "
    "end "
    "redis.call('XTRIM', KEYS[1], 'MAXLEN', ARGV[1]) "
    "redis.call('EXPIRE', KEYS[1], ARGV[2]) "
    "return n");


static ngx_int_t
ngx_http_livekit_metrics_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_livekit_endpoint_session(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    ctx->state = ngx_pcalloc(r->pool, sizeof(ngx_http_livekit_metrics_t));
    if (ctx->state == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_livekit_endpoint_body(r, ctx,
                                          ngx_http_livekit_metrics_body);
}


static void
ngx_http_livekit_metrics_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t    rc;
    const char  *fault;

    fault = ngx_http_livekit_metrics_parse(r, ctx);

    if (fault) {
        ngx_http_livekit_bad_request(r, ctx, fault);
        return;
    }

    rc = ngx_http_livekit_access(r, ctx, 0, ngx_http_livekit_metrics_resume);

    if (rc != NGX_AGAIN) {
        ngx_http_livekit_metrics_allowed(r, ctx, rc);
    }

    /* a page that sends a beacon may be gone by now, and need not wait */
}


static const char *
ngx_http_livekit_metrics_parse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    int                          rc;
    size_t                       size;
    lkg_json                    *doc;
    ngx_http_livekit_metrics_t  *metrics;

    metrics = ctx->state;

    rc = lkg_json_parse(&doc, (char *) ctx->body.data, ctx->body.len,
                        NGX_HTTP_LIVEKIT_METRICS_NODES);

    if (rc == LKG_ERR_NOMEM) {
        ctx->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return "The server has no memory for it.";
    }

    if (rc != LKG_OK) {
        return "The body is not valid JSON, or has too much in it.";
    }

    ctx->asked.body = doc;

    size = ngx_min(ctx->body.len + 1, NGX_HTTP_LIVEKIT_METRICS_TEXT);

    metrics->samples.data = ngx_pnalloc(r->pool, size);
    if (metrics->samples.data == NULL) {
        ctx->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return "The server has no memory for it.";
    }

    rc = lkg_metrics_read((char *) metrics->samples.data, size,
                          &metrics->total, doc);

    if (rc == LKG_ERR_TOOBIG) {
        return "There are more than 100 samples, or they are too long.";
    }

    if (rc < 0) {
        return "There is no sample, or one with a wrong value.";
    }

    metrics->samples.len = rc;

    return ngx_http_livekit_metrics_room(r, ctx);
}


/* In the body, or, where that is what a library makes, in the arguments. */

static const char *
ngx_http_livekit_metrics_room(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    lkg_str         text;
    lkg_json_node   n;

    n = lkg_json_get(ctx->asked.body, LKG_JSON_ROOT, "roomName",
                     sizeof("roomName") - 1);

    if (n == LKG_JSON_NONE) {
        return ngx_http_livekit_room_arg(r, &ctx->asked.room) == NGX_ABORT
               ? "An argument is given twice or is not encoded rightly."
               : NULL;
    }

    text = lkg_json_string(ctx->asked.body, n);

    if (text.data == NULL) {
        return "A field of the request has a wrong type.";
    }

    ctx->asked.room = ngx_http_livekit_str(text);

    return NULL;
}


static void
ngx_http_livekit_metrics_resume(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_metrics_allowed(r, ctx,
                                     ngx_http_livekit_access_result(r, ctx));
}


static void
ngx_http_livekit_metrics_allowed(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc)
{
    if (rc != NGX_OK) {
        ngx_http_livekit_not_entered(r, ctx, rc);
        return;
    }

    ngx_http_livekit_storing(r, ctx, ngx_http_livekit_metrics_store(r, ctx));
}


static ngx_int_t
ngx_http_livekit_metrics_store(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    u_char                      *p;
    ngx_str_t                    argv[7];
    ngx_time_t                  *tp;
    ngx_http_livekit_metrics_t  *metrics;

    metrics = ctx->state;
    tp = ngx_timeofday();

    p = ngx_pnalloc(r->pool, sizeof(NGX_HTTP_LIVEKIT_METRICS_KEY "}")
                             + ctx->room.len + NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    argv[0].data = p;
    p = ngx_sprintf(p, NGX_HTTP_LIVEKIT_METRICS_KEY "%V}", &ctx->room);
    argv[0].len = p - argv[0].data;

    ngx_str_set(&argv[1], NGX_HTTP_LIVEKIT_METRICS_KEPT);
    ngx_str_set(&argv[2], NGX_HTTP_LIVEKIT_METRICS_DAY);

    argv[3] = ngx_http_livekit_str(lkg_session_identity(ctx->session));
    argv[4] = ngx_http_livekit_str(lkg_role_name(ctx->decision.role));

    argv[5].data = p;
    p = ngx_sprintf(p, "%L", (int64_t) tp->sec * 1000 + tp->msec);
    argv[5].len = p - argv[5].data;

    argv[6] = metrics->samples;

    return ngx_http_livekit_store(r, ctx, &ngx_http_livekit_metrics_script, 1,
                                  7, argv, 0,
                                  ngx_http_livekit_metrics_stored);
}


static void
ngx_http_livekit_metrics_stored(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_str_t                    body;
    ngx_http_livekit_metrics_t  *metrics;

    metrics = ctx->state;

    if (ngx_http_livekit_stored(ctx) == NULL) {
        ngx_http_finalize_request(r,
                         ngx_http_livekit_reply_error(r, ctx->status, NULL));
        return;
    }

    ngx_http_livekit_metrics_count(r, ctx, &metrics->total);

    body.data = ngx_pnalloc(r->pool, sizeof("{\"samples\":}\n")
                                     + NGX_INT_T_LEN);
    if (body.data == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    body.len = ngx_sprintf(body.data, "{\"samples\":%ui}\n",
                           (ngx_uint_t) metrics->total.samples)
               - body.data;

    ngx_http_finalize_request(r,
                        ngx_http_livekit_reply(r, NGX_HTTP_ACCEPTED, &body));
}


/* Labels are the policy's and LiveKit's words, never a client's. */

static void
ngx_http_livekit_metrics_count(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, lkg_metrics *total)
{
    ngx_str_t   value;
    ngx_uint_t  i;

    static ngx_str_t  role = ngx_string("role");
    static ngx_str_t  quality = ngx_string("quality");
    static ngx_str_t  stat = ngx_string("stat");

    value = ngx_http_livekit_str(lkg_role_name(ctx->decision.role));

    ngx_http_livekit_count(r, NGX_HTTP_LIVEKIT_CLIENT_SAMPLES, &role, &value,
                           1, total->samples);

    for (i = 0; i < LKG_METRICS_QUALITIES; i++) {
        if (total->quality[i] == 0) {
            continue;
        }

        value.data = (u_char *) lkg_metrics_quality_name(i);
        value.len = ngx_strlen(value.data);

        ngx_http_livekit_count(r, NGX_HTTP_LIVEKIT_CLIENT_QUALITY, &quality,
                               &value, 1, total->quality[i]);
    }

    for (i = 0; i < LKG_METRICS_SUMS; i++) {
        if (total->count[i] == 0) {
            continue;
        }

        value.data = (u_char *) lkg_metrics_sum_name(i);
        value.len = ngx_strlen(value.data);

        ngx_http_livekit_count(r, NGX_HTTP_LIVEKIT_CLIENT_SUM, &stat, &value,
                               1, (ngx_uint_t) total->sum[i]);
        ngx_http_livekit_count(r, NGX_HTTP_LIVEKIT_CLIENT_COUNT, &stat,
                               &value, 1, total->count[i]);
    }
}


static char *
ngx_http_livekit_metrics_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_endpoint_module);

    if (ecf->handler != ngx_http_livekit_metrics_handler) {
        return NGX_CONF_OK;
    }

    return ngx_http_livekit_members_needs(cf, &ecf->where);
}


static char *
ngx_http_livekit_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_endpoint_module);

    /* what sendBeacon() can send without a preflight; who sends it, and from
     * which page, is checked all the same */

    ecf->text = 1;
    ecf->body_usual = NGX_HTTP_LIVEKIT_METRICS_BODY;

    return ngx_http_livekit_set_endpoint(cf, ngx_http_livekit_metrics_handler,
                                         NGX_HTTP_POST);
}
