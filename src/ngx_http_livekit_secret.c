
/*
 * Secrets and files of the configuration.
 */


#include "ngx_http_livekit.h"


#define NGX_HTTP_LIVEKIT_SECRET_MAX  4096


static void ngx_http_livekit_wipe(void *data);


char *
ngx_http_livekit_secret(ngx_conf_t *cf, ngx_str_t *value, ngx_str_t *secret)
{
    char                *rv, *env;
    lkg_str             *known;
    ngx_str_t            name, *wipe;
    ngx_file_info_t      fi;
    ngx_pool_cleanup_t  *cln;

    env = NULL;

    if (value->len >= 5 && ngx_strncmp(value->data, "file:", 5) == 0) {
        name.data = value->data + 5;
        name.len = value->len - 5;

        if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        rv = ngx_http_livekit_read_file(cf, &name,
                                        NGX_HTTP_LIVEKIT_SECRET_MAX, secret,
                                        &fi);
        if (rv != NGX_CONF_OK) {
            return rv;
        }

        if (ngx_file_access(&fi) & 0007) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "secret file \"%V\" can be read by everybody; "
                               "chmod o= would keep it to its owner", &name);
        }

        /* an editor's or echo's end of line is not part of the secret */

        if (secret->len && secret->data[secret->len - 1] == LF) {
            secret->len--;
        }

        if (secret->len && secret->data[secret->len - 1] == CR) {
            secret->len--;
        }

    } else if (value->len >= 4 && ngx_strncmp(value->data, "env:", 4) == 0) {
        env = getenv((char *) value->data + 4);

        if (env == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "environment variable \"%s\" is not set "
                               "where nginx was started", value->data + 4);
            return NGX_CONF_ERROR;
        }

        secret->data = (u_char *) env;
        secret->len = ngx_strlen(env);

    } else {
        *secret = *value;
    }

    if (secret->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a secret is empty; write it as it is, as "
                           "file:/path or as env:NAME");
        return NGX_CONF_ERROR;
    }

    known = ngx_array_push(ngx_http_livekit_secrets(cf));
    if (known == NULL) {
        return NGX_CONF_ERROR;
    }

    *known = ngx_http_livekit_lkg(secret);

    if (secret->data == (u_char *) env) {
        return NGX_CONF_OK;
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_str_t));
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    wipe = cln->data;
    *wipe = *secret;
    cln->handler = ngx_http_livekit_wipe;

    return NGX_CONF_OK;
}


static void
ngx_http_livekit_wipe(void *data)
{
    ngx_str_t *s = data;

    ngx_explicit_memzero(s->data, s->len);
}


char *
ngx_http_livekit_read_file(ngx_conf_t *cf, ngx_str_t *name, size_t max,
    ngx_str_t *text, ngx_file_info_t *fi)
{
    size_t           size;
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_file_info_t  info;

    if (fi == NULL) {
        fi = &info;
    }

    text->data = NULL;
    text->len = 0;

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_CONF_ERROR;
    }

    if (ngx_fd_info(fd, fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", name);
        goto failed;
    }

    if (!ngx_is_file(fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not a regular file", name);
        goto failed;
    }

    if (ngx_file_size(fi) > (off_t) max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is larger than %uz bytes", name, max);
        goto failed;
    }

    size = (size_t) ngx_file_size(fi);

    text->data = ngx_pnalloc(cf->pool, size + 1);
    if (text->data == NULL) {
        goto failed;
    }

    while (text->len < size) {
        n = ngx_read_fd(fd, text->data + text->len, size - text->len);

        if (n == -1) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                               ngx_read_fd_n " \"%V\" failed", name);
            goto failed;
        }

        if (n == 0) {
            break;
        }

        text->len += n;
    }

    text->data[text->len] = '\0';

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", name);
    }

    return NGX_CONF_OK;

failed:

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", name);
    }

    return NGX_CONF_ERROR;
}
