
/*
 * What a client asks the token endpoint for, in each of its dialects.
 */


#include "ngx_http_livekit_token.h"


#define NGX_HTTP_LIVEKIT_BODY_NODES   512


static ngx_int_t ngx_http_livekit_token_member(ngx_http_livekit_ctx_t *ctx,
    lkg_json_node n, ngx_uint_t *seen);


/* The members of a body that mean something here. */

typedef enum {
    NGX_HTTP_LIVEKIT_ROOMNAME = 0,
    NGX_HTTP_LIVEKIT_ROOM_NAME,
    NGX_HTTP_LIVEKIT_ROLE,
    NGX_HTTP_LIVEKIT_IDENTITY,
    NGX_HTTP_LIVEKIT_NAME,
    NGX_HTTP_LIVEKIT_METADATA,
    NGX_HTTP_LIVEKIT_ATTRIBUTES,
    NGX_HTTP_LIVEKIT_ROOM_CONFIG
} ngx_http_livekit_member_e;


typedef struct {
    ngx_str_t    name;
    size_t       offset;        /* of a text in ngx_http_livekit_asked_t */
} ngx_http_livekit_member_t;


static ngx_http_livekit_member_t  ngx_http_livekit_members[] = {
    { ngx_string("roomName"),
      offsetof(ngx_http_livekit_asked_t, room) },
    { ngx_string("room_name"),
      offsetof(ngx_http_livekit_asked_t, room) },
    { ngx_string("role"),
      offsetof(ngx_http_livekit_asked_t, role) },
    { ngx_string("participant_identity"),
      offsetof(ngx_http_livekit_asked_t, participant_identity) },
    { ngx_string("participant_name"),
      offsetof(ngx_http_livekit_asked_t, participant_name) },
    { ngx_string("participant_metadata"),
      offsetof(ngx_http_livekit_asked_t, participant_metadata) },
    { ngx_string("participant_attributes"), 0 },
    { ngx_string("room_config"), 0 },
    { ngx_null_string, 0 }
};


const char *
ngx_http_livekit_token_parse(ngx_http_livekit_ctx_t *ctx)
{
    lkg_json      *doc;
    ngx_uint_t     seen;
    const char    *fault;
    lkg_json_node  n;

    fault = ngx_http_livekit_body_object(ctx, NGX_HTTP_LIVEKIT_BODY_NODES);
    if (fault) {
        return fault;
    }

    doc = ctx->asked.body;
    seen = 0;

    for (n = lkg_json_first(doc, LKG_JSON_ROOT);
         n != LKG_JSON_NONE;
         n = lkg_json_next(doc, n))
    {
        if (ngx_http_livekit_token_member(ctx, n, &seen) != NGX_OK) {
            return "A field of the request has a wrong type.";
        }
    }

    if ((seen & (1 << NGX_HTTP_LIVEKIT_ROOMNAME))
        && (seen & (1 << NGX_HTTP_LIVEKIT_ROOM_NAME)))
    {
        return "Say roomName or room_name, not both.";
    }

    /* one that only TokenSource sends, or nothing at all, is its dialect */

    ctx->asked.dialect = (seen & ((1 << NGX_HTTP_LIVEKIT_ROOMNAME)
                                  | (1 << NGX_HTTP_LIVEKIT_ROLE)))
                         && !(seen & (1 << NGX_HTTP_LIVEKIT_ROOM_NAME))
                         ? NGX_HTTP_LIVEKIT_APP
                         : NGX_HTTP_LIVEKIT_TOKENSOURCE;

    return NULL;
}


static ngx_int_t
ngx_http_livekit_token_member(ngx_http_livekit_ctx_t *ctx, lkg_json_node n,
    ngx_uint_t *seen)
{
    lkg_str                     key;
    ngx_str_t                  *text;
    lkg_json_type               type;
    ngx_http_livekit_member_t  *m;

    key = lkg_json_key(ctx->asked.body, n);

    for (m = ngx_http_livekit_members; m->name.len; m++) {
        if (m->name.len == key.len
            && ngx_memcmp(m->name.data, key.data, key.len) == 0)
        {
            break;
        }
    }

    type = lkg_json_typeof(ctx->asked.body, n);

    /* fields that nobody knows are ignored, and null is not there */

    if (m->name.len == 0 || type == LKG_JSON_NULL) {
        return NGX_OK;
    }

    switch (m - ngx_http_livekit_members) {

    case NGX_HTTP_LIVEKIT_ATTRIBUTES:
        ctx->asked.participant_attributes = n;
        break;

    case NGX_HTTP_LIVEKIT_ROOM_CONFIG:
        ctx->asked.room_config = n;
        break;

    default:
        if (type != LKG_JSON_STRING) {
            return NGX_ERROR;
        }

        text = (ngx_str_t *) ((u_char *) &ctx->asked + m->offset);
        *text = ngx_http_livekit_str(lkg_json_string(ctx->asked.body, n));

        *seen |= 1 << (m - ngx_http_livekit_members);
        return NGX_OK;
    }

    if (type != LKG_JSON_OBJECT) {
        return NGX_ERROR;
    }

    *seen |= 1 << (m - ngx_http_livekit_members);

    return NGX_OK;
}


/* What the policy does not accept from LiveKit Meet is not there for us. */

ngx_int_t
ngx_http_livekit_token_args(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_loc_conf_t  *llcf;

    static ngx_str_t  role = ngx_string("role");
    static ngx_str_t  name = ngx_string("participantName");
    static ngx_str_t  metadata = ngx_string("metadata");

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);

    ctx->asked.dialect = NGX_HTTP_LIVEKIT_MEET;

    if (ngx_http_livekit_room_arg(r, &ctx->asked.room) == NGX_ABORT
        || ngx_http_livekit_arg(r, &r->args, &role, &ctx->asked.role)
           == NGX_ABORT)
    {
        return NGX_ERROR;
    }

    if (lkg_policy_accepts(llcf->policy, "participant_name",
                           sizeof("participant_name") - 1)
        && ngx_http_livekit_arg(r, &r->args, &name,
                                &ctx->asked.participant_name)
           == NGX_ABORT)
    {
        return NGX_ERROR;
    }

    if (lkg_policy_accepts(llcf->policy, "participant_metadata",
                           sizeof("participant_metadata") - 1)
        && ngx_http_livekit_arg(r, &r->args, &metadata,
                                &ctx->asked.participant_metadata)
           == NGX_ABORT)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
