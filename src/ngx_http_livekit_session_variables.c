
/*
 * What is known of a request, as variables.
 */


#include "ngx_http_livekit_session.h"


static ngx_int_t ngx_http_livekit_session_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_livekit_claim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static lkg_json_node ngx_http_livekit_claim_find(const lkg_json *claims,
    ngx_str_t *name);


typedef lkg_str (*ngx_http_livekit_session_get_pt)(const lkg_session *s);


static ngx_http_livekit_session_get_pt  ngx_http_livekit_session_getters[] = {
    lkg_session_identity,
    lkg_session_name,
    lkg_session_id,
    lkg_session_user
};


static ngx_http_variable_t  ngx_http_livekit_session_vars[] = {

    { ngx_string("livekit_identity"), NULL,
      ngx_http_livekit_session_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("livekit_name"), NULL,
      ngx_http_livekit_session_variable, 1, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("livekit_session_id"), NULL,
      ngx_http_livekit_session_variable, 2, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("livekit_session_user"), NULL,
      ngx_http_livekit_session_variable, 3, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("livekit_claim_"), NULL,
      ngx_http_livekit_claim_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

      ngx_http_null_variable
};


static ngx_int_t
ngx_http_livekit_session_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    lkg_str                  s;
    lkg_session             *session;
    ngx_http_livekit_ctx_t  *ctx;

    session = NULL;
    ctx = ngx_http_livekit_find_ctx(r);

    /* a token has nothing but an identity */

    if (ctx && ctx->guarded) {

        if (data != 0 || ctx->identity.len == 0) {
            v->not_found = 1;
            return NGX_OK;
        }

        return ngx_http_livekit_set_variable(v, (u_char *) ctx->identity.data,
                                             ctx->identity.len);
    }

    /* one that is being fetched has an id, for the key to be made of */

    if (ctx && ctx->session_pending && data >= 2) {
        session = ctx->session_pending;
    }

    if (session == NULL) {
        session = ngx_http_livekit_session_peek(r);
    }

    if (session == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    s = ngx_http_livekit_session_getters[data](session);

    return ngx_http_livekit_set_variable(v, (u_char *) s.data, s.len);
}


static ngx_int_t
ngx_http_livekit_claim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    lkg_str                  s;
    ngx_str_t                name, *var;
    lkg_session             *session;
    lkg_json_node            n;
    const lkg_json          *claims;
    ngx_http_livekit_ctx_t  *ctx;

    v->not_found = 1;

    ctx = ngx_http_livekit_find_ctx(r);

    if (ctx && ctx->guarded) {
        return NGX_OK;
    }

    session = ngx_http_livekit_session_peek(r);

    if (session == NULL) {
        return NGX_OK;
    }

    var = (ngx_str_t *) data;

    name.data = var->data + sizeof("livekit_claim_") - 1;
    name.len = var->len - (sizeof("livekit_claim_") - 1);

    claims = lkg_session_claims(session);
    n = ngx_http_livekit_claim_find(claims, &name);

    switch (lkg_json_typeof(claims, n)) {

    case LKG_JSON_STRING:
        s = lkg_json_string(claims, n);
        break;

    case LKG_JSON_INTEGER:
    case LKG_JSON_TRUE:
    case LKG_JSON_FALSE:
        s = lkg_json_raw(claims, n);
        break;

    default:
        return NGX_OK;
    }

    return ngx_http_livekit_set_variable(v, (u_char *) s.data, s.len);
}


/*
 * nginx lower-cases the names of variables: a claim of exactly this name is
 * preferred, else the only one that differs in nothing but case is taken.
 */

static lkg_json_node
ngx_http_livekit_claim_find(const lkg_json *claims, ngx_str_t *name)
{
    lkg_str        key;
    lkg_json_node  n, found;

    n = lkg_json_get(claims, LKG_JSON_ROOT, (char *) name->data, name->len);

    if (n != LKG_JSON_NONE) {
        return n;
    }

    found = LKG_JSON_NONE;

    for (n = lkg_json_first(claims, LKG_JSON_ROOT);
         n != LKG_JSON_NONE;
         n = lkg_json_next(claims, n))
    {
        key = lkg_json_key(claims, n);

        if (key.len == name->len
            && ngx_strncasecmp((u_char *) key.data, name->data, key.len) == 0)
        {
            if (found != LKG_JSON_NONE) {
                return LKG_JSON_NONE;
            }

            found = n;
        }
    }

    return found;
}


ngx_int_t
ngx_http_livekit_session_add_variables(ngx_conf_t *cf)
{
    return ngx_http_livekit_variables(cf, ngx_http_livekit_session_vars);
}
