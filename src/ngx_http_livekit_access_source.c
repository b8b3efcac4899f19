
/*
 * livekit_access: where a fact stands, if not in the room's own hash.
 */


#include "ngx_http_livekit.h"


typedef struct {
    ngx_str_t     name;
    ngx_uint_t    args;         /* after the command */
    unsigned      text:1;       /* the reply is text, not a number or a yes */
} ngx_http_livekit_command_t;


static ngx_http_livekit_source_t *ngx_http_livekit_access_source(
    ngx_conf_t *cf, ngx_http_livekit_access_conf_t *acf, lkg_fact fact);
static char *ngx_http_livekit_access_command(ngx_conf_t *cf,
    ngx_http_livekit_source_t *source);


static ngx_conf_enum_t  ngx_http_livekit_facts[] = {
    { ngx_string("role"), LKG_FACT_ROLE },
    { ngx_string("allow"), LKG_FACT_ALLOW },
    { ngx_string("deny"), LKG_FACT_DENY },
    { ngx_string("expires"), LKG_FACT_EXPIRES },
    { ngx_null_string, 0 }
};


static ngx_http_livekit_command_t  ngx_http_livekit_read_commands[] = {
    { ngx_string("GET"), 1, 1 },
    { ngx_string("HGET"), 2, 1 },
    { ngx_string("EXISTS"), 1, 0 },
    { ngx_string("HEXISTS"), 2, 0 },
    { ngx_string("SISMEMBER"), 2, 0 },
    { ngx_string("GETBIT"), 2, 0 },
    { ngx_string("ZSCORE"), 2, 1 },
    { ngx_null_string, 0, 0 }
};


char *
ngx_http_livekit_access_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_livekit_access_conf_t *acf = conf;

    ngx_str_t                  *value;
    ngx_conf_enum_t            *e;
    ngx_http_livekit_source_t  *source;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {

        if (acf->off != NGX_CONF_UNSET) {
            return "\"off\" stands alone";
        }

        acf->off = 1;
        return NGX_CONF_OK;
    }

    if (acf->off == 1) {
        return "follows \"livekit_access off\" at the same level";
    }

    acf->off = 0;

    for (e = ngx_http_livekit_facts; e->name.len; e++) {
        if (ngx_strcmp(e->name.data, value[1].data) == 0) {
            break;
        }
    }

    if (e->name.len == 0 || cf->args->nelts < 4) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "livekit_access takes \"off\", or a fact (role, "
                           "allow, deny, expires), a Redis command and its "
                           "arguments: livekit_access role HGET "
                           "room:$livekit_room:members $livekit_identity;");
        return NGX_CONF_ERROR;
    }

    source = ngx_http_livekit_access_source(cf, acf, e->value);
    if (source == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_livekit_access_command(cf, source);
}


static ngx_http_livekit_source_t *
ngx_http_livekit_access_source(ngx_conf_t *cf,
    ngx_http_livekit_access_conf_t *acf, lkg_fact fact)
{
    ngx_str_t                         *value;
    ngx_uint_t                         i;
    ngx_http_livekit_source_t         *source;
    ngx_http_complex_value_t          *cv;

    value = cf->args->elts;

    if (acf->facts.sources == NULL) {
        acf->facts.sources = ngx_array_create(cf->pool, 2,
                                           sizeof(ngx_http_livekit_source_t));
        if (acf->facts.sources == NULL) {
            return NULL;
        }
    }

    source = acf->facts.sources->elts;

    for (i = 0; i < acf->facts.sources->nelts; i++) {
        if (source[i].fact == fact) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "the fact \"%V\" is asked for already",
                               &value[1]);
            return NULL;
        }
    }

    source = ngx_array_push(acf->facts.sources);
    if (source == NULL) {
        return NULL;
    }

    ngx_memzero(source, sizeof(ngx_http_livekit_source_t));

    source->fact = fact;

    ngx_http_livekit_set_where(cf, &source->where);

    if (ngx_array_init(&source->args, cf->pool, 3,
                       sizeof(ngx_http_complex_value_t))
        != NGX_OK)
    {
        return NULL;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (i == cf->args->nelts - 1
            && ngx_strncmp(value[i].data, "redis=", 6) == 0)
        {
            source->redis_name.data = value[i].data + 6;
            source->redis_name.len = value[i].len - 6;
            break;
        }

        cv = ngx_array_push(&source->args);
        if (cv == NULL) {
            return NULL;
        }

        if (ngx_http_livekit_compile(cf, &value[i], cv) != NGX_CONF_OK) {
            return NULL;
        }
    }

    return source;
}


static char *
ngx_http_livekit_access_command(ngx_conf_t *cf,
    ngx_http_livekit_source_t *source)
{
    ngx_str_t                   *value;
    ngx_uint_t                   n;
    ngx_http_complex_value_t    *cv;
    ngx_http_livekit_command_t  *cmd;

    cv = source->args.elts;
    value = &cv[0].value;
    n = source->args.nelts - 1;

    for (cmd = ngx_http_livekit_read_commands; cmd->name.len; cmd++) {

        if (cmd->name.len != value->len
            || ngx_strncasecmp(cmd->name.data, value->data, value->len) != 0)
        {
            continue;
        }

        if (n != cmd->args) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "livekit_access: %V takes %ui argument(s), "
                               "not %ui", &cmd->name, cmd->args, n);
            return NGX_CONF_ERROR;
        }

        if (!cmd->text && (source->fact == LKG_FACT_ROLE
                           || source->fact == LKG_FACT_EXPIRES))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "livekit_access: %V answers yes or no and can "
                               "serve \"allow\" and \"deny\" only",
                               &cmd->name);
            return NGX_CONF_ERROR;
        }

        source->key = 1;

        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "livekit_access: \"%V\" is not one of the commands "
                       "that only read: GET, HGET, EXISTS, HEXISTS, "
                       "SISMEMBER, GETBIT, ZSCORE", value);
    return NGX_CONF_ERROR;
}
