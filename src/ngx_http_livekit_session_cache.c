
/*
 * What the application answered about a session, for some seconds: in a zone
 * that all workers share.  An entry is found by a digest of the request and
 * is encrypted with a key that only that request gives.
 */


#include "ngx_http_livekit_session.h"


#define NGX_HTTP_LIVEKIT_CACHE_SIZE    (1024 * 1024)
#define NGX_HTTP_LIVEKIT_CACHE_ANSWER  8192


static ngx_int_t ngx_http_livekit_cache_seal(ngx_http_request_t *r,
    ngx_http_livekit_session_line_t *line, lkg_seal *seal);
static ngx_slab_pool_t *ngx_http_livekit_cache_pool(ngx_http_request_t *r);


char *
ngx_http_livekit_session_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_session_main_conf_t *smcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    if (smcf->cache_size) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    if (size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no size of at least %uz bytes: "
                           "livekit_session_cache 1m", &value[1],
                           (size_t) (8 * ngx_pagesize));
        return NGX_CONF_ERROR;
    }

    smcf->cache_size = size;

    return NGX_CONF_OK;
}


/* cache=5s */

ngx_int_t
ngx_http_livekit_session_cache_time(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line, ngx_str_t *value)
{
    line->cache = ngx_parse_time(value, 1);

    if (line->cache < 1 || line->cache > NGX_HTTP_LIVEKIT_CACHE_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "cache= is a time of 1 to %d seconds: cache=5s",
                           NGX_HTTP_LIVEKIT_CACHE_MAX);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Answers are shared by lines that say the same, before and after a reload. */

ngx_int_t
ngx_http_livekit_session_cache_line(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line)
{
    u_char                                *p;
    size_t                                 len;
    ngx_str_t                             *value;
    ngx_uint_t                             i;
    ngx_http_livekit_session_main_conf_t  *smcf;

    value = cf->args->elts;
    len = 0;

    for (i = 1; i < cf->args->nelts; i++) {
        len += NGX_SIZE_T_LEN + 1 + value[i].len;
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    line->text.data = p;

    for (i = 1; i < cf->args->nelts; i++) {
        p = ngx_sprintf(p, "%uz:%V", value[i].len, &value[i]);
    }

    line->text.len = p - line->text.data;

    smcf = ngx_http_conf_get_module_main_conf(cf,
                                             ngx_http_livekit_session_module);
    smcf->cache_lines = 1;

    return NGX_OK;
}


/* The zone is there if any line wants it. */

ngx_int_t
ngx_http_livekit_session_cache_zone(ngx_conf_t *cf,
    ngx_http_livekit_session_main_conf_t *smcf)
{
    ngx_str_t  name;

    if (!smcf->cache_lines) {
        return NGX_OK;
    }

    ngx_str_set(&name, "livekit_session");

    smcf->cache = ngx_shared_memory_add(cf, &name,
                                        smcf->cache_size ? smcf->cache_size
                                                 : NGX_HTTP_LIVEKIT_CACHE_SIZE,
                                        &ngx_http_livekit_session_module);
    if (smcf->cache == NULL) {
        return NGX_ERROR;
    }

    smcf->cache->init = ngx_http_livekit_zone_init;

    return NGX_OK;
}


/*
 * NGX_OK: *answer is what the application said of the same request.
 * NGX_DECLINED: it must be asked.
 */

ngx_int_t
ngx_http_livekit_session_cached(ngx_http_request_t *r,
    ngx_http_livekit_session_line_t *line, ngx_str_t *answer)
{
    u_char     *sealed;
    size_t      len;
    ngx_int_t   rc;
    lkg_seal    seal;

    if (line->cache == 0
        || ngx_http_livekit_cache_seal(r, line, &seal) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    rc = NGX_DECLINED;

    sealed = ngx_pnalloc(r->pool, NGX_HTTP_LIVEKIT_CACHE_ANSWER
                                  + LKG_SEAL_EXTRA);
    if (sealed == NULL) {
        goto done;
    }

    len = ngx_http_livekit_zone_get(ngx_http_livekit_cache_pool(r), seal.name,
                                    sealed, NGX_HTTP_LIVEKIT_CACHE_ANSWER
                                            + LKG_SEAL_EXTRA);

    if (len == 0) {
        goto done;
    }

    answer->len = len - LKG_SEAL_EXTRA;
    answer->data = ngx_pnalloc(r->pool, answer->len);

    if (answer->data
        && lkg_seal_open(&seal, answer->data, sealed, len) == LKG_OK)
    {
        rc = NGX_OK;
    }

done:

    lkg_seal_clear(&seal);

    return rc;
}


/* "end" is that of the session, 0 where it is not known. */

void
ngx_http_livekit_session_keep(ngx_http_request_t *r,
    ngx_http_livekit_session_line_t *line, ngx_str_t *answer, time_t end)
{
    u_char    *sealed;
    size_t     len;
    lkg_seal   seal;

    if (line->cache == 0 || answer->len > NGX_HTTP_LIVEKIT_CACHE_ANSWER
        || ngx_http_livekit_cache_seal(r, line, &seal) != NGX_OK)
    {
        return;
    }

    len = answer->len + LKG_SEAL_EXTRA;
    sealed = ngx_pnalloc(r->pool, len);

    if (sealed == NULL
        || lkg_seal_close(&seal, sealed, answer->data, answer->len) != LKG_OK)
    {
        lkg_seal_clear(&seal);
        return;
    }

    ngx_http_livekit_zone_put(ngx_http_livekit_cache_pool(r), seal.name,
                              sealed, len, line->cache, end);

    lkg_seal_clear(&seal);
}


/*
 * All that the answer may depend on: who asks whom, and as whom.  A host may
 * have several servers, each with an application of its own.
 */

static ngx_int_t
ngx_http_livekit_cache_seal(ngx_http_request_t *r,
    ngx_http_livekit_session_line_t *line, lkg_seal *seal)
{
    int                        rc;
    u_char                     port[NGX_INT_T_LEN];
    lkg_str                    parts[7 + NGX_HTTP_LIVEKIT_COOKIE_LINES];
    lkg_str                    cookies[NGX_HTTP_LIVEKIT_COOKIE_LINES];
    ngx_uint_t                 i, n;
    lkg_session_input          in;
    ngx_http_core_srv_conf_t  *cscf;

    if (ngx_http_livekit_session_input(r, &in, cookies) != NGX_OK) {
        return NGX_DECLINED;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    n = 0;

    parts[n++] = ngx_http_livekit_lkg(&line->text);
    parts[n++] = ngx_http_livekit_lkg(&line->uri);

    parts[n].data = (char *) cscf->file_name;
    parts[n++].len = ngx_strlen(cscf->file_name);

    parts[n].data = (char *) port;
    parts[n++].len = ngx_sprintf(port, "%ui", cscf->line) - port;

    parts[n++] = ngx_http_livekit_lkg(&r->headers_in.server);

    if (r->headers_in.host) {
        parts[n++] = ngx_http_livekit_lkg(&r->headers_in.host->value);

    } else {
        parts[n].data = NULL;
        parts[n++].len = 0;
    }

    parts[n++] = in.authorization;

    for (i = 0; i < in.ncookies; i++) {
        parts[n++] = in.cookies[i];
    }

    rc = lkg_seal_init(seal, parts, n);

    return (rc == LKG_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_slab_pool_t *
ngx_http_livekit_cache_pool(ngx_http_request_t *r)
{
    ngx_http_livekit_session_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_livekit_session_module);

    return (ngx_slab_pool_t *) smcf->cache->shm.addr;
}
