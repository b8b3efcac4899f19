
/*
 * livekit_session: how the application's session is found.
 */


#include "ngx_http_livekit_session.h"


static ngx_int_t ngx_http_livekit_session_init(ngx_conf_t *cf);
static void *ngx_http_livekit_session_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_livekit_session_create_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_session_merge_conf(ngx_conf_t *cf,
    void *parent, void *child);
static char *ngx_http_livekit_session_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_http_livekit_session_line_t *ngx_http_livekit_session_line(
    ngx_conf_t *cf, ngx_http_livekit_session_conf_t *scf);
static char *ngx_http_livekit_session_end(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line);
static ngx_int_t ngx_http_livekit_session_key(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line);
static ngx_int_t ngx_http_livekit_session_user_key(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line);
static ngx_int_t ngx_http_livekit_session_compile(ngx_conf_t *cf,
    ngx_http_complex_value_t **cv, ngx_str_t *before, const char *prefix,
    const char *variable);
static char *ngx_http_livekit_session_redis(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line);
static void ngx_http_livekit_session_free_conf(void *data);


static ngx_command_t  ngx_http_livekit_session_commands[] = {

    { ngx_string("livekit_session"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_livekit_session_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("livekit_session_cache"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_livekit_session_cache,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_session_module_ctx = {
    ngx_http_livekit_session_add_variables, /* preconfiguration */
    ngx_http_livekit_session_init,         /* postconfiguration */

    ngx_http_livekit_session_create_main_conf, /* create main configuration */
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
    ngx_http_livekit_jwks_init_process,    /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/*
 * Whether any variable wants to know who it is: then sessions that are kept
 * elsewhere are looked up for every request that has a cookie.
 */

static ngx_int_t
ngx_http_livekit_session_init(ngx_conf_t *cf)
{
    ngx_str_t                            *name;
    ngx_uint_t                            i;
    ngx_http_handler_pt                  *h;
    ngx_http_variable_t                  *v;
    ngx_http_core_main_conf_t            *cmcf;
    ngx_http_livekit_session_main_conf_t *smcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    smcf = ngx_http_conf_get_module_main_conf(cf,
                                             ngx_http_livekit_session_module);

    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        name = &v[i].name;

        if (ngx_strncmp(name->data, "livekit_identity", name->len) == 0
            || ngx_strncmp(name->data, "livekit_name", name->len) == 0
            || (name->len > sizeof("livekit_claim_") - 1
                && ngx_strncmp(name->data, "livekit_claim_",
                               sizeof("livekit_claim_") - 1)
                   == 0))
        {
            smcf->variables = 1;
        }
    }

    /* the last handler of a phase runs first: before limit_req */

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PREACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_livekit_session_preaccess;

    return ngx_http_livekit_session_cache_zone(cf, smcf);
}


static void *
ngx_http_livekit_session_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_livekit_session_main_conf_t  *smcf;

    smcf = ngx_pcalloc(cf->pool,
                       sizeof(ngx_http_livekit_session_main_conf_t));
    if (smcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&smcf->jwks, cf->pool, 2,
                       sizeof(ngx_http_livekit_jwks_t))
        != NGX_OK)
    {
        return NULL;
    }

    return smcf;
}


static void *
ngx_http_livekit_session_create_conf(ngx_conf_t *cf)
{
    ngx_http_livekit_session_conf_t  *scf;

    scf = ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_session_conf_t));
    if (scf == NULL) {
        return NULL;
    }

    scf->lines = NGX_CONF_UNSET_PTR;

    return scf;
}


static char *
ngx_http_livekit_session_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_livekit_session_conf_t *prev = parent;
    ngx_http_livekit_session_conf_t *conf = child;

    char                             *rv;
    ngx_uint_t                        i;
    ngx_http_livekit_session_line_t  *line;

    if (conf->lines == NGX_CONF_UNSET_PTR) {
        conf->off = prev->off;
    }

    ngx_conf_merge_ptr_value(conf->lines, prev->lines, NULL);

    if (conf->lines == NULL) {
        return NGX_CONF_OK;
    }

    line = conf->lines->elts;

    for (i = 0; i < conf->lines->nelts; i++) {

        if (line[i].mechanism == LKG_SESSION_COOKIE) {
            continue;
        }

        conf->later = 1;

        if (line[i].mechanism == LKG_SESSION_STORED
            && line[i].redis == NULL)
        {
            rv = ngx_http_livekit_session_redis(cf, &line[i]);
            if (rv != NGX_CONF_OK) {
                return rv;
            }
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_livekit_session_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_livekit_session_conf_t *scf = conf;

    char                             *rv;
    ngx_str_t                        *value;
    lkg_error                         err;
    ngx_uint_t                        i;
    ngx_http_livekit_session_line_t  *line;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (scf->lines != NGX_CONF_UNSET_PTR || cf->args->nelts > 2) {
            return "\"off\" stands alone";
        }

        scf->lines = NULL;
        scf->off = 1;
        return NGX_CONF_OK;
    }

    if (scf->lines == NULL) {
        return "follows \"livekit_session off\" at the same level";
    }

    line = ngx_http_livekit_session_line(cf, scf);
    if (line == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_livekit_session_parameter(cf, line, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (lkg_session_conf_ready(line->conf, &err) != LKG_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "livekit_session: %s",
                           err.text);
        return NGX_CONF_ERROR;
    }

    if (lkg_session_conf_weak(line->conf)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "a secret= of livekit_session is shorter than "
                           "32 bytes");
    }

    return ngx_http_livekit_session_end(cf, line);
}


static ngx_http_livekit_session_line_t *
ngx_http_livekit_session_line(ngx_conf_t *cf,
    ngx_http_livekit_session_conf_t *scf)
{
    ngx_str_t                        *value;
    lkg_error                         err;
    ngx_pool_cleanup_t               *cln;
    ngx_http_livekit_session_line_t  *line;

    if (scf->lines == NGX_CONF_UNSET_PTR) {
        scf->lines = ngx_array_create(cf->pool, 2,
                                   sizeof(ngx_http_livekit_session_line_t));
        if (scf->lines == NULL) {
            return NULL;
        }
    }

    line = ngx_array_push(scf->lines);
    if (line == NULL) {
        return NULL;
    }

    ngx_memzero(line, sizeof(ngx_http_livekit_session_line_t));

    ngx_http_livekit_set_where(cf, &line->where);

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    value = cf->args->elts;
    line->preset = value[1];

    if (lkg_session_conf_new(&line->conf, (char *) value[1].data,
                             value[1].len, &err)
        != LKG_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "livekit_session: %s",
                           err.text);
        return NULL;
    }

    cln->handler = ngx_http_livekit_session_free_conf;
    cln->data = line->conf;

    line->mechanism = lkg_session_conf_mechanism(line->conf);

    return line;
}


/* What the line did not say, and must be known. */

static char *
ngx_http_livekit_session_end(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line)
{
    if (line->mechanism == LKG_SESSION_ASK && line->uri.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "livekit_session introspect needs uri=, an "
                           "internal location that leads to the application");
        return NGX_CONF_ERROR;
    }

    if (line->cache
        && ngx_http_livekit_session_cache_line(cf, line) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (line->mechanism == LKG_SESSION_STORED
        && (ngx_http_livekit_session_key(cf, line) != NGX_OK
            || ngx_http_livekit_session_user_key(cf, line) != NGX_OK))
    {
        return NGX_CONF_ERROR;
    }

    if (line->user != (line->user_key != NULL)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "livekit_session needs both user= and user_key= "
                           "for a second value: user=userId "
                           "user_key=user:$livekit_session_user");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_livekit_session_key(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line)
{
    const char  *prefix;
    ngx_str_t    none;

    if (line->key) {
        return NGX_OK;
    }

    prefix = lkg_session_conf_default_key(line->conf);

    if (prefix == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "livekit_session needs redis_key=, where the "
                           "session's value is: "
                           "redis_key=session:$livekit_session_id");
        return NGX_ERROR;
    }

    ngx_str_null(&none);

    return ngx_http_livekit_session_compile(cf, &line->key, &none, prefix,
                                            "$livekit_session_id");
}


/* The application keeps both of its values in the same way. */

static ngx_int_t
ngx_http_livekit_session_user_key(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line)
{
    ngx_str_t    before;
    const char  *prefix;

    static ngx_str_t  id = ngx_string("$livekit_session_id");

    prefix = lkg_session_conf_default_user_key(line->conf);

    if (prefix == NULL) {
        return NGX_OK;
    }

    line->user = 1;

    if (line->user_key) {
        return NGX_OK;
    }

    before = line->key->value;

    if (before.len < id.len
        || ngx_strncmp(before.data + before.len - id.len, id.data, id.len)
           != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "redis_key= does not end in \"%V\", so "
                           "livekit_session needs user_key= as well: "
                           "user_key=...%s$livekit_session_user", &id,
                           prefix);
        return NGX_ERROR;
    }

    before.len -= id.len;

    return ngx_http_livekit_session_compile(cf, &line->user_key, &before,
                                            prefix, "$livekit_session_user");
}


static ngx_int_t
ngx_http_livekit_session_compile(ngx_conf_t *cf,
    ngx_http_complex_value_t **cv, ngx_str_t *before, const char *prefix,
    const char *variable)
{
    ngx_str_t  key;

    key.len = before->len + ngx_strlen(prefix) + ngx_strlen(variable);

    key.data = ngx_pnalloc(cf->pool, key.len + 1);
    if (key.data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(key.data, "%V%s%s%Z", before, prefix, variable);

    *cv = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (*cv == NULL) {
        return NGX_ERROR;
    }

    return (ngx_http_livekit_compile(cf, &key, *cv) == NGX_CONF_OK)
           ? NGX_OK : NGX_ERROR;
}


static char *
ngx_http_livekit_session_redis(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line)
{
    if (ngx_http_livekit_redis_configured(cf) == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%V\" needs livekit_redis in the http block, where "
                      "the session is kept, in %V:%ui",
                      &line->where.directive, &line->where.file,
                      line->where.line);
        return NGX_CONF_ERROR;
    }

    line->redis = ngx_http_livekit_redis_find(cf, &line->redis_name,
                                              &line->where);

    return line->redis ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static void
ngx_http_livekit_session_free_conf(void *data)
{
    lkg_session_conf_free(data);
}
