
/*
 * What the parts of the Redis client know of each other.  Callers include
 * ngx_redis.h only.
 *
 *     client                   instance, worker, deadlines, delivery
 *       query                  commands encoded, replies kept
 *       conf, url              the instance and its addresses, as configured
 *     single, sentinel,        the route of a query to its node, or of its
 *       cluster                pieces to theirs
 *     node, queue              one server and the queries that wait for it
 *       place, resolve         where it is
 *       guard, stats           how much of it, and how it has been
 *     connection, ssl,         one socket, its encryption,
 *       handshake              what it says of its own
 *       output, input          what is sent and received
 *     reply                    hiredis's reader and its memory
 *     log                      one message a second
 */


#ifndef _NGX_REDIS_PRIVATE_H_INCLUDED_
#define _NGX_REDIS_PRIVATE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_event_connect.h>
#include "ngx_redis.h"
#include "ngx_redis_reply.h"


#define NGX_REDIS_DEFAULT_PORT       6379
#define NGX_REDIS_SENTINEL_PORT      26379

#define NGX_REDIS_SLOTS              16384

/* a query: its commands, and the memory it has before it asks for more */
#define NGX_REDIS_MAX_COMMANDS       16
#define NGX_REDIS_MAX_REQUEST        131072
#define NGX_REDIS_QUERY_SIZE         1024

/* all queries of a client in one worker, forgotten ones included */
#define NGX_REDIS_MAX_QUERIES        16384
#define NGX_REDIS_MAX_BYTES          (4 * 1024 * 1024)

/* those of them that wait for a connection */
#define NGX_REDIS_MAX_WAITING        4096
#define NGX_REDIS_MAX_WAITING_BYTES  (1024 * 1024)

#define NGX_REDIS_MAX_ADDRS          16
#define NGX_REDIS_BUFFER_SIZE        16384

/* milliseconds */
#define NGX_REDIS_START_JITTER       100
#define NGX_REDIS_BACKOFF_MIN        50
#define NGX_REDIS_BACKOFF_MAX        5000
#define NGX_REDIS_BACKOFF_DENIED     1000
#define NGX_REDIS_DEAD_AFTER         1000
#define NGX_REDIS_DEAD_MARGIN        250
#define NGX_REDIS_PROVED_AFTER       1000
#define NGX_REDIS_PING_AFTER         30000
#define NGX_REDIS_ROLE_AFTER         100
#define NGX_REDIS_RESOLVE_MIN        5000
#define NGX_REDIS_RESOLVE_AFTER      30000
#define NGX_REDIS_LOG_INTERVAL       1000


typedef struct ngx_redis_connection_s  ngx_redis_connection_t;
typedef struct ngx_redis_node_s        ngx_redis_node_t;

typedef void (*ngx_redis_complete_pt)(ngx_redis_query_t *q);
typedef void (*ngx_redis_failed_pt)(ngx_redis_query_t *q,
    ngx_redis_status_e status);
typedef void (*ngx_redis_connection_pt)(ngx_redis_connection_t *rcn);
typedef void (*ngx_redis_push_pt)(ngx_redis_connection_t *rcn,
    ngx_redis_reply_t *reply);
typedef void (*ngx_redis_node_pt)(ngx_redis_node_t *node);


/*
 * How the queries of a client get to its nodes.  forget() takes a query out
 * of wherever it waits, and says what it has waited for.
 */

typedef struct {
    ngx_int_t               (*init)(ngx_conf_t *cf, ngx_redis_client_t *rc);
    ngx_int_t               (*start)(ngx_redis_client_t *rc,
                                     ngx_cycle_t *cycle);
    void                    (*stop)(ngx_redis_client_t *rc);
    ngx_int_t               (*send)(ngx_redis_query_t *q);
    ngx_redis_status_e      (*forget)(ngx_redis_query_t *q);
} ngx_redis_route_t;


/* What the owner of a node wants to be told; each may be NULL. */

typedef struct {
    ngx_redis_connection_pt   ready;        /* carries queries from now on */
    ngx_redis_node_pt         away;         /* no address is left to try */
    ngx_redis_node_pt         demoted;      /* not a master, and held */
} ngx_redis_owner_t;


/* A log that speaks once in a while, and then says for how many. */

typedef struct {
    ngx_log_t                 log;
    ngx_log_t                 quiet;
    ngx_str_t                *client;
    ngx_str_t                *server;
    ngx_msec_t                time;
    ngx_uint_t                suppressed;
    unsigned                  used:1;
} ngx_redis_log_t;


typedef enum {
    NGX_REDIS_QUERY_NEW = 0,
    NGX_REDIS_QUERY_UNDERWAY,
    NGX_REDIS_QUERY_DONE,           /* its handler is to be called */
    NGX_REDIS_QUERY_HANDLED,        /* its handler is being called */
    NGX_REDIS_QUERY_FORGOTTEN       /* late replies are still to be eaten */
} ngx_redis_query_state_e;


/*
 * A query stays in its connection's queue until the last of its replies has
 * come, whatever became of it meanwhile: that keeps replies and queries in
 * step, and the memory that a half read reply is in.
 */

struct ngx_redis_query_s {
    ngx_queue_t               queue;        /* free, waiting or in flight */
    ngx_queue_t               link;         /* under way or done */

    ngx_redis_client_t       *client;
    ngx_redis_node_t         *node;         /* waits for a connection of it */
    ngx_redis_connection_t   *connection;   /* in flight on it */

    ngx_redis_complete_pt     complete;     /* all replies are there */
    ngx_redis_failed_pt       failed;       /* they will not come */
    ngx_redis_handler_pt      handler;
    void                     *data;

    ngx_redis_query_state_e   state;
    ngx_redis_status_e        status;

    uint64_t                  start;        /* microseconds */
    uint64_t                  answered;     /* 0: not yet */
    ngx_msec_t                deadline;
    ngx_msec_t                sent;
    off_t                     end;          /* in the connection's output */

    ngx_redis_query_t        *whole;        /* of which this is a piece */
    ngx_redis_node_t         *at;           /* where a piece was last sent */
    ngx_queue_t               pieces;
    ngx_uint_t                npieces;      /* without a reply */
    ngx_msec_t                when;         /* a piece is sent again */

    size_t                    size;
    ngx_uint_t                ncommands;
    ngx_uint_t                nreplies;
    uint16_t                  slots[NGX_REDIS_MAX_COMMANDS];
    ngx_str_t                 commands[NGX_REDIS_MAX_COMMANDS];
    ngx_redis_reply_t        *replies[NGX_REDIS_MAX_COMMANDS];

    ngx_redis_arena_t         arena;
    ngx_redis_arena_t         mark;         /* after the commands */

    unsigned                  replayed:1;
    unsigned                  once:1;
    unsigned                  write:1;      /* for masters only */
    unsigned                  index:5;      /* of a piece in the whole */
    unsigned                  hops:3;       /* redirections it has followed */
    unsigned                  delayed:1;
    unsigned                  down:1;       /* CLUSTERDOWN was waited for */
    unsigned                  elsewhere:1;  /* another node was tried */
    unsigned                  refused:1;    /* by the server's state */

    u_char                    memory[NGX_REDIS_QUERY_SIZE];
};


typedef enum {
    NGX_REDIS_CONNECTING = 0,
    NGX_REDIS_SECURING,             /* by TLS */
    NGX_REDIS_HANDSHAKE,
    NGX_REDIS_READY,
    NGX_REDIS_DRAINING              /* for the queries in flight only */
} ngx_redis_connection_state_e;


typedef enum {
    NGX_REDIS_UNKNOWN = 0,
    NGX_REDIS_CLOSED,               /* was of use: connect again at once */
    NGX_REDIS_FAILED,               /* was not: the next address, or later */
    NGX_REDIS_DENIED,               /* by configuration: not so soon */
    NGX_REDIS_DEMOTED               /* it is not a master, or not any more */
} ngx_redis_verdict_e;


struct ngx_redis_connection_s {
    ngx_queue_t               queue;
    ngx_pool_t               *pool;
    ngx_peer_connection_t     peer;

    ngx_redis_conf_t         *conf;
    ngx_redis_ssl_conf_t     *ssl;          /* NULL: in the clear */
    ngx_str_t                *ssl_name;     /* the server's, if none is set */
    void                    **session;      /* where the last one is kept */
    ngx_uint_t                db;
    ngx_redis_log_t          *log;
    u_char                   *buffer;       /* to read into, shared */

    ngx_redis_connection_pt   ready;
    ngx_redis_connection_pt   lost;
    ngx_redis_connection_pt   turned;       /* is behind, or is not any more */
    ngx_redis_push_pt         push;
    ngx_redis_arena_t        *pushed;       /* what is said unasked */
    void                     *data;

    ngx_redis_connection_state_e  state;
    ngx_redis_verdict_e       verdict;

    ngx_queue_t               queries;      /* in flight, oldest first */
    ngx_uint_t                nqueries;
    ngx_uint_t                late;         /* in a row */
    ngx_redis_stats_t        *stats;
    ngx_redis_reader_t        reader;
    uint64_t                  heard;        /* microseconds, the last read */

    u_char                   *start;        /* output */
    u_char                   *pos;
    u_char                   *last;
    u_char                   *end;
    off_t                     appended;
    ngx_event_t               flush;

    ngx_msec_t                since;        /* ready */
    ngx_msec_t                used;
    ngx_msec_t                checked;      /* last asked for its role */

    u_char                    steps[6];     /* of the handshake */
    ngx_redis_query_t         query;        /* handshake, then ping */

    ngx_str_t                 name;         /* that the certificate has */

    unsigned                  master:1;     /* of use only if it is one */
    unsigned                  readonly:1;   /* replicas may answer, too */
    unsigned                  control:1;    /* carries no queries of callers */
    unsigned                  proved:1;     /* has answered a query */
    unsigned                  behind:1;     /* gets no more until it answers */
    unsigned                  counted:1;    /* among the connected */
};


struct ngx_redis_node_s {
    ngx_redis_client_t       *client;
    ngx_redis_connection_t   *connecting;
    ngx_resolver_ctx_t       *resolving;

    /* event ident must be after 3 pointers as in ngx_connection_t */
    ngx_int_t                 ident;

    ngx_redis_conf_t         *conf;
    ngx_redis_owner_t        *owner;
    void                     *data;         /* the owner's */

    ngx_pool_t               *place;        /* of one found at run time */
    ngx_url_t                *url;
    ngx_str_t                 name;
    ngx_str_t                 host;         /* empty: nothing to resolve */
    in_port_t                 port;
    ngx_uint_t                db;
    ngx_str_t                 ssl_name;     /* that TLS shows and checks */
    void                     *session;      /* of TLS, to resume */

    ngx_pool_t               *pool;         /* of addresses resolved later */
    ngx_addr_t               *addrs;
    ngx_uint_t                naddrs;
    ngx_uint_t                current;
    ngx_uint_t                tried;

    ngx_queue_t               connections;
    ngx_queue_t               waiting;
    ngx_uint_t                nwaiting;
    size_t                    size;         /* of the waiting commands */

    ngx_uint_t                failures;
    ngx_event_t               timer;        /* when to connect */
    ngx_event_t               refresh;      /* when to resolve */

    ngx_msec_t                pace;         /* of connections made again */
    ngx_uint_t                credit;       /* for queries sent again */
    ngx_uint_t                nbehind;      /* connections */

    ngx_redis_stats_t        *stats;
    ngx_redis_stats_t         own_stats;

    ngx_redis_log_t           log;

    unsigned                  tls:1;
    unsigned                  started:1;
    unsigned                  held:1;       /* until its owner says where */
    unsigned                  paced:1;      /* until the timer fires */
    unsigned                  retired:1;    /* ends with its last query */
    unsigned                  master:1;     /* as of its connections */
    unsigned                  readonly:1;
    unsigned                  control:1;
};


struct ngx_redis_client_s {
    ngx_redis_route_t        *route;
    ngx_redis_node_t         *node;         /* where there is only one */
    ngx_resolver_t           *resolver;

    /* event ident must be after 3 pointers as in ngx_connection_t */
    ngx_int_t                 ident;

    ngx_array_t               seeds;        /* ngx_redis_node_t *, of urls */
    void                     *state;        /* the route's */

    ngx_redis_stats_pt        place_stats;
    void                     *stats_data;

    ngx_redis_conf_t          conf;
    ngx_msec_t                resolver_timeout;

    u_char                   *file_name;
    ngx_uint_t                line;

    /* of a worker */

    ngx_pool_t               *pool;
    ngx_log_t                *log;
    u_char                   *buffer;

    ngx_queue_t               free;
    ngx_queue_t               underway;     /* earliest deadline first */
    ngx_queue_t               done;
    ngx_uint_t                nqueries;
    size_t                    size;         /* of their commands */

    ngx_event_t               timer;
    ngx_event_t               deliver;

    unsigned                  stopping:1;
};


/* client */

ngx_redis_query_t *ngx_redis_query_alloc(ngx_redis_client_t *rc);
void ngx_redis_query_free(ngx_redis_query_t *q);
void ngx_redis_query_begin(ngx_redis_query_t *q);
void ngx_redis_query_abandon(ngx_redis_query_t *q);
void ngx_redis_query_done(ngx_redis_query_t *q, ngx_redis_status_e status);

/* routes */

extern ngx_redis_route_t  ngx_redis_single;
extern ngx_redis_route_t  ngx_redis_sentinel;
extern ngx_redis_route_t  ngx_redis_cluster;

ngx_redis_status_e ngx_redis_single_forget(ngx_redis_query_t *q);

/* slot */

ngx_uint_t ngx_redis_slot(ngx_str_t *key);

/* query */

void ngx_redis_query_init(ngx_redis_query_t *q);
void ngx_redis_query_rewind(ngx_redis_query_t *q);
void ngx_redis_query_release(ngx_redis_query_t *q);
uint64_t ngx_redis_usec(void);

/* url */

ngx_redis_node_t *ngx_redis_url_parse(ngx_conf_t *cf, ngx_redis_client_t *rc,
    ngx_str_t *url);

/* node */

void ngx_redis_node_start(ngx_redis_node_t *node, ngx_cycle_t *cycle);
void ngx_redis_node_stop(ngx_redis_node_t *node);
void ngx_redis_node_drop(ngx_redis_node_t *node);
void ngx_redis_node_connect(ngx_redis_node_t *node);
void ngx_redis_node_backoff(ngx_redis_node_t *node, ngx_uint_t denied);

/* queue */

ngx_int_t ngx_redis_node_send(ngx_redis_node_t *node, ngx_redis_query_t *q);
void ngx_redis_node_forget(ngx_redis_query_t *q);
void ngx_redis_node_refuse(ngx_redis_node_t *node);
void ngx_redis_node_dispatch(ngx_redis_node_t *node);
ngx_redis_connection_t *ngx_redis_node_choose(ngx_redis_node_t *node);
void ngx_redis_node_take_back(ngx_redis_node_t *node,
    ngx_redis_connection_t *rcn);

/* guard, stats */

void ngx_redis_guard_start(ngx_redis_node_t *node);
void ngx_redis_guard_late(ngx_redis_connection_t *rcn);
void ngx_redis_guard_pong(ngx_redis_connection_t *rcn);
ngx_msec_t ngx_redis_guard_pace(ngx_redis_node_t *node, ngx_msec_t since);
void ngx_redis_guard_earn(ngx_redis_node_t *node);
ngx_int_t ngx_redis_guard_spend(ngx_redis_node_t *node);

void ngx_redis_stats_start(ngx_redis_node_t *node);
void ngx_redis_stats_stop(ngx_redis_node_t *node);
void ngx_redis_stats_latency(ngx_redis_stats_t *stats, ngx_uint_t usec);
void ngx_redis_stats_log(ngx_redis_node_t *node);

/* place */

ngx_redis_node_t *ngx_redis_node_create(ngx_redis_client_t *rc,
    ngx_redis_conf_t *conf, ngx_str_t *host, in_port_t port);
void ngx_redis_node_destroy(ngx_redis_node_t *node);
void ngx_redis_node_retire(ngx_redis_node_t *node);
ngx_int_t ngx_redis_node_place(ngx_redis_node_t *node, ngx_str_t *host,
    in_port_t port);

/* resolve */

ngx_int_t ngx_redis_node_init(ngx_conf_t *cf, ngx_redis_node_t *node);
void ngx_redis_node_resolve(ngx_redis_node_t *node);
void ngx_redis_node_unresolve(ngx_redis_node_t *node);
void ngx_redis_node_resolve_later(ngx_redis_node_t *node, ngx_msec_t delay);

/* connection */

ngx_redis_connection_t *ngx_redis_connection_create(ngx_log_t *log);
ngx_int_t ngx_redis_connection_open(ngx_redis_connection_t *rcn,
    ngx_addr_t *addr);
ngx_int_t ngx_redis_connection_secured(ngx_redis_connection_t *rcn);
void ngx_redis_connection_watch(ngx_redis_connection_t *rcn);
ngx_msec_t ngx_redis_connection_dead_after(ngx_redis_connection_t *rcn);
ngx_uint_t ngx_redis_connection_useful(ngx_redis_connection_t *rcn);
ngx_int_t ngx_redis_connection_listen(ngx_redis_connection_t *rcn,
    ngx_redis_push_pt push);
void ngx_redis_connection_drain(ngx_redis_connection_t *rcn);
void ngx_redis_connection_disown(ngx_redis_connection_t *rcn);
void ngx_redis_connection_lost(ngx_redis_connection_t *rcn,
    ngx_redis_verdict_e verdict);
void ngx_redis_connection_close(ngx_redis_connection_t *rcn);

/* ssl */

#if (NGX_SSL)
ngx_int_t ngx_redis_ssl_init(ngx_conf_t *cf, ngx_redis_ssl_conf_t *scf);
ngx_int_t ngx_redis_ssl_start(ngx_redis_connection_t *rcn);
void ngx_redis_ssl_stop(ngx_redis_connection_t *rcn);
void ngx_redis_ssl_forget_session(void **session);
#endif

/* output, input */

ngx_int_t ngx_redis_connection_send(ngx_redis_connection_t *rcn,
    ngx_redis_query_t *q);
void ngx_redis_connection_flush_handler(ngx_event_t *ev);
void ngx_redis_connection_write_handler(ngx_event_t *wev);
void ngx_redis_connection_read_handler(ngx_event_t *rev);

/* handshake */

ngx_int_t ngx_redis_handshake(ngx_redis_connection_t *rcn);
ngx_int_t ngx_redis_handshake_error(ngx_redis_connection_t *rcn,
    ngx_uint_t n, ngx_str_t *error);
ngx_int_t ngx_redis_handshake_role(ngx_redis_connection_t *rcn, ngx_uint_t n,
    ngx_redis_reply_t *reply);
ngx_int_t ngx_redis_ping(ngx_redis_connection_t *rcn);

/* log */

void ngx_redis_log_init(ngx_redis_log_t *l, ngx_log_t *log, ngx_str_t *client,
    ngx_str_t *server);
ngx_log_t *ngx_redis_log(ngx_redis_log_t *l);


#endif /* _NGX_REDIS_PRIVATE_H_INCLUDED_ */
