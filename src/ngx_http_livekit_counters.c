
/*
 * What is counted over all workers, and over reloads: in a shared zone, which
 * is there if some location has livekit_status.
 *
 * A counter is found by its text without a lock, since none is ever taken
 * away; their number is bounded.
 */


#include "ngx_http_livekit.h"


#define NGX_HTTP_LIVEKIT_COUNTERS_SIZE     (1024 * 1024)
#define NGX_HTTP_LIVEKIT_COUNTERS_MAX      4096
#define NGX_HTTP_LIVEKIT_COUNTERS_BUCKETS  512
#define NGX_HTTP_LIVEKIT_COUNTERS_LABELS   512


typedef struct {
    ngx_atomic_t                  lost;     /* there was no room for them */
    ngx_uint_t                    n;
    ngx_http_livekit_counter_t   *buckets[NGX_HTTP_LIVEKIT_COUNTERS_BUCKETS];
} ngx_http_livekit_counters_sh_t;


typedef struct {
    ngx_shm_zone_t               *zone;
} ngx_http_livekit_counters_conf_t;


static ngx_http_livekit_counter_t *ngx_http_livekit_counter_find(
    ngx_http_livekit_counters_sh_t *sh, ngx_uint_t metric, ngx_str_t *labels,
    uint32_t hash);
static ngx_http_livekit_counter_t *ngx_http_livekit_counter_add(
    ngx_slab_pool_t *shpool, ngx_uint_t metric, ngx_str_t *labels,
    uint32_t hash);
static u_char *ngx_http_livekit_counter_label(u_char *p, u_char *last,
    ngx_str_t *value);
static ngx_shm_zone_t *ngx_http_livekit_counters_zone_of(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_livekit_counters_init_zone(ngx_shm_zone_t *zone,
    void *data);
static void *ngx_http_livekit_counters_create_conf(ngx_conf_t *cf);


static ngx_http_module_t  ngx_http_livekit_counters_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    ngx_http_livekit_counters_create_conf, /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_counters_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_counters_module_ctx, /* module context */
    NULL,                                  /* module directives */
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


static void *
ngx_http_livekit_counters_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_counters_conf_t));
}


static ngx_shm_zone_t *
ngx_http_livekit_counters_zone_of(ngx_http_request_t *r)
{
    ngx_http_livekit_counters_conf_t  *conf;

    conf = ngx_http_get_module_main_conf(r, ngx_http_livekit_counters_module);

    return conf->zone;
}


ngx_int_t
ngx_http_livekit_counters_zone(ngx_conf_t *cf)
{
    ngx_str_t                          name = ngx_string("livekit_status");
    ngx_http_livekit_counters_conf_t  *conf;

    conf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_livekit_counters_module);

    conf->zone = ngx_shared_memory_add(cf, &name,
                                       NGX_HTTP_LIVEKIT_COUNTERS_SIZE,
                                       &ngx_http_livekit_counters_module);
    if (conf->zone == NULL) {
        return NGX_ERROR;
    }

    conf->zone->init = ngx_http_livekit_counters_init_zone;

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_counters_init_zone(ngx_shm_zone_t *zone, void *data)
{
    return ngx_http_livekit_zeroed_zone(zone, data,
                                       sizeof(ngx_http_livekit_counters_sh_t));
}


ngx_int_t
ngx_http_livekit_zeroed_zone(ngx_shm_zone_t *zone, void *data, size_t size)
{
    void             *sh;
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data) {
        zone->data = data;
        return NGX_OK;
    }

    if (zone->shm.exists) {
        zone->data = shpool->data;
        return NGX_OK;
    }

    sh = ngx_slab_calloc(shpool, size);
    if (sh == NULL) {
        return NGX_ERROR;
    }

    shpool->log_nomem = 0;
    shpool->data = sh;
    zone->data = sh;

    return NGX_OK;
}


void
ngx_http_livekit_count(ngx_http_request_t *r, ngx_uint_t metric,
    ngx_str_t *names, ngx_str_t *values, ngx_uint_t n, ngx_uint_t value)
{
    u_char                          *p, *last;
    u_char                           text[NGX_HTTP_LIVEKIT_COUNTERS_LABELS];
    uint32_t                         hash;
    ngx_str_t                        labels;
    ngx_uint_t                       i;
    ngx_shm_zone_t                  *zone;
    ngx_http_livekit_counter_t      *counter;
    ngx_http_livekit_counters_sh_t  *sh;

    zone = ngx_http_livekit_counters_zone_of(r);

    if (zone == NULL) {
        return;
    }

    sh = zone->data;

    p = text;
    last = text + NGX_HTTP_LIVEKIT_COUNTERS_LABELS;

    for (i = 0; i < n; i++) {
        p = ngx_slprintf(p, last, "%s%V=\"", i ? "," : "", &names[i]);
        p = ngx_http_livekit_counter_label(p, last - 1, &values[i]);
        p = ngx_slprintf(p, last, "\"");
    }

    labels.data = text;
    labels.len = p - text;

    hash = ngx_murmur_hash2(text, labels.len) ^ (uint32_t) metric;

    counter = ngx_http_livekit_counter_find(sh, metric, &labels, hash);

    if (counter == NULL) {
        counter = ngx_http_livekit_counter_add(
                                        (ngx_slab_pool_t *) zone->shm.addr,
                                        metric, &labels, hash);
    }

    (void) ngx_atomic_fetch_add(counter ? &counter->value : &sh->lost, value);
}


/* A value in the quotes that Prometheus wants, which are JSON's, too. */

static u_char *
ngx_http_livekit_counter_label(u_char *p, u_char *last, ngx_str_t *value)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < value->len && last - p >= 2; i++) {
        ch = value->data[i];

        if (ch < ' ' || ch == 0x7f) {
            ch = '?';
        }

        if (ch == '"' || ch == '\\') {
            *p++ = '\\';
        }

        *p++ = ch;
    }

    return p;
}


static ngx_http_livekit_counter_t *
ngx_http_livekit_counter_find(ngx_http_livekit_counters_sh_t *sh,
    ngx_uint_t metric, ngx_str_t *labels, uint32_t hash)
{
    ngx_http_livekit_counter_t  *counter;

    counter = sh->buckets[hash % NGX_HTTP_LIVEKIT_COUNTERS_BUCKETS];

    for ( /* void */ ; counter; counter = counter->next) {

        if (counter->metric == metric
            && counter->len == labels->len
            && ngx_memcmp(counter->labels, labels->data, labels->len) == 0)
        {
            break;
        }
    }

    return counter;
}


static ngx_http_livekit_counter_t *
ngx_http_livekit_counter_add(ngx_slab_pool_t *shpool, ngx_uint_t metric,
    ngx_str_t *labels, uint32_t hash)
{
    ngx_http_livekit_counter_t      *counter, **bucket;
    ngx_http_livekit_counters_sh_t  *sh;

    sh = shpool->data;

    ngx_shmtx_lock(&shpool->mutex);

    /* another worker may have been faster */

    counter = ngx_http_livekit_counter_find(sh, metric, labels, hash);

    if (counter || sh->n == NGX_HTTP_LIVEKIT_COUNTERS_MAX) {
        goto done;
    }

    counter = ngx_slab_calloc_locked(shpool,
                                     offsetof(ngx_http_livekit_counter_t,
                                              labels) + labels->len);
    if (counter == NULL) {
        goto done;
    }

    counter->metric = metric;
    counter->len = labels->len;
    ngx_memcpy(counter->labels, labels->data, labels->len);

    bucket = &sh->buckets[hash % NGX_HTTP_LIVEKIT_COUNTERS_BUCKETS];
    counter->next = *bucket;

    /* nobody who reads it must see less than all of it */

    ngx_memory_barrier();

    *bucket = counter;
    sh->n++;

done:

    ngx_shmtx_unlock(&shpool->mutex);

    return counter;
}


ngx_int_t
ngx_http_livekit_counters_get(ngx_http_request_t *r, ngx_array_t *counters,
    ngx_uint_t *lost)
{
    ngx_int_t                         rc;
    ngx_uint_t                        i;
    ngx_shm_zone_t                   *zone;
    ngx_slab_pool_t                  *shpool;
    ngx_http_livekit_counter_t       *counter, **p;
    ngx_http_livekit_counters_sh_t   *sh;

    zone = ngx_http_livekit_counters_zone_of(r);

    sh = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    rc = NGX_OK;

    ngx_shmtx_lock(&shpool->mutex);

    for (i = 0; i < NGX_HTTP_LIVEKIT_COUNTERS_BUCKETS; i++) {

        for (counter = sh->buckets[i]; counter; counter = counter->next) {

            p = ngx_array_push(counters);
            if (p == NULL) {
                rc = NGX_ERROR;
                goto done;
            }

            *p = counter;
        }
    }

done:

    ngx_shmtx_unlock(&shpool->mutex);

    *lost = sh->lost;

    return rc;
}


/* A request that is over, with what became of it. */

void
ngx_http_livekit_count_request(ngx_http_livekit_ctx_t *ctx)
{
    ngx_str_t                         values[3];
    ngx_http_livekit_session_line_t  *line;

    static ngx_str_t  names[] = {
        ngx_string("endpoint"), ngx_string("verdict"), ngx_string("role")
    };

    static ngx_str_t  session = ngx_string("session");

    if (ctx->endpoint == NULL || ctx->verdict == NULL) {
        return;
    }

    /* without "livekit_" */

    values[0].data = ctx->endpoint->data + 8;
    values[0].len = ctx->endpoint->len - 8;

    values[1].data = (u_char *) ctx->verdict;
    values[1].len = ngx_strlen(ctx->verdict);

    ngx_str_null(&values[2]);

    if (ctx->decision.role) {
        values[2] = ngx_http_livekit_str(lkg_role_name(ctx->decision.role));
    }

    ngx_http_livekit_count(ctx->request, NGX_HTTP_LIVEKIT_REQUESTS, names,
                           values, 3, 1);

    if (ctx->session == NULL || ctx->session_lines == NULL) {
        return;
    }

    line = ctx->session_lines->elts;

    ngx_http_livekit_count(ctx->request, NGX_HTTP_LIVEKIT_SESSIONS, &session,
                           &line[ctx->session_line].preset, 1, 1);
}
