
/*
 * The directives of the access check, and what a location that decides must
 * have.
 */


#include "ngx_http_livekit.h"


static void *ngx_http_livekit_access_create_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_access_merge_conf(ngx_conf_t *cf, void *parent,
    void *child);
static const char *ngx_http_livekit_session_missing(ngx_conf_t *cf);
static const char *ngx_http_livekit_access_missing(ngx_conf_t *cf);
static ngx_uint_t ngx_http_livekit_access_has_role(
    ngx_http_livekit_access_conf_t *acf);
static char *ngx_http_livekit_access_redis(ngx_conf_t *cf,
    ngx_http_livekit_access_conf_t *acf, ngx_http_livekit_where_t *where);
static char *ngx_http_livekit_room_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_str_t ngx_http_livekit_variable_name(ngx_str_t *value);
static char *ngx_http_livekit_room_pattern(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_http_livekit_access_commands[] = {

    { ngx_string("livekit_room"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_livekit_room_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_livekit_access_conf_t, room),
      NULL },

    { ngx_string("livekit_room_pattern"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_livekit_room_pattern,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("livekit_access"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_livekit_access_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_access_module_ctx = {
    ngx_http_livekit_access_add_variables, /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_livekit_access_create_conf,   /* create location configuration */
    ngx_http_livekit_access_merge_conf     /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_access_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_access_module_ctx,   /* module context */
    ngx_http_livekit_access_commands,      /* module directives */
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


void
ngx_http_livekit_set_where(ngx_conf_t *cf, ngx_http_livekit_where_t *where)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    where->directive = value[0];
    where->file = cf->conf_file->file.name;
    where->line = cf->conf_file->line;
}


char *
ngx_http_livekit_needs(ngx_conf_t *cf, ngx_http_livekit_where_t *where,
    const char *missing)
{
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "\"%V\" needs %s in %V:%ui",
                  &where->directive, missing, &where->file, where->line);

    return NGX_CONF_ERROR;
}


char *
ngx_http_livekit_access_needs(ngx_conf_t *cf, ngx_http_livekit_where_t *where,
    ngx_uint_t room)
{
    const char                       *missing;
    ngx_http_livekit_session_conf_t  *scf;

    scf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_session_module);
    scf->needed = 1;

    missing = ngx_http_livekit_session_missing(cf);

    if (missing) {
        return ngx_http_livekit_needs(cf, where, missing);
    }

    return room ? ngx_http_livekit_facts_needs(cf, where) : NGX_CONF_OK;
}


char *
ngx_http_livekit_facts_needs(ngx_conf_t *cf, ngx_http_livekit_where_t *where)
{
    const char                      *missing;
    ngx_http_livekit_access_conf_t  *acf;

    missing = ngx_http_livekit_access_missing(cf);

    if (missing) {
        return ngx_http_livekit_needs(cf, where, missing);
    }

    acf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_access_module);

    return acf->off ? NGX_CONF_OK
                    : ngx_http_livekit_access_redis(cf, acf, where);
}


/* Whoever has a session could fill Redis with rooms of their own. */

char *
ngx_http_livekit_action(ngx_conf_t *cf, ngx_str_t *value, ngx_uint_t *action)
{
    *action = lkg_action((char *) value->data, value->len);

    if (*action != LKG_ACTION_UNKNOWN) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown action \"%V\"; there are \"record\", "
                       "\"moderate\" and \"announce\"", value);

    return NGX_CONF_ERROR;
}


char *
ngx_http_livekit_members_needs(ngx_conf_t *cf,
    ngx_http_livekit_where_t *where)
{
    ngx_http_livekit_access_conf_t  *acf;

    acf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_access_module);

    if (acf->off) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%V\" is for members, who are not known with "
                      "\"livekit_access off\" in %V:%ui",
                      &where->directive, &where->file, where->line);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_livekit_access_needs(cf, where, 1) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_livekit_store_needs(cf, where);
}


char *
ngx_http_livekit_store_needs(ngx_conf_t *cf, ngx_http_livekit_where_t *where)
{
    ngx_http_livekit_access_conf_t  *acf;

    if (ngx_http_livekit_redis_configured(cf) == 0) {
        return ngx_http_livekit_needs(cf, where,
                                      "livekit_redis in the http block");
    }

    acf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_access_module);

    return ngx_http_livekit_access_redis(cf, acf, where);
}


static const char *
ngx_http_livekit_session_missing(ngx_conf_t *cf)
{
    ngx_http_livekit_session_conf_t  *scf;

    scf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_session_module);

    return scf->lines ? NULL : "livekit_session, which says how the session "
                               "cookie is read";
}


static const char *
ngx_http_livekit_access_missing(ngx_conf_t *cf)
{
    ngx_http_livekit_loc_conf_t     *llcf;
    ngx_http_livekit_access_conf_t  *acf;

    llcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_livekit_module);
    acf = ngx_http_conf_get_module_loc_conf(cf,
                                            ngx_http_livekit_access_module);

    if (llcf->policy == NULL) {
        return "livekit_policy, which says what a role may do";
    }

    if (!lkg_policy_has_default_role(llcf->policy)) {

        if (acf->off) {
            return "a \"default_role\" in the policy, since with "
                   "\"livekit_access off\" nobody has a role";
        }

        if (!ngx_http_livekit_access_has_role(acf)) {
            return "\"livekit_access role ...\" or a \"default_role\" in the "
                   "policy, since its livekit_access gives nobody a role";
        }
    }

    if (!acf->off && ngx_http_livekit_redis_configured(cf) == 0) {
        return "livekit_redis in the http block, or \"livekit_access off\" "
               "and a policy with a \"default_role\"";
    }

    return NULL;
}


static ngx_uint_t
ngx_http_livekit_access_has_role(ngx_http_livekit_access_conf_t *acf)
{
    ngx_uint_t                  i;
    ngx_http_livekit_source_t  *source;

    if (acf->facts.sources == NULL) {
        return 1;
    }

    source = acf->facts.sources->elts;

    for (i = 0; i < acf->facts.sources->nelts; i++) {
        if (source[i].fact == LKG_FACT_ROLE) {
            return 1;
        }
    }

    return 0;
}


static char *
ngx_http_livekit_access_redis(ngx_conf_t *cf,
    ngx_http_livekit_access_conf_t *acf, ngx_http_livekit_where_t *where)
{
    ngx_str_t                   name;
    ngx_uint_t                  i;
    ngx_http_livekit_source_t  *source;

    if (acf->facts.redis) {
        return NGX_CONF_OK;
    }

    ngx_str_null(&name);

    acf->facts.redis = ngx_http_livekit_redis_find(cf, &name, where);

    if (acf->facts.redis == NULL) {
        return NGX_CONF_ERROR;
    }

    if (acf->facts.sources == NULL) {
        return NGX_CONF_OK;
    }

    source = acf->facts.sources->elts;

    for (i = 0; i < acf->facts.sources->nelts; i++) {
        source[i].redis = ngx_http_livekit_redis_find(cf,
                                                      &source[i].redis_name,
                                                      &source[i].where);
        if (source[i].redis == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_livekit_access_create_conf(ngx_conf_t *cf)
{
    ngx_http_livekit_access_conf_t  *acf;

    acf = ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_access_conf_t));
    if (acf == NULL) {
        return NULL;
    }

    acf->off = NGX_CONF_UNSET;

    return acf;
}


static char *
ngx_http_livekit_access_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_livekit_access_conf_t *prev = parent;
    ngx_http_livekit_access_conf_t *conf = child;

    if (conf->room == NULL) {
        conf->room = prev->room;
        conf->room_arg = prev->room_arg;
        conf->room_variable = prev->room_variable;
    }

#if (NGX_PCRE)
    if (conf->pattern == NULL) {
        conf->pattern = prev->pattern;
    }
#endif

    if (conf->off == NGX_CONF_UNSET) {
        conf->off = (prev->off == 1);
        conf->facts.sources = prev->facts.sources;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_livekit_room_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_livekit_access_conf_t *acf = conf;

    char       *rv;
    ngx_str_t  *value, name;

    if (acf->room) {
        return "is duplicate";
    }

    value = cf->args->elts;

    acf->room = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (acf->room == NULL) {
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_livekit_compile(cf, &value[1], acf->room);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    name = ngx_http_livekit_variable_name(&value[1]);

    if (name.len) {
        acf->room_variable = 1;

        /* nginx's $arg_ is neither exact nor decoded */

        if (name.len > 4 && ngx_strncmp(name.data, "arg_", 4) == 0) {
            acf->room_arg.data = name.data + 4;
            acf->room_arg.len = name.len - 4;
        }

        return NGX_CONF_OK;
    }

    if (ngx_strstr(value[1].data, "$arg_")
        || ngx_strstr(value[1].data, "${arg_"))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "$arg_... would go unchecked into the room "
                           "\"%V\"; use $livekit_requested_room", &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* The name in "$name" or "${name}", or nothing where there is more to it. */

static ngx_str_t
ngx_http_livekit_variable_name(ngx_str_t *value)
{
    u_char      ch;
    size_t      i;
    ngx_str_t   name, none = ngx_null_string;

    name = *value;

    if (name.len < 2 || name.data[0] != '$') {
        return none;
    }

    name.data++;
    name.len--;

    if (name.data[0] == '{' && name.data[name.len - 1] == '}') {
        name.data++;
        name.len -= 2;
    }

    for (i = 0; i < name.len; i++) {
        ch = ngx_tolower(name.data[i]);

        if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9')
              || ch == '_'))
        {
            return none;
        }
    }

    return name;
}


static char *
ngx_http_livekit_room_pattern(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
#if (NGX_PCRE)
    ngx_http_livekit_access_conf_t *acf = conf;

    u_char               errstr[NGX_MAX_CONF_ERRSTR];
    ngx_str_t           *value;
    ngx_regex_compile_t  rc;

    if (acf->pattern) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ngx_memzero(&rc, sizeof(ngx_regex_compile_t));

    rc.pattern = value[1];
    rc.pool = cf->pool;
    rc.err.len = NGX_MAX_CONF_ERRSTR;
    rc.err.data = errstr;

    if (ngx_regex_compile(&rc) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "livekit_room_pattern: %V",
                           &rc.err);
        return NGX_CONF_ERROR;
    }

    acf->pattern = rc.regex;

    return NGX_CONF_OK;

#else
    return "needs nginx built with PCRE";
#endif
}
