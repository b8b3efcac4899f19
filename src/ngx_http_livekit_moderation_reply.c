
/*
 * What was done, and what is still to be done.
 */


#include "ngx_http_livekit_moderation.h"


static void ngx_http_livekit_moderation_muted(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static size_t ngx_http_livekit_moderation_size(ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_moderation_t *m);
static u_char *ngx_http_livekit_moderation_what(u_char *p,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_moderation_t *m);
static u_char *ngx_http_livekit_moderation_how(u_char *p,
    ngx_http_livekit_moderation_t *m);
static u_char *ngx_http_livekit_moderation_member(u_char *p,
    const char *name, ngx_str_t *value);


static ngx_str_t  ngx_http_livekit_moderation_again = ngx_string(
    "This is stored. LiveKit has not done all that follows from it; "
    "send the request again."
);


void
ngx_http_livekit_moderation_done(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    u_char                         *p;
    ngx_str_t                       body;
    ngx_uint_t                      status;
    ngx_http_livekit_moderation_t  *m;

    m = ctx->state;

    if (!m->action->stored && m->call != NGX_HTTP_LIVEKIT_CALL_DONE) {
        ngx_http_livekit_moderation_muted(r, ctx);
        return;
    }

    body.data = ngx_pnalloc(r->pool, ngx_http_livekit_moderation_size(ctx, m));
    if (body.data == NULL) {
        ctx->verdict = "error";
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    p = ngx_http_livekit_moderation_what(body.data, ctx, m);
    p = ngx_http_livekit_moderation_how(p, m);

    body.len = p - body.data;

    if (m->call > NGX_HTTP_LIVEKIT_CALL_DONE) {
        ctx->verdict = "livekit_unavailable";
        status = NGX_HTTP_ACCEPTED;

    } else {
        ctx->verdict = "moderated";
        status = NGX_HTTP_OK;
    }

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "livekit: %s: %V \"%V\" in room \"%V\"", ctx->verdict,
                  &m->action->name, &m->person, &ctx->room);

    ngx_http_finalize_request(r, ngx_http_livekit_reply(r, status, &body));
}


/* All that there was to be done has failed. */

static void
ngx_http_livekit_moderation_muted(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    switch (ctx->api_status) {

    case NGX_HTTP_NOT_FOUND:
        ctx->verdict = "livekit_refused";
        ngx_http_livekit_moderation_refuse(r, ctx, NGX_HTTP_NOT_FOUND,
                        "There is no such track of this participant.");
        return;

    case NGX_HTTP_PRECONDITION_FAILED:
        ctx->verdict = "livekit_refused";
        ngx_http_livekit_moderation_refuse(r, ctx, NGX_HTTP_CONFLICT,
                        "LiveKit does not let others unmute a track.");
        return;

    default:
        ctx->verdict = "livekit_unavailable";
        ngx_http_livekit_moderation_refuse(r, ctx,
                        NGX_HTTP_SERVICE_UNAVAILABLE,
                        "LiveKit could not be asked; nothing was changed.");
    }
}


void
ngx_http_livekit_moderation_refuse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t status, const char *message)
{
    ngx_http_finalize_request(r,
                          ngx_http_livekit_reply_error(r, status, message));
}


/* Escaped, a byte takes six at most. */

static size_t
ngx_http_livekit_moderation_size(ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_moderation_t *m)
{
    size_t       len;
    ngx_str_t   *name;
    ngx_uint_t   i;

    len = sizeof("{\"action\":\"\",\"roomName\":\"\",\"identity\":\"\","
                 "\"trackSid\":\"\",\"muted\":false,\"role\":\"\","
                 "\"until\":,\"state\":\"closed\",\"stored\":true,"
                 "\"livekit\":\"unavailable\",\"removed\":[],"
                 "\"message\":\"\"}")
          + NGX_INT64_LEN
          + ngx_http_livekit_moderation_again.len
          + m->action->name.len + m->track.len
          + 6 * (ctx->asked.room.len + m->identity.len + m->role.len);

    name = m->done.elts;

    for (i = 0; i < m->done.nelts; i++) {
        len += 6 * name[i].len + sizeof("\"\",") - 1;
    }

    return len;
}


static u_char *
ngx_http_livekit_moderation_what(u_char *p, ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_moderation_t *m)
{
    p = ngx_sprintf(p, "{\"action\":\"%V\"", &m->action->name);
    p = ngx_http_livekit_moderation_member(p, "roomName", &ctx->asked.room);

    switch (m->number) {

    case NGX_HTTP_LIVEKIT_MUTE:
        p = ngx_http_livekit_moderation_member(p, "identity", &m->identity);
        p = ngx_http_livekit_moderation_member(p, "trackSid", &m->track);
        return ngx_sprintf(p, ",\"muted\":%s", m->muted ? "true" : "false");

    case NGX_HTTP_LIVEKIT_CLOSE:
        return ngx_cpymem(p, ",\"state\":\"closed\"", 17);

    case NGX_HTTP_LIVEKIT_OPEN:
        return ngx_cpymem(p, ",\"state\":\"open\"", 15);

    case NGX_HTTP_LIVEKIT_BAN:
        p = ngx_http_livekit_moderation_member(p, "identity", &m->person);
        return ngx_sprintf(p, ",\"until\":%L", m->until);

    case NGX_HTTP_LIVEKIT_ROLE:
        p = ngx_http_livekit_moderation_member(p, "identity", &m->person);
        return ngx_http_livekit_moderation_member(p, "role", &m->role);

    default:
        return ngx_http_livekit_moderation_member(p, "identity", &m->person);
    }
}


static u_char *
ngx_http_livekit_moderation_how(u_char *p, ngx_http_livekit_moderation_t *m)
{
    ngx_str_t   *name;
    ngx_uint_t   i;

    static const char  *said[] = { "", "done", "partly", "unavailable" };

    if (m->action->stored) {
        p = ngx_cpymem(p, ",\"stored\":true", 14);
    }

    if (m->call != NGX_HTTP_LIVEKIT_CALL_NONE) {
        p = ngx_sprintf(p, ",\"livekit\":\"%s\"", said[m->call]);
    }

    if (m->action->done) {
        p = ngx_sprintf(p, ",\"%s\":[", m->action->done);

        name = m->done.elts;

        for (i = 0; i < m->done.nelts; i++) {
            if (i) {
                *p++ = ',';
            }

            *p++ = '"';
            p = (u_char *) ngx_escape_json(p, name[i].data, name[i].len);
            *p++ = '"';
        }

        *p++ = ']';
    }

    if (m->call > NGX_HTTP_LIVEKIT_CALL_DONE) {
        p = ngx_http_livekit_moderation_member(p, "message",
                                          &ngx_http_livekit_moderation_again);
    }

    *p++ = '}';

    return p;
}


static u_char *
ngx_http_livekit_moderation_member(u_char *p, const char *name,
    ngx_str_t *value)
{
    p = ngx_sprintf(p, ",\"%s\":\"", name);
    p = (u_char *) ngx_escape_json(p, value->data, value->len);
    *p++ = '"';

    return p;
}
