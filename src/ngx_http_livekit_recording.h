
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


#include "ngx_http_livekit.h"


#define NGX_HTTP_LIVEKIT_RECORDING_KEEP    (366 * 24 * 3600)    /* seconds */
#define NGX_HTTP_LIVEKIT_RECORDING_LEASE   (24 * 3600)
#define NGX_HTTP_LIVEKIT_RECORDING_START   120      /* more than LiveKit needs
                                                       to say no */
#define NGX_HTTP_LIVEKIT_RECORDING_LIST    100      /* of a room */
#define NGX_HTTP_LIVEKIT_RECORDING_PEOPLE  500      /* of a recording */

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

/* "lkg:rec:<what>:{<room>}<tail>"; buf has NGX_HTTP_LIVEKIT_RECORDING_KEY. */
ngx_str_t ngx_http_livekit_recording_key(u_char *buf, const char *what,
    ngx_str_t *room, const char *tail, ngx_str_t *id);


#endif /* _NGX_HTTP_LIVEKIT_RECORDING_H_INCLUDED_ */
