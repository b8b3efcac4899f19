/*
 * lkgrant: LiveKit's own API, for those commands that take people out.
 */

#ifndef LKGRANT_API_H
#define LKGRANT_API_H

#include "lkgrant_cli.h"


#define CLI_API_TIMEOUT  10     /* seconds, for one call */

typedef struct {
    char       host[256];
    char       port[6];
    char       path[256];
    int        tls;
    int        stored;          /* Redis has it already */
    lkg_keys  *keys;
} cli_api;


/* lkgrant_evict.c */

/* What --api, --key and --secret say; *api is NULL where there is no --api. */
int cli_api_open(cli *c, cli_api **api);
void cli_api_free(cli_api *api);

/* Takes out every participant that is this person, whose identities are added
 * to the list; identity NULL: all, with the room. */
int cli_api_evict(cli *c, cli_api *api, const char *room,
    const char *identity, json_t *removed);


/* lkgrant_http.c */

/*
 * Sends one request; *status is 200 or 404, others are failures.  The body
 * stands in *text, which the caller frees.
 */
int cli_api_call(cli *c, cli_api *api, const char *method,
    const char *request, int *status, char **text, lkg_str *body);

#endif /* LKGRANT_API_H */
