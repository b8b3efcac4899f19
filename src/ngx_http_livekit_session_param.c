
/*
 * The parameters of livekit_session.
 */


#include "ngx_http_livekit_session.h"


static ngx_uint_t ngx_http_livekit_session_is(ngx_str_t *name,
    const char *word);
static ngx_int_t ngx_http_livekit_session_place(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line, ngx_str_t *name, ngx_str_t *value);
static ngx_int_t ngx_http_livekit_session_content(ngx_conf_t *cf,
    ngx_str_t *name, ngx_str_t *value);


/* Where something is, is nginx's business; what it means is the library's. */

char *
ngx_http_livekit_session_parameter(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line, ngx_str_t *value)
{
    u_char     *p;
    ngx_int_t   rc;
    ngx_str_t   name, v, file;
    lkg_error   err;

    name = *value;
    ngx_str_null(&v);

    p = ngx_strlchr(value->data, value->data + value->len, '=');

    if (p) {
        name.len = p - value->data;
        v.data = p + 1;
        v.len = value->data + value->len - v.data;
    }

    file = v;

    rc = ngx_http_livekit_session_place(cf, line, &name, &v);

    if (rc != NGX_DECLINED) {
        return (rc == NGX_OK) ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    if (p && ngx_http_livekit_session_content(cf, &name, &v) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (lkg_session_conf_set(line->conf, (char *) name.data, name.len,
                             (char *) v.data, v.len, &err)
        != LKG_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "livekit_session: %s",
                           err.text);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_livekit_session_is(&name, "user")) {
        line->user = 1;
    }

    if (ngx_http_livekit_session_is(&name, "jwks")) {
        return ngx_http_livekit_jwks_watch(cf, line->conf, &file, &v);
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_livekit_session_is(ngx_str_t *name, const char *word)
{
    return name->len == ngx_strlen(word)
           && ngx_strncmp(name->data, word, name->len) == 0;
}


/* NGX_DECLINED: not a place. */

static ngx_int_t
ngx_http_livekit_session_place(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line, ngx_str_t *name, ngx_str_t *value)
{
    ngx_http_complex_value_t  **cv;

    if (ngx_http_livekit_session_is(name, "uri")
        && line->mechanism == LKG_SESSION_ASK)
    {
        if (value->len < 2 || value->data[0] != '/') {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "uri= is an internal location that leads to "
                               "the application: uri=/_session");
            return NGX_ERROR;
        }

        line->uri = *value;
        return NGX_OK;
    }

    if (ngx_http_livekit_session_is(name, "set_cookie")
        && line->mechanism == LKG_SESSION_ASK)
    {
        if (value->data) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"set_cookie\" has no value");
            return NGX_ERROR;
        }

        line->set_cookie = 1;
        return NGX_OK;
    }

    if (ngx_http_livekit_session_is(name, "cache")
        && line->mechanism == LKG_SESSION_ASK)
    {
        return ngx_http_livekit_session_cache_time(cf, line, value);
    }

    if (line->mechanism != LKG_SESSION_STORED) {
        return NGX_DECLINED;
    }

    if (ngx_http_livekit_session_is(name, "redis")) {
        line->redis_name = *value;
        return NGX_OK;
    }

    if (ngx_http_livekit_session_is(name, "redis_key")) {
        cv = &line->key;

    } else if (ngx_http_livekit_session_is(name, "user_key")) {
        cv = &line->user_key;

    } else {
        return NGX_DECLINED;
    }

    *cv = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (*cv == NULL) {
        return NGX_ERROR;
    }

    if (value->len
        && ngx_http_livekit_compile(cf, value, *cv) != NGX_CONF_OK)
    {
        return NGX_ERROR;
    }

    /* one key for all would make everybody the same user */

    if (value->len == 0 || (*cv)->lengths == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" needs a variable in its value: "
                           "$livekit_session_id or, for a second value, "
                           "$livekit_session_user", name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Of a secret, and of a file with keys, the library is given the content. */

static ngx_int_t
ngx_http_livekit_session_content(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_str_t  text;

    if (ngx_http_livekit_session_is(name, "secret")) {

        if (ngx_http_livekit_secret(cf, value, &text) != NGX_CONF_OK) {
            return NGX_ERROR;
        }

        *value = text;
        return NGX_OK;
    }

    if (!ngx_http_livekit_session_is(name, "key")
        && !ngx_http_livekit_session_is(name, "jwks"))
    {
        return NGX_OK;
    }

    if (ngx_conf_full_name(cf->cycle, value, 1) != NGX_OK
        || ngx_http_livekit_read_file(cf, value, LKG_JWKS_TEXT_MAX, &text,
                                      NULL)
           != NGX_CONF_OK)
    {
        return NGX_ERROR;
    }

    *value = text;

    return NGX_OK;
}
