
/*
 * How TLS is spoken to the Redis instances whose url is rediss://.
 */


#include "ngx_http_livekit.h"


#if (NGX_SSL)


static char *ngx_http_livekit_redis_ssl_password_file(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_livekit_redis_ssl_file(ngx_conf_t *cf, void *post,
    void *data);


static ngx_conf_post_t  ngx_http_livekit_redis_ssl_file_post = {
    ngx_http_livekit_redis_ssl_file
};


static ngx_conf_bitmask_t  ngx_http_livekit_redis_ssl_protocols[] = {
    { ngx_string("TLSv1"), NGX_SSL_TLSv1 },
    { ngx_string("TLSv1.1"), NGX_SSL_TLSv1_1 },
    { ngx_string("TLSv1.2"), NGX_SSL_TLSv1_2 },
    { ngx_string("TLSv1.3"), NGX_SSL_TLSv1_3 },
    { ngx_null_string, 0 }
};


#endif


static void *ngx_http_livekit_redis_ssl_create_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_redis_ssl_init_conf(ngx_conf_t *cf, void *conf);


static ngx_command_t  ngx_http_livekit_redis_ssl_commands[] = {

#if (NGX_SSL)

    { ngx_string("livekit_redis_ssl_verify"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_redis_ssl_conf_t, verify),
      NULL },

    { ngx_string("livekit_redis_ssl_verify_depth"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_redis_ssl_conf_t, verify_depth),
      NULL },

    { ngx_string("livekit_redis_ssl_trusted_certificate"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_redis_ssl_conf_t, trusted_certificate),
      &ngx_http_livekit_redis_ssl_file_post },

    { ngx_string("livekit_redis_ssl_crl"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_redis_ssl_conf_t, crl),
      &ngx_http_livekit_redis_ssl_file_post },

    { ngx_string("livekit_redis_ssl_name"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_redis_ssl_conf_t, name),
      NULL },

    { ngx_string("livekit_redis_ssl_server_name"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_redis_ssl_conf_t, server_name),
      NULL },

    { ngx_string("livekit_redis_ssl_certificate"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_redis_ssl_conf_t, certificate),
      NULL },

    { ngx_string("livekit_redis_ssl_certificate_key"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_redis_ssl_conf_t, certificate_key),
      NULL },

    { ngx_string("livekit_redis_ssl_password_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_livekit_redis_ssl_password_file,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("livekit_redis_ssl_session_reuse"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_redis_ssl_conf_t, session_reuse),
      NULL },

    { ngx_string("livekit_redis_ssl_protocols"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_conf_set_bitmask_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_redis_ssl_conf_t, protocols),
      &ngx_http_livekit_redis_ssl_protocols },

    { ngx_string("livekit_redis_ssl_ciphers"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_redis_ssl_conf_t, ciphers),
      NULL },

    { ngx_string("livekit_redis_ssl_conf_command"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2,
      ngx_conf_set_keyval_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_redis_ssl_conf_t, commands),
      NULL },

#endif

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_redis_ssl_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    ngx_http_livekit_redis_ssl_create_conf, /* create main configuration */
    ngx_http_livekit_redis_ssl_init_conf,  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_redis_ssl_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_redis_ssl_module_ctx, /* module context */
    ngx_http_livekit_redis_ssl_commands,   /* module directives */
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


ngx_redis_ssl_conf_t *
ngx_http_livekit_redis_ssl(ngx_conf_t *cf)
{
    return ngx_http_conf_get_module_main_conf(cf,
                                           ngx_http_livekit_redis_ssl_module);
}


static void *
ngx_http_livekit_redis_ssl_create_conf(ngx_conf_t *cf)
{
    ngx_redis_ssl_conf_t  *scf;

    scf = ngx_pcalloc(cf->pool, sizeof(ngx_redis_ssl_conf_t));
    if (scf == NULL) {
        return NULL;
    }

    scf->verify = NGX_CONF_UNSET;
    scf->server_name = NGX_CONF_UNSET;
    scf->session_reuse = NGX_CONF_UNSET;
    scf->verify_depth = NGX_CONF_UNSET_UINT;
    scf->passwords = NGX_CONF_UNSET_PTR;
    scf->commands = NGX_CONF_UNSET_PTR;

    return scf;
}


static char *
ngx_http_livekit_redis_ssl_init_conf(ngx_conf_t *cf, void *conf)
{
    ngx_redis_ssl_conf_t *scf = conf;

    ngx_conf_init_value(scf->verify, 1);
    ngx_conf_init_value(scf->server_name, 1);
    ngx_conf_init_value(scf->session_reuse, 1);
    ngx_conf_init_uint_value(scf->verify_depth, 1);
    ngx_conf_init_ptr_value(scf->passwords, NULL);
    ngx_conf_init_ptr_value(scf->commands, NULL);

#if (NGX_SSL)

    if (scf->protocols == 0) {
        scf->protocols = NGX_CONF_BITMASK_SET
                         |NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3;
    }

    if (scf->ciphers.data == NULL) {
        ngx_str_set(&scf->ciphers, "DEFAULT");
    }

#endif

    return NGX_CONF_OK;
}


#if (NGX_SSL)


static char *
ngx_http_livekit_redis_ssl_password_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_redis_ssl_conf_t *scf = conf;

    ngx_str_t  *value;

    if (scf->passwords != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    scf->passwords = ngx_ssl_read_password_file(cf, &value[1]);

    return scf->passwords ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* an empty name would be taken for none at all, and less would be checked */

static char *
ngx_http_livekit_redis_ssl_file(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *name = data;

    return name->len ? NGX_CONF_OK : "needs the name of a file";
}


#endif
