
/*
 * Recordings in Redis, for those who change them: the webhook and the
 * endpoints that start, stop and list.
 *
 *     lkg:rec:<id>                 hash: what is known of a recording
 *     lkg:rec:active:{<room>}      the id of the one that runs, or "?" and a
 *                                  number while one is being started
 *     lkg:rec:list:{<room>}        sorted set: ids, by when they began
 *     lkg:rec:over:{<room>}:<id>   it is over: it will not run any more
 *     lkg:rec:people:{<room>}:<id> set: who was there
 *
 * The first is in a slot of its own, the others are in the room's.
 */


#ifndef _NGX_HTTP_LIVEKIT_RECORDING_H_INCLUDED_
#define _NGX_HTTP_LIVEKIT_RECORDING_H_INCLUDED_


#include "ngx_http_livekit_api.h"


#define NGX_HTTP_LIVEKIT_RECORDING_KEEP    (366 * 24 * 3600)    /* seconds */
#define NGX_HTTP_LIVEKIT_RECORDING_LEASE   (24 * 3600)
#define NGX_HTTP_LIVEKIT_RECORDING_START   60       /* of one that starts */
#define NGX_HTTP_LIVEKIT_RECORDING_DOUBT   15       /* LiveKit did not answer */
#define NGX_HTTP_LIVEKIT_RECORDING_STALE   60       /* without an event */
#define NGX_HTTP_LIVEKIT_RECORDING_LIST    100      /* of a room */
#define NGX_HTTP_LIVEKIT_RECORDING_SHOWN   48       /* of those, in a list */
#define NGX_HTTP_LIVEKIT_RECORDING_PEOPLE  500      /* of a recording */
#define NGX_HTTP_LIVEKIT_RECORDING_NODES   65536    /* of LiveKit's answer */

#define NGX_HTTP_LIVEKIT_RECORDING_KEY     (LKG_KEY_BUF + LKG_ID_MAX + 16)


/* What is to be known of a recording from now on. */

typedef struct {
    lkg_recording                recording;
    ngx_str_t                    started_by;    /* identity, or empty */
    ngx_str_t                    lease;         /* of its start, or empty */
    ngx_http_livekit_resume_pt   handler;
    ngx_uint_t                   over;
} ngx_http_livekit_recording_update_t;


/*
 * Writes what LiveKit says, in whatever order it comes and however often.
 * Its texts stay where they are until the handler is called; the results are
 * those of ngx_http_livekit_store().
 */
ngx_int_t ngx_http_livekit_recording_update(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_recording_update_t *u);

/* The update that is under way; the endpoint's state begins with it. */
#define ngx_http_livekit_recording_state(ctx)                                \
    ((ngx_http_livekit_recording_update_t *) (ctx)->state)

/* Those who are in the room while it is recorded; names are parted by LF.  An
 * empty id: the recording that runs. */
ngx_int_t ngx_http_livekit_recording_people(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *room, ngx_str_t *id,
    ngx_str_t *people, ngx_http_livekit_resume_pt handler);

/* The names of an answer to ListParticipants.  NGX_DECLINED: none. */
ngx_int_t ngx_http_livekit_recording_names(ngx_http_request_t *r,
    lkg_json *answer, ngx_str_t *names);

/* "lkg:rec:<what>:{<room>}<tail>"; buf has NGX_HTTP_LIVEKIT_RECORDING_KEY. */
ngx_str_t ngx_http_livekit_recording_key(u_char *buf, const char *what,
    ngx_str_t *room, const char *tail, ngx_str_t *id);

/* The rank of a status, which only grows, and that of all that are over. */
#define NGX_HTTP_LIVEKIT_RECORDING_OVER    3

ngx_str_t ngx_http_livekit_recording_number(u_char *buf, int64_t n);


/* The endpoints: ngx_http_livekit_recording.c, .._start.c, .._stop.c and
 * .._list.c */

typedef struct {
    ngx_str_t                            id;
    ngx_str_t                            people;    /* parted by LF */
    ngx_uint_t                           npeople;
    ngx_str_t                            status;
    ngx_str_t                            started_by;
    ngx_str_t                            file;
    int64_t                              rank;
    int64_t                              started_at;
    int64_t                              ended_at;
    int64_t                              updated_at;
    int64_t                              duration;
    int64_t                              size;
    unsigned                             known:1;   /* there is a record */
} ngx_http_livekit_recording_row_t;

typedef struct {
    ngx_http_livekit_recording_update_t  update;    /* comes first */
    ngx_http_livekit_resume_pt           next;
    ngx_str_t                            id;        /* asked for, or made */
    ngx_str_t                            lease;
    ngx_http_livekit_api_call_t          call;
    lkg_json                            *answer;    /* LiveKit's */
    ngx_str_t                            after;     /* begins a list */
    ngx_uint_t                           limit;     /* of it */
    ngx_str_t                            more;      /* what follows it */
    ngx_array_t                          rows;      /* that are looked at */
    ngx_uint_t                           row;
    ngx_uint_t                           sent;      /* of rows, to Redis */
    ngx_uint_t                           status;    /* of a start, not 0: */
    const char                          *verdict;   /* it is not LiveKit's */
    ngx_uint_t                           repeated;  /* the update of a start */
    unsigned                             refreshed:1;
    unsigned                             unrecorded:1;    /* it failed */
} ngx_http_livekit_recording_t;

typedef struct {
    ngx_str_t                            name;      /* start, stop, list */
    ngx_http_livekit_resume_pt           allowed;
    ngx_str_t                            secrets[2];
} ngx_http_livekit_recording_loc_conf_t;

void ngx_http_livekit_recording_start(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
void ngx_http_livekit_recording_stop(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
void ngx_http_livekit_recording_list(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);

/* Before access is checked: on which room is the recording that is named? */
void ngx_http_livekit_recording_find(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
void ngx_http_livekit_recording_enter(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);

/* Fills the rows from what is on record, calls next. */
void ngx_http_livekit_recording_rows(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_resume_pt next);

/* The only row, of a copy of this id. */
ngx_http_livekit_recording_row_t *ngx_http_livekit_recording_one(
    ngx_http_request_t *r, ngx_http_livekit_recording_t *rec, ngx_str_t *id);

/* A copy of a reply's text, or nothing where it is none. */
ngx_int_t ngx_http_livekit_recording_keep(ngx_http_request_t *r,
    ngx_redis_reply_t *reply, ngx_str_t *text);

/* Asks LiveKit for those of the rows that have not been heard of for long, and
 * writes what it says; calls next, whether LiveKit answers or not. */
ngx_uint_t ngx_http_livekit_recording_stale(
    ngx_http_livekit_recording_t *rec);
void ngx_http_livekit_recording_refresh(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_resume_pt next);

/* A call of LiveKit's Egress service; the answer's JSON is at rec->answer, or
 * NULL. */
void ngx_http_livekit_recording_call(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, const char *method, ngx_str_t *body,
    ngx_http_livekit_resume_pt next);
ngx_int_t ngx_http_livekit_recording_answer(ngx_http_livekit_ctx_t *ctx);

/* {"name":"value"} */
ngx_int_t ngx_http_livekit_recording_about(ngx_http_request_t *r,
    const char *name, ngx_str_t *value, ngx_str_t *body);

/* Ends the request with an error; message NULL: the usual sentence. */
void ngx_http_livekit_recording_refuse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t status, const char *message);

/* 2026-11-22T16:15:36.123Z; buf has room for it. */
#define NGX_HTTP_LIVEKIT_RECORDING_TIME  sizeof("2026-11-22T16:15:36.123Z")

u_char *ngx_http_livekit_recording_time(u_char *p, int64_t msec);


extern ngx_module_t  ngx_http_livekit_recording_module;


#endif /* _NGX_HTTP_LIVEKIT_RECORDING_H_INCLUDED_ */
