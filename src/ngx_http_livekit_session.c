
/*
 * Who is it?  The application's session, found at most once for a request.
 *
 * A cookie that is the session is opened whenever somebody asks.  A session
 * that is kept elsewhere is fetched in the preaccess phase; the lines of the
 * configuration are tried in order, and the place in it is in the ctx.
 */


#include "ngx_http_livekit_session.h"


static void ngx_http_livekit_session_begin(ngx_http_livekit_ctx_t *ctx,
    ngx_array_t *lines);
static ngx_int_t ngx_http_livekit_session_try(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t later);
static void ngx_http_livekit_session_tried(ngx_http_livekit_ctx_t *ctx,
    ngx_int_t rc);
static ngx_int_t ngx_http_livekit_session_fetch(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);
static ngx_int_t ngx_http_livekit_session_refuse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx);


ngx_int_t
ngx_http_livekit_session(ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx)
{
    ngx_http_livekit_session_conf_t  *scf;

    scf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_session_module);

    ctx->guarded = 0;
    ctx->identity.len = 0;

    if (ctx->session_lines != scf->lines || !ctx->session_known) {
        ngx_http_livekit_session_begin(ctx, scf->lines);

        if (ngx_http_livekit_session_try(r, ctx, 0) != NGX_OK) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "livekit: the session was not looked up before the "
                          "access phase");

            ctx->verdict = "error";
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (ctx->session) {
        return NGX_OK;
    }

    return ngx_http_livekit_session_refuse(r, ctx);
}


ngx_int_t
ngx_http_livekit_session_preaccess(ngx_http_request_t *r)
{
    ngx_http_livekit_ctx_t                *ctx;
    ngx_http_livekit_session_conf_t       *scf;
    ngx_http_livekit_session_main_conf_t  *smcf;

    scf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_session_module);
    smcf = ngx_http_get_module_main_conf(r, ngx_http_livekit_session_module);

    if (!scf->later || !(scf->needed || smcf->variables)) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_livekit_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->session_waiting) {

        if (ctx->session_asked.request == NULL
            || !ctx->session_asked.request->done
            || ngx_http_livekit_session_answer(r, ctx) == NGX_AGAIN)
        {
            return NGX_AGAIN;
        }

        r->read_event_handler = ngx_http_block_reading;

        return NGX_DECLINED;
    }

    /* the question to the application does not ask it again */

    if (ngx_http_livekit_is_subrequest(r)
        || (ctx->session_lines == scf->lines && ctx->session_known))
    {
        return NGX_DECLINED;
    }

    ngx_http_livekit_session_begin(ctx, scf->lines);

    if (ngx_http_livekit_session_try(r, ctx, 1) != NGX_AGAIN) {
        return NGX_DECLINED;
    }

    ctx->session_waiting = 1;
    ngx_http_livekit_watch_client(r);

    return NGX_AGAIN;
}


static void
ngx_http_livekit_session_begin(ngx_http_livekit_ctx_t *ctx,
    ngx_array_t *lines)
{
    lkg_session_free(ctx->session);

    ctx->session = NULL;
    ctx->session_lines = lines;
    ctx->session_line = 0;
    ctx->session_rc = LKG_ERR_ABSENT;
    ctx->session_known = 0;
    ctx->session_unavailable = 0;
    ctx->answered = 0;
}


/*
 * NGX_OK: it is known now who it is, or that it is nobody.  NGX_AGAIN: with
 * "later" something is being fetched, without it something must be.
 */

static ngx_int_t
ngx_http_livekit_session_try(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t later)
{
    int                               rc;
    lkg_str                           cookies[NGX_HTTP_LIVEKIT_COOKIE_LINES];
    ngx_uint_t                        n;
    lkg_session                      *session;
    lkg_session_input                 in;
    ngx_http_livekit_session_line_t  *line;

    n = ctx->session_lines ? ctx->session_lines->nelts : 0;

    if (n && ngx_http_livekit_session_input(r, &in, cookies) != NGX_OK) {
        ctx->session_rc = LKG_ERR_TOOBIG;
        n = 0;
    }

    for ( /* void */ ; ctx->session_line < n; ctx->session_line++) {

        line = ctx->session_lines->elts;
        line += ctx->session_line;

        rc = lkg_session_open(&session, line->conf, &in, ngx_time());

        if (rc == LKG_OK) {
            ctx->session = session;
            break;
        }

        if (rc != LKG_MORE) {
            ngx_http_livekit_session_tried(ctx, rc);
            continue;
        }

        if (!later) {
            lkg_session_free(session);
            return NGX_AGAIN;
        }

        ctx->session_pending = session;

        switch (ngx_http_livekit_session_fetch(r, ctx)) {

        case NGX_AGAIN:
            return NGX_AGAIN;

        case NGX_OK:
            goto known;
        }
    }

known:

    ctx->session_known = 1;

    return NGX_OK;
}


/* One that the request has no cookie for says nothing; the first failure of
 * the others is remembered. */

static void
ngx_http_livekit_session_tried(ngx_http_livekit_ctx_t *ctx, ngx_int_t rc)
{
    if (ctx->session_rc == LKG_ERR_ABSENT) {
        ctx->session_rc = rc;
    }
}


/* NGX_AGAIN: ngx_http_livekit_session_fetched() will be called; NGX_OK: it is
 * known who it is. */

static ngx_int_t
ngx_http_livekit_session_fetch(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_int_t                         rc;
    ngx_http_livekit_session_line_t  *line;

    line = ctx->session_lines->elts;
    line += ctx->session_line;

    rc = (line->mechanism == LKG_SESSION_ASK)
         ? ngx_http_livekit_session_ask(r, ctx, line)
         : ngx_http_livekit_session_stored(r, ctx, line);

    if (rc == NGX_AGAIN || rc == NGX_OK) {
        return rc;
    }

    lkg_session_free(ctx->session_pending);
    ctx->session_pending = NULL;

    if (rc == NGX_DECLINED) {
        ngx_http_livekit_session_tried(ctx, LKG_ERR_FORMAT);

    } else {
        ctx->session_unavailable = 1;
    }

    return rc;
}


/*
 * What was fetched: a value, NULL for none, or "available" 0.  NGX_AGAIN:
 * something else is being fetched now; NGX_OK: it is known who it is.
 */

ngx_int_t
ngx_http_livekit_session_fetched(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_uint_t available, ngx_str_t *value)
{
    int                               rc;
    lkg_session                      *session;
    ngx_http_livekit_session_line_t  *line;

    line = ctx->session_lines->elts;
    line += ctx->session_line;

    session = ctx->session_pending;

    if (available) {
        rc = lkg_session_complete(session, line->conf,
                                  value ? (char *) value->data : NULL,
                                  value ? value->len : 0, ngx_time());

        if (rc == LKG_MORE) {
            if (ngx_http_livekit_session_fetch(r, ctx) == NGX_AGAIN) {
                return NGX_AGAIN;
            }

            session = NULL;

        } else if (rc == LKG_OK) {
            if (!ctx->session_renewed) {
                ngx_http_livekit_session_keep(r, line, value,
                                              lkg_session_expires(session));
            }

            ctx->session_pending = NULL;
            ctx->session = session;
            ctx->session_known = 1;
            ctx->session_waiting = 0;

            return NGX_OK;

        } else {
            ngx_http_livekit_session_tried(ctx, rc);
        }

    } else {
        ctx->session_unavailable = 1;
    }

    lkg_session_free(session);
    ctx->session_pending = NULL;

    ctx->session_line++;

    if (ngx_http_livekit_session_try(r, ctx, 1) == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    ctx->session_waiting = 0;

    return NGX_OK;
}


ngx_int_t
ngx_http_livekit_session_input(ngx_http_request_t *r, lkg_session_input *in,
    lkg_str *lines)
{
    ngx_uint_t         n;
    ngx_table_elt_t   *h;
#if (nginx_version < 1023000)
    ngx_uint_t         i;
    ngx_table_elt_t  **cookies;
#endif

    n = 0;

#if (nginx_version >= 1023000)

    for (h = r->headers_in.cookie; h; h = h->next) {
        if (n == NGX_HTTP_LIVEKIT_COOKIE_LINES) {
            return NGX_DECLINED;
        }

        lines[n++] = ngx_http_livekit_lkg(&h->value);
    }

#else

    cookies = r->headers_in.cookies.elts;

    for (i = 0; i < r->headers_in.cookies.nelts; i++) {
        if (n == NGX_HTTP_LIVEKIT_COOKIE_LINES) {
            return NGX_DECLINED;
        }

        lines[n++] = ngx_http_livekit_lkg(&cookies[i]->value);
    }

#endif

    in->cookies = lines;
    in->ncookies = n;

    h = r->headers_in.authorization;

    if (h) {
        in->authorization = ngx_http_livekit_lkg(&h->value);

    } else {
        in->authorization.data = NULL;
        in->authorization.len = 0;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_session_refuse(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    if (ctx->session_unavailable) {
        ctx->verdict = "session_unavailable";

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: no answer about the session");

        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    switch (ctx->session_rc) {

    case LKG_ERR_NOMEM:
    case LKG_ERR_CRYPTO:
    case LKG_ERR_INVALID:

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "livekit: session could not be checked: %s",
                      lkg_strerror(ctx->session_rc));

        ctx->verdict = "error";
        return NGX_HTTP_INTERNAL_SERVER_ERROR;

    case LKG_ERR_ABSENT:
        ctx->verdict = "no_session";
        break;

    case LKG_ERR_EXPIRED:
        ctx->verdict = "session_expired";
        break;

    case LKG_ERR_AMBIGUOUS:
        ctx->verdict = "session_ambiguous";
        break;

    case LKG_ERR_IDENTITY:
        ctx->verdict = "no_identity";
        break;

    default:
        ctx->verdict = "session_invalid";
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "livekit: unauthorized: %s: %s", ctx->verdict,
                  lkg_strerror(ctx->session_rc));

    return NGX_HTTP_UNAUTHORIZED;
}


lkg_str
ngx_http_livekit_identity(ngx_http_livekit_ctx_t *ctx)
{
    return ctx->guarded ? ctx->identity : lkg_session_identity(ctx->session);
}


/*
 * For variables: what a handler found out before an internal redirect stays,
 * unless the location has sessions of its own to try.
 */

lkg_session *
ngx_http_livekit_session_peek(ngx_http_request_t *r)
{
    ngx_http_livekit_ctx_t           *ctx;
    ngx_http_livekit_session_conf_t  *scf;

    scf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_session_module);
    ctx = ngx_http_livekit_find_ctx(r);

    if (scf->off && !r->internal) {
        return NULL;
    }

    if (scf->lines == NULL
        || (ctx && ctx->session_lines == scf->lines
            && (ctx->session_known || ctx->session_waiting)))
    {
        return ctx ? ctx->session : NULL;
    }

    if (ngx_http_livekit_is_subrequest(r)) {
        return NULL;
    }

    ctx = ngx_http_livekit_get_ctx(r);
    if (ctx == NULL) {
        return NULL;
    }

    ngx_http_livekit_session_begin(ctx, scf->lines);

    if (ngx_http_livekit_session_try(r, ctx, 0) != NGX_OK) {
        return NULL;
    }

    return ctx->session;
}
