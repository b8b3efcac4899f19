
/*
 * The numbers of Redis servers over all workers.
 *
 * A worker writes to a place of its own for each server, without locks.  When
 * it has ended, another one goes on with that place, so that totals only ever
 * grow.
 */


#include "ngx_http_livekit_status.h"


#define NGX_HTTP_LIVEKIT_STATUS_REDIS_SIZE    (1024 * 1024)
#define NGX_HTTP_LIVEKIT_STATUS_REDIS_PLACES  1024


typedef struct ngx_http_livekit_place_s  ngx_http_livekit_place_t;

struct ngx_http_livekit_place_s {
    ngx_http_livekit_place_t  *next;
    ngx_pid_t                  pid;         /* 0: nobody's */
    ngx_redis_stats_t          stats;
    size_t                     client_len;
    size_t                     server_len;
    u_char                     names[1];    /* client, server */
};


typedef struct {
    ngx_http_livekit_place_t  *places;
    ngx_uint_t                 n;
} ngx_http_livekit_places_t;


typedef struct {
    ngx_str_t                  client;
    ngx_str_t                  server;
    ngx_redis_stats_t          stats;
} ngx_http_livekit_server_t;


typedef struct {
    const char                *name;
    const char                *type;
    const char                *help;
    size_t                     offset;
} ngx_http_livekit_number_t;


static ngx_redis_stats_t *ngx_http_livekit_status_redis_place(void *data,
    ngx_str_t *client, ngx_str_t *server);
static ngx_uint_t ngx_http_livekit_place_is(ngx_http_livekit_place_t *place,
    ngx_str_t *client, ngx_str_t *server);
static ngx_uint_t ngx_http_livekit_place_alive(
    ngx_http_livekit_place_t *place);
static ngx_http_livekit_server_t *ngx_http_livekit_status_redis_server(
    ngx_http_request_t *r, ngx_array_t *servers,
    ngx_http_livekit_place_t *place);
static void ngx_http_livekit_status_redis_add(ngx_redis_stats_t *sum,
    ngx_redis_stats_t *stats, ngx_uint_t now);
static u_char *ngx_http_livekit_status_redis_latency(u_char *p, u_char *last,
    ngx_http_livekit_server_t *server);
static ngx_int_t ngx_http_livekit_status_redis_init_zone(ngx_shm_zone_t *zone,
    void *data);


/* the first four are of now */

static ngx_http_livekit_number_t  ngx_http_livekit_numbers[] = {

    { "connections", "gauge", "Connections to the server.",
      offsetof(ngx_redis_stats_t, connected) },

    { "inflight", "gauge", "Queries that wait for their answer.",
      offsetof(ngx_redis_stats_t, inflight) },

    { "waiting", "gauge", "Queries that wait for a connection.",
      offsetof(ngx_redis_stats_t, waiting) },

    { "refusing", "gauge", "Workers that refuse queries at once, since the "
      "server is in trouble.",
      offsetof(ngx_redis_stats_t, open) },

    { "queries_total", "counter", "Queries sent, replays included.",
      offsetof(ngx_redis_stats_t, queries) },

    { "replies_total", "counter", "Queries answered in time.",
      offsetof(ngx_redis_stats_t, replies) },

    { "replays_total", "counter", "Queries sent once more after a connection "
      "was lost.",
      offsetof(ngx_redis_stats_t, replays) }
};

#define NGX_HTTP_LIVEKIT_NUMBERS                                              \
    (sizeof(ngx_http_livekit_numbers) / sizeof(ngx_http_livekit_number_t))

#define ngx_http_livekit_number(stats, i)                                     \
    (*(ngx_uint_t *) ((u_char *) (stats)                                      \
                      + ngx_http_livekit_numbers[i].offset))


ngx_int_t
ngx_http_livekit_status_redis_zone(ngx_conf_t *cf, ngx_shm_zone_t **zone)
{
    ngx_str_t  name = ngx_string("livekit_status_redis");

    *zone = ngx_shared_memory_add(cf, &name,
                                  NGX_HTTP_LIVEKIT_STATUS_REDIS_SIZE,
                                  &ngx_http_livekit_redis_module);
    if (*zone == NULL) {
        return NGX_ERROR;
    }

    (*zone)->init = ngx_http_livekit_status_redis_init_zone;

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_status_redis_init_zone(ngx_shm_zone_t *zone, void *data)
{
    return ngx_http_livekit_zeroed_zone(zone, data,
                                       sizeof(ngx_http_livekit_places_t));
}


void
ngx_http_livekit_status_redis_init(ngx_conf_t *cf, ngx_shm_zone_t *zone)
{
    ngx_http_livekit_redis_stats(cf, ngx_http_livekit_status_redis_place,
                                 zone);
}


static ngx_redis_stats_t *
ngx_http_livekit_status_redis_place(void *data, ngx_str_t *client,
    ngx_str_t *server)
{
    ngx_shm_zone_t *zone = data;

    u_char                     *p;
    ngx_slab_pool_t            *shpool;
    ngx_http_livekit_place_t   *place;
    ngx_http_livekit_places_t  *places;

    places = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    for (place = places->places; place; place = place->next) {

        if (ngx_http_livekit_place_is(place, client, server)
            && (place->pid == ngx_pid || !ngx_http_livekit_place_alive(place)))
        {
            break;
        }
    }

    if (place == NULL && places->n < NGX_HTTP_LIVEKIT_STATUS_REDIS_PLACES) {

        place = ngx_slab_calloc_locked(shpool,
                                       offsetof(ngx_http_livekit_place_t, names)
                                       + client->len + server->len);
        if (place) {
            place->client_len = client->len;
            place->server_len = server->len;

            p = ngx_cpymem(place->names, client->data, client->len);
            ngx_memcpy(p, server->data, server->len);

            place->next = places->places;
            places->places = place;
            places->n++;
        }
    }

    if (place) {
        place->pid = ngx_pid;
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return place ? &place->stats : NULL;
}


static ngx_uint_t
ngx_http_livekit_place_is(ngx_http_livekit_place_t *place, ngx_str_t *client,
    ngx_str_t *server)
{
    return place->client_len == client->len
           && place->server_len == server->len
           && ngx_memcmp(place->names, client->data, client->len) == 0
           && ngx_memcmp(place->names + client->len, server->data,
                         server->len) == 0;
}


/* A worker that was killed has not left its places. */

static ngx_uint_t
ngx_http_livekit_place_alive(ngx_http_livekit_place_t *place)
{
    return place->pid && (kill(place->pid, 0) == 0 || ngx_errno != ESRCH);
}


void
ngx_http_livekit_status_redis_leave(ngx_shm_zone_t *zone)
{
    ngx_slab_pool_t            *shpool;
    ngx_http_livekit_place_t   *place;
    ngx_http_livekit_places_t  *places;

    places = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    for (place = places->places; place; place = place->next) {
        if (place->pid == ngx_pid) {
            place->pid = 0;
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


ngx_int_t
ngx_http_livekit_status_redis_sum(ngx_http_request_t *r, ngx_shm_zone_t *zone,
    ngx_array_t *servers)
{
    ngx_int_t                   rc;
    ngx_slab_pool_t            *shpool;
    ngx_http_livekit_place_t   *place;
    ngx_http_livekit_places_t  *places;
    ngx_http_livekit_server_t  *server;

    if (ngx_array_init(servers, r->pool, 4, sizeof(ngx_http_livekit_server_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    places = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    rc = NGX_OK;

    ngx_shmtx_lock(&shpool->mutex);

    for (place = places->places; place; place = place->next) {

        server = ngx_http_livekit_status_redis_server(r, servers, place);
        if (server == NULL) {
            rc = NGX_ERROR;
            break;
        }

        ngx_http_livekit_status_redis_add(&server->stats, &place->stats,
                                        ngx_http_livekit_place_alive(place));
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return rc;
}


static ngx_http_livekit_server_t *
ngx_http_livekit_status_redis_server(ngx_http_request_t *r,
    ngx_array_t *servers, ngx_http_livekit_place_t *place)
{
    ngx_uint_t                  i;
    ngx_http_livekit_server_t  *server;

    server = servers->elts;

    for (i = 0; i < servers->nelts; i++) {
        if (ngx_http_livekit_place_is(place, &server[i].client,
                                      &server[i].server))
        {
            return &server[i];
        }
    }

    server = ngx_array_push(servers);
    if (server == NULL) {
        return NULL;
    }

    ngx_memzero(server, sizeof(ngx_http_livekit_server_t));

    /* places are never taken away */

    server->client.len = place->client_len;
    server->client.data = place->names;
    server->server.len = place->server_len;
    server->server.data = place->names + place->client_len;

    return server;
}


static void
ngx_http_livekit_status_redis_add(ngx_redis_stats_t *sum,
    ngx_redis_stats_t *stats, ngx_uint_t now)
{
    ngx_uint_t  i;

    for (i = now ? 0 : 4; i < NGX_HTTP_LIVEKIT_NUMBERS; i++) {
        ngx_http_livekit_number(sum, i) += ngx_http_livekit_number(stats, i);
    }

    for (i = 0; i < NGX_REDIS_FAILURES; i++) {
        sum->failures[i] += stats->failures[i];
    }

    for (i = 0; i < NGX_REDIS_STATS_BUCKETS; i++) {
        sum->latency[i] += stats->latency[i];
    }

    sum->usec += stats->usec;
}


size_t
ngx_http_livekit_status_redis_size(ngx_array_t *servers)
{
    size_t                      len;
    ngx_uint_t                  i;
    ngx_http_livekit_server_t  *server;

    server = servers->elts;
    len = 4096;

    for (i = 0; i < servers->nelts; i++) {
        len += (NGX_HTTP_LIVEKIT_NUMBERS + NGX_REDIS_FAILURES
                + NGX_REDIS_STATS_BUCKETS + 2)
               * (128 + server[i].client.len + server[i].server.len);
    }

    return len;
}


u_char *
ngx_http_livekit_status_redis_text(u_char *p, u_char *last,
    ngx_array_t *servers)
{
    ngx_uint_t                  i, n;
    ngx_http_livekit_number_t  *number;
    ngx_http_livekit_server_t  *server;

    server = servers->elts;
    number = ngx_http_livekit_numbers;

    if (servers->nelts == 0) {
        return p;
    }

    for (n = 0; n < NGX_HTTP_LIVEKIT_NUMBERS; n++) {

        p = ngx_slprintf(p, last, "# HELP livekit_redis_%s %s\n"
                         "# TYPE livekit_redis_%s %s\n", number[n].name,
                         number[n].help, number[n].name, number[n].type);

        for (i = 0; i < servers->nelts; i++) {
            p = ngx_slprintf(p, last, "livekit_redis_%s{redis=\"%V\","
                             "server=\"%V\"} %ui\n", number[n].name,
                             &server[i].client, &server[i].server,
                             ngx_http_livekit_number(&server[i].stats, n));
        }
    }

    p = ngx_slprintf(p, last, "# HELP livekit_redis_failures_total What went "
                     "wrong, by kind.\n"
                     "# TYPE livekit_redis_failures_total counter\n");

    for (i = 0; i < servers->nelts; i++) {
        for (n = 0; n < NGX_REDIS_FAILURES; n++) {
            p = ngx_slprintf(p, last, "livekit_redis_failures_total{redis="
                             "\"%V\",server=\"%V\",kind=\"%s\"} %ui\n",
                             &server[i].client, &server[i].server,
                             ngx_redis_stats_name(n),
                             server[i].stats.failures[n]);
        }
    }

    p = ngx_slprintf(p, last, "# HELP livekit_redis_duration_seconds How long "
                     "answers took.\n"
                     "# TYPE livekit_redis_duration_seconds histogram\n");

    for (i = 0; i < servers->nelts; i++) {
        p = ngx_http_livekit_status_redis_latency(p, last, &server[i]);
    }

    return p;
}


static u_char *
ngx_http_livekit_status_redis_latency(u_char *p, u_char *last,
    ngx_http_livekit_server_t *server)
{
    ngx_uint_t  n, sum;

    sum = 0;

    for (n = 0; n < NGX_REDIS_STATS_BUCKETS; n++) {
        sum += server->stats.latency[n];

        p = ngx_slprintf(p, last, "livekit_redis_duration_seconds_bucket{"
                         "redis=\"%V\",server=\"%V\",le=\"", &server->client,
                         &server->server);

        if (n < NGX_REDIS_STATS_BUCKETS - 1) {
            p = ngx_slprintf(p, last, "%ui.%06ui\"} %ui\n",
                             ngx_redis_stats_bounds[n] / 1000000,
                             ngx_redis_stats_bounds[n] % 1000000, sum);

        } else {
            p = ngx_slprintf(p, last, "+Inf\"} %ui\n", sum);
        }
    }

    return ngx_slprintf(p, last, "livekit_redis_duration_seconds_sum{redis="
                        "\"%V\",server=\"%V\"} %uL.%06uL\n"
                        "livekit_redis_duration_seconds_count{redis=\"%V\","
                        "server=\"%V\"} %ui\n",
                        &server->client, &server->server,
                        server->stats.usec / 1000000,
                        server->stats.usec % 1000000,
                        &server->client, &server->server, sum);
}


u_char *
ngx_http_livekit_status_redis_json(u_char *p, u_char *last,
    ngx_array_t *servers)
{
    ngx_uint_t                  i, n;
    ngx_http_livekit_server_t  *server;

    server = servers->elts;

    for (i = 0; i < servers->nelts; i++) {

        p = ngx_slprintf(p, last, "%s{\"redis\":\"%V\",\"server\":\"%V\"",
                         i ? "," : "", &server[i].client, &server[i].server);

        for (n = 0; n < NGX_HTTP_LIVEKIT_NUMBERS; n++) {
            p = ngx_slprintf(p, last, ",\"%s\":%ui",
                             ngx_http_livekit_numbers[n].name,
                             ngx_http_livekit_number(&server[i].stats, n));
        }

        p = ngx_slprintf(p, last, ",\"failures\":{");

        for (n = 0; n < NGX_REDIS_FAILURES; n++) {
            p = ngx_slprintf(p, last, "%s\"%s\":%ui", n ? "," : "",
                             ngx_redis_stats_name(n),
                             server[i].stats.failures[n]);
        }

        p = ngx_slprintf(p, last, "},\"usec\":%uL}", server[i].stats.usec);
    }

    return p;
}
