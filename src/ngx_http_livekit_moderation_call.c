
/*
 * What LiveKit is told.  A person may be in the room several times, with
 * devices ("u2~phone") and with what LiveKit itself appends ("u2#x"): it is
 * asked who is there, and each of them is dealt with in turn.
 */


#include "ngx_http_livekit_moderation.h"


#define NGX_HTTP_LIVEKIT_LIST_NODES  524288
#define NGX_HTTP_LIVEKIT_CALLS       64     /* of one request */


static ngx_int_t ngx_http_livekit_moderation_list(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_moderation_listed(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_moderation_find(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_moderation_t *m);
static ngx_int_t ngx_http_livekit_moderation_add(ngx_http_request_t *r,
    ngx_array_t *list, lkg_str identity);
static void ngx_http_livekit_moderation_next(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_moderation_each(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_moderation_once(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static void ngx_http_livekit_moderation_answered(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_uint_t ngx_http_livekit_moderation_found(
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_moderation_send(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *method, ngx_str_t *identity,
    ngx_http_livekit_resume_pt handler);
static ngx_int_t ngx_http_livekit_moderation_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *identity, ngx_str_t *body);
static u_char *ngx_http_livekit_moderation_tail(u_char *p,
    ngx_http_livekit_moderation_t *m);


static ngx_str_t  ngx_http_livekit_moderation_list_method =
    ngx_string("RoomService/ListParticipants");


void
ngx_http_livekit_moderation_call(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t                       rc;
    ngx_http_livekit_moderation_t  *m;

    m = ctx->state;

    /* what is begun is ended, also if the client goes away */

    r->read_event_handler = ngx_http_block_reading;

    if (m->action->listed) {
        rc = ngx_http_livekit_moderation_list(r, ctx);

    } else if (m->number == NGX_HTTP_LIVEKIT_MUTE || m->delete_room) {
        rc = ngx_http_livekit_moderation_once(r, ctx);

    } else {
        ngx_http_livekit_moderation_done(r, ctx);
        return;
    }

    if (rc != NGX_AGAIN) {
        m->call = NGX_HTTP_LIVEKIT_CALL_FAILED;
        ngx_http_livekit_moderation_done(r, ctx);
    }
}


static ngx_int_t
ngx_http_livekit_moderation_list(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_moderation_t  *m;

    m = ctx->state;

    if (ngx_array_init(&m->participants, r->pool, 4, sizeof(ngx_str_t))
            != NGX_OK
        || ngx_array_init(&m->done, r->pool, 4, sizeof(ngx_str_t)) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_livekit_moderation_send(r, ctx,
                                    &ngx_http_livekit_moderation_list_method,
                                    NULL, ngx_http_livekit_moderation_listed);
}


static void
ngx_http_livekit_moderation_listed(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_moderation_t  *m;

    m = ctx->state;

    if (ctx->api_status == NGX_HTTP_OK
        && ngx_http_livekit_moderation_find(r, ctx, m) == NGX_OK)
    {
        m->call = NGX_HTTP_LIVEKIT_CALL_DONE;
        ngx_http_livekit_moderation_next(r, ctx);
        return;
    }

    m->call = NGX_HTTP_LIVEKIT_CALL_FAILED;

    ngx_http_livekit_moderation_done(r, ctx);
}


static ngx_int_t
ngx_http_livekit_moderation_find(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_moderation_t *m)
{
    lkg_str        identity, person;
    lkg_json      *doc;
    ngx_int_t      rc;
    lkg_json_node  list, n;

    if (lkg_json_parse(&doc, (char *) ctx->api_body.data, ctx->api_body.len,
                       NGX_HTTP_LIVEKIT_LIST_NODES)
        != LKG_OK)
    {
        goto invalid;
    }

    list = lkg_json_get(doc, LKG_JSON_ROOT, "participants",
                        sizeof("participants") - 1);

    if (lkg_json_typeof(doc, list) != LKG_JSON_ARRAY) {
        lkg_json_free(doc);
        goto invalid;
    }

    rc = NGX_OK;

    for (n = lkg_json_first(doc, list);
         n != LKG_JSON_NONE && rc == NGX_OK;
         n = lkg_json_next(doc, n))
    {
        identity = lkg_json_string(doc, lkg_json_get(doc, n, "identity",
                                                    sizeof("identity") - 1));
        person = lkg_identity_base(identity.data, identity.len);

        if (person.len == m->person.len
            && ngx_memcmp(person.data, m->person.data, person.len) == 0)
        {
            rc = ngx_http_livekit_moderation_add(r, &m->participants,
                                                 identity);
        }
    }

    lkg_json_free(doc);

    return rc;

invalid:

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "livekit: LiveKit's list of participants cannot be "
                  "understood");

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_livekit_moderation_add(ngx_http_request_t *r, ngx_array_t *list,
    lkg_str identity)
{
    ngx_str_t  *name, text;

    text = ngx_http_livekit_str(identity);

    name = ngx_array_push(list);
    if (name == NULL) {
        return NGX_ERROR;
    }

    name->len = text.len;

    name->data = ngx_pstrdup(r->pool, &text);
    if (name->data == NULL) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_livekit_moderation_next(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_str_t                      *name;
    ngx_http_livekit_moderation_t  *m;

    m = ctx->state;

    if (m->next == NGX_HTTP_LIVEKIT_CALLS
        && m->next < m->participants.nelts)
    {
        m->call = ngx_max(m->call, NGX_HTTP_LIVEKIT_CALL_PARTLY);

    } else if (m->next < m->participants.nelts) {

        name = m->participants.elts;

        if (ngx_http_livekit_moderation_send(r, ctx, &m->action->method,
                                             &name[m->next],
                                             ngx_http_livekit_moderation_each)
            == NGX_AGAIN)
        {
            return;
        }

        m->call = NGX_HTTP_LIVEKIT_CALL_FAILED;
    }

    ngx_http_livekit_moderation_done(r, ctx);
}


/*
 * Who has left in the meantime is no failure.  An error about one device says
 * nothing about the others; no answer at all does.
 */

static void
ngx_http_livekit_moderation_each(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_str_t                      *name, *done;
    ngx_http_livekit_moderation_t  *m;

    m = ctx->state;
    name = m->participants.elts;

    if (ctx->api_status == NGX_HTTP_OK) {

        done = ngx_array_push(&m->done);
        if (done == NULL) {
            goto failed;
        }

        *done = name[m->next];

    } else if (ctx->api_status == 0) {
        goto failed;

    } else if (ctx->api_status != NGX_HTTP_NOT_FOUND) {
        m->call = NGX_HTTP_LIVEKIT_CALL_FAILED;
    }

    m->next++;

    ngx_http_livekit_moderation_next(r, ctx);

    return;

failed:

    m->call = NGX_HTTP_LIVEKIT_CALL_FAILED;

    ngx_http_livekit_moderation_done(r, ctx);
}


static ngx_int_t
ngx_http_livekit_moderation_once(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_moderation_t  *m;

    m = ctx->state;

    return ngx_http_livekit_moderation_send(r, ctx, &m->action->method,
                                        m->action->person ? &m->identity
                                                          : NULL,
                                        ngx_http_livekit_moderation_answered);
}


static void
ngx_http_livekit_moderation_answered(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_moderation_t  *m;

    m = ctx->state;

    if (m->number == NGX_HTTP_LIVEKIT_MUTE && ctx->api_status == NGX_HTTP_OK
        && !ngx_http_livekit_moderation_found(ctx))
    {
        ctx->api_status = NGX_HTTP_NOT_FOUND;
    }

    m->call = (ctx->api_status == NGX_HTTP_OK
               || (m->delete_room && ctx->api_status == NGX_HTTP_NOT_FOUND))
              ? NGX_HTTP_LIVEKIT_CALL_DONE : NGX_HTTP_LIVEKIT_CALL_FAILED;

    ngx_http_livekit_moderation_done(r, ctx);
}


/* LiveKit answers 200, and null, for a track that there is not. */

static ngx_uint_t
ngx_http_livekit_moderation_found(ngx_http_livekit_ctx_t *ctx)
{
    lkg_json    *doc;
    ngx_uint_t   found;

    if (lkg_json_parse(&doc, (char *) ctx->api_body.data, ctx->api_body.len,
                       0)
        != LKG_OK)
    {
        return 0;
    }

    found = (lkg_json_typeof(doc, lkg_json_get(doc, LKG_JSON_ROOT, "track",
                                               sizeof("track") - 1))
             == LKG_JSON_OBJECT);

    lkg_json_free(doc);

    return found;
}


static ngx_int_t
ngx_http_livekit_moderation_send(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *method, ngx_str_t *identity,
    ngx_http_livekit_resume_pt handler)
{
    ngx_http_livekit_api_call_t     call;
    ngx_http_livekit_moderation_t  *m;

    m = ctx->state;

    call.method = *method;

    if (m->delete_room) {
        call.grant = LKG_SERVER_ROOM_CREATE;
        ngx_str_null(&call.room);

    } else {
        call.grant = LKG_SERVER_ROOM_ADMIN;
        call.room = ctx->room;
    }

    if (ngx_http_livekit_moderation_body(r, ctx, identity, &call.body)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_livekit_api(r, ctx, &call, handler);
}


/* Escaped, a byte takes six at most. */

static ngx_int_t
ngx_http_livekit_moderation_body(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *identity, ngx_str_t *body)
{
    u_char                         *p;
    size_t                          len;
    ngx_http_livekit_moderation_t  *m;

    m = ctx->state;

    len = sizeof("{\"room\":\"\",\"identity\":\"\",\"permission\":}")
          + 6 * ctx->room.len + LKG_PERMISSION_BUF
          + sizeof(",\"track_sid\":\"\",\"muted\":false") + m->track.len
          + (identity ? 6 * identity->len : 0);

    body->data = ngx_pnalloc(r->pool, len);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(body->data, "{\"room\":\"", 9);
    p = (u_char *) ngx_escape_json(p, ctx->room.data, ctx->room.len);
    *p++ = '"';

    if (identity) {
        p = ngx_cpymem(p, ",\"identity\":\"", 13);
        p = (u_char *) ngx_escape_json(p, identity->data, identity->len);
        *p++ = '"';

        p = ngx_http_livekit_moderation_tail(p, m);
        if (p == NULL) {
            return NGX_ERROR;
        }
    }

    *p++ = '}';

    body->len = p - body->data;

    return NGX_OK;
}


static u_char *
ngx_http_livekit_moderation_tail(u_char *p, ngx_http_livekit_moderation_t *m)
{
    int  len;

    if (m->number == NGX_HTTP_LIVEKIT_MUTE) {
        return ngx_sprintf(p, ",\"track_sid\":\"%V\",\"muted\":%s", &m->track,
                           m->muted ? "true" : "false");
    }

    if (m->number == NGX_HTTP_LIVEKIT_ROLE) {
        p = ngx_cpymem(p, ",\"permission\":", 14);

        len = lkg_role_permission((char *) p, LKG_PERMISSION_BUF, m->given);

        return len < 0 ? NULL : p + len;
    }

    return p;
}
