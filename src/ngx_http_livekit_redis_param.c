
/*
 * The parameters of livekit_redis.
 */


#include "ngx_http_livekit_redis.h"


static ngx_uint_t ngx_http_livekit_redis_is(ngx_str_t *value,
    const char *prefix, ngx_str_t *rest);


/* a password, too, may have "://" in it */

ngx_uint_t
ngx_http_livekit_redis_is_url(ngx_str_t *value)
{
    u_char  *p;

    if (ngx_strncmp(value->data, "unix:", 5) == 0) {
        return 1;
    }

    p = (u_char *) ngx_strstr(value->data, "://");

    return p && ngx_strlchr(value->data, p, '=') == NULL;
}


char *
ngx_http_livekit_redis_parameter(ngx_conf_t *cf, ngx_redis_conf_t *rcf,
    ngx_str_t *value)
{
    ngx_str_t  s;

    if (ngx_http_livekit_redis_is(value, "user=", &rcf->user)
        || ngx_http_livekit_redis_is(value, "sentinel=", &rcf->sentinel)
        || ngx_http_livekit_redis_is(value, "sentinel_user=",
                                     &rcf->sentinel_user))
    {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "password=", 9) == 0) {
        s.data = value->data + 9;
        s.len = value->len - 9;
        return ngx_http_livekit_secret(cf, &s, &rcf->password);
    }

    if (ngx_strncmp(value->data, "sentinel_password=", 18) == 0) {
        s.data = value->data + 18;
        s.len = value->len - 18;
        return ngx_http_livekit_secret(cf, &s, &rcf->sentinel_password);
    }

    if (ngx_strcmp(value->data, "cluster") == 0) {
        rcf->cluster = 1;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value->data, "replicas") == 0) {
        rcf->replicas = 1;
        return NGX_CONF_OK;
    }

    /* what follows could be a secret behind a misspelt name */

    for (s.len = 0; s.len < value->len; s.len++) {
        if (value->data[s.len] == '=' || value->data[s.len] == ':') {
            break;
        }
    }

    s.data = value->data;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\"; livekit_redis takes urls, "
                       "name=, user=, password=, cluster, replicas, "
                       "sentinel=, sentinel_user= and sentinel_password=", &s);
    return NGX_CONF_ERROR;
}


static ngx_uint_t
ngx_http_livekit_redis_is(ngx_str_t *value, const char *prefix,
    ngx_str_t *rest)
{
    size_t  len;

    len = ngx_strlen(prefix);

    if (value->len <= len || ngx_strncmp(value->data, prefix, len) != 0) {
        return 0;
    }

    rest->data = value->data + len;
    rest->len = value->len - len;

    return 1;
}


char *
ngx_http_livekit_redis_check(ngx_conf_t *cf, ngx_redis_conf_t *rcf)
{
    if (rcf->cluster && rcf->sentinel.len) {
        return "is either a \"cluster\" or behind \"sentinel=\"";
    }

    if (rcf->replicas && !rcf->cluster) {
        return "has \"replicas\" without \"cluster\"";
    }

    if (rcf->sentinel.len == 0
        && (rcf->sentinel_user.len || rcf->sentinel_password.len))
    {
        return "has credentials for sentinels, but no \"sentinel=\"";
    }

    return NGX_CONF_OK;
}
