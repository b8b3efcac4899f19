
/*
 * The token that LiveKit would read: that of the Authorization header, else
 * the first "access_token" in the query string or, in some versions, in a
 * form.  It is written in Go, which decodes the names of arguments, too.
 * Here there must be one, and no doubt about which.
 */


#include "ngx_http_livekit_guard.h"


typedef struct {
    ngx_str_t     value;
    ngx_uint_t    n;
    unsigned      odd:1;        /* something that may be read differently */
} ngx_http_livekit_tokens_t;


static void ngx_http_livekit_guard_headers(ngx_http_request_t *r,
    ngx_http_livekit_tokens_t *tokens);
static void ngx_http_livekit_guard_authorization(ngx_str_t *value,
    ngx_http_livekit_tokens_t *tokens);
static ngx_uint_t ngx_http_livekit_guard_form(ngx_str_t *type);
static void ngx_http_livekit_guard_query(ngx_http_request_t *r,
    ngx_str_t *args, ngx_http_livekit_tokens_t *tokens);
static void ngx_http_livekit_guard_arg(ngx_http_request_t *r,
    ngx_str_t *name, ngx_str_t *value, ngx_http_livekit_tokens_t *tokens);
static void ngx_http_livekit_guard_original(ngx_http_request_t *r,
    ngx_http_livekit_tokens_t *tokens);


ngx_int_t
ngx_http_livekit_guard_token(ngx_http_request_t *r, ngx_str_t *token)
{
    ngx_http_livekit_tokens_t  tokens, original;

    ngx_memzero(&tokens, sizeof(ngx_http_livekit_tokens_t));
    ngx_memzero(&original, sizeof(ngx_http_livekit_tokens_t));

    ngx_http_livekit_guard_query(r, &r->args, &tokens);
    ngx_http_livekit_guard_original(r, &original);

    /* LiveKit gets the one or the other, as proxy_pass is written */

    if (original.odd || original.n > 1
        || (original.n && (tokens.n != 1
                           || original.value.len != tokens.value.len
                           || ngx_memcmp(original.value.data,
                                         tokens.value.data,
                                         tokens.value.len)
                              != 0)))
    {
        return NGX_ABORT;
    }

    ngx_http_livekit_guard_headers(r, &tokens);

    if (tokens.odd || tokens.n > 1) {
        return NGX_ABORT;
    }

    if (tokens.n == 0) {
        return NGX_DECLINED;
    }

    *token = tokens.value;

    return NGX_OK;
}


static void
ngx_http_livekit_guard_headers(ngx_http_request_t *r,
    ngx_http_livekit_tokens_t *tokens)
{
    ngx_uint_t        i, authorizations;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    authorizations = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len == sizeof("authorization") - 1
                && ngx_strncmp(h[i].lowcase_key, "authorization",
                               h[i].key.len)
                   == 0)
            {
                ngx_http_livekit_guard_authorization(&h[i].value, tokens);
                authorizations++;
            }

            if (h[i].key.len == sizeof("content-type") - 1
                && ngx_strncmp(h[i].lowcase_key, "content-type",
                               h[i].key.len)
                   == 0
                && ngx_http_livekit_guard_form(&h[i].value))
            {
                tokens->odd = 1;
            }
        }
    }

    if (authorizations > 1) {
        tokens->odd = 1;
    }
}


/* "Basic" may have been for nginx; LiveKit does not take it. */

static void
ngx_http_livekit_guard_authorization(ngx_str_t *value,
    ngx_http_livekit_tokens_t *tokens)
{
    size_t  n;

    n = sizeof("Bearer ") - 1;

    if (value->len > n && ngx_strncmp(value->data, "Bearer ", n) == 0) {
        tokens->value.data = value->data + n;
        tokens->value.len = value->len - n;
        tokens->n++;
        return;
    }

    n = sizeof("Basic ") - 1;

    if (value->len < n
        || ngx_strncasecmp(value->data, (u_char *) "Basic ", n) != 0)
    {
        tokens->odd = 1;
    }
}


/*
 * What Go would look for arguments in.  It folds the case of letters that are
 * not ASCII, too: no type of a body has one.
 */

static ngx_uint_t
ngx_http_livekit_guard_form(ngx_str_t *type)
{
    size_t  i;

    for (i = 0; i < type->len; i++) {
        if (type->data[i] >= 0x80) {
            return 1;
        }
    }

    return ngx_strlcasestrn(type->data, type->data + type->len,
                            (u_char *) "form", 4 - 1)
           != NULL;
}


/*
 * Go leaves out pairs with a ";" in them, where others would see two; and
 * nginx's $arg_access_token does not care for the case.
 */

static void
ngx_http_livekit_guard_query(ngx_http_request_t *r, ngx_str_t *args,
    ngx_http_livekit_tokens_t *tokens)
{
    u_char     *p, *last, *end, *eq;
    ngx_str_t   name, value;

    if (args->len == 0) {
        return;
    }

    p = args->data;
    last = args->data + args->len;

    if (ngx_strlchr(p, last, ';')) {
        tokens->odd = 1;
        return;
    }

    while (p < last) {

        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        eq = ngx_strlchr(p, end, '=');

        name.data = p;
        name.len = (eq ? eq : end) - p;

        value.data = eq ? eq + 1 : end;
        value.len = end - value.data;

        ngx_http_livekit_guard_arg(r, &name, &value, tokens);

        p = end + 1;
    }
}


static void
ngx_http_livekit_guard_arg(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value, ngx_http_livekit_tokens_t *tokens)
{
    static ngx_str_t  access_token = ngx_string("access_token");

    if (ngx_http_livekit_unescape(r, name) != NGX_OK) {
        tokens->odd = 1;
        return;
    }

    if (name->len != access_token.len
        || ngx_strncasecmp(name->data, access_token.data, name->len) != 0)
    {
        return;
    }

    if (ngx_strncmp(name->data, access_token.data, name->len) != 0
        || ngx_http_livekit_unescape(r, value) != NGX_OK)
    {
        tokens->odd = 1;
        return;
    }

    tokens->value = *value;
    tokens->n++;
}


/*
 * The query string as it came, for which a "#" is nothing special: nginx ends
 * its arguments there, and hands the rest on with $request_uri.
 */

static void
ngx_http_livekit_guard_original(ngx_http_request_t *r,
    ngx_http_livekit_tokens_t *tokens)
{
    u_char     *p, *last;
    ngx_str_t   args;

    last = r->unparsed_uri.data + r->unparsed_uri.len;

    p = ngx_strlchr(r->unparsed_uri.data, last, '?');
    if (p == NULL) {
        return;
    }

    args.data = p + 1;
    args.len = last - args.data;

    ngx_http_livekit_guard_query(r, &args, tokens);
}
