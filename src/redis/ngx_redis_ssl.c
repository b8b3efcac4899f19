
/*
 * TLS: a stage of the connection between connect and handshake, made by
 * nginx's own SSL.  Nothing is said to a server whose certificate did not
 * hold.
 */


#include "ngx_redis_private.h"


#if (NGX_SSL)

#include <openssl/x509v3.h>


static ngx_int_t ngx_redis_ssl_trust(ngx_conf_t *cf,
    ngx_redis_ssl_conf_t *scf);
static ngx_int_t ngx_redis_ssl_name(ngx_redis_connection_t *rcn);
static ngx_uint_t ngx_redis_ssl_is_address(ngx_str_t *name);
static void ngx_redis_ssl_handler(ngx_connection_t *c);
static ngx_int_t ngx_redis_ssl_verify(ngx_redis_connection_t *rcn);
static ngx_int_t ngx_redis_ssl_check_name(ngx_connection_t *c,
    ngx_str_t *name);
static void ngx_redis_ssl_save_session(ngx_connection_t *c);


/* several clients may share what is made here */

ngx_int_t
ngx_redis_ssl_init(ngx_conf_t *cf, ngx_redis_ssl_conf_t *scf)
{
    ngx_pool_cleanup_t  *cln;

    if (scf->ssl.ctx) {
        return NGX_OK;
    }

    scf->ssl.log = cf->log;

    if (ngx_ssl_create(&scf->ssl, scf->protocols, NULL) != NGX_OK) {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(&scf->ssl);
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = &scf->ssl;

    /* output that could not be written may move, and goes record by record */

    SSL_CTX_set_mode(scf->ssl.ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                                   |SSL_MODE_ENABLE_PARTIAL_WRITE);

    if (ngx_ssl_ciphers(cf, &scf->ssl, &scf->ciphers, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    if (scf->certificate.len) {

        if (scf->certificate_key.len == 0) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "no key for the client certificate \"%V\" for Redis",
                          &scf->certificate);
            return NGX_ERROR;
        }

        if (ngx_ssl_certificate(cf, &scf->ssl, &scf->certificate,
                                &scf->certificate_key, scf->passwords)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (scf->verify && ngx_redis_ssl_trust(cf, scf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_ssl_client_session_cache(cf, &scf->ssl, scf->session_reuse)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_ssl_conf_commands(cf, &scf->ssl, scf->commands);
}


static ngx_int_t
ngx_redis_ssl_trust(ngx_conf_t *cf, ngx_redis_ssl_conf_t *scf)
{
    if (scf->trusted_certificate.len == 0
        && SSL_CTX_set_default_verify_paths(scf->ssl.ctx) == 0)
    {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "SSL_CTX_set_default_verify_paths() failed");
        return NGX_ERROR;
    }

    /* without a file, too, it makes the verification ours */

    if (ngx_ssl_trusted_certificate(cf, &scf->ssl, &scf->trusted_certificate,
                                    scf->verify_depth)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_ssl_crl(cf, &scf->ssl, &scf->crl);
}


ngx_int_t
ngx_redis_ssl_start(ngx_redis_connection_t *rcn)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = rcn->peer.connection;

    rcn->state = NGX_REDIS_SECURING;
    rcn->log->log.action = "SSL handshaking to redis";

    if (ngx_ssl_create_connection(&rcn->ssl->ssl, c, NGX_SSL_CLIENT)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    c->ssl->handler = ngx_redis_ssl_handler;

    if (ngx_redis_ssl_name(rcn) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rcn->ssl->session_reuse) {
        c->ssl->save_session = ngx_redis_ssl_save_session;

        if (*rcn->session
            && ngx_ssl_set_session(c, *rcn->session) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    /* what nginx says of a handshake that fails again and again */

    c->log = ngx_redis_log(rcn->log);

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        return NGX_OK;
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    return ngx_redis_ssl_verify(rcn);
}


/* The name that the certificate must have, and that the server is told. */

static ngx_int_t
ngx_redis_ssl_name(ngx_redis_connection_t *rcn)
{
    u_char            *p;
    ngx_str_t          name;
    ngx_connection_t  *c;

    c = rcn->peer.connection;
    name = rcn->ssl->name.len ? rcn->ssl->name : *rcn->ssl_name;

    if (name.len > 2 && name.data[0] == '[') {
        name.data++;
        name.len -= 2;
    }

    p = ngx_pnalloc(rcn->pool, name.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn(p, name.data, name.len + 1);

    rcn->name.len = name.len;
    rcn->name.data = p;

    if (!rcn->ssl->server_name
        || name.len == 0
        || ngx_redis_ssl_is_address(&rcn->name))
    {
        return NGX_OK;
    }

    if (SSL_set_tlsext_host_name(c->ssl->connection, (char *) p) == 0) {
        ngx_ssl_error(NGX_LOG_ERR, c->log, 0,
                      "SSL_set_tlsext_host_name(\"%s\") failed", p);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_redis_ssl_is_address(ngx_str_t *name)
{
#if (NGX_HAVE_INET6)
    u_char  addr[16];

    if (ngx_inet6_addr(name->data, name->len, addr) == NGX_OK) {
        return 1;
    }
#endif

    return ngx_inet_addr(name->data, name->len) != INADDR_NONE;
}


static void
ngx_redis_ssl_handler(ngx_connection_t *c)
{
    ngx_redis_connection_t  *rcn;

    rcn = c->data;

    if (c->close) {
        ngx_redis_connection_lost(rcn, NGX_REDIS_CLOSED);
        return;
    }

    rcn->log->log.action = "SSL handshaking to redis";

    if (c->write->timedout) {
        ngx_log_error(NGX_LOG_ERR, ngx_redis_log(rcn->log), NGX_ETIMEDOUT,
                      "redis did not complete the SSL handshake");

        ngx_redis_connection_lost(rcn, NGX_REDIS_FAILED);
        return;
    }

    if (!c->ssl->handshaked || ngx_redis_ssl_verify(rcn) != NGX_OK) {
        ngx_redis_ssl_forget_session(rcn->session);
        ngx_redis_connection_lost(rcn, NGX_REDIS_FAILED);
    }
}


static ngx_int_t
ngx_redis_ssl_verify(ngx_redis_connection_t *rcn)
{
    long               rc;
    ngx_connection_t  *c;

    c = rcn->peer.connection;
    c->log = &rcn->log->log;

    if (rcn->ssl->verify) {
        rc = SSL_get_verify_result(c->ssl->connection);

        if (rc != X509_V_OK) {
            ngx_log_error(NGX_LOG_ERR, ngx_redis_log(rcn->log), 0,
                          "redis SSL certificate verify error: (%l:%s)",
                          rc, X509_verify_cert_error_string(rc));
            return NGX_ERROR;
        }

        if (ngx_redis_ssl_check_name(c, &rcn->name) != NGX_OK) {
            ngx_log_error(NGX_LOG_ERR, ngx_redis_log(rcn->log), 0,
                          "redis SSL certificate does not match \"%V\"",
                          &rcn->name);
            return NGX_ERROR;
        }
    }

    ngx_log_debug2(NGX_LOG_DEBUG_CORE, c->log, 0,
                   "redis connection %p: secured, session reused %d",
                   rcn, SSL_session_reused(c->ssl->connection));

    return ngx_redis_connection_secured(rcn);
}


/* nginx checks names only; servers of a cluster often have but an address */

static ngx_int_t
ngx_redis_ssl_check_name(ngx_connection_t *c, ngx_str_t *name)
{
    int    rc;
    X509  *cert;

    if (!ngx_redis_ssl_is_address(name)) {
        return ngx_ssl_check_host(c, name);
    }

    cert = SSL_get_peer_certificate(c->ssl->connection);
    if (cert == NULL) {
        return NGX_ERROR;
    }

    rc = X509_check_ip_asc(cert, (char *) name->data, 0);

    X509_free(cert);

    return rc == 1 ? NGX_OK : NGX_ERROR;
}


static void
ngx_redis_ssl_save_session(ngx_connection_t *c)
{
    ngx_ssl_session_t       *session;
    ngx_redis_connection_t  *rcn;

    rcn = c->data;

    session = ngx_ssl_get_session(c);
    if (session == NULL) {
        return;
    }

    ngx_redis_ssl_forget_session(rcn->session);

    *rcn->session = session;
}


void
ngx_redis_ssl_forget_session(void **session)
{
    if (*session) {
        ngx_ssl_free_session(*session);
        *session = NULL;
    }
}


void
ngx_redis_ssl_stop(ngx_redis_connection_t *rcn)
{
    ngx_connection_t  *c;

    c = rcn->peer.connection;

    c->ssl->no_wait_shutdown = 1;

    if (c->read->eof || c->read->error || c->write->error) {
        c->ssl->no_send_shutdown = 1;
    }

    if (ngx_ssl_shutdown(c) == NGX_AGAIN) {

        /* nobody will wait for room in the socket */

        c->ssl->no_send_shutdown = 1;
        (void) ngx_ssl_shutdown(c);
    }
}


#endif
