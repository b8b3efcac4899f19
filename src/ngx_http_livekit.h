
/*
 * What the parts of the module share.  A part uses only what stands below it:
 *
 *     endpoints   token, check, guard              one story of calls each
 *     access      facts from Redis -> decision; require; store
 *     session     cookie -> identity; request, reply, origin, api
 *     common      keys, url, policy, secrets, counters, the request's ctx
 *     ground      liblkgrant (lkgrant.h), the Redis client (ngx_redis.h)
 *
 * A request walks down once and up once:
 * token -> access -> session -> lkg, -> redis, -> lkg (decide, mint) -> reply.
 * Where it has to wait, all that it needs to go on is in its ctx.
 */


#ifndef _NGX_HTTP_LIVEKIT_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <lkgrant.h>
#include <ngx_redis.h>

#include "ngx_http_livekit_subrequest.h"


#define NGX_HTTP_LIVEKIT_MAX_CLIENTS  5     /* Redis instances one check asks:
                                               rooms, and one for each fact */


typedef struct ngx_http_livekit_ctx_s         ngx_http_livekit_ctx_t;
typedef struct ngx_http_livekit_facts_conf_s  ngx_http_livekit_facts_conf_t;

typedef void (*ngx_http_livekit_resume_pt)(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
typedef void (*ngx_http_livekit_entered_pt)(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_int_t rc);
typedef ngx_int_t (*ngx_http_livekit_endpoint_pt)(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);


typedef struct {
    ngx_str_t                    directive;
    ngx_str_t                    file;
    ngx_uint_t                   line;
} ngx_http_livekit_where_t;


/* What the client asks for; all of it hostile. */

typedef struct {
    ngx_str_t                    room;
    ngx_str_t                    role;
    ngx_str_t                    participant_identity;
    ngx_str_t                    participant_name;
    ngx_str_t                    participant_metadata;
    lkg_json_node                participant_attributes;
    lkg_json_node                room_config;
    lkg_json                    *body;
    ngx_uint_t                   dialect;        /* the token endpoint's */
} ngx_http_livekit_asked_t;


struct ngx_http_livekit_ctx_s {
    ngx_http_request_t          *request;
    ngx_str_t                   *endpoint;       /* its directive, to count */

    /* session */
    ngx_array_t                 *session_lines;  /* those that are tried */
    ngx_uint_t                   session_line;   /* the one that is tried */
    lkg_session                 *session;
    lkg_session                 *session_pending;
    ngx_redis_query_t           *session_query;
    ngx_http_livekit_subrequest_t  session_asked;   /* the application */
    ngx_int_t                    session_rc;     /* lkg_err */

    /* request */
    ngx_http_livekit_asked_t     asked;
    ngx_http_livekit_resume_pt   body_handler;
    ngx_str_t                    body;
    size_t                       body_size;
    size_t                       body_max;

    /* access */
    lkg_str                      identity;       /* whose the facts are, if
                                                    not the session's */
    ngx_str_t                    room;
    ngx_uint_t                   action;
    ngx_http_livekit_resume_pt   access_handler;
    ngx_http_livekit_entered_pt  entered;
    lkg_access                   facts;
    lkg_ask                      ask;
    lkg_decision                 decision;

    /* facts */
    ngx_http_livekit_facts_conf_t  *facts_conf;
    ngx_redis_client_t          *clients[NGX_HTTP_LIVEKIT_MAX_CLIENTS];
    ngx_redis_query_t           *queries[NGX_HTTP_LIVEKIT_MAX_CLIENTS];
    ngx_uint_t                   nqueries;
    ngx_uint_t                   pending;
    ngx_uint_t                   redis_usec;
    ngx_int_t                    facts_status;   /* 0: they are known */

    /* store */
    ngx_http_livekit_resume_pt   store_handler;
    ngx_redis_query_t           *store_query;
    ngx_redis_reply_t           *stored;

    /* api */
    ngx_http_livekit_subrequest_t  api_asked;
    ngx_http_livekit_resume_pt   api_handler;
    ngx_str_t                    api_method;
    ngx_uint_t                   api_status;     /* 0: no answer */
    ngx_str_t                    api_body;

    void                        *state;          /* the endpoint's own */
    ngx_str_t                    deed;           /* what is done, for logs */
    ngx_str_t                    target;         /* to whom or to what */

    ngx_int_t                    status;         /* HTTP status of a refusal */
    const char                  *verdict;

    unsigned                     session_known:1;
    unsigned                     session_waiting:1;
    unsigned                     session_unavailable:1;
    unsigned                     session_cleanup:1;
    unsigned                     session_renewed:1;  /* with Set-Cookie */
    unsigned                     body_shared:1;
    unsigned                     cleanup:1;
    unsigned                     redis_asked:1;
    unsigned                     store_cleanup:1;
    unsigned                     answered:1;     /* the facts were asked for */
    unsigned                     guarded:1;      /* a token tells, if any */
    unsigned                     waiting:1;
    unsigned                     resumed:1;
};


/* common: ngx_http_livekit_module.c */

typedef struct {
    ngx_http_complex_value_t    *url;
    lkg_keys                    *keys;
    lkg_policy                  *policy;
    unsigned                     url_plain:1;   /* the same in JSON */
} ngx_http_livekit_loc_conf_t;

/* The request's ctx, made at first use; found again after an internal
 * redirect, which clears nginx's own. */
ngx_http_livekit_ctx_t *ngx_http_livekit_get_ctx(ngx_http_request_t *r);
ngx_http_livekit_ctx_t *ngx_http_livekit_find_ctx(ngx_http_request_t *r);

ngx_str_t ngx_http_livekit_str(lkg_str s);
lkg_str ngx_http_livekit_lkg(ngx_str_t *s);


/* values: ngx_http_livekit_value.c */

/*
 * Compiles a value that decides something.  Captures by number are refused:
 * whether they are empty cannot be seen.
 */
char *ngx_http_livekit_compile(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t *cv);

/* The value with all its variables; NGX_DECLINED: one of them is empty. */
ngx_int_t ngx_http_livekit_whole_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, ngx_str_t *value);

/* What every text that comes from outside goes through to be a variable. */
ngx_int_t ngx_http_livekit_set_variable(ngx_http_variable_value_t *v,
    u_char *data, size_t len);

/* Those of a list that ends with ngx_http_null_variable. */
ngx_int_t ngx_http_livekit_variables(ngx_conf_t *cf,
    ngx_http_variable_t *vars);


/* secrets: ngx_http_livekit_secret.c */

/* A secret as it stands in the configuration: plain, file:path or env:NAME.
 * The text is wiped with the pool of the configuration. */
char *ngx_http_livekit_secret(ngx_conf_t *cf, ngx_str_t *value,
    ngx_str_t *secret);

/* All that were read so far, as lkg_str; in ngx_http_livekit_module.c. */
ngx_array_t *ngx_http_livekit_secrets(ngx_conf_t *cf);

/* A whole file, bounded. */
char *ngx_http_livekit_read_file(ngx_conf_t *cf, ngx_str_t *name, size_t max,
    ngx_str_t *text, ngx_file_info_t *fi);


/* Redis instances: ngx_http_livekit_redis.c */

/* NULL and an error in the log where there is no such instance, which the
 * directive at "where" needs.  An empty name is the one called "default", or
 * the only one there is. */
ngx_redis_client_t *ngx_http_livekit_redis_find(ngx_conf_t *cf,
    ngx_str_t *name, ngx_http_livekit_where_t *where);
ngx_uint_t ngx_http_livekit_redis_configured(ngx_conf_t *cf);

/* Where the numbers of every instance's servers are kept. */
void ngx_http_livekit_redis_stats(ngx_conf_t *cf, ngx_redis_stats_pt place,
    void *data);

/* Their TLS: ngx_http_livekit_redis_ssl.c */

ngx_redis_ssl_conf_t *ngx_http_livekit_redis_ssl(ngx_conf_t *cf);


/* session: ngx_http_livekit_session.c, its directives in .._session_conf.c;
 * ngx_http_livekit_session.h has what its files share */

typedef struct {
    ngx_str_t                    preset;
    lkg_session_conf            *conf;
    lkg_session_mechanism        mechanism;
    ngx_str_t                    redis_name;
    ngx_redis_client_t          *redis;
    ngx_http_complex_value_t    *key;       /* of the value in Redis */
    ngx_http_complex_value_t    *user_key;  /* of a second value */
    ngx_str_t                    uri;       /* where to ask */
    ngx_uint_t                   set_cookie;
    ngx_uint_t                   user;      /* leads to a second value */
    time_t                       cache;     /* of an answer; 0: none */
    ngx_str_t                    text;      /* of the line, for the cache */
    ngx_http_livekit_where_t     where;
} ngx_http_livekit_session_line_t;

typedef struct {
    ngx_array_t                 *lines;     /* NULL: none */
    unsigned                     off:1;     /* said so, not just left out */
    unsigned                     later:1;   /* a line that has to ask */
    unsigned                     needed:1;  /* by what the location does */
} ngx_http_livekit_session_conf_t;

typedef struct {
    ngx_str_t                    file;
    lkg_session_conf            *conf;
    time_t                       mtime;
    time_t                       ctime;
    off_t                        size;
    ngx_file_uniq_t              uniq;
    uint32_t                     crc;       /* of the text that was read */
    unsigned                     settled:1; /* its times tell of a change */
} ngx_http_livekit_jwks_t;

typedef struct {
    ngx_uint_t                   variables; /* somebody asks for some */
    ngx_shm_zone_t              *cache;
    size_t                       cache_size;
    ngx_uint_t                   cache_lines;   /* there are some */
    ngx_array_t                  jwks;      /* of ngx_http_livekit_jwks_t */
    ngx_event_t                  timer;
} ngx_http_livekit_session_main_conf_t;

/* NGX_OK: ctx->session is there.  Otherwise an HTTP status: 401, 503 where
 * nobody could say, or 500 where it could not be checked. */
ngx_int_t ngx_http_livekit_session(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);

ngx_int_t ngx_http_livekit_session_preaccess(ngx_http_request_t *r);

/* Who is asking: as a guarded token says, or the session. */
lkg_str ngx_http_livekit_identity(ngx_http_livekit_ctx_t *ctx);

/* The session, opened if need be, or NULL: for variables. */
lkg_session *ngx_http_livekit_session_peek(ngx_http_request_t *r);

ngx_int_t ngx_http_livekit_session_add_variables(ngx_conf_t *cf);


/* access: ngx_http_livekit_access.c, its directives in .._access_conf.c */

typedef struct {
    lkg_fact                     fact;
    ngx_http_livekit_where_t     where;
    ngx_str_t                    redis_name;
    ngx_redis_client_t          *redis;
    ngx_array_t                  args;      /* of ngx_http_complex_value_t */
    ngx_uint_t                   key;
} ngx_http_livekit_source_t;

struct ngx_http_livekit_facts_conf_s {
    ngx_redis_client_t          *redis;     /* of the default schema */
    ngx_array_t                 *sources;   /* NULL: membership from it, too */
};

typedef struct {
    ngx_http_complex_value_t       *room;
#if (NGX_PCRE)
    ngx_regex_t                    *pattern;
#endif
    ngx_http_livekit_facts_conf_t   facts;
    ngx_flag_t                      off;
    ngx_str_t                       room_arg;   /* of a plain $arg_name */
    unsigned                        room_variable:1;
} ngx_http_livekit_access_conf_t;

/*
 * Decides whether the request may enter the room in ctx->asked.  NGX_OK: yes,
 * as ctx->decision says.  NGX_AGAIN: ctx->access_handler will be called, and
 * then ngx_http_livekit_access_result() gives the answer.  Otherwise an HTTP
 * status, and ctx->verdict says why: 400 no room or no such name, 401, 403,
 * 500, 503.
 */
ngx_int_t ngx_http_livekit_access(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t action,
    ngx_http_livekit_resume_pt handler);
ngx_int_t ngx_http_livekit_access_result(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);

/* livekit_access, in ngx_http_livekit_access_source.c */
char *ngx_http_livekit_access_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* The name of an action in the configuration, "record" for one. */
char *ngx_http_livekit_action(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t *action);

/* Checks that a location which decides has all that it needs to. */
char *ngx_http_livekit_access_needs(ngx_conf_t *cf,
    ngx_http_livekit_where_t *where, ngx_uint_t room);

/* The same without a session: policy, roles, and Redis unless it is off. */
char *ngx_http_livekit_facts_needs(ngx_conf_t *cf,
    ngx_http_livekit_where_t *where);

/* '"livekit_x" needs ... in file:line' */
char *ngx_http_livekit_needs(ngx_conf_t *cf, ngx_http_livekit_where_t *where,
    const char *missing);

/* Where a directive stands, for errors that show only when all is read. */
void ngx_http_livekit_set_where(ngx_conf_t *cf,
    ngx_http_livekit_where_t *where);

/* Of the access phase; the later one is added, the later it runs. */
ngx_int_t ngx_http_livekit_access_last(ngx_conf_t *cf,
    ngx_http_handler_pt handler);

/* Watches for a client that goes away during the wait. */
void ngx_http_livekit_watch_client(ngx_http_request_t *r);

ngx_int_t ngx_http_livekit_access_add_variables(ngx_conf_t *cf);


/* facts: ngx_http_livekit_facts.c, its .._facts_reply.c */

/* The fields of the room's hash in their order; the last one, membership, is
 * asked for unless livekit_access says where else it stands. */
#define NGX_HTTP_LIVEKIT_HASH_FACTS   4

extern lkg_fact  ngx_http_livekit_hash_facts[];

/* NGX_AGAIN: ctx->access_handler will be called; NGX_DECLINED: it will not,
 * ctx->status and ctx->verdict are set. */
ngx_int_t ngx_http_livekit_facts_ask(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_facts_conf_t *conf);

/* The replies of one instance; NGX_ERROR: not understood, as the log says. */
ngx_int_t ngx_http_livekit_facts_read(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_redis_client_t *rc,
    ngx_redis_query_t *q);


#define NGX_HTTP_LIVEKIT_KIND  32       /* bytes of a Redis error that we log */

/* For logs: what kind of reply it is that was not expected. */
size_t ngx_http_livekit_redis_kind(ngx_redis_reply_t *reply, u_char *kind);

/* The verdict for a query without an answer. */
const char *ngx_http_livekit_redis_verdict(ngx_redis_status_e status);


/* request: ngx_http_livekit_request.c */

/*
 * Reads the body, at most "max" bytes of it and in memory, and calls the
 * handler with ctx->body.  Where it is larger, or cannot be read, that is
 * answered.  The result is the content handler's; the request counts once
 * more until ngx_http_finalize_request().
 */
ngx_int_t ngx_http_livekit_read_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, size_t max,
    ngx_http_livekit_resume_pt handler);

/* The body as a JSON object of so many values and keys at most, which is then
 * ctx->asked.body.  NULL, or what is wrong with it; ctx->status is set where
 * that is not the client's fault. */
const char *ngx_http_livekit_body_object(ngx_http_livekit_ctx_t *ctx,
    ngx_uint_t nodes);

/* In place; or, where there is something to decode, in memory of the pool.
 * NGX_ERROR: badly encoded. */
ngx_int_t ngx_http_livekit_unescape(ngx_http_request_t *r, ngx_str_t *value);

/* An argument of a query string, decoded.  NGX_DECLINED: not there;
 * NGX_ABORT: there more than once, or badly encoded. */
ngx_int_t ngx_http_livekit_arg(ngx_http_request_t *r, ngx_str_t *args,
    ngx_str_t *name, ngx_str_t *value);

/* The same of the request, or, in a subrequest without any, of the main one;
 * NGX_DECLINED also if it is empty. */
ngx_int_t ngx_http_livekit_main_arg(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value);

/* The room that the query string asks for, where there is no body. */
ngx_int_t ngx_http_livekit_room_arg(ngx_http_request_t *r, ngx_str_t *room);

/* Begins anew: ctx->asked is empty, or has the room of the query string.
 * NGX_ERROR: that is contradictory; the verdict is set. */
void ngx_http_livekit_forget_asked(ngx_http_livekit_ctx_t *ctx);
ngx_int_t ngx_http_livekit_ask_room(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);


/* reply: ngx_http_livekit_reply.c; the results are the content handler's */

ngx_int_t ngx_http_livekit_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value);

/* What belongs to a refusal: WWW-Authenticate, Retry-After. */
ngx_int_t ngx_http_livekit_refusal_headers(ngx_http_request_t *r,
    ngx_uint_t status);

/* One JSON document; and one that may be stored, if its headers are set and
 * the request's body is dealt with. */
ngx_int_t ngx_http_livekit_reply(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *body);
ngx_int_t ngx_http_livekit_reply_json(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *body);
ngx_int_t ngx_http_livekit_reply_empty(ngx_http_request_t *r,
    ngx_uint_t status);

/* The error of a status; message NULL: the usual sentence. */
ngx_int_t ngx_http_livekit_reply_error(ngx_http_request_t *r,
    ngx_uint_t status, const char *message);
ngx_int_t ngx_http_livekit_reply_forbidden_field(ngx_http_request_t *r,
    const char *field);


/* origin: ngx_http_livekit_origin.c */

/*
 * NGX_OK: from here, from an allowed origin (whose headers are then set), or
 * not from a page at all.  NGX_DECLINED: from somewhere else.
 */
ngx_int_t ngx_http_livekit_origin(ngx_http_request_t *r, ngx_array_t *origins,
    ngx_uint_t *preflight);
char *ngx_http_livekit_allow_origin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* A page of some origin asks whether it may ask (CORS). */
ngx_uint_t ngx_http_livekit_is_preflight(ngx_http_request_t *r);


extern ngx_module_t  ngx_http_livekit_module;
extern ngx_module_t  ngx_http_livekit_redis_module;
extern ngx_module_t  ngx_http_livekit_session_module;
extern ngx_module_t  ngx_http_livekit_access_module;
extern ngx_module_t  ngx_http_livekit_api_module;


#include "ngx_http_livekit_counters.h"
#include "ngx_http_livekit_store.h"
#include "ngx_http_livekit_endpoint.h"


#endif /* _NGX_HTTP_LIVEKIT_H_INCLUDED_ */
