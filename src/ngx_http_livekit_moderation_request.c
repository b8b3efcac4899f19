
/*
 * What a moderator asks for.
 */


#include "ngx_http_livekit_moderation.h"


#define NGX_HTTP_LIVEKIT_MODERATION_NODES  128
#define NGX_HTTP_LIVEKIT_TRACK_SIZE        64


static const char *ngx_http_livekit_moderation_fields(
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_moderation_t *m);
static ngx_int_t ngx_http_livekit_moderation_room(
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_moderation_text(lkg_json *doc,
    const char *name, ngx_str_t *value);
static ngx_int_t ngx_http_livekit_moderation_flag(lkg_json *doc,
    const char *name, ngx_uint_t *flag);
static ngx_int_t ngx_http_livekit_moderation_until(lkg_json *doc,
    int64_t *until);
static const char *ngx_http_livekit_moderation_person(
    ngx_http_livekit_moderation_t *m);
static ngx_uint_t ngx_http_livekit_moderation_track(ngx_str_t *track);


/* In the order of ngx_http_livekit_moderation_e. */

static ngx_http_livekit_moderation_action_t
    ngx_http_livekit_moderation_actions[] = {

    { ngx_string("remove"), 1, 1, 1, 1,
      ngx_string("RoomService/RemoveParticipant"), "removed" },

    { ngx_string("ban"), 1, 1, 1, 1,
      ngx_string("RoomService/RemoveParticipant"), "removed" },

    { ngx_string("unban"), 1, 0, 1, 0, ngx_null_string, NULL },

    { ngx_string("mute"), 1, 0, 0, 0,
      ngx_string("RoomService/MutePublishedTrack"), NULL },

    { ngx_string("role"), 1, 1, 1, 1,
      ngx_string("RoomService/UpdateParticipant"), "updated" },

    { ngx_string("close"), 0, 0, 1, 0,
      ngx_string("RoomService/DeleteRoom"), NULL },

    { ngx_string("open"), 0, 0, 1, 0, ngx_null_string, NULL },

    { ngx_null_string, 0, 0, 0, 0, ngx_null_string, NULL }
};


const char *
ngx_http_livekit_moderation_parse(ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_moderation_t *m)
{
    ngx_str_t                              name;
    const char                            *fault;
    ngx_http_livekit_moderation_action_t  *action;

    fault = ngx_http_livekit_body_object(ctx,
                                         NGX_HTTP_LIVEKIT_MODERATION_NODES);
    if (fault) {
        return fault;
    }

    if (ngx_http_livekit_moderation_room(ctx) != NGX_OK) {
        return "Say which room: roomName.";
    }

    if (ngx_http_livekit_moderation_text(ctx->asked.body, "action", &name)
        == NGX_ERROR)
    {
        return "A field of the request has a wrong type.";
    }

    action = ngx_http_livekit_moderation_actions;

    for ( /* void */ ; action->name.len; action++) {
        if (action->name.len == name.len
            && ngx_memcmp(action->name.data, name.data, name.len) == 0)
        {
            break;
        }
    }

    if (action->name.len == 0) {
        return "Say which action: remove, ban, unban, mute, role, close or "
               "open.";
    }

    m->action = action;
    m->number = action - ngx_http_livekit_moderation_actions;

    return ngx_http_livekit_moderation_fields(ctx, m);
}


static const char *
ngx_http_livekit_moderation_fields(ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_moderation_t *m)
{
    lkg_json    *doc;
    ngx_uint_t   muted, delete_room;

    doc = ctx->asked.body;
    muted = 1;
    delete_room = 0;

    if (ngx_http_livekit_moderation_text(doc, "identity", &m->identity)
            == NGX_ERROR
        || ngx_http_livekit_moderation_text(doc, "role", &m->role)
            == NGX_ERROR
        || ngx_http_livekit_moderation_text(doc, "trackSid", &m->track)
            == NGX_ERROR
        || ngx_http_livekit_moderation_flag(doc, "muted", &muted)
            == NGX_ERROR
        || ngx_http_livekit_moderation_flag(doc, "deleteRoom", &delete_room)
            == NGX_ERROR)
    {
        return "A field of the request has a wrong type.";
    }

    m->muted = muted;
    m->delete_room = delete_room;

    if (m->delete_room && m->number != NGX_HTTP_LIVEKIT_CLOSE) {
        return "deleteRoom goes with close alone.";
    }

    if (ngx_http_livekit_moderation_until(doc, &m->until) != NGX_OK) {
        return "until must be a time that is still to come, in seconds since "
               "1970, or 0: for ever.";
    }

    if (m->number == NGX_HTTP_LIVEKIT_ROLE && m->role.len == 0) {
        return "Say which role.";
    }

    if (m->number == NGX_HTTP_LIVEKIT_MUTE
        && !ngx_http_livekit_moderation_track(&m->track))
    {
        return "Say which track: trackSid.";
    }

    return m->action->person ? ngx_http_livekit_moderation_person(m) : NULL;
}


static ngx_int_t
ngx_http_livekit_moderation_room(ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t  rc, other;
    ngx_str_t  room;

    rc = ngx_http_livekit_moderation_text(ctx->asked.body, "roomName",
                                          &ctx->asked.room);
    other = ngx_http_livekit_moderation_text(ctx->asked.body, "room_name",
                                             &room);

    if (other == NGX_OK && rc == NGX_DECLINED) {
        ctx->asked.room = room;
        return NGX_OK;
    }

    return (other == NGX_DECLINED) ? rc : NGX_ERROR;
}


/* NGX_DECLINED: it is not there, is null, or empty. */

static ngx_int_t
ngx_http_livekit_moderation_text(lkg_json *doc, const char *name,
    ngx_str_t *value)
{
    lkg_json_node  n;

    ngx_str_null(value);

    n = lkg_json_get(doc, LKG_JSON_ROOT, name, ngx_strlen(name));

    switch (lkg_json_typeof(doc, n)) {

    case LKG_JSON_ABSENT:
    case LKG_JSON_NULL:
        return NGX_DECLINED;

    case LKG_JSON_STRING:
        *value = ngx_http_livekit_str(lkg_json_string(doc, n));
        return value->len ? NGX_OK : NGX_DECLINED;

    default:
        return NGX_ERROR;
    }
}


static ngx_int_t
ngx_http_livekit_moderation_flag(lkg_json *doc, const char *name,
    ngx_uint_t *flag)
{
    lkg_json_node  n;

    n = lkg_json_get(doc, LKG_JSON_ROOT, name, ngx_strlen(name));

    switch (lkg_json_typeof(doc, n)) {

    case LKG_JSON_ABSENT:
    case LKG_JSON_NULL:
        return NGX_DECLINED;

    case LKG_JSON_TRUE:
        *flag = 1;
        return NGX_OK;

    case LKG_JSON_FALSE:
        *flag = 0;
        return NGX_OK;

    default:
        return NGX_ERROR;
    }
}


/* The year 9999 is the last that Redis may name. */

static ngx_int_t
ngx_http_livekit_moderation_until(lkg_json *doc, int64_t *until)
{
    lkg_json_node  n;
    lkg_json_type  type;

    *until = 0;

    n = lkg_json_get(doc, LKG_JSON_ROOT, "until", sizeof("until") - 1);
    type = lkg_json_typeof(doc, n);

    if (type == LKG_JSON_ABSENT || type == LKG_JSON_NULL) {
        return NGX_OK;
    }

    if (type != LKG_JSON_INTEGER || lkg_json_int(doc, n, until) != LKG_OK) {
        return NGX_ERROR;
    }

    return (*until == 0 || (*until > ngx_time() && *until <= 253402300799))
           ? NGX_OK : NGX_ERROR;
}


/* A page knows people by the identities of participants, devices and all. */

static const char *
ngx_http_livekit_moderation_person(ngx_http_livekit_moderation_t *m)
{
    u_char     *p;
    ngx_str_t   device;

    m->person = ngx_http_livekit_str(
                    lkg_identity_base((char *) m->identity.data,
                                      m->identity.len));

    if (m->identity.len > LKG_IDENTITY_MAX
        || !lkg_identity_valid((char *) m->person.data, m->person.len))
    {
        return "Say whom: identity.";
    }

    device.data = m->person.data + m->person.len;
    device.len = m->identity.len - m->person.len;

    for (p = device.data; p < device.data + device.len; p++) {
        if (*p < ' ' || *p == 0x7f) {
            return "Say whom: identity.";
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_http_livekit_moderation_track(ngx_str_t *track)
{
    u_char      ch;
    ngx_uint_t  i;

    for (i = 0; i < track->len; i++) {
        ch = track->data[i];

        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
              || (ch >= '0' && ch <= '9') || ch == '_' || ch == '-'))
        {
            return 0;
        }
    }

    return track->len && track->len <= NGX_HTTP_LIVEKIT_TRACK_SIZE;
}
