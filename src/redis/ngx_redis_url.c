
/*
 * redis://[user:password@]host[:port][/db], rediss:// for the same over TLS,
 * and unix:/path[:db].
 *
 * Messages quote a url only from the host on: what stands before it is
 * secret.
 */


#include "ngx_redis_private.h"


static ngx_int_t ngx_redis_url_tcp(ngx_conf_t *cf, ngx_redis_client_t *rc,
    ngx_redis_node_t *node, u_char *p, u_char *last);
static ngx_int_t ngx_redis_url_tls(ngx_conf_t *cf, ngx_redis_client_t *rc,
    ngx_redis_node_t *node, u_char *p, u_char *last);
static ngx_int_t ngx_redis_url_unix(ngx_conf_t *cf, ngx_redis_node_t *node,
    ngx_str_t *url);
static ngx_int_t ngx_redis_url_userinfo(ngx_conf_t *cf,
    ngx_redis_client_t *rc, u_char *p, u_char *last);
static ngx_int_t ngx_redis_url_unescape(ngx_conf_t *cf, ngx_str_t *dst,
    u_char *p, u_char *last);
static ngx_int_t ngx_redis_url_db(ngx_conf_t *cf, ngx_redis_node_t *node,
    u_char *p, u_char *last);
static ngx_int_t ngx_redis_url_addrs(ngx_conf_t *cf, ngx_redis_node_t *node,
    u_char *p, u_char *last);


ngx_redis_node_t *
ngx_redis_url_parse(ngx_conf_t *cf, ngx_redis_client_t *rc, ngx_str_t *url)
{
    u_char            *p, *last;
    ngx_int_t          n;
    ngx_redis_node_t  *node;

    node = ngx_pcalloc(cf->pool, sizeof(ngx_redis_node_t));
    if (node == NULL) {
        return NULL;
    }

    node->client = rc;
    node->conf = &rc->conf;
    node->ident = -1;

    p = url->data;
    last = p + url->len;

    if (url->len > 8 && ngx_strncasecmp(p, (u_char *) "redis://", 8) == 0) {
        n = ngx_redis_url_tcp(cf, rc, node, p + 8, last);

    } else if (url->len > 9
               && ngx_strncasecmp(p, (u_char *) "rediss://", 9) == 0)
    {
        n = ngx_redis_url_tls(cf, rc, node, p + 9, last);

    } else if (url->len > 5
               && ngx_strncasecmp(p, (u_char *) "unix:", 5) == 0)
    {
        n = ngx_redis_url_unix(cf, node, url);

    } else {

        /* not quoted: it may have a password anywhere */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid Redis url: \"redis://host\", "
                           "\"rediss://host\" or \"unix:/path\" expected");
        return NULL;
    }

    return n == NGX_OK ? node : NULL;
}


static ngx_int_t
ngx_redis_url_tcp(ngx_conf_t *cf, ngx_redis_client_t *rc,
    ngx_redis_node_t *node, u_char *p, u_char *last)
{
    u_char  *host, *path;

    path = ngx_strlchr(p, last, '/');

    if (path == NULL) {
        path = last;
    }

    if (ngx_strlchr(path, last, '@')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"/\" in the user or password of a Redis url must "
                           "be written as \"%%2F\"");
        return NGX_ERROR;
    }

    /* the password may well have "@" in it, the host may not */

    for (host = path; host > p && host[-1] != '@'; host--) { /* void */ }

    if (host > p) {
        if (ngx_redis_url_userinfo(cf, rc, p, host - 1) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (path + 1 < last) {
        if (ngx_redis_url_db(cf, node, path + 1, last) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_redis_url_addrs(cf, node, host, path);
}


static ngx_int_t
ngx_redis_url_tls(ngx_conf_t *cf, ngx_redis_client_t *rc,
    ngx_redis_node_t *node, u_char *p, u_char *last)
{
#if (NGX_SSL)

    node->tls = 1;

    return ngx_redis_url_tcp(cf, rc, node, p, last);

#else

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"rediss://\" needs nginx's SSL, without which this "
                       "module was built; configure nginx with "
                       "--with-http_ssl_module");
    return NGX_ERROR;

#endif
}


static ngx_int_t
ngx_redis_url_unix(ngx_conf_t *cf, ngx_redis_node_t *node, ngx_str_t *url)
{
    u_char  *p, *last;

    last = url->data + url->len;

    p = ngx_strlchr(url->data + 5, last, ':');

    if (p) {
        if (ngx_redis_url_db(cf, node, p + 1, last) != NGX_OK) {
            return NGX_ERROR;
        }

        last = p;
    }

    return ngx_redis_url_addrs(cf, node, url->data, last);
}


static ngx_int_t
ngx_redis_url_userinfo(ngx_conf_t *cf, ngx_redis_client_t *rc, u_char *p,
    u_char *last)
{
    u_char     *colon;
    ngx_str_t   user, password, *ruser, *rpassword;

    colon = ngx_strlchr(p, last, ':');

    if (colon == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no password in Redis url: "
                           "\"redis://user:password@host\" or "
                           "\"redis://:password@host\" expected");
        return NGX_ERROR;
    }

    if (colon + 1 == last) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "empty password in Redis url");
        return NGX_ERROR;
    }

    if (ngx_redis_url_unescape(cf, &user, p, colon) != NGX_OK
        || ngx_redis_url_unescape(cf, &password, colon + 1, last) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* whoever is at the url wants them */

    if (rc->conf.sentinel.len) {
        ruser = &rc->conf.sentinel_user;
        rpassword = &rc->conf.sentinel_password;

    } else {
        ruser = &rc->conf.user;
        rpassword = &rc->conf.password;
    }

    if (rpassword->len
        && (user.len != ruser->len
            || password.len != rpassword->len
            || ngx_memcmp(user.data, ruser->data, user.len) != 0
            || ngx_memcmp(password.data, rpassword->data, password.len) != 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "another user or password in a Redis url: there "
                           "can be one for all servers only");
        return NGX_ERROR;
    }

    *ruser = user;
    *rpassword = password;

    return NGX_OK;
}


static ngx_int_t
ngx_redis_url_unescape(ngx_conf_t *cf, ngx_str_t *dst, u_char *p,
    u_char *last)
{
    u_char     *d;
    ngx_int_t   ch;

    d = ngx_pnalloc(cf->pool, last - p + 1);
    if (d == NULL) {
        return NGX_ERROR;
    }

    dst->data = d;

    while (p < last) {

        if (*p != '%') {
            *d++ = *p++;
            continue;
        }

        ch = last - p > 2 ? ngx_hextoi(p + 1, 2) : NGX_ERROR;

        if (ch == NGX_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid \"%%\" in the user or password of a "
                               "Redis url, a \"%%\" itself must be written as "
                               "\"%%25\"");
            return NGX_ERROR;
        }

        *d++ = (u_char) ch;
        p += 3;
    }

    dst->len = d - dst->data;

    return NGX_OK;
}


static ngx_int_t
ngx_redis_url_db(ngx_conf_t *cf, ngx_redis_node_t *node, u_char *p,
    u_char *last)
{
    ngx_int_t  n;

    n = ngx_atoi(p, last - p);

    if (n == NGX_ERROR) {
        /* not quoted: a password may have gone astray */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid database number in Redis url; it is a "
                           "number and stands last");
        return NGX_ERROR;
    }

    node->db = n;

    return NGX_OK;
}


static ngx_int_t
ngx_redis_url_addrs(ngx_conf_t *cf, ngx_redis_node_t *node, u_char *p,
    u_char *last)
{
    u_char     *name, *host;
    ngx_url_t  *u;

    u = ngx_pcalloc(cf->pool, sizeof(ngx_url_t));
    if (u == NULL) {
        return NGX_ERROR;
    }

    u->url.len = last - p;
    u->url.data = p;
    u->default_port = node->client->conf.sentinel.len ? NGX_REDIS_SENTINEL_PORT
                                                      : NGX_REDIS_DEFAULT_PORT;
    u->no_resolve = 1;

    if (ngx_parse_url(cf->pool, u) != NGX_OK) {
        if (u->err) {
            for (host = p; host < last && *host != ':'; host++) { /* void */ }

            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "%s in Redis url \"%*s\"", u->err,
                               (size_t) (host - p), p);
        }

        return NGX_ERROR;
    }

    node->url = u;
    node->port = u->port;
    node->addrs = u->addrs;
    node->naddrs = u->naddrs;
    node->name = u->url;

    node->ssl_name = u->host;

    if (u->naddrs == 0) {
        node->host = u->host;
    }

    if (u->family != AF_UNIX && u->no_port) {

        name = ngx_pnalloc(cf->pool, u->host.len + sizeof(":65535") - 1);
        if (name == NULL) {
            return NGX_ERROR;
        }

        node->name.data = name;
        node->name.len = ngx_sprintf(name, "%V:%d", &u->host, (int) u->port)
                         - name;
    }

    return NGX_OK;
}
