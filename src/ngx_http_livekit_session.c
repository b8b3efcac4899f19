
/*
 * Who is it?  The application's session cookie, opened at most once.
 */


#include "ngx_http_livekit.h"


#define NGX_HTTP_LIVEKIT_COOKIE_LINES  16


static ngx_int_t ngx_http_livekit_session_open(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_array_t *confs);
static ngx_int_t ngx_http_livekit_session_input(ngx_http_request_t *r,
    lkg_session_input *in, lkg_str *lines);
static ngx_int_t ngx_http_livekit_session_refuse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);

static void *ngx_http_livekit_session_create_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_session_merge_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_livekit_session_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_livekit_session_parameter(ngx_conf_t *cf,
    lkg_session_conf *sc, ngx_str_t *value);
static void ngx_http_livekit_session_free_conf(void *data);


static ngx_command_t  ngx_http_livekit_session_commands[] = {

    { ngx_string("livekit_session"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_livekit_session_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_session_module_ctx = {
    ngx_http_livekit_session_add_variables, /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_livekit_session_create_conf,  /* create location configuration */
    ngx_http_livekit_session_merge_conf    /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_session_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_session_module_ctx,  /* module context */
    ngx_http_livekit_session_commands,     /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


ngx_int_t
ngx_http_livekit_session(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t                         rc;
    ngx_http_livekit_session_conf_t  *scf;

    scf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_session_module);

    if (ctx->session_confs != scf->confs) {

        rc = ngx_http_livekit_session_open(r, ctx, scf->confs);
        if (rc != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (ctx->session) {
        return NGX_OK;
    }

    return ngx_http_livekit_session_refuse(r, ctx);
}


/*
 * Tries the sessions of the location in order.  One that the request has no
 * cookie for says nothing; of the others the first failure is remembered.
 */

static ngx_int_t
ngx_http_livekit_session_open(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_array_t *confs)
{
    int                 rc;
    lkg_str             lines[NGX_HTTP_LIVEKIT_COOKIE_LINES];
    ngx_uint_t          i;
    lkg_session_conf  **sc;
    lkg_session_input   in;

    lkg_session_free(ctx->session);

    ctx->session = NULL;
    ctx->session_confs = confs;
    ctx->answered = 0;
    ctx->session_rc = LKG_ERR_ABSENT;

    if (confs == NULL) {
        return NGX_OK;
    }

    if (ngx_http_livekit_session_input(r, &in, lines) != NGX_OK) {
        ctx->session_rc = LKG_ERR_TOOBIG;
        return NGX_OK;
    }

    sc = confs->elts;

    for (i = 0; i < confs->nelts; i++) {

        rc = lkg_session_open(&ctx->session, sc[i], &in, ngx_time());

        if (rc == LKG_OK) {
            ctx->session_rc = LKG_OK;
            return NGX_OK;
        }

        if (ctx->session_rc == LKG_ERR_ABSENT) {
            ctx->session_rc = rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_session_input(ngx_http_request_t *r, lkg_session_input *in,
    lkg_str *lines)
{
    ngx_uint_t         n;
    ngx_table_elt_t   *h;
#if (nginx_version < 1023000)
    ngx_uint_t         i;
    ngx_table_elt_t  **cookies;
#endif

    n = 0;

#if (nginx_version >= 1023000)

    for (h = r->headers_in.cookie; h; h = h->next) {
        if (n == NGX_HTTP_LIVEKIT_COOKIE_LINES) {
            return NGX_DECLINED;
        }

        lines[n++] = ngx_http_livekit_lkg(&h->value);
    }

#else

    cookies = r->headers_in.cookies.elts;

    for (i = 0; i < r->headers_in.cookies.nelts; i++) {
        if (n == NGX_HTTP_LIVEKIT_COOKIE_LINES) {
            return NGX_DECLINED;
        }

        lines[n++] = ngx_http_livekit_lkg(&cookies[i]->value);
    }

#endif

    in->cookies = lines;
    in->ncookies = n;

    h = r->headers_in.authorization;

    if (h) {
        in->authorization = ngx_http_livekit_lkg(&h->value);

    } else {
        in->authorization.data = NULL;
        in->authorization.len = 0;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_session_refuse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    switch (ctx->session_rc) {

    case LKG_ERR_NOMEM:
    case LKG_ERR_CRYPTO:
    case LKG_ERR_INVALID:

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: session could not be checked: %s",
                      lkg_strerror(ctx->session_rc));

        ctx->verdict = "error";
        return NGX_HTTP_INTERNAL_SERVER_ERROR;

    case LKG_ERR_ABSENT:
        ctx->verdict = "no_session";
        break;

    case LKG_ERR_EXPIRED:
        ctx->verdict = "session_expired";
        break;

    case LKG_ERR_AMBIGUOUS:
        ctx->verdict = "session_ambiguous";
        break;

    case LKG_ERR_IDENTITY:
        ctx->verdict = "no_identity";
        break;

    default:
        ctx->verdict = "session_invalid";
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "livekit: unauthorized: %s: %s", ctx->verdict,
                  lkg_strerror(ctx->session_rc));

    return NGX_HTTP_UNAUTHORIZED;
}


/*
 * For variables: what a handler found out before an internal redirect stays,
 * unless the location has sessions of its own to try.
 */

lkg_session *
ngx_http_livekit_session_peek(ngx_http_request_t *r)
{
    ngx_http_livekit_ctx_t           *ctx;
    ngx_http_livekit_session_conf_t  *scf;

    scf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_session_module);
    ctx = ngx_http_livekit_find_ctx(r);

    if (scf->off && !r->internal) {
        return NULL;
    }

    if (scf->confs == NULL || (ctx && ctx->session_confs == scf->confs)) {
        return ctx ? ctx->session : NULL;
    }

    ctx = ngx_http_livekit_get_ctx(r);
    if (ctx == NULL) {
        return NULL;
    }

    if (ngx_http_livekit_session_open(r, ctx, scf->confs) != NGX_OK) {
        return NULL;
    }

    return ctx->session;
}


static void *
ngx_http_livekit_session_create_conf(ngx_conf_t *cf)
{
    ngx_http_livekit_session_conf_t  *scf;

    scf = ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_session_conf_t));
    if (scf == NULL) {
        return NULL;
    }

    scf->confs = NGX_CONF_UNSET_PTR;

    return scf;
}


static char *
ngx_http_livekit_session_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_livekit_session_conf_t *prev = parent;
    ngx_http_livekit_session_conf_t *conf = child;

    if (conf->confs == NGX_CONF_UNSET_PTR) {
        conf->off = prev->off;
    }

    ngx_conf_merge_ptr_value(conf->confs, prev->confs, NULL);

    return NGX_CONF_OK;
}


static char *
ngx_http_livekit_session_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_livekit_session_conf_t *scf = conf;

    char                *rv;
    ngx_str_t           *value;
    lkg_error            err;
    ngx_uint_t           i;
    lkg_session_conf    *sc, **scp;
    ngx_pool_cleanup_t  *cln;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (scf->confs != NGX_CONF_UNSET_PTR || cf->args->nelts > 2) {
            return "\"off\" stands alone";
        }

        scf->confs = NULL;
        scf->off = 1;
        return NGX_CONF_OK;
    }

    if (scf->confs == NULL) {
        return "follows \"livekit_session off\" at the same level";
    }

    if (scf->confs == NGX_CONF_UNSET_PTR) {
        scf->confs = ngx_array_create(cf->pool, 2,
                                      sizeof(lkg_session_conf *));
        if (scf->confs == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    if (lkg_session_conf_new(&sc, (char *) value[1].data, value[1].len, &err)
        != LKG_OK)
    {
        goto failed;
    }

    cln->handler = ngx_http_livekit_session_free_conf;
    cln->data = sc;

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_livekit_session_parameter(cf, sc, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (lkg_session_conf_ready(sc, &err) != LKG_OK) {
        goto failed;
    }

    if (lkg_session_conf_weak(sc)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "a secret= of livekit_session is shorter than "
                           "32 bytes");
    }

    scp = ngx_array_push(scf->confs);
    if (scp == NULL) {
        return NGX_CONF_ERROR;
    }

    *scp = sc;

    return NGX_CONF_OK;

failed:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "livekit_session: %s", err.text);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_livekit_session_parameter(ngx_conf_t *cf, lkg_session_conf *sc,
    ngx_str_t *value)
{
    char       *rv;
    size_t      nlen;
    u_char     *p;
    ngx_str_t   v;
    lkg_error   err;

    p = ngx_strlchr(value->data, value->data + value->len, '=');

    if (p == NULL) {
        nlen = value->len;
        ngx_str_null(&v);

    } else {
        nlen = p - value->data;
        v.data = p + 1;
        v.len = value->data + value->len - v.data;

        if (nlen == 6 && ngx_strncmp(value->data, "secret", 6) == 0) {
            rv = ngx_http_livekit_secret(cf, &v, &v);
            if (rv != NGX_CONF_OK) {
                return rv;
            }
        }
    }

    if (lkg_session_conf_set(sc, (char *) value->data, nlen, (char *) v.data,
                             v.len, &err)
        != LKG_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "livekit_session: %s",
                           err.text);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void
ngx_http_livekit_session_free_conf(void *data)
{
    lkg_session_conf_free(data);
}
