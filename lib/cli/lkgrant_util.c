/*
 * lkgrant: files, secrets, and what can be a room or a person.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>

#include "lkgrant_cli.h"


#define CLI_SECRET_MAX  65536


void
cli_free(char *data, size_t len)
{
    if (data) {
        OPENSSL_cleanse(data, len);
        free(data);
    }
}


/* All that a descriptor gives, in a buffer that is never moved: no copy of a
 * secret stays behind. */

static int
cli_read_fd(cli *c, int fd, const char *path, size_t max, char **data,
    size_t *len)
{
    char     *buf;
    size_t    n;
    ssize_t   got;

    buf = malloc(max + 2);
    if (buf == NULL) {
        return cli_nomem(c);
    }

    n = 0;

    do {
        got = read(fd, buf + n, max + 1 - n);

        if (got > 0) {
            n += (size_t) got;
        }

    } while ((got > 0 && n <= max) || (got < 0 && errno == EINTR));

    if (got < 0) {
        cli_free(buf, n);
        return cli_fail(c, CLI_SYSTEM, "system", "%s: cannot be read: %s",
                        path, strerror(errno));
    }

    if (n > max) {
        cli_free(buf, n);
        return cli_fail(c, CLI_BAD, "too_big", "%s: more than %zu bytes",
                        path, max);
    }

    buf[n] = '\0';
    *data = buf;
    *len = n;

    return CLI_OK;
}


static int
cli_open(cli *c, const char *path, int *fd)
{
    *fd = open(path, O_RDONLY|O_CLOEXEC);

    if (*fd < 0) {
        return cli_fail(c, CLI_SYSTEM, "system", "%s: cannot be opened: %s",
                        path, strerror(errno));
    }

    return CLI_OK;
}


int
cli_read(cli *c, const char *path, size_t max, char **data, size_t *len)
{
    int  rc, fd;

    if (strcmp(path, "-") == 0) {
        return cli_read_fd(c, STDIN_FILENO, "standard input", max, data, len);
    }

    rc = cli_open(c, path, &fd);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_read_fd(c, fd, path, max, data, len);
    close(fd);

    return rc;
}


static int
cli_secret_file(cli *c, cli_secret *out, const char *path)
{
    int          rc, fd;
    struct stat  st;

    rc = cli_open(c, path, &fd);
    if (rc != CLI_OK) {
        return rc;
    }

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IROTH)) {
        cli_warn("warning: %s holds a secret and others can read it", path);
    }

    rc = cli_read_fd(c, fd, path, CLI_SECRET_MAX, &out->data, &out->len);
    close(fd);

    if (rc != CLI_OK) {
        return rc;
    }

    if (out->len && out->data[out->len - 1] == '\n') {
        out->len--;

        if (out->len && out->data[out->len - 1] == '\r') {
            out->len--;
        }
    }

    out->data[out->len] = '\0';

    return CLI_OK;
}


static int
cli_secret_copy(cli *c, cli_secret *out, const char *text)
{
    out->len = strlen(text);
    out->data = malloc(out->len + 1);

    if (out->data == NULL) {
        return cli_nomem(c);
    }

    memcpy(out->data, text, out->len + 1);

    return CLI_OK;
}


int
cli_secret_get(cli *c, cli_secret *out, const char *what, char *spec)
{
    int          rc;
    const char  *value;

    out->data = NULL;
    out->len = 0;

    if (strncmp(spec, "file:", 5) == 0) {
        rc = cli_secret_file(c, out, spec + 5);

    } else if (strncmp(spec, "env:", 4) == 0) {
        value = getenv(spec + 4);

        if (value == NULL) {
            return cli_fail(c, CLI_USAGE, "usage",
                            "%s: no environment variable %s", what, spec + 4);
        }

        rc = cli_secret_copy(c, out, value);

    } else {
        rc = cli_secret_copy(c, out, spec);
        OPENSSL_cleanse(spec, strlen(spec));
    }

    if (rc == CLI_OK && out->len == 0) {
        cli_secret_free(out);
        return cli_fail(c, CLI_USAGE, "usage", "%s: the secret is empty",
                        what);
    }

    return rc;
}


void
cli_secret_free(cli_secret *s)
{
    cli_free(s->data, s->len);
    s->data = NULL;
    s->len = 0;
}


int
cli_check_room(cli *c, const char *room)
{
    int   n;
    char  key[LKG_KEY_BUF];

    n = lkg_access_key(key, sizeof(key), room, strlen(room));

    if (n < 0) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "a room has 1 to %d bytes without \"{\", \"}\" and "
                        "control characters", LKG_ROOM_MAX);
    }

    return CLI_OK;
}


int
cli_check_identity(cli *c, const char *identity)
{
    if (!lkg_identity_valid(identity, strlen(identity))) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "an identity has 1 to %d bytes of UTF-8 without "
                        "\"#\", \"~\" and control characters",
                        LKG_IDENTITY_MAX);
    }

    return CLI_OK;
}
