
/*
 * May this person enter this room?  Session, room, facts, decision.
 */


#include "ngx_http_livekit.h"


static ngx_int_t ngx_http_livekit_room(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_access_conf_t *acf,
    ngx_str_t *room);
static ngx_uint_t ngx_http_livekit_room_matches(
    ngx_http_livekit_access_conf_t *acf, ngx_str_t *room);
static ngx_uint_t ngx_http_livekit_same_facts(ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_access_conf_t *acf, ngx_str_t *room);
static ngx_int_t ngx_http_livekit_decide(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);


ngx_int_t
ngx_http_livekit_access(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_uint_t action, ngx_http_livekit_resume_pt handler)
{
    ngx_int_t                        rc;
    ngx_str_t                        room;
    ngx_http_livekit_access_conf_t  *acf;

    acf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_access_module);

    rc = ngx_http_livekit_session(r, ctx);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_livekit_room(r, ctx, acf, &room);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_livekit_same_facts(ctx, acf, &room)) {
        ctx->action = action;
        return ngx_http_livekit_access_result(r, ctx);
    }

    ctx->room = room;
    ctx->action = action;
    ctx->access_handler = handler;
    ctx->answered = 0;
    ctx->status = 0;

    if (acf->off) {
        return ngx_http_livekit_decide(r, ctx);
    }

    rc = ngx_http_livekit_facts_ask(r, ctx, &acf->facts);

    return (rc == NGX_AGAIN) ? NGX_AGAIN
                             : ngx_http_livekit_access_result(r, ctx);
}


/*
 * The same question again, after an internal redirect: to an error page, say.
 * Where a fact stands may depend on variables, and these on the location.
 */

static ngx_uint_t
ngx_http_livekit_same_facts(ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_access_conf_t *acf, ngx_str_t *room)
{
    return ctx->answered
           && !acf->off
           && acf->facts.sources == NULL
           && ctx->facts_conf->sources == NULL
           && ctx->facts_conf->redis == acf->facts.redis
           && ctx->room.len == room->len
           && ngx_memcmp(ctx->room.data, room->data, room->len) == 0;
}


ngx_int_t
ngx_http_livekit_access_result(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    if (!ctx->answered) {
        ctx->answered = 1;
        ctx->facts_status = ctx->status;
    }

    if (ctx->facts_status) {
        return ctx->facts_status;
    }

    return ngx_http_livekit_decide(r, ctx);
}


static ngx_int_t
ngx_http_livekit_decide(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx)
{
    int                              rc;
    lkg_ask                         *ask;
    ngx_str_t                        identity;
    ngx_http_livekit_loc_conf_t     *llcf;
    ngx_http_livekit_access_conf_t  *acf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);
    acf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_access_module);

    ask = &ctx->ask;
    ngx_memzero(ask, sizeof(lkg_ask));

    ask->size = sizeof(lkg_ask);
    ask->now = ngx_time();
    ask->session = ctx->session;
    ask->room = ngx_http_livekit_lkg(&ctx->room);
    ask->access = acf->off ? NULL : &ctx->facts;
    ask->action = ctx->action;

    ask->role = ngx_http_livekit_lkg(&ctx->asked.role);
    ask->participant_identity =
                       ngx_http_livekit_lkg(&ctx->asked.participant_identity);
    ask->participant_name = ngx_http_livekit_lkg(&ctx->asked.participant_name);
    ask->participant_metadata =
                       ngx_http_livekit_lkg(&ctx->asked.participant_metadata);
    ask->body = ctx->asked.body;
    ask->participant_attributes = ctx->asked.participant_attributes;
    ask->room_config = ctx->asked.room_config;

    rc = lkg_decide(&ctx->decision, llcf->policy, ask);

    if (rc == LKG_OK) {
        ctx->verdict = "allowed";
        return NGX_OK;
    }

    if (rc != LKG_ERR_DENIED) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "livekit: no decision: %s", lkg_strerror(rc));
        ctx->verdict = "error";
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    identity = ngx_http_livekit_str(lkg_session_identity(ctx->session));

    ctx->verdict = lkg_reason_name(ctx->decision.reason);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "livekit: forbidden: %s%s%s, room \"%V\", identity \"%V\"",
                  ctx->verdict, ctx->decision.field ? " " : "",
                  ctx->decision.field ? ctx->decision.field : "",
                  &ctx->room, &identity);

    switch (ctx->decision.reason) {

    case LKG_BAD_FIELD:
        return NGX_HTTP_BAD_REQUEST;

    case LKG_SESSION_EXPIRED:
        return NGX_HTTP_UNAUTHORIZED;

    default:
        return NGX_HTTP_FORBIDDEN;
    }
}


static ngx_int_t
ngx_http_livekit_room(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_access_conf_t *acf, ngx_str_t *room)
{
    char       key[LKG_KEY_BUF];
    ngx_int_t  rc;

    if (ctx->asked.room.len
        && !ngx_http_livekit_room_matches(acf, &ctx->asked.room))
    {
        ctx->verdict = "bad_room";
        rc = NGX_HTTP_BAD_REQUEST;
        goto refused;
    }

    if (acf->room == NULL) {
        *room = ctx->asked.room;

        if (room->len == 0) {
            ctx->verdict = "no_room";
            rc = NGX_HTTP_BAD_REQUEST;
            goto refused;
        }

    } else {
        rc = acf->room_arg.len ? ngx_http_livekit_main_arg(r, &acf->room_arg,
                                                           room)
                               : ngx_http_livekit_whole_value(r, acf->room,
                                                              room);

        if (rc == NGX_ERROR) {
            ctx->verdict = "error";
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        /* what comes from one variable may well come from the client */

        if (rc != NGX_OK
            || (acf->room_variable
                && !ngx_http_livekit_room_matches(acf, room)))
        {
            ctx->verdict = (rc == NGX_DECLINED) ? "no_room" : "bad_room";
            rc = NGX_HTTP_FORBIDDEN;
            goto refused;
        }
    }

    if (lkg_access_key(key, sizeof(key), (char *) room->data, room->len) < 0) {
        ctx->verdict = "bad_room";
        rc = NGX_HTTP_FORBIDDEN;
        goto refused;
    }

    return NGX_OK;

refused:

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "livekit: refused: %s", ctx->verdict);

    return rc;
}


static ngx_uint_t
ngx_http_livekit_room_matches(ngx_http_livekit_access_conf_t *acf,
    ngx_str_t *room)
{
    u_char      ch;
    ngx_uint_t  i;
#if (NGX_PCRE)
    char        key[LKG_KEY_BUF];

    /* there are names that no pattern can allow */

    if (acf->pattern) {
        return lkg_access_key(key, sizeof(key), (char *) room->data,
                              room->len)
               >= 0
               && ngx_strlchr(room->data, room->data + room->len, '/') == NULL
               && ngx_regex_exec(acf->pattern, room, NULL, 0) >= 0;
    }

#endif

    /* ^[A-Za-z0-9_-]{1,128}$ */

    if (room->len == 0 || room->len > 128) {
        return 0;
    }

    for (i = 0; i < room->len; i++) {
        ch = room->data[i];

        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
              || (ch >= '0' && ch <= '9') || ch == '_' || ch == '-'))
        {
            return 0;
        }
    }

    return 1;
}


/*
 * The first handler of a phase runs last: clients that allow/deny, auth_basic
 * or any other access module refuses cost Redis nothing, wherever this module
 * stands in the list of modules.
 */

ngx_int_t
ngx_http_livekit_access_last(ngx_conf_t *cf, ngx_http_handler_pt handler)
{
    ngx_array_t                *handlers;
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    handlers = &cmcf->phases[NGX_HTTP_ACCESS_PHASE].handlers;

    if (ngx_array_push(handlers) == NULL) {
        return NGX_ERROR;
    }

    h = handlers->elts;

    ngx_memmove(&h[1], &h[0],
                (handlers->nelts - 1) * sizeof(ngx_http_handler_pt));

    h[0] = handler;

    return NGX_OK;
}


void
ngx_http_livekit_watch_client(ngx_http_request_t *r)
{
    ngx_event_t  *rev;

    r->read_event_handler = ngx_http_test_reading;

    rev = r->connection->read;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: a closed connection will not be noticed");
    }
}
