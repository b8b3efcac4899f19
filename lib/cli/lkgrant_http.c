/*
 * lkgrant: one call to LiveKit's API, over HTTP/1.0 and, with https, TLS.
 *
 * What LiveKit answers to a call that it refuses is never printed: it may
 * repeat the token.
 */

#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "lkgrant_api.h"


#define CLI_ANSWER_MAX   (4 * 1024 * 1024)


static int
cli_api_fail(cli *c, const cli_api *api, const char *text)
{
    return cli_fail(c, CLI_SYSTEM, "livekit", "%sLiveKit at %s: %s",
                    api->stored ? "this is stored in Redis, but " : "",
                    api->host, text);
}


static int
cli_http_socket(const cli_api *api)
{
    int               fd;
    struct timeval    tv;
    struct addrinfo   hints, *list, *ai;

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;

    if (getaddrinfo(api->host, api->port, &hints, &list) != 0) {
        return -1;
    }

    tv.tv_sec = CLI_API_TIMEOUT;
    tv.tv_usec = 0;
    fd = -1;

    for (ai = list; ai; ai = ai->ai_next) {
        fd = socket(ai->ai_family, ai->ai_socktype|SOCK_CLOEXEC,
                    ai->ai_protocol);

        if (fd < 0) {
            continue;
        }

        /* that of sending is also that of connecting */

        if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0
            && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) == 0
            && connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
        {
            break;
        }

        close(fd);
        fd = -1;
    }

    freeaddrinfo(list);

    return fd;
}


/* The certificate must be of a known authority and of this host. */

static BIO *
cli_http_tls(const cli_api *api, BIO *bio)
{
    SSL      *ssl;
    BIO      *tls;
    SSL_CTX  *ctx;

    ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL) {
        return NULL;
    }

    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);

    tls = NULL;

    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1
        && SSL_CTX_set_default_verify_paths(ctx) == 1)
    {
        tls = BIO_new_ssl(ctx, 1);
    }

    SSL_CTX_free(ctx);

    if (tls == NULL || BIO_get_ssl(tls, &ssl) != 1
        || (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), api->host) != 1
            && (SSL_set1_host(ssl, api->host) != 1
                || SSL_set_tlsext_host_name(ssl, api->host) != 1)))
    {
        BIO_free(tls);
        return NULL;
    }

    BIO_push(tls, bio);

    return tls;
}


static int
cli_http_open(cli *c, const cli_api *api, BIO **out)
{
    int   fd;
    BIO  *bio, *tls;

    fd = cli_http_socket(api);
    if (fd < 0) {
        return cli_api_fail(c, api, "no connection");
    }

    bio = BIO_new_socket(fd, BIO_CLOSE);
    if (bio == NULL) {
        close(fd);
        return cli_nomem(c);
    }

    if (api->tls) {
        tls = cli_http_tls(api, bio);

        if (tls == NULL) {
            BIO_free_all(bio);
            return cli_api_fail(c, api, "TLS cannot be begun");
        }

        bio = tls;

        if (BIO_do_handshake(bio) != 1) {
            BIO_free_all(bio);
            return cli_api_fail(c, api, "no TLS connection with a "
                                "certificate that can be trusted");
        }
    }

    *out = bio;

    return CLI_OK;
}


static int
cli_http_write(BIO *bio, const char *data, size_t len)
{
    int  n;

    while (len) {
        n = BIO_write(bio, data, (int) len);
        if (n <= 0) {
            return -1;
        }

        data += n;
        len -= (size_t) n;
    }

    return 0;
}


/* Up to the end of the connection; the caller frees *text. */

static int
cli_http_read(BIO *bio, char **text, size_t *len)
{
    int      n;
    char    *p;
    size_t   size;
    time_t   end;

    size = 0;
    *len = 0;
    *text = NULL;
    end = time(NULL) + CLI_API_TIMEOUT;

    for ( ;; ) {

        if (*len + 1 >= size) {
            size = size ? 2 * size : 16384;

            if (size > 2 * CLI_ANSWER_MAX) {
                return -1;
            }

            p = realloc(*text, size);
            if (p == NULL) {
                return -1;
            }

            *text = p;
        }

        n = BIO_read(bio, *text + *len, (int) (size - *len - 1));

        if (n <= 0) {
            break;
        }

        *len += (size_t) n;

        if (time(NULL) > end) {
            return -1;
        }
    }

    (*text)[*len] = '\0';

    return 0;
}


/* The body of an answer that is whole; the status, or 0. */

static int
cli_http_answer(char *text, size_t len, lkg_str *body)
{
    int          status;
    char        *p, *line, *end;
    const char  *name;

    if (strlen(text) != len || strncmp(text, "HTTP/1.", 7) != 0) {
        return 0;
    }

    end = strstr(text, "\r\n\r\n");
    p = strchr(text, ' ');

    if (end == NULL || p == NULL || p > end) {
        return 0;
    }

    status = atoi(p + 1);
    body->data = end + 4;
    body->len = len - (size_t) (end + 4 - text);

    name = "\r\nContent-Length:";

    for (line = strstr(text, "\r\n");
         line < end;
         line = strstr(line + 2, "\r\n"))
    {
        if (strncasecmp(line, name, strlen(name)) == 0
            && strtoul(line + strlen(name), NULL, 10) != body->len)
        {
            return 0;
        }
    }

    return status;
}


int
cli_api_call(cli *c, cli_api *api, const char *method, const char *request,
    int *status, char **text, lkg_str *body)
{
    int      rc;
    BIO     *bio;
    size_t   len;

    bio = NULL;
    *text = NULL;

    /* a server that closes its side is no reason to die */

    signal(SIGPIPE, SIG_IGN);

    rc = cli_http_open(c, api, &bio);
    if (rc != CLI_OK) {
        return rc;
    }

    *status = 0;

    if (cli_http_write(bio, request, strlen(request)) == 0
        && cli_http_read(bio, text, &len) == 0)
    {
        *status = cli_http_answer(*text, len, body);
    }

    BIO_free_all(bio);

    if (*status == 0) {
        rc = cli_api_fail(c, api, "no answer, or none that is one");

    } else if (*status == 401) {
        rc = cli_api_fail(c, api, "it refuses --key and --secret");

    } else if (*status != 200 && *status != 404) {
        rc = cli_api_fail(c, api, method);
    }

    if (rc != CLI_OK) {
        free(*text);
        *text = NULL;
    }

    return rc;
}
