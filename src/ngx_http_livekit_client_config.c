
/*
 * livekit_client_config: what browsers are told at run time, from a file that
 * was checked when nginx started.
 */


#include "ngx_http_livekit.h"
#include <ngx_md5.h>


typedef struct {
    ngx_str_t    name;          /* of the file */
    ngx_str_t    file;          /* its text, until it is checked */
    ngx_str_t    text;
    ngx_str_t    etag;
} ngx_http_livekit_client_config_conf_t;


static ngx_int_t ngx_http_livekit_client_config_handler(
    ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_client_config_headers(
    ngx_http_request_t *r, ngx_http_livekit_client_config_conf_t *ccf);

static void *ngx_http_livekit_client_config_create_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_client_config_merge_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_livekit_client_config_check(ngx_conf_t *cf,
    ngx_http_livekit_client_config_conf_t *ccf,
    ngx_http_livekit_where_t *where);
static char *ngx_http_livekit_client_config_keep(ngx_conf_t *cf,
    ngx_http_livekit_client_config_conf_t *ccf, char *text);
static char *ngx_http_livekit_client_config(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


static ngx_command_t  ngx_http_livekit_client_config_commands[] = {

    { ngx_string("livekit_client_config"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_livekit_client_config,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_client_config_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_livekit_client_config_create_conf,
                                           /* create location configuration */
    ngx_http_livekit_client_config_merge_conf
                                           /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_client_config_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_client_config_module_ctx,
                                           /* module context */
    ngx_http_livekit_client_config_commands,
                                           /* module directives */
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


static ngx_int_t
ngx_http_livekit_client_config_handler(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t                               rc;
    ngx_http_livekit_client_config_conf_t  *ccf;

    rc = ngx_http_livekit_endpoint(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    ccf = ngx_http_get_module_loc_conf(r,
                                       ngx_http_livekit_client_config_module);

    if (ngx_http_livekit_client_config_headers(r, ccf) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_livekit_reply_json(r, NGX_HTTP_OK, &ccf->text);
}


static ngx_int_t
ngx_http_livekit_client_config_headers(ngx_http_request_t *r,
    ngx_http_livekit_client_config_conf_t *ccf)
{
    ngx_str_t         name, value;
    ngx_table_elt_t  *h;

    /* kept, but asked for anew: a reload may have changed it */

    ngx_str_set(&name, "Cache-Control");
    ngx_str_set(&value, "no-cache");

    if (ngx_http_livekit_header(r, &name, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "ETag");
    h->value = ccf->etag;

    r->headers_out.etag = h;

    return NGX_OK;
}


static void *
ngx_http_livekit_client_config_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool,
                       sizeof(ngx_http_livekit_client_config_conf_t));
}


static char *
ngx_http_livekit_client_config_merge_conf(ngx_conf_t *cf, void *parent,
    void *child)
{
    ngx_http_livekit_client_config_conf_t *prev = parent;
    ngx_http_livekit_client_config_conf_t *conf = child;

    ngx_http_livekit_endpoint_conf_t  *ecf;

    ecf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_endpoint_module);

    if (ecf->handler != ngx_http_livekit_client_config_handler) {
        return NGX_CONF_OK;
    }

    if (conf->name.len == 0) {
        *conf = *prev;
        return NGX_CONF_OK;
    }

    /* only now all secrets are known */

    return ngx_http_livekit_client_config_check(cf, conf, &ecf->where);
}


static char *
ngx_http_livekit_client_config_check(ngx_conf_t *cf,
    ngx_http_livekit_client_config_conf_t *ccf,
    ngx_http_livekit_where_t *where)
{
    int           rc;
    char         *text, *rv;
    lkg_error     err;
    ngx_array_t  *secrets;

    secrets = ngx_http_livekit_secrets(cf);

    rc = lkg_client_config_load(&text, (char *) ccf->file.data,
                                ccf->file.len, secrets->elts,
                                secrets->nelts, &err);

    if (rc == LKG_ERR_FORMAT) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "client configuration %V:%ui:%ui: %s in %V:%ui",
                      &ccf->name, (ngx_uint_t) err.line,
                      (ngx_uint_t) err.column, err.text, &where->file,
                      where->line);
        return NGX_CONF_ERROR;
    }

    if (rc != LKG_OK) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "client configuration %V: %s in %V:%ui", &ccf->name,
                      lkg_strerror(rc), &where->file, where->line);
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_livekit_client_config_keep(cf, ccf, text);

    lkg_free(text);

    return rv;
}


static char *
ngx_http_livekit_client_config_keep(ngx_conf_t *cf,
    ngx_http_livekit_client_config_conf_t *ccf, char *text)
{
    u_char     *p, digest[16];
    ngx_md5_t   md5;

    ccf->text.len = ngx_strlen(text);

    ccf->text.data = ngx_pnalloc(cf->pool, ccf->text.len);
    ccf->etag.data = ngx_pnalloc(cf->pool, 2 * sizeof(digest) + 2);

    if (ccf->text.data == NULL || ccf->etag.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(ccf->text.data, text, ccf->text.len);

    ngx_md5_init(&md5);
    ngx_md5_update(&md5, ccf->text.data, ccf->text.len);
    ngx_md5_final(digest, &md5);

    p = ccf->etag.data;
    *p++ = '"';
    p = ngx_hex_dump(p, digest, sizeof(digest));
    *p++ = '"';

    ccf->etag.len = p - ccf->etag.data;

    return NGX_CONF_OK;
}


static char *
ngx_http_livekit_client_config(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_client_config_conf_t *ccf = conf;

    char       *rv;
    ngx_str_t  *value;

    value = cf->args->elts;
    ccf->name = value[1];

    if (ngx_conf_full_name(cf->cycle, &ccf->name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_livekit_read_file(cf, &ccf->name, LKG_CLIENT_CONFIG_MAX,
                                    &ccf->file, NULL);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_http_livekit_set_endpoint(cf,
                                     ngx_http_livekit_client_config_handler,
                                     NGX_HTTP_GET|NGX_HTTP_HEAD);
}
