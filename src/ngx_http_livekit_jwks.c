
/*
 * Files with the keys of an identity provider: read again when they change,
 * without a reload.
 */


#include "ngx_http_livekit_session.h"


#define NGX_HTTP_LIVEKIT_JWKS_INTERVAL  5000

/* of a file that was changed in these last seconds nobody can tell by its
 * times whether it was changed once more since */
#define NGX_HTTP_LIVEKIT_JWKS_SETTLED   3


static void ngx_http_livekit_jwks_seen(ngx_http_livekit_jwks_t *jwks,
    ngx_file_info_t *fi);
static ngx_uint_t ngx_http_livekit_jwks_changed(ngx_http_livekit_jwks_t *jwks,
    ngx_file_info_t *fi);
static void ngx_http_livekit_jwks_check(ngx_event_t *ev);
static void ngx_http_livekit_jwks_read(ngx_http_livekit_jwks_t *jwks,
    ngx_log_t *log);


char *
ngx_http_livekit_jwks_watch(ngx_conf_t *cf, lkg_session_conf *conf,
    ngx_str_t *file, ngx_str_t *text)
{
    ngx_file_info_t                        fi;
    ngx_http_livekit_jwks_t               *jwks;
    ngx_http_livekit_session_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf,
                                             ngx_http_livekit_session_module);

    jwks = ngx_array_push(&smcf->jwks);
    if (jwks == NULL) {
        return NGX_CONF_ERROR;
    }

    jwks->conf = conf;
    jwks->file = *file;

    if (ngx_conf_full_name(cf->cycle, &jwks->file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_file_info(jwks->file.data, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_file_info_n " \"%V\" failed", &jwks->file);
        return NGX_CONF_ERROR;
    }

    ngx_http_livekit_jwks_seen(jwks, &fi);
    jwks->crc = ngx_crc32_long(text->data, text->len);

    return NGX_CONF_OK;
}


static void
ngx_http_livekit_jwks_seen(ngx_http_livekit_jwks_t *jwks, ngx_file_info_t *fi)
{
    jwks->mtime = ngx_file_mtime(fi);
    jwks->ctime = fi->st_ctime;
    jwks->size = ngx_file_size(fi);
    jwks->uniq = ngx_file_uniq(fi);

    jwks->settled = (jwks->ctime
                     < ngx_time() - NGX_HTTP_LIVEKIT_JWKS_SETTLED);
}


static ngx_uint_t
ngx_http_livekit_jwks_changed(ngx_http_livekit_jwks_t *jwks,
    ngx_file_info_t *fi)
{
    return !jwks->settled
           || ngx_file_mtime(fi) != jwks->mtime
           || fi->st_ctime != jwks->ctime
           || ngx_file_size(fi) != jwks->size
           || ngx_file_uniq(fi) != jwks->uniq;
}


ngx_int_t
ngx_http_livekit_jwks_init_process(ngx_cycle_t *cycle)
{
    ngx_http_livekit_session_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle,
                                             ngx_http_livekit_session_module);

    if (smcf == NULL || smcf->jwks.nelts == 0
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    smcf->timer.handler = ngx_http_livekit_jwks_check;
    smcf->timer.data = smcf;
    smcf->timer.log = cycle->log;
    smcf->timer.cancelable = 1;

    ngx_add_timer(&smcf->timer, NGX_HTTP_LIVEKIT_JWKS_INTERVAL);

    return NGX_OK;
}


static void
ngx_http_livekit_jwks_check(ngx_event_t *ev)
{
    ngx_uint_t                             i;
    ngx_http_livekit_jwks_t               *jwks;
    ngx_http_livekit_session_main_conf_t  *smcf;

    smcf = ev->data;
    jwks = smcf->jwks.elts;

    for (i = 0; i < smcf->jwks.nelts; i++) {
        ngx_http_livekit_jwks_read(&jwks[i], ev->log);
    }

    if (!ngx_exiting) {
        ngx_add_timer(ev, NGX_HTTP_LIVEKIT_JWKS_INTERVAL);
    }
}


/* A file that cannot be read or used leaves the keys as they are. */

static void
ngx_http_livekit_jwks_read(ngx_http_livekit_jwks_t *jwks, ngx_log_t *log)
{
    off_t             size;
    u_char           *text;
    ngx_fd_t          fd;
    ssize_t           n;
    uint32_t          crc;
    lkg_error         err;
    ngx_file_info_t   fi;

    if (ngx_file_info(jwks->file.data, &fi) == NGX_FILE_ERROR
        || !ngx_http_livekit_jwks_changed(jwks, &fi))
    {
        return;
    }

    ngx_http_livekit_jwks_seen(jwks, &fi);

    size = jwks->size;

    if (size == 0 || size > LKG_JWKS_TEXT_MAX) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "\"%V\" is empty or too large; the keys stay as they "
                      "were", &jwks->file);
        return;
    }

    text = ngx_alloc(size, log);
    if (text == NULL) {
        return;
    }

    fd = ngx_open_file(jwks->file.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      ngx_open_file_n " \"%V\" failed; the keys stay as they "
                      "were", &jwks->file);
        ngx_free(text);
        return;
    }

    n = ngx_read_fd(fd, text, size);

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", &jwks->file);
    }

    if (n <= 0
        || lkg_session_conf_set_jwks(jwks->conf, (char *) text, n, &err)
           != LKG_OK)
    {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "\"%V\" holds no usable keys; they stay as they were",
                      &jwks->file);

    } else {
        crc = ngx_crc32_long(text, n);

        if (crc != jwks->crc) {
            ngx_log_error(NGX_LOG_NOTICE, log, 0, "read new keys from \"%V\"",
                          &jwks->file);
        }

        jwks->crc = crc;
    }

    ngx_free(text);
}
