/*
 * lkgrant: taking out who is in a room, with --api: every participant that is
 * this person, or all at once.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lkgrant_api.h"


#define CLI_LIST_NODES  524288


static int
cli_api_usage(cli *c)
{
    return cli_fail(c, CLI_USAGE, "usage",
                    "--api is written http://HOST[:PORT] or "
                    "https://HOST[:PORT][/PATH]");
}


/* http://HOST[:PORT][/PATH]; ws and wss are what clients are given. */

static int
cli_api_url(cli *c, cli_api *api, const char *url)
{
    size_t       i, n;
    const char  *p;

    static const struct {
        const char  *scheme;
        int          tls;
    } schemes[] = {
        { "http://", 0 }, { "https://", 1 }, { "ws://", 0 }, { "wss://", 1 }
    };

    for (p = url; *p; p++) {
        if (*p <= ' ' || *p == 0x7f || strchr("@?#\\\"", *p)) {
            return cli_api_usage(c);
        }
    }

    p = NULL;

    for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        n = strlen(schemes[i].scheme);

        if (strncmp(url, schemes[i].scheme, n) == 0) {
            p = url + n;
            api->tls = schemes[i].tls;
        }
    }

    if (p == NULL) {
        return cli_api_usage(c);
    }

    n = (*p == '[') ? strcspn(++p, "]") : strcspn(p, ":/");

    if (n == 0 || n >= sizeof(api->host)) {
        return cli_api_usage(c);
    }

    memcpy(api->host, p, n);
    api->host[n] = '\0';
    p += n + (p[n] == ']');

    strcpy(api->port, api->tls ? "443" : "80");

    if (*p == ':') {
        n = strspn(++p, "0123456789");

        if (n == 0 || n >= sizeof(api->port)) {
            return cli_api_usage(c);
        }

        memcpy(api->port, p, n);
        api->port[n] = '\0';
        p += n;
    }

    n = strlen(p);

    if ((n && *p != '/') || n >= sizeof(api->path)) {
        return cli_api_usage(c);
    }

    memcpy(api->path, p, n + 1);

    while (n && api->path[n - 1] == '/') {
        api->path[--n] = '\0';
    }

    return CLI_OK;
}


static int
cli_api_keys(cli *c, cli_api *api)
{
    int          rc;
    cli_secret   secret;
    const char  *id;

    id = c->value[OPT_KEY];

    if (id == NULL || c->value[OPT_SECRET] == NULL) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "--api needs --key and --secret");
    }

    rc = cli_secret_get(c, &secret, "--secret", c->value[OPT_SECRET]);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = lkg_keys_new(&api->keys);

    if (rc == LKG_OK) {
        rc = lkg_keys_add(api->keys, id, strlen(id), secret.data, secret.len);
    }

    cli_secret_free(&secret);

    return rc == LKG_OK ? CLI_OK : cli_fail_lkg(c, rc, "--key");
}


int
cli_api_open(cli *c, cli_api **out)
{
    int       rc;
    cli_api  *api;

    *out = NULL;

    if (c->value[OPT_API] == NULL) {
        if (c->value[OPT_KEY] || c->value[OPT_SECRET]) {
            return cli_fail(c, CLI_USAGE, "usage",
                            "--key and --secret are for --api");
        }

        return CLI_OK;
    }

    api = calloc(1, sizeof(cli_api));
    if (api == NULL) {
        return cli_nomem(c);
    }

    rc = cli_api_url(c, api, c->value[OPT_API]);

    if (rc == CLI_OK) {
        rc = cli_api_keys(c, api);
    }

    if (rc != CLI_OK) {
        cli_api_free(api);
        return rc;
    }

    *out = api;

    return CLI_OK;
}


void
cli_api_free(cli_api *api)
{
    if (api) {
        lkg_keys_free(api->keys);
        free(api);
    }
}


/* The request with its token; it is wiped after use. */

static int
cli_api_send(cli *c, cli_api *api, const char *method, const char *room,
    lkg_server_grant grant, json_t *body, int *status, char **text,
    lkg_str *answer)
{
    int      rc, n;
    char    *json, token[4096], request[8192];
    size_t   len;
    lkg_str  name;

    name.data = room;
    name.len = (grant == LKG_SERVER_ROOM_ADMIN) ? strlen(room) : 0;

    json = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);

    if (json == NULL) {
        return cli_nomem(c);
    }

    rc = lkg_token_server(token, sizeof(token), &len, api->keys, grant, name,
                          (int64_t) time(NULL));

    if (rc != LKG_OK) {
        free(json);
        return cli_fail_lkg(c, rc, "no token for LiveKit's API");
    }

    n = snprintf(request, sizeof(request),
                 "POST %s/twirp/livekit.RoomService/%s HTTP/1.0\r\n"
                 "Host: %s%s%s:%s\r\nContent-Type: application/json\r\n"
                 "Authorization: Bearer %.*s\r\nContent-Length: %zu\r\n\r\n%s",
                 api->path, method, strchr(api->host, ':') ? "[" : "",
                 api->host, strchr(api->host, ':') ? "]" : "", api->port,
                 (int) len, token, strlen(json), json);

    free(json);

    if (n < 0 || (size_t) n >= sizeof(request)) {
        return cli_fail(c, CLI_SYSTEM, "livekit", "the request is too long");
    }

    return cli_api_call(c, api, method, request, status, text, answer);
}


static int
cli_api_remove(cli *c, cli_api *api, const char *room, lkg_str identity,
    json_t *removed)
{
    int      rc, status;
    char    *text;
    lkg_str  answer;

    rc = cli_api_send(c, api, "RemoveParticipant", room,
                      LKG_SERVER_ROOM_ADMIN,
                      json_pack("{s:s, s:s%}", "room", room, "identity",
                                identity.data, identity.len),
                      &status, &text, &answer);
    if (rc != CLI_OK) {
        return rc;
    }

    free(text);

    /* who has left in the meantime is no failure */

    if (status == 200
        && json_array_append_new(removed, cli_json_text(identity.data,
                                                        identity.len)))
    {
        return cli_nomem(c);
    }

    return CLI_OK;
}


static int
cli_api_remove_all(cli *c, cli_api *api, const char *room,
    const char *identity, const lkg_json *list, json_t *removed)
{
    int            rc;
    lkg_str        who, base;
    lkg_json_node  participants, n;

    participants = lkg_json_get(list, LKG_JSON_ROOT, "participants", 12);

    for (n = lkg_json_first(list, participants);
         n != LKG_JSON_NONE;
         n = lkg_json_next(list, n))
    {
        who = lkg_json_string(list, lkg_json_get(list, n, "identity", 8));
        base = lkg_identity_base(who.data, who.len);

        if (base.len == strlen(identity)
            && memcmp(base.data, identity, base.len) == 0)
        {
            rc = cli_api_remove(c, api, room, who, removed);
            if (rc != CLI_OK) {
                return rc;
            }
        }
    }

    return CLI_OK;
}


static int
cli_api_evict_one(cli *c, cli_api *api, const char *room,
    const char *identity, json_t *removed)
{
    int        rc, status;
    char      *text;
    lkg_str    answer;
    lkg_json  *list;

    rc = cli_api_send(c, api, "ListParticipants", room, LKG_SERVER_ROOM_ADMIN,
                      json_pack("{s:s}", "room", room), &status, &text,
                      &answer);
    if (rc != CLI_OK) {
        return rc;
    }

    if (status != 200
        || lkg_json_parse(&list, answer.data, answer.len, CLI_LIST_NODES)
           != LKG_OK)
    {
        free(text);
        return cli_fail(c, CLI_SYSTEM, "livekit", "this is stored in Redis, "
                        "but what answers at %s is not LiveKit", api->host);
    }

    rc = cli_api_remove_all(c, api, room, identity, list, removed);

    lkg_json_free(list);
    free(text);

    return rc;
}


int
cli_api_evict(cli *c, cli_api *api, const char *room, const char *identity,
    json_t *removed)
{
    int      rc, status;
    char    *text;
    lkg_str  answer;

    api->stored = 1;

    if (identity) {
        return cli_api_evict_one(c, api, room, identity, removed);
    }

    rc = cli_api_send(c, api, "DeleteRoom", room, LKG_SERVER_ROOM_CREATE,
                      json_pack("{s:s}", "room", room), &status, &text,
                      &answer);

    if (rc == CLI_OK) {
        free(text);
    }

    return rc;
}
