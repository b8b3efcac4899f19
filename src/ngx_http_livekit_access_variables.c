
/*
 * What the access check found out, as variables.
 */


#include "ngx_http_livekit.h"


static ngx_int_t ngx_http_livekit_requested_room_variable(
    ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_livekit_room_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_livekit_role_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_livekit_redis_time_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_livekit_deed_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_livekit_access_text(ngx_http_variable_value_t *v,
    ngx_str_t *value);


static ngx_http_variable_t  ngx_http_livekit_access_vars[] = {

    { ngx_string("livekit_requested_room"), NULL,
      ngx_http_livekit_requested_room_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("livekit_room"), NULL,
      ngx_http_livekit_room_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("livekit_role"), NULL,
      ngx_http_livekit_role_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("livekit_redis_time"), NULL,
      ngx_http_livekit_redis_time_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("livekit_action"), NULL,
      ngx_http_livekit_deed_variable,
      offsetof(ngx_http_livekit_ctx_t, deed), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("livekit_target"), NULL,
      ngx_http_livekit_deed_variable,
      offsetof(ngx_http_livekit_ctx_t, target), NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


/* Before anything is decided it is what the query string asks for; not where
 * there is a body, which alone is looked at then. */

static ngx_int_t
ngx_http_livekit_requested_room_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                        room;
    ngx_http_livekit_ctx_t          *ctx;
    ngx_http_livekit_access_conf_t  *acf;

    ctx = ngx_http_livekit_find_ctx(r);

    if (ctx && ctx->guarded) {

        /* a token has a room; what was asked for it does not tell */

        acf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_access_module);
        return ngx_http_livekit_access_text(v, acf->room ? NULL : &ctx->room);
    }

    if (ctx && (ctx->asked.room.len || ctx->asked.body)) {
        room = ctx->asked.room;

    } else if (ngx_http_livekit_room_arg(r, &room) != NGX_OK) {
        room.len = 0;
    }

    return ngx_http_livekit_access_text(v, &room);
}


static ngx_int_t
ngx_http_livekit_room_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_livekit_ctx_t  *ctx;

    ctx = ngx_http_livekit_find_ctx(r);

    return ngx_http_livekit_access_text(v, ctx ? &ctx->room : NULL);
}


static ngx_int_t
ngx_http_livekit_role_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                role;
    ngx_http_livekit_ctx_t  *ctx;

    ctx = ngx_http_livekit_find_ctx(r);

    if (ctx == NULL || ctx->decision.role == NULL) {
        return ngx_http_livekit_access_text(v, NULL);
    }

    role = ngx_http_livekit_str(lkg_role_name(ctx->decision.role));

    return ngx_http_livekit_access_text(v, &role);
}


static ngx_int_t
ngx_http_livekit_redis_time_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                value;
    ngx_http_livekit_ctx_t  *ctx;

    ctx = ngx_http_livekit_find_ctx(r);

    if (ctx == NULL || !ctx->redis_asked) {
        return ngx_http_livekit_access_text(v, NULL);
    }

    value.data = ngx_pnalloc(r->pool, NGX_INT_T_LEN + sizeof(".000000"));
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%ui.%06ui",
                            ctx->redis_usec / 1000000,
                            ctx->redis_usec % 1000000)
                - value.data;

    return ngx_http_livekit_access_text(v, &value);
}


/* What an endpoint does, and to whom: asked for, as the verdict says. */

static ngx_int_t
ngx_http_livekit_deed_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_livekit_ctx_t  *ctx;

    ctx = ngx_http_livekit_find_ctx(r);

    return ngx_http_livekit_access_text(v, ctx ? (ngx_str_t *)
                                                 ((u_char *) ctx + data)
                                               : NULL);
}


static ngx_int_t
ngx_http_livekit_access_text(ngx_http_variable_value_t *v, ngx_str_t *value)
{
    if (value == NULL || value->len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_livekit_set_variable(v, value->data, value->len);
}


ngx_int_t
ngx_http_livekit_access_add_variables(ngx_conf_t *cf)
{
    return ngx_http_livekit_variables(cf, ngx_http_livekit_access_vars);
}
