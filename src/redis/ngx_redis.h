
/*
 * A Redis client for nginx: event driven, multiplexed, pipelined.
 *
 * A caller makes a query of one or several commands, sends it and is called
 * back once, with all replies or with a status that says why there are none.
 * The whole query has one absolute deadline.  Queries of all requests of a
 * worker share the connections; what is sent in one turn of the event loop
 * leaves in one write.
 *
 * Lifetime: a query may outlive whoever asked; who asks never outlives its
 * cleanup handler, which calls ngx_redis_query_cancel().
 *
 * The parts, from top to bottom, each of which knows only what is below:
 *
 *     client       a named instance: configuration, queries, deadlines
 *     node         one server: its addresses, connections and back-off
 *     connection   one socket: handshake, output, replies in order
 *     reply        hiredis's reader and the memory of what it read
 *
 * A client has a "route", which knows the node for a command: with a single
 * server that is always the same one, sentinels say where it is, and in a
 * cluster it is that of the slot of the command's key.  TLS is a stage of the
 * connection between connect and handshake.  No caller sees any of them.
 */


#ifndef _NGX_REDIS_H_INCLUDED_
#define _NGX_REDIS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


typedef struct ngx_redis_client_s  ngx_redis_client_t;
typedef struct ngx_redis_query_s   ngx_redis_query_t;
typedef struct ngx_redis_reply_s   ngx_redis_reply_t;


typedef enum {
    NGX_REDIS_NIL = 0,
    NGX_REDIS_STRING,               /* bulk string */
    NGX_REDIS_STATUS,               /* simple string */
    NGX_REDIS_INTEGER,
    NGX_REDIS_ARRAY,
    NGX_REDIS_ERROR                 /* the command's own error */
} ngx_redis_type_e;


struct ngx_redis_reply_s {
    ngx_redis_type_e       type;
    ngx_str_t              str;     /* STRING, STATUS, ERROR */
    int64_t                integer; /* INTEGER */
    ngx_uint_t             nelts;   /* ARRAY */
    ngx_redis_reply_t    **elts;
};


typedef enum {
    NGX_REDIS_OK = 0,               /* every command has a reply */
    NGX_REDIS_TIMEOUT,              /* the deadline passed */
    NGX_REDIS_UNAVAILABLE,          /* no connection, and none in time */
    NGX_REDIS_BUSY,                 /* too much is waiting already */
    NGX_REDIS_LOST                  /* connection lost, also on the replay */
} ngx_redis_status_e;


typedef void (*ngx_redis_handler_pt)(ngx_redis_query_t *q, void *data);


/* How TLS is spoken; as nginx's proxy_ssl_* of the same names. */

typedef struct {
    ngx_flag_t             verify;          /* 1 */
    ngx_flag_t             server_name;     /* 1 */
    ngx_flag_t             session_reuse;   /* 1 */
    ngx_uint_t             verify_depth;    /* 1 */
    ngx_uint_t             protocols;
    ngx_str_t              ciphers;
    ngx_str_t              name;            /* empty: the server's own */
    ngx_str_t              trusted_certificate;  /* empty: the system's */
    ngx_str_t              certificate;
    ngx_str_t              certificate_key;
    ngx_array_t           *passwords;
    ngx_str_t              crl;
    ngx_array_t           *commands;
#if (NGX_SSL)
    ngx_ssl_t              ssl;
#endif
} ngx_redis_ssl_conf_t;


typedef struct {
    ngx_str_t              name;            /* "default" */
    ngx_msec_t             connect_timeout; /* 100ms */
    ngx_msec_t             timeout;         /* 200ms, a query's deadline */
    ngx_uint_t             connections;     /* per worker and node, 1 */
    ngx_str_t              user;
    ngx_str_t              password;
    ngx_str_t              sentinel;        /* the master's name there */
    ngx_str_t              sentinel_user;
    ngx_str_t              sentinel_password;
    ngx_uint_t             cluster;
    ngx_uint_t             replicas;        /* of a cluster may answer, too */
    ngx_redis_ssl_conf_t  *ssl;             /* shared; needed for rediss:// */
} ngx_redis_conf_t;


/*
 * Configuration.  The client lives in cf->pool.  A url is
 * redis://[user:password@]host[:port][/db], the same with rediss:// for TLS,
 * or unix:/path[:db]; one that is wrong is logged with ngx_conf_log_error()
 * and NGX_ERROR is returned.  With "sentinel" or "cluster", which must be set
 * before, there may be several urls.
 */

ngx_redis_client_t *ngx_redis_client_create(ngx_conf_t *cf, ngx_str_t *name);
ngx_int_t ngx_redis_client_url(ngx_conf_t *cf, ngx_redis_client_t *rc,
    ngx_str_t *url);
ngx_redis_conf_t *ngx_redis_client_conf(ngx_redis_client_t *rc);

/* Names are resolved again through the resolver, if there is one.  Called
 * when the whole configuration is known. */
ngx_int_t ngx_redis_client_init(ngx_conf_t *cf, ngx_redis_client_t *rc,
    ngx_resolver_t *resolver, ngx_msec_t resolver_timeout);

/* A worker begins, and ends. */
ngx_int_t ngx_redis_client_init_process(ngx_redis_client_t *rc,
    ngx_cycle_t *cycle);
void ngx_redis_client_exit_process(ngx_redis_client_t *rc);


/*
 * What a client's servers do and have done in this worker, in numbers.
 *
 * place(), if there is one, is called in the worker for each server that is
 * begun with; it gives the memory, of which only this worker writes, or NULL:
 * then the client has its own.  Given again to another worker, totals go on.
 */

#define NGX_REDIS_STATS_BUCKETS  14


typedef enum {
    NGX_REDIS_FAILURE_CONNECT = 0,  /* no connection, or none by TLS */
    NGX_REDIS_FAILURE_HANDSHAKE,    /* AUTH, SELECT, LOADING, silence */
    NGX_REDIS_FAILURE_LOST,         /* connections closed, reset or hung */
    NGX_REDIS_FAILURE_PROTOCOL,     /* not what a Redis says */
    NGX_REDIS_FAILURE_TIMEOUT,      /* queries that were not answered in time */
    NGX_REDIS_FAILURE_REFUSED,      /* answered LOADING, READONLY, ... */
    NGX_REDIS_FAILURE_AWAY,         /* not sent: the server is known away */
    NGX_REDIS_FAILURE_BUSY,         /* not sent: too many wait already */
    NGX_REDIS_FAILURES
} ngx_redis_failure_e;


typedef struct {
    ngx_uint_t             connected;       /* now */
    ngx_uint_t             inflight;
    ngx_uint_t             waiting;
    ngx_uint_t             open;            /* 1: queries are refused at once */

    ngx_uint_t             queries;         /* ever sent, replays included */
    ngx_uint_t             replies;         /* in time */
    ngx_uint_t             replays;
    ngx_uint_t             failures[NGX_REDIS_FAILURES];
    ngx_uint_t             latency[NGX_REDIS_STATS_BUCKETS];
    uint64_t               usec;            /* sum of latencies */
} ngx_redis_stats_t;


typedef ngx_redis_stats_t *(*ngx_redis_stats_pt)(void *data,
    ngx_str_t *client, ngx_str_t *server);


/* microseconds: the last bucket has none */
extern const ngx_uint_t  ngx_redis_stats_bounds[NGX_REDIS_STATS_BUCKETS - 1];

/* before ngx_redis_client_init_process() */
void ngx_redis_client_stats(ngx_redis_client_t *rc, ngx_redis_stats_pt place,
    void *data);
const char *ngx_redis_stats_name(ngx_redis_failure_e failure);


/*
 * Use.  The handler is called exactly once after a send that returned NGX_OK
 * unless the query was cancelled, and never from inside ngx_redis_query_send().
 * The query and its replies are valid until the handler returns.
 */

/* NULL: out of memory, or too many queries are waiting. */
ngx_redis_query_t *ngx_redis_query_create(ngx_redis_client_t *rc,
    ngx_redis_handler_pt handler, void *data);

/* Adds a command.  key is the index of the argument that decides in a cluster
 * where the command goes. */
ngx_int_t ngx_redis_query_command(ngx_redis_query_t *q, ngx_uint_t argc,
    ngx_str_t *argv, ngx_uint_t key);

/* What may have arrived is not sent again when a connection is lost: for
 * writes that would do more the second time.  All others are replayed once. */
void ngx_redis_query_once(ngx_redis_query_t *q);

/* NGX_ERROR: refused at once (the status says why); the query is freed by
 * ngx_redis_query_cancel(). */
ngx_int_t ngx_redis_query_send(ngx_redis_query_t *q);

/* Forgets a query: before it is sent, or while it is under way. */
void ngx_redis_query_cancel(ngx_redis_query_t *q);

ngx_redis_status_e ngx_redis_query_status(ngx_redis_query_t *q);
const char *ngx_redis_status_name(ngx_redis_status_e status);

/* The reply to the n-th command, from 0; only with status NGX_REDIS_OK. */
ngx_redis_reply_t *ngx_redis_query_reply(ngx_redis_query_t *q, ngx_uint_t n);

/* From send to the reply, or to now without one, in microseconds. */
ngx_uint_t ngx_redis_query_usec(ngx_redis_query_t *q);


#endif /* _NGX_REDIS_H_INCLUDED_ */
