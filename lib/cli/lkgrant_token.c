/*
 * lkgrant token: makes access tokens, and shows what stands in one.
 */

#include <stdlib.h>
#include <string.h>

#include "lkgrant_cli.h"


static lkg_str
cli_str(const char *text)
{
    lkg_str  s;

    s.data = text;
    s.len = text ? strlen(text) : 0;

    return s;
}


/* The keys of --key and --secret. */

static int
cli_token_keys(cli *c, lkg_keys **keys)
{
    int          rc;
    cli_secret   secret;
    const char  *id;

    id = c->value[OPT_KEY];

    rc = cli_secret_get(c, &secret, "--secret", c->value[OPT_SECRET]);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = lkg_keys_new(keys);

    if (rc == LKG_OK) {
        rc = lkg_keys_add(*keys, id, strlen(id), secret.data, secret.len);
    }

    cli_secret_free(&secret);

    if (rc != LKG_OK) {
        lkg_keys_free(*keys);
        *keys = NULL;

        if (rc == LKG_ERR_INVALID) {
            return cli_fail(c, CLI_USAGE, "usage", "--key is empty");
        }

        return cli_fail_lkg(c, rc, "--key");
    }

    return CLI_OK;
}


static int
cli_token_refused(cli *c, const lkg_decision *decision)
{
    char         text[600];
    const char  *name;

    name = lkg_reason_name(decision->reason);

    switch (decision->reason) {

    case LKG_ROLE_UNKNOWN:
        snprintf(text, sizeof(text),
                 "refused: %s: the policy has no role \"%s\"", name,
                 c->value[OPT_ROLE]);
        break;

    case LKG_IDENTITY_INVALID:
        snprintf(text, sizeof(text),
                 "refused: %s: an identity has 1 to %d bytes of UTF-8 "
                 "without \"#\", \"~\" and control characters", name,
                 LKG_IDENTITY_MAX);
        break;

    default:
        snprintf(text, sizeof(text), "refused: %s", name);
        break;
    }

    if (!c->json) {
        cli_warn("%s", text);
        return CLI_REFUSED;
    }

    return cli_json(c, CLI_REFUSED,
                    json_pack("{s:s, s:s, s:o}", "error", "refused",
                              "reason", name, "message",
                              cli_json_text(text, strlen(text))));
}


static int
cli_token_print(cli *c, const char *token, size_t len, int64_t expires)
{
    if (!c->json) {
        printf("%.*s\n", (int) len, token);
        return CLI_OK;
    }

    return cli_json(c, CLI_OK,
                    json_pack("{s:o, s:s, s:s, s:s, s:I}",
                              "token", cli_json_text(token, len),
                              "identity", c->value[OPT_IDENTITY],
                              "room", c->value[OPT_ROOM],
                              "role", c->value[OPT_ROLE],
                              "expires", (json_int_t) expires));
}


/* Asks the policy as nginx does, with the role as the only fact. */

static int
cli_token_decide(cli *c, const lkg_policy *policy, lkg_keys *keys,
    lkg_ask *ask)
{
    int           rc;
    char          buf[LKG_TOKEN_MAX];
    size_t        len;
    lkg_str       role;
    lkg_access    access;
    lkg_decision  decision;

    role = cli_str(c->value[OPT_ROLE]);

    lkg_access_init(&access);

    if (lkg_access_set(&access, LKG_FACT_STATE, NULL, 0) != LKG_OK
        || lkg_access_set(&access, LKG_FACT_BAN, NULL, 0) != LKG_OK
        || lkg_access_set(&access, LKG_FACT_KICK, NULL, 0) != LKG_OK
        || lkg_access_set(&access, LKG_FACT_ROLE, role.data, role.len)
           != LKG_OK)
    {
        return cli_fail(c, CLI_USAGE, "usage", "--role: not a role");
    }

    ask->access = &access;

    rc = lkg_decide(&decision, policy, ask);

    if (rc == LKG_ERR_DENIED) {
        return cli_token_refused(c, &decision);
    }

    if (rc == LKG_OK) {
        rc = lkg_token_mint(buf, sizeof(buf), &len, policy, ask, &decision,
                            keys);
    }

    if (rc != LKG_OK) {
        return cli_fail_lkg(c, rc, "the token cannot be made");
    }

    return cli_token_print(c, buf, len, decision.expires);
}


static int
cli_token_mint(cli *c)
{
    int          rc;
    char        *text;
    size_t       len;
    int64_t      ttl;
    lkg_ask      ask = LKG_ASK_INIT;
    lkg_keys    *keys;
    lkg_policy  *policy;

    ttl = 0;

    rc = cli_seconds(c, OPT_TTL, &ttl);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_check_room(c, c->value[OPT_ROOM]);
    if (rc != CLI_OK) {
        return rc;
    }

    ask.now = c->now;
    ask.room = cli_str(c->value[OPT_ROOM]);
    ask.identity = cli_str(c->value[OPT_IDENTITY]);
    ask.name = cli_str(c->value[OPT_NAME]);
    ask.session_expires = ttl ? c->now + ttl : 0;

    rc = cli_token_keys(c, &keys);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_policy_load(c, c->value[OPT_POLICY], &policy, &text, &len);

    if (rc == CLI_OK) {
        free(text);
        rc = cli_token_decide(c, policy, keys, &ask);
        lkg_policy_free(policy);
    }

    lkg_keys_free(keys);

    return rc;
}


/* The token of the command line, or of standard input. */

static int
cli_token_read(cli *c, char **text, lkg_str *token)
{
    int     rc;
    size_t  len;

    *text = NULL;

    if (c->nargs && strcmp(c->args[0], "-") != 0) {
        *token = cli_str(c->args[0]);

    } else {
        rc = cli_read(c, "-", LKG_TOKEN_MAX * 2, text, &len);
        if (rc != CLI_OK) {
            return rc;
        }

        token->data = *text;
        token->len = len;
    }

    while (token->len && strchr(" \t\r\n", token->data[0])) {
        token->data++;
        token->len--;
    }

    while (token->len && strchr(" \t\r\n", token->data[token->len - 1])) {
        token->len--;
    }

    return CLI_OK;
}


static void
cli_token_time(cli *c, const lkg_json *claims, const char *claim,
    const char *future, const char *past)
{
    char           buf[CLI_TIME_BUF];
    int64_t        t;
    lkg_json_node  node;

    node = lkg_json_get(claims, LKG_JSON_ROOT, claim, strlen(claim));

    if (lkg_json_int(claims, node, &t) == LKG_OK) {
        cli_line("%s", cli_time(c, buf, t, future, past));
    }
}


/* verdict: a code of the library, or 1 where nothing was verified. */

static const char *
cli_token_verdict(int verdict)
{
    switch (verdict) {

    case 1:
        return "not verified: give --key and --secret";

    case LKG_OK:
        return "valid";

    case LKG_ERR_SIGNATURE:
        return "NOT VALID: the signature is not of this key and secret";

    case LKG_ERR_EXPIRED:
        return "NOT VALID: signed with this key, but over or not begun";

    default:
        return "NOT VALID: not a token that LiveKit accepts";
    }
}


static int
cli_token_show_text(cli *c, const lkg_token *token, int verdict)
{
    int              rc;
    const lkg_json  *claims;

    claims = lkg_token_claims(token);

    rc = cli_pretty(c, "header:", cli_json_doc(lkg_token_header(token)));
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_pretty(c, "claims:", cli_json_doc(claims));
    if (rc != CLI_OK) {
        return rc;
    }

    cli_token_time(c, claims, "iat", "issued", "issued");
    cli_token_time(c, claims, "nbf", "valid", "valid since");
    cli_token_time(c, claims, "exp", "expires", "expired");
    cli_line("%s", cli_token_verdict(verdict));

    return verdict < 0 ? CLI_BAD : CLI_OK;
}


static int
cli_token_show_json(cli *c, const lkg_token *token, int verdict)
{
    json_t      *out;
    const char  *text;

    out = json_pack("{s:o, s:o, s:o}",
                    "header", cli_json_doc(lkg_token_header(token)),
                    "claims", cli_json_doc(lkg_token_claims(token)),
                    "valid", verdict == 1 ? json_null()
                                          : json_boolean(verdict == LKG_OK));

    if (out && verdict < 0) {
        text = cli_token_verdict(verdict);

        if (json_object_set_new(out, "error",
                                json_string(cli_error_name(verdict)))
            || json_object_set_new(out, "message", json_string(text)))
        {
            json_decref(out);
            out = NULL;
        }
    }

    return cli_json(c, verdict < 0 ? CLI_BAD : CLI_OK, out);
}


static int
cli_token_verify(cli *c, const lkg_str *token, int *verdict)
{
    int         rc;
    lkg_keys   *keys;
    lkg_token  *verified;

    *verdict = 1;

    if (c->value[OPT_KEY] == NULL && c->value[OPT_SECRET] == NULL) {
        return CLI_OK;
    }

    if (c->value[OPT_KEY] == NULL || c->value[OPT_SECRET] == NULL) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "--key and --secret go together");
    }

    rc = cli_token_keys(c, &keys);
    if (rc != CLI_OK) {
        return rc;
    }

    *verdict = lkg_token_verify(&verified, keys, token->data, token->len,
                                c->now);
    lkg_token_free(verified);
    lkg_keys_free(keys);

    if (*verdict == LKG_ERR_NOMEM || *verdict == LKG_ERR_CRYPTO) {
        return cli_fail_lkg(c, *verdict, "the token cannot be verified");
    }

    return CLI_OK;
}


static int
cli_token_show(cli *c)
{
    int         rc, verdict;
    char       *text;
    lkg_str     token;
    lkg_token  *decoded;

    rc = cli_token_read(c, &text, &token);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_token_verify(c, &token, &verdict);

    if (rc == CLI_OK) {
        rc = lkg_token_decode(&decoded, token.data, token.len);

        if (rc != LKG_OK) {
            rc = cli_fail_lkg(c, rc, "this is no token");

        } else {
            rc = c->json ? cli_token_show_json(c, decoded, verdict)
                         : cli_token_show_text(c, decoded, verdict);
            lkg_token_free(decoded);
        }
    }

    free(text);

    return rc;
}


static const cli_use  cli_mint_uses[] = {
    { OPT_POLICY, 1, "the policy" },
    { OPT_KEY, 1, "LiveKit API key: claim iss" },
    { OPT_SECRET, 1, "its secret; better file:/PATH or env:NAME" },
    { OPT_IDENTITY, 1, "who the token is for: claim sub" },
    { OPT_ROOM, 1, "room to join" },
    { OPT_ROLE, 1, "role in that room, as the policy names it" },
    { OPT_NAME, 0, "display name; the policy decides whether it is used" },
    { OPT_TTL, 0, "end the token after this span (600, 10m, 2h) where the "
      "policy would end it later" },
    CLI_USE_NOW,
    { OPT_HELP, 0, NULL }
};

static const cli_use  cli_show_uses[] = {
    { OPT_KEY, 0, "verify, with this API key" },
    { OPT_SECRET, 0, "and its secret; better file:/PATH or env:NAME" },
    CLI_USE_NOW,
    { OPT_HELP, 0, NULL }
};

const cli_command  cli_token_commands[] = {

    { "token", "mint", "", 0, 0, cli_token_mint, cli_mint_uses,
      "make the access token that nginx would issue",
      "The policy decides, as it does in nginx: a refusal is exit status 3.\n"
      "Redis is not asked, and so bans, kicks and closed rooms do not count.\n",
      "  lkgrant token mint --policy policy.json \\\n"
      "      --key devkey --secret file:/etc/livekit/secret \\\n"
      "      --identity alice --room algebra --role teacher\n" },

    { "token", "show", "[TOKEN | -]", 0, 1, cli_token_show, cli_show_uses,
      "show what stands in a token, and whether it is valid",
      "Without TOKEN, or with -, the token is read from standard input.\n"
      "Without --key and --secret nothing is verified: trust nothing of it.\n"
      "As in LiveKit, exp and nbf have 60 seconds of leeway.\n",
      "  lkgrant token show --key devkey --secret env:LIVEKIT_SECRET - <token\n"
    },

    { NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL }
};
