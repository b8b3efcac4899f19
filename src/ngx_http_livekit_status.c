
/*
 * livekit_status: the counters, as Prometheus's text or as JSON.
 */


#include "ngx_http_livekit_status.h"


typedef struct {
    ngx_str_t    name;
    ngx_str_t    help;
} ngx_http_livekit_metric_t;


typedef struct {
    ngx_shm_zone_t      *redis;     /* NULL: no livekit_status */
} ngx_http_livekit_status_conf_t;


typedef struct {
    ngx_http_request_t  *request;
    ngx_array_t          servers;   /* of Redis */
    ngx_array_t          counters;  /* of ngx_http_livekit_counter_t * */
    ngx_uint_t           lost;
    ngx_uint_t           json;
    u_char              *pos;
    u_char              *last;
} ngx_http_livekit_status_t;


static ngx_int_t ngx_http_livekit_status_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_status_format(ngx_http_request_t *r,
    ngx_uint_t *json);
static ngx_int_t ngx_http_livekit_status_write(ngx_http_livekit_status_t *st);
static int ngx_libc_cdecl ngx_http_livekit_status_compare(const void *one,
    const void *two);
static void ngx_http_livekit_status_text(ngx_http_livekit_status_t *st);
static void ngx_http_livekit_status_json(ngx_http_livekit_status_t *st);
static u_char *ngx_http_livekit_status_labels(u_char *p,
    ngx_http_livekit_counter_t *counter);
static ngx_int_t ngx_http_livekit_status_send(ngx_http_livekit_status_t *st,
    u_char *start);
static void *ngx_http_livekit_status_create_conf(ngx_conf_t *cf);
static ngx_int_t ngx_http_livekit_status_init(ngx_conf_t *cf);
static void ngx_http_livekit_status_exit_process(ngx_cycle_t *cycle);
static char *ngx_http_livekit_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* in the order of ngx_http_livekit.h */

static ngx_http_livekit_metric_t  ngx_http_livekit_metrics_named[] = {

    { ngx_string("livekit_requests_total"),
      ngx_string("Requests to an endpoint, by verdict and role.") },

    { ngx_string("livekit_sessions_total"),
      ngx_string("Requests with an open session, by its preset.") },

    { ngx_string("livekit_client_samples_total"),
      ngx_string("Statistics that clients sent, by role.") },

    { ngx_string("livekit_client_quality_total"),
      ngx_string("Connection qualities that clients saw.") },

    { ngx_string("livekit_client_stat_sum_total"),
      ngx_string("Sum of what clients measured: bit/s, percent, ms.") },

    { ngx_string("livekit_client_stat_count_total"),
      ngx_string("How many values are in that sum.") }
};


static ngx_command_t  ngx_http_livekit_status_commands[] = {

    { ngx_string("livekit_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_livekit_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_status_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_livekit_status_init,          /* postconfiguration */

    ngx_http_livekit_status_create_conf,   /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_status_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_status_module_ctx,   /* module context */
    ngx_http_livekit_status_commands,      /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_livekit_status_exit_process,  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_livekit_status_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t                        rc;
    ngx_http_livekit_status_t        st;
    ngx_http_livekit_status_conf_t  *conf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    ngx_memzero(&st, sizeof(ngx_http_livekit_status_t));
    st.request = r;

    if (ngx_http_livekit_status_format(r, &st.json) != NGX_OK) {
        return ngx_http_livekit_reply_error(r, NGX_HTTP_BAD_REQUEST,
                        "There are \"format=prometheus\" and \"format=json\".");
    }

    conf = ngx_http_get_module_main_conf(r, ngx_http_livekit_status_module);

    if (ngx_array_init(&st.counters, r->pool, 64,
                       sizeof(ngx_http_livekit_counter_t *))
        != NGX_OK
        || ngx_http_livekit_counters_get(r, &st.counters, &st.lost) != NGX_OK
        || ngx_http_livekit_status_redis_sum(r, conf->redis, &st.servers)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_livekit_status_write(&st);
}


static ngx_int_t
ngx_http_livekit_status_format(ngx_http_request_t *r, ngx_uint_t *json)
{
    ngx_int_t  rc;
    ngx_str_t  value, name = ngx_string("format");

    rc = ngx_http_livekit_arg(r, &r->args, &name, &value);

    if (rc == NGX_DECLINED) {
        return NGX_OK;
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    if (value.len == 4 && ngx_strncmp(value.data, "json", 4) == 0) {
        *json = 1;
        return NGX_OK;
    }

    return (value.len == 10 && ngx_strncmp(value.data, "prometheus", 10) == 0)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_livekit_status_write(ngx_http_livekit_status_t *st)
{
    size_t                       len;
    u_char                      *start;
    ngx_uint_t                   i;
    ngx_http_livekit_counter_t **counter;

    counter = st->counters.elts;

    ngx_qsort(counter, st->counters.nelts,
              sizeof(ngx_http_livekit_counter_t *),
              ngx_http_livekit_status_compare);

    /* a line has a name, labels and a number; a metric has a head */

    len = 1024 + 512 * NGX_HTTP_LIVEKIT_METRICS
          + ngx_http_livekit_status_redis_size(&st->servers);

    for (i = 0; i < st->counters.nelts; i++) {
        len += 128 + 2 * counter[i]->len;
    }

    start = ngx_pnalloc(st->request->pool, len);
    if (start == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    st->pos = start;
    st->last = start + len;

    if (st->json) {
        ngx_http_livekit_status_json(st);

    } else {
        ngx_http_livekit_status_text(st);
    }

    return ngx_http_livekit_status_send(st, start);
}


static int ngx_libc_cdecl
ngx_http_livekit_status_compare(const void *one, const void *two)
{
    ngx_int_t                    rc;
    ngx_http_livekit_counter_t  *a, *b;

    a = *(ngx_http_livekit_counter_t **) one;
    b = *(ngx_http_livekit_counter_t **) two;

    if (a->metric != b->metric) {
        return a->metric < b->metric ? -1 : 1;
    }

    rc = ngx_memn2cmp(a->labels, b->labels, a->len, b->len);

    return (int) rc;
}


static void
ngx_http_livekit_status_text(ngx_http_livekit_status_t *st)
{
    ngx_uint_t                    i, metric;
    ngx_http_livekit_metric_t    *named;
    ngx_http_livekit_counter_t  **counter;

    st->pos = ngx_slprintf(st->pos, st->last,
                    "# HELP livekit_info The module's version.\n"
                    "# TYPE livekit_info gauge\n"
                    "livekit_info{version=\"%s\"} 1\n"
                    "# HELP livekit_status_lost_total What was not counted, "
                    "since there were too many different labels.\n"
                    "# TYPE livekit_status_lost_total counter\n"
                    "livekit_status_lost_total %ui\n",
                    lkg_version(), st->lost);

    counter = st->counters.elts;
    metric = NGX_HTTP_LIVEKIT_METRICS;

    for (i = 0; i < st->counters.nelts; i++) {
        named = &ngx_http_livekit_metrics_named[counter[i]->metric];

        if (counter[i]->metric != metric) {
            metric = counter[i]->metric;

            st->pos = ngx_slprintf(st->pos, st->last,
                                   "# HELP %V %V\n# TYPE %V counter\n",
                                   &named->name, &named->help, &named->name);
        }

        st->pos = ngx_slprintf(st->pos, st->last, "%V{%*s} %uA\n",
                               &named->name, counter[i]->len,
                               counter[i]->labels, counter[i]->value);
    }

    st->pos = ngx_http_livekit_status_redis_text(st->pos, st->last,
                                                 &st->servers);
}


static void
ngx_http_livekit_status_json(ngx_http_livekit_status_t *st)
{
    ngx_uint_t                    i;
    ngx_http_livekit_metric_t    *named;
    ngx_http_livekit_counter_t  **counter;

    st->pos = ngx_slprintf(st->pos, st->last,
                           "{\"version\":\"%s\",\"lost\":%ui,\"counters\":[",
                           lkg_version(), st->lost);

    counter = st->counters.elts;

    for (i = 0; i < st->counters.nelts; i++) {
        named = &ngx_http_livekit_metrics_named[counter[i]->metric];

        st->pos = ngx_slprintf(st->pos, st->last,
                               "%s{\"name\":\"%V\",\"labels\":{",
                               i ? "," : "", &named->name);

        st->pos = ngx_http_livekit_status_labels(st->pos, counter[i]);

        st->pos = ngx_slprintf(st->pos, st->last, "},\"value\":%uA}",
                               counter[i]->value);
    }

    st->pos = ngx_slprintf(st->pos, st->last, "],\"redis\":[");

    st->pos = ngx_http_livekit_status_redis_json(st->pos, st->last,
                                                 &st->servers);

    st->pos = ngx_slprintf(st->pos, st->last, "]}");
}


/* name="value",... as "name":"value",... */

static u_char *
ngx_http_livekit_status_labels(u_char *p, ngx_http_livekit_counter_t *counter)
{
    u_char  *label, *last;

    label = counter->labels;
    last = label + counter->len;

    while (label < last) {

        if (*label == ',') {
            *p++ = *label++;
        }

        *p++ = '"';

        while (*label != '=') {
            *p++ = *label++;
        }

        label++;
        *p++ = '"'; *p++ = ':';

        do {
            if (*label == '\\') {
                *p++ = *label++;
            }

            *p++ = *label++;

        } while (*label != '"');

        *p++ = *label++;
    }

    return p;
}


static ngx_int_t
ngx_http_livekit_status_send(ngx_http_livekit_status_t *st, u_char *start)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_str_t            name, value;
    ngx_chain_t          out;
    ngx_http_request_t  *r;

    r = st->request;

    ngx_str_set(&name, "Cache-Control");
    ngx_str_set(&value, "no-store");

    if (ngx_http_livekit_header(r, &name, &value) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (st->json) {
        ngx_str_set(&r->headers_out.content_type, "application/json");

    } else {
        ngx_str_set(&r->headers_out.content_type,
                    "text/plain; version=0.0.4; charset=utf-8");
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = st->pos - start;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = start;
    b->last = st->pos;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static void *
ngx_http_livekit_status_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_status_conf_t));
}


static ngx_int_t
ngx_http_livekit_status_init(ngx_conf_t *cf)
{
    ngx_http_livekit_status_conf_t  *conf;

    conf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_livekit_status_module);
    if (conf->redis) {
        ngx_http_livekit_status_redis_init(cf, conf->redis);
    }

    return NGX_OK;
}


/* The last of our modules to end: nobody writes to its places any more. */

static void
ngx_http_livekit_status_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_livekit_status_conf_t  *conf;

    conf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_livekit_status_module);

    if (conf && conf->redis) {
        ngx_http_livekit_status_redis_leave(conf->redis);
    }
}


static char *
ngx_http_livekit_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_status_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_livekit_status_module);

    if (ngx_http_livekit_counters_zone(cf) != NGX_OK
        || ngx_http_livekit_status_redis_zone(cf, &smcf->redis) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_livekit_set_endpoint(cf, ngx_http_livekit_status_handler,
                                         0);
}
