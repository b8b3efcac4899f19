
/*
 * Where does a request come from?  A cookie is sent along by every page that
 * asks; only pages of this origin, and of those that are allowed, may.
 */


#include "ngx_http_livekit.h"


typedef struct {
    ngx_str_t        *origin;
    ngx_str_t        *site;             /* Sec-Fetch-Site */
    ngx_uint_t        preflight;
    ngx_uint_t        ambiguous;
} ngx_http_livekit_from_t;


static void ngx_http_livekit_origin_headers(ngx_http_request_t *r,
    ngx_http_livekit_from_t *from);
static ngx_uint_t ngx_http_livekit_same_origin(ngx_http_request_t *r,
    ngx_str_t *origin);
static ngx_uint_t ngx_http_livekit_allowed_origin(ngx_array_t *origins,
    ngx_str_t *origin);
static void ngx_http_livekit_usual_port(ngx_str_t *origin);
static ngx_uint_t ngx_http_livekit_valid_origin(ngx_str_t *origin);


static void
ngx_http_livekit_origin_headers(ngx_http_request_t *r,
    ngx_http_livekit_from_t *from)
{
    ngx_str_t       **field;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    ngx_memzero(from, sizeof(ngx_http_livekit_from_t));

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == 6
            && ngx_memcmp(h[i].lowcase_key, "origin", 6) == 0)
        {
            field = &from->origin;

        } else if (h[i].key.len == 14
                   && ngx_memcmp(h[i].lowcase_key, "sec-fetch-site", 14) == 0)
        {
            field = &from->site;

        } else {
            if (h[i].key.len == sizeof("access-control-request-method") - 1
                && ngx_memcmp(h[i].lowcase_key,
                              "access-control-request-method",
                              sizeof("access-control-request-method") - 1)
                   == 0)
            {
                from->preflight = 1;
            }

            continue;
        }

        if (*field) {
            from->ambiguous = 1;
        }

        *field = &h[i].value;
    }
}


ngx_uint_t
ngx_http_livekit_is_preflight(ngx_http_request_t *r)
{
    ngx_http_livekit_from_t  from;

    ngx_http_livekit_origin_headers(r, &from);

    return r->method == NGX_HTTP_OPTIONS && from.origin && from.preflight;
}


ngx_int_t
ngx_http_livekit_origin(ngx_http_request_t *r, ngx_array_t *origins,
    ngx_uint_t *preflight)
{
    ngx_str_t                name, value;
    ngx_http_livekit_from_t  from;

    ngx_http_livekit_origin_headers(r, &from);

    *preflight = (r->method == NGX_HTTP_OPTIONS && from.origin
                  && from.preflight);

    if (origins) {
        ngx_str_set(&name, "Vary");
        ngx_str_set(&value, "Origin");

        if (ngx_http_livekit_header(r, &name, &value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (from.ambiguous) {
        return NGX_DECLINED;
    }

    if (from.origin && ngx_http_livekit_allowed_origin(origins, from.origin)) {

        ngx_str_set(&name, "Access-Control-Allow-Origin");

        if (ngx_http_livekit_header(r, &name, from.origin) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_str_set(&name, "Access-Control-Allow-Credentials");
        ngx_str_set(&value, "true");

        return ngx_http_livekit_header(r, &name, &value);
    }

    if (from.site && from.site->len == sizeof("cross-site") - 1
        && ngx_strncasecmp(from.site->data, (u_char *) "cross-site",
                           sizeof("cross-site") - 1)
           == 0)
    {
        return NGX_DECLINED;
    }

    if (from.origin == NULL) {
        return NGX_OK;
    }

    return ngx_http_livekit_same_origin(r, from.origin) ? NGX_OK
                                                         : NGX_DECLINED;
}


/*
 * Behind a TLS terminator nginx sees plain connections, so "https" is right
 * there, too; "http" is not where the client has come by TLS.
 */

static ngx_uint_t
ngx_http_livekit_same_origin(ngx_http_request_t *r, ngx_str_t *origin)
{
    size_t     port_len;
    char      *port;
    ngx_str_t  from, host;

    if (r->headers_in.host) {
        host = r->headers_in.host->value;

    } else if (r->host_end) {

        /* HTTP/3 has :authority only */

        host.data = r->host_start;
        host.len = r->host_end - r->host_start;

    } else {
        return 0;
    }

    if (origin->len > 8
        && ngx_strncasecmp(origin->data, (u_char *) "https://", 8) == 0)
    {
        from.data = origin->data + 8;
        from.len = origin->len - 8;
        port = ":443";
        port_len = 4;

    } else if (origin->len > 7
               && ngx_strncasecmp(origin->data, (u_char *) "http://", 7) == 0)
    {
#if (NGX_SSL || NGX_COMPAT)
        if (r->connection->ssl) {
            return 0;
        }
#endif

        from.data = origin->data + 7;
        from.len = origin->len - 7;
        port = ":80";
        port_len = 3;

    } else {
        return 0;
    }

    if (host.len > port_len
        && ngx_strncmp(host.data + host.len - port_len, port, port_len) == 0)
    {
        host.len -= port_len;
    }

    if (from.len > port_len
        && ngx_strncmp(from.data + from.len - port_len, port, port_len) == 0)
    {
        from.len -= port_len;
    }

    return host.len == from.len
           && ngx_strncasecmp(host.data, from.data, host.len) == 0;
}


static ngx_uint_t
ngx_http_livekit_allowed_origin(ngx_array_t *origins, ngx_str_t *origin)
{
    ngx_str_t   *allowed;
    ngx_uint_t   i;

    if (origins == NULL) {
        return 0;
    }

    allowed = origins->elts;

    for (i = 0; i < origins->nelts; i++) {
        if (allowed[i].len == origin->len
            && ngx_strncasecmp(allowed[i].data, origin->data, origin->len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


char *
ngx_http_livekit_allow_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_endpoint_conf_t *ecf = conf;

    ngx_str_t   *value, *origin;
    ngx_uint_t   i;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {

        if (ecf->origins != NGX_CONF_UNSET_PTR) {
            return "\"off\" stands alone";
        }

        ecf->origins = NULL;
        return NGX_CONF_OK;
    }

    if (ecf->origins == NULL) {
        return "follows \"livekit_allow_origin off\" at the same level";
    }

    if (ecf->origins == NGX_CONF_UNSET_PTR) {
        ecf->origins = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
        if (ecf->origins == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (!ngx_http_livekit_valid_origin(&value[i])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is not an origin; write the scheme, "
                               "the host and the port if it is not the usual "
                               "one: https://app.example.com", &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(ecf->origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = value[i];
        ngx_http_livekit_usual_port(origin);
    }

    return NGX_CONF_OK;
}


/* Browsers leave the usual port out. */

static void
ngx_http_livekit_usual_port(ngx_str_t *origin)
{
    size_t      i, len;
    ngx_str_t  *port;

    static ngx_str_t  usual[] = {
        ngx_string("https://"), ngx_string(":443"),
        ngx_string("http://"), ngx_string(":80")
    };

    for (i = 0; i < 4; i += 2) {
        port = &usual[i + 1];
        len = usual[i].len + port->len;

        if (origin->len > len
            && ngx_strncasecmp(origin->data, usual[i].data, usual[i].len) == 0
            && ngx_strncmp(origin->data + origin->len - port->len, port->data,
                           port->len)
               == 0)
        {
            origin->len -= port->len;
            return;
        }
    }
}


static ngx_uint_t
ngx_http_livekit_valid_origin(ngx_str_t *origin)
{
    u_char  *p, *last;

    p = ngx_strnstr(origin->data, "://", origin->len);

    if (p == NULL || p == origin->data) {
        return 0;
    }

    p += 3;
    last = origin->data + origin->len;

    if (p == last) {
        return 0;
    }

    for ( /* void */ ; p < last; p++) {
        if (*p == '/' || *p == '*' || *p == '?' || *p == '#' || *p == '@'
            || *p <= ' ')
        {
            return 0;
        }
    }

    return 1;
}
