
/*
 * livekit_api: the location that leads to LiveKit's API.  That it is there,
 * that it is for nginx alone, and that it leads anywhere, is found out when
 * the configuration is read.
 */


#include "ngx_http_livekit_api.h"


#define NGX_HTTP_LIVEKIT_API_DEPTH  8    /* of locations in each other */


typedef struct {
    ngx_http_core_loc_conf_t     *server;
    ngx_http_livekit_api_conf_t  *conf;
} ngx_http_livekit_api_use_t;


typedef struct {
    ngx_array_t    uses;    /* of ngx_http_livekit_api_use_t */
} ngx_http_livekit_api_main_conf_t;


static ngx_int_t ngx_http_livekit_api_init(ngx_conf_t *cf);
static const char *ngx_http_livekit_api_fault(
    ngx_http_core_loc_conf_t *clcf);
static ngx_http_core_loc_conf_t *ngx_http_livekit_api_location(
    ngx_http_core_loc_conf_t *clcf, ngx_str_t *uri);
static ngx_http_core_loc_conf_t *ngx_http_livekit_api_prefix(
    ngx_http_location_tree_node_t *node, ngx_str_t *uri);
#if (NGX_PCRE)
static ngx_http_core_loc_conf_t *ngx_http_livekit_api_regex(
    ngx_http_core_loc_conf_t *clcf, ngx_str_t *uri);
#endif

static void *ngx_http_livekit_api_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_livekit_api_create_conf(ngx_conf_t *cf);
static char *ngx_http_livekit_api_merge_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_livekit_api_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


static ngx_command_t  ngx_http_livekit_api_commands[] = {

    { ngx_string("livekit_api"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_livekit_api_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_livekit_api_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_livekit_api_init,             /* postconfiguration */

    ngx_http_livekit_api_create_main_conf, /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_livekit_api_create_conf,      /* create location configuration */
    ngx_http_livekit_api_merge_conf        /* merge location configuration */
};


ngx_module_t  ngx_http_livekit_api_module = {
    NGX_MODULE_V1,
    &ngx_http_livekit_api_module_ctx,      /* module context */
    ngx_http_livekit_api_commands,         /* module directives */
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


char *
ngx_http_livekit_api_needs(ngx_conf_t *cf, ngx_http_livekit_where_t *where)
{
    const char                        *missing;
    ngx_http_core_srv_conf_t          *cscf;
    ngx_http_livekit_api_use_t        *use;
    ngx_http_livekit_api_conf_t       *apcf;
    ngx_http_livekit_loc_conf_t       *llcf;
    ngx_http_livekit_api_main_conf_t  *apmcf;

    apcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_livekit_api_module);
    llcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_livekit_module);

    if (apcf->uri.len == 0) {
        missing = "livekit_api, which tells where LiveKit's API is";

    } else if (llcf->keys == NULL) {
        missing = "livekit_key, which signs the tokens for LiveKit's API";

    } else {
        apmcf = ngx_http_conf_get_module_main_conf(cf,
                                                 ngx_http_livekit_api_module);

        use = ngx_array_push(&apmcf->uses);
        if (use == NULL) {
            return NGX_CONF_ERROR;
        }

        cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

        use->server = cscf->ctx->loc_conf[ngx_http_core_module.ctx_index];
        use->conf = apcf;

        return NGX_CONF_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "\"%V\" needs %s in %V:%ui",
                  &where->directive, missing, &where->file, where->line);

    return NGX_CONF_ERROR;
}


/* All locations are known now. */

static ngx_int_t
ngx_http_livekit_api_init(ngx_conf_t *cf)
{
    const char                        *fault;
    ngx_uint_t                         i;
    ngx_http_core_loc_conf_t          *clcf;
    ngx_http_livekit_api_use_t        *use;
    ngx_http_livekit_api_conf_t       *apcf;
    ngx_http_livekit_api_main_conf_t  *apmcf;

    apmcf = ngx_http_conf_get_module_main_conf(cf,
                                               ngx_http_livekit_api_module);
    use = apmcf->uses.elts;

    for (i = 0; i < apmcf->uses.nelts; i++) {

        apcf = use[i].conf;

        clcf = ngx_http_livekit_api_location(use[i].server, &apcf->twirp);
        fault = ngx_http_livekit_api_fault(clcf);

        if (fault) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "livekit_api \"%V\" leads to %s in %V:%ui; "
                          "what it needs is: location %V/ { internal; "
                          "proxy_pass http://127.0.0.1:7880/; "
                          "proxy_ignore_client_abort on; }",
                          &apcf->uri, fault, &apcf->where.file,
                          apcf->where.line, &apcf->uri);
            return NGX_ERROR;
        }

        /* a list of a large room's participants is far over nginx's page */

        if (clcf->subrequest_output_buffer_size < NGX_HTTP_LIVEKIT_API_SIZE) {
            clcf->subrequest_output_buffer_size = NGX_HTTP_LIVEKIT_API_SIZE;
        }
    }

    return NGX_OK;
}


static const char *
ngx_http_livekit_api_fault(ngx_http_core_loc_conf_t *clcf)
{
    if (clcf == NULL) {
        return "no location of its server";
    }

    if (!clcf->internal) {
        return "a location that clients can reach, too: it lacks \"internal\"";
    }

    if (clcf->handler == NULL) {
        return "a location without proxy_pass";
    }

    return NULL;
}


/* As nginx will find it for a request. */

static ngx_http_core_loc_conf_t *
ngx_http_livekit_api_location(ngx_http_core_loc_conf_t *clcf, ngx_str_t *uri)
{
    ngx_uint_t                 depth;
    ngx_http_core_loc_conf_t  *found, *next;

    found = NULL;

    for (depth = 0; depth < NGX_HTTP_LIVEKIT_API_DEPTH; depth++) {

        next = ngx_http_livekit_api_prefix(clcf->static_locations, uri);

#if (NGX_PCRE)
        if (clcf->regex_locations && (next == NULL || !next->noregex)) {
            found = ngx_http_livekit_api_regex(clcf, uri);

            if (found) {
                return found;
            }
        }
#endif

        if (next == NULL) {
            break;
        }

        found = next;
        clcf = next;
    }

    return found;
}


/* The longest prefix, in the tree that nginx makes of them. */

static ngx_http_core_loc_conf_t *
ngx_http_livekit_api_prefix(ngx_http_location_tree_node_t *node,
    ngx_str_t *uri)
{
    u_char                    *p;
    size_t                     len, n;
    ngx_int_t                  rc;
    ngx_http_core_loc_conf_t  *found;

    p = uri->data;
    len = uri->len;
    found = NULL;

    while (node) {
        n = ngx_min(len, (size_t) node->len);

        rc = ngx_filename_cmp(p, node->name, n);

        if (rc != 0) {
            node = (rc < 0) ? node->left : node->right;
            continue;
        }

        if (len <= (size_t) node->len) {
            node = node->left;
            continue;
        }

        if (node->inclusive == NULL) {
            node = node->right;
            continue;
        }

        found = node->inclusive;
        node = node->tree;
        p += n;
        len -= n;
    }

    return found;
}


#if (NGX_PCRE)


static ngx_http_core_loc_conf_t *
ngx_http_livekit_api_regex(ngx_http_core_loc_conf_t *clcf, ngx_str_t *uri)
{
    ngx_http_core_loc_conf_t  **clcfp;

    for (clcfp = clcf->regex_locations; *clcfp; clcfp++) {
        if (ngx_regex_exec((*clcfp)->regex->regex, uri, NULL, 0) >= 0) {
            return *clcfp;
        }
    }

    return NULL;
}


#endif


static void *
ngx_http_livekit_api_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_livekit_api_main_conf_t  *apmcf;

    apmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_api_main_conf_t));
    if (apmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&apmcf->uses, cf->pool, 4,
                       sizeof(ngx_http_livekit_api_use_t))
        != NGX_OK)
    {
        return NULL;
    }

    return apmcf;
}


static void *
ngx_http_livekit_api_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_livekit_api_conf_t));
}


static char *
ngx_http_livekit_api_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_livekit_api_conf_t *prev = parent;
    ngx_http_livekit_api_conf_t *conf = child;

    if (conf->uri.len == 0) {
        *conf = *prev;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_livekit_api_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_api_conf_t *apcf = conf;

    u_char      ch;
    ngx_str_t  *value, *uri;
    ngx_uint_t  i;

    if (apcf->uri.len) {
        return "is duplicate";
    }

    value = cf->args->elts;
    uri = &value[1];

    if (uri->len > 1 && uri->data[uri->len - 1] == '/') {
        uri->len--;
    }

    for (i = 0; i < uri->len; i++) {
        ch = uri->data[i];

        if (ch <= ' ' || ch == 0x7f || ch == '?' || ch == '#' || ch == '$'
            || ch == '%')
        {
            break;
        }
    }

    if (i < uri->len || uri->len < 2 || uri->data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not the uri of an internal location, "
                           "such as /_livekit/", &value[1]);
        return NGX_CONF_ERROR;
    }

    apcf->uri = *uri;

    apcf->twirp.len = uri->len + sizeof("/twirp/livekit.") - 1;

    apcf->twirp.data = ngx_pnalloc(cf->pool, apcf->twirp.len);
    if (apcf->twirp.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_sprintf(apcf->twirp.data, "%V/twirp/livekit.", uri);

    ngx_http_livekit_set_where(cf, &apcf->where);

    return NGX_CONF_OK;
}
