/*
 * lkgrant policy: what a policy file says, or what is wrong with it.
 */

#include <stdlib.h>
#include <string.h>

#include "lkgrant_cli.h"


static int
cli_policy_fault(cli *c, const char *path, const lkg_error *err)
{
    if (c->json) {
        return cli_json(c, CLI_BAD,
                        json_pack("{s:s, s:s, s:o, s:i, s:i}",
                                  "error", "policy", "message", err->text,
                                  "file", cli_json_text(path, strlen(path)),
                                  "line", (int) err->line,
                                  "column", (int) err->column));
    }

    cli_put(stderr, path, strlen(path), 0);

    if (err->line) {
        fprintf(stderr, ":%u:%u", err->line, err->column);
    }

    fputs(": ", stderr);
    cli_put(stderr, err->text, strlen(err->text), 0);
    fputc('\n', stderr);

    return CLI_BAD;
}


int
cli_policy_load(cli *c, const char *path, lkg_policy **out, char **text,
    size_t *len)
{
    int        rc;
    lkg_error  err;

    rc = cli_read(c, path, LKG_POLICY_MAX, text, len);
    if (rc != CLI_OK) {
        return rc;
    }

    memset(&err, 0, sizeof(err));
    rc = lkg_policy_load(out, *text, *len, &err);

    if (rc == LKG_OK) {
        return CLI_OK;
    }

    free(*text);
    *text = NULL;

    if (rc == LKG_ERR_NOMEM || rc == LKG_ERR_CRYPTO) {
        return cli_fail_lkg(c, rc, path);
    }

    if (err.text[0] == '\0') {
        snprintf(err.text, sizeof(err.text), "%s", lkg_strerror(rc));
    }

    return cli_policy_fault(c, path, &err);
}


/* A role's actions as the file has them; the library shows only grants. */

static json_t *
cli_role_actions(json_t *file, lkg_str name)
{
    json_t  *role, *actions;

    role = json_object_getn(json_object_get(file, "roles"), name.data,
                            name.len);
    actions = json_object_get(role, "actions");

    return actions ? json_incref(actions) : json_array();
}


static void
cli_append(char *buf, size_t size, const char *name, const char *value)
{
    size_t  n;

    n = strlen(buf);

    snprintf(buf + n, size - n, "%s%s%s%s", n ? ", " : "", name,
             value ? "=" : "", value ? value : "");
}


static void
cli_list_actions(char *buf, size_t size, json_t *actions)
{
    size_t   i;
    json_t  *action;

    json_array_foreach(actions, i, action) {
        cli_append(buf, size, json_string_value(action), NULL);
    }
}


/* What the role can do; a grant that is false is left out. */

static void
cli_list_grants(char *buf, size_t size, json_t *grants)
{
    char        *text;
    json_t      *value;
    const char  *name;

    json_object_foreach(grants, name, value) {

        if (json_is_false(value)) {
            continue;
        }

        if (json_is_true(value)) {
            cli_append(buf, size, name, NULL);
            continue;
        }

        text = json_dumps(value, JSON_ENCODE_ANY|JSON_COMPACT);
        cli_append(buf, size, name, text ? text : "");
        free(text);
    }
}


/* The types of messages that the role may send; NULL: out of memory. */

static json_t *
cli_role_chat(const lkg_policy *policy, const lkg_role *role)
{
    size_t                i;
    json_t               *types;
    lkg_str               name;
    const lkg_chat_type  *type;

    types = json_array();

    for (i = 0; (type = lkg_chat_type_number(policy, i)) != NULL; i++) {
        if (!lkg_chat_may_send(type, role)) {
            continue;
        }

        name = lkg_chat_type_name(type);

        if (json_array_append_new(types,
                                  cli_json_text(name.data, name.len)))
        {
            json_decref(types);
            return NULL;
        }
    }

    return types;
}


static void
cli_policy_row(cli_table *t, const lkg_role *role, json_t *grants,
    json_t *actions, json_t *chat)
{
    char     text[1024];
    lkg_str  name;

    name = lkg_role_name(role);
    cli_table_add(t, name.data, name.len);

    if (lkg_role_privileged(role)) {
        cli_table_add(t, "yes", 3);

    } else {
        cli_table_add(t, "no", 2);
    }

    text[0] = '\0';
    cli_list_actions(text, sizeof(text), actions);
    cli_table_add(t, text[0] ? text : "-", text[0] ? strlen(text) : 1);

    text[0] = '\0';
    cli_list_actions(text, sizeof(text), chat);
    cli_table_add(t, text[0] ? text : "-", text[0] ? strlen(text) : 1);

    text[0] = '\0';
    cli_list_grants(text, sizeof(text), grants);
    cli_table_add(t, text[0] ? text : "-", text[0] ? strlen(text) : 1);
}


/* Takes over grants, actions and chat. */

static json_t *
cli_policy_object(const lkg_role *role, json_t *grants, json_t *actions,
    json_t *chat)
{
    lkg_str  name;

    name = lkg_role_name(role);

    return json_pack("{s:o, s:b, s:o, s:o, s:o}",
                     "name", cli_json_text(name.data, name.len),
                     "privileged", lkg_role_privileged(role),
                     "grants", grants, "actions", actions, "chat", chat);
}


static int
cli_policy_print(cli *c, const lkg_policy *policy, cli_table *t, json_t *roles)
{
    size_t       n;
    const char  *path;

    n = lkg_policy_roles(policy);
    path = c->args[0];

    if (c->json) {
        return cli_json(c, CLI_OK,
                        json_pack("{s:b, s:o, s:b, s:O}", "valid", 1,
                                  "file", cli_json_text(path, strlen(path)),
                                  "default_role",
                                  lkg_policy_has_default_role(policy),
                                  "roles", roles));
    }

    cli_line("%s: good, %zu role%s%s", path, n, n == 1 ? "" : "s",
             lkg_policy_has_default_role(policy)
             ? ", one of them for people who are no member" : "");
    putchar('\n');

    return cli_table_print(c, t);
}


static int
cli_policy_show(cli *c, const lkg_policy *policy, json_t *file)
{
    int              rc;
    size_t           i;
    json_t          *roles, *grants, *actions, *chat;
    lkg_str          text;
    cli_table        t;
    const lkg_role  *role;

    roles = json_array();
    cli_table_init(&t, 5);

    cli_table_add(&t, "ROLE", 4);
    cli_table_add(&t, "PRIVILEGED", 10);
    cli_table_add(&t, "ACTIONS", 7);
    cli_table_add(&t, "CHAT", 4);
    cli_table_add(&t, "GRANTS", 6);

    for (i = 0; i < lkg_policy_roles(policy); i++) {
        role = lkg_policy_role(policy, i);
        text = lkg_role_grants(role);

        grants = json_loadb(text.data, text.len, 0, NULL);
        actions = cli_role_actions(file, lkg_role_name(role));

        chat = cli_role_chat(policy, role);

        cli_policy_row(&t, role, grants, actions, chat);

        if (json_array_append_new(roles,
                                  cli_policy_object(role, grants, actions,
                                                    chat)))
        {
            t.failed = 1;
        }
    }

    rc = t.failed ? cli_nomem(c) : cli_policy_print(c, policy, &t, roles);

    cli_table_free(&t);
    json_decref(roles);

    return rc;
}


static int
cli_policy_check(cli *c)
{
    int          rc;
    char        *text;
    size_t       len;
    json_t      *file;
    lkg_policy  *policy;

    rc = cli_policy_load(c, c->args[0], &policy, &text, &len);
    if (rc != CLI_OK) {
        return rc;
    }

    file = json_loadb(text, len, 0, NULL);

    rc = file ? cli_policy_show(c, policy, file) : cli_nomem(c);

    json_decref(file);
    lkg_policy_free(policy);
    free(text);

    return rc;
}


static const cli_use  cli_check_uses[] = {
    { OPT_HELP, 0, NULL }
};

const cli_command  cli_policy_commands[] = {

    { "policy", "check", "FILE", 1, 1, cli_policy_check, cli_check_uses,
      "tell whether a policy is good, and list its roles",
      "A fault is told as FILE:LINE:COLUMN: MESSAGE, with exit status 1.\n"
      "FILE may be - for standard input.  Grants that are false are not\n"
      "listed; overrides for some rooms are checked, but not listed.\n",
      "  lkgrant policy check /etc/nginx/livekit-policy.json\n" },

    { NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL }
};
