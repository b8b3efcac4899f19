
/*
 * What moderation writes: one field of the room's hash, in one script that
 * first looks whom it is about.
 */


#include "ngx_http_livekit_moderation.h"


#define NGX_HTTP_LIVEKIT_KICK_TIME  60   /* LiveKit may refresh a token */


static ngx_int_t ngx_http_livekit_moderation_store_state(
    ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_moderation_t *m, ngx_str_t *key);
static ngx_int_t ngx_http_livekit_moderation_store_person(
    ngx_http_request_t *r, ngx_http_livekit_ctx_t *ctx,
    ngx_http_livekit_moderation_t *m, ngx_str_t *key);
static ngx_int_t ngx_http_livekit_moderation_equals(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *names);
static ngx_int_t ngx_http_livekit_moderation_failed(
    ngx_http_livekit_ctx_t *ctx);
static ngx_uint_t ngx_http_livekit_moderation_said(ngx_redis_reply_t *reply,
    const char *word);


static ngx_str_t  ngx_http_livekit_moderation_state = ngx_string(
    "redis.call('HSET', KEYS[1], 'state', ARGV[1])"
    " return 'stored'"
);


/*
 * ARGV: action, identity, its value, now, the roles that have nothing to
 * fear, the role of those without one; the latter two are empty where the
 * memberships are kept elsewhere, which "-" says then.
 *
 * A membership is read as the library reads it, and what it cannot read is
 * left alone.  A kick is never made shorter.
 */

static ngx_str_t  ngx_http_livekit_moderation_person = ngx_string(
    "local k, a = KEYS[1], ARGV"
    " local action, id, value, now = a[1], a[2], a[3], tonumber(a[4])"
    " local role, ends = a[6], ''"
    " if a[7] ~= '-' then"
    "  local m = redis.call('HGET', k, 'm:' .. id)"
    "  if m then"
    "   role, ends = string.match(m, '^([^;]+)(.*)$')"
    "   if not role or #role > 64 then return 'unreadable' end"
    "   if ends ~= '' then"
    "    local exp = string.match(ends, '^;exp=(%d+)$')"
    "    if not exp or #exp > 12 then return 'unreadable' end"
    "    if tonumber(exp) <= now then role, ends = '', '' end"
    "   end"
    "  end"
    "  if string.find(a[5], '\\n' .. role .. '\\n', 1, true) then"
    "   return 'moderator'"
    "  end"
    " end"
    " if action == 'remove' then"
    "  local d = redis.call('HGET', k, 'd:' .. id)"
    "  if not d or (tonumber(d) or 0) < tonumber(value) then"
    "   redis.call('HSET', k, 'd:' .. id, value)"
    "  end"
    " elseif action == 'ban' then"
    "  redis.call('HSET', k, 'b:' .. id, value)"
    " elseif action == 'unban' then"
    "  redis.call('HDEL', k, 'b:' .. id)"
    " elseif action == 'role' then"
    "  if role == '' then return 'not_member' end"
    "  redis.call('HSET', k, 'm:' .. id, value .. ends)"
    " end"
    " return 'stored'"
);


ngx_int_t
ngx_http_livekit_moderation_store(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_moderation_t *m)
{
    int        len;
    char       buf[LKG_KEY_BUF];
    ngx_str_t  key;

    len = lkg_access_key(buf, sizeof(buf), (char *) ctx->room.data,
                         ctx->room.len);
    if (len < 0) {
        return ngx_http_livekit_moderation_failed(ctx);
    }

    key.data = (u_char *) buf;
    key.len = len;

    return m->action->person
           ? ngx_http_livekit_moderation_store_person(r, ctx, m, &key)
           : ngx_http_livekit_moderation_store_state(r, ctx, m, &key);
}


static ngx_int_t
ngx_http_livekit_moderation_store_state(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_moderation_t *m,
    ngx_str_t *key)
{
    ngx_str_t  argv[2];

    argv[0] = *key;

    if (m->number == NGX_HTTP_LIVEKIT_CLOSE) {
        ngx_str_set(&argv[1], "closed");

    } else {
        ngx_str_set(&argv[1], "open");
    }

    return ngx_http_livekit_store(r, ctx, &ngx_http_livekit_moderation_state,
                                  1, 2, argv, 1,
                                  ngx_http_livekit_moderation_stored);
}


static ngx_int_t
ngx_http_livekit_moderation_store_person(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_http_livekit_moderation_t *m,
    ngx_str_t *key)
{
    u_char                           value[NGX_INT64_LEN];
    u_char                           now[NGX_TIME_T_LEN];
    int64_t                          until;
    ngx_str_t                        argv[8];
    const lkg_role                  *role;
    ngx_http_livekit_loc_conf_t     *llcf;
    ngx_http_livekit_access_conf_t  *acf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);
    acf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_access_module);

    argv[0] = *key;
    argv[1] = m->action->name;
    argv[2] = m->person;

    if (m->number == NGX_HTTP_LIVEKIT_ROLE) {
        argv[3] = m->role;

    } else {
        until = (m->number == NGX_HTTP_LIVEKIT_REMOVE)
                ? ngx_time() + NGX_HTTP_LIVEKIT_KICK_TIME : m->until;

        argv[3].data = value;
        argv[3].len = ngx_sprintf(value, "%L", until) - value;
    }

    argv[4].data = now;
    argv[4].len = ngx_sprintf(now, "%T", ngx_time()) - now;

    ngx_str_set(&argv[5], "");
    ngx_str_set(&argv[6], "");

    if (acf->facts.sources) {
        ngx_str_set(&argv[7], "-");

    } else {
        ngx_str_set(&argv[7], "");

        role = lkg_policy_default_role(llcf->policy);

        if (role) {
            argv[6] = ngx_http_livekit_str(lkg_role_name(role));
        }

        if (m->action->power
            && ngx_http_livekit_moderation_equals(r, ctx, &argv[5]) != NGX_OK)
        {
            return ngx_http_livekit_moderation_failed(ctx);
        }
    }

    return ngx_http_livekit_store(r, ctx, &ngx_http_livekit_moderation_person,
                                  1, 8, argv, 1,
                                  ngx_http_livekit_moderation_stored);
}


/* The roles that this moderator has no power over, "\nowner\nteacher\n". */

static ngx_int_t
ngx_http_livekit_moderation_equals(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx, ngx_str_t *names)
{
    u_char                       *p;
    size_t                        len;
    lkg_str                       room, name;
    ngx_uint_t                    i, n;
    const lkg_role               *role;
    ngx_http_livekit_loc_conf_t  *llcf;

    llcf = ngx_http_get_module_loc_conf(r, ngx_http_livekit_module);

    room = ngx_http_livekit_lkg(&ctx->room);
    n = lkg_policy_roles(llcf->policy);
    len = 1;

    for (i = 0; i < n; i++) {
        len += lkg_role_name(lkg_policy_role(llcf->policy, i)).len + 1;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    names->data = p;
    *p++ = '\n';

    for (i = 0; i < n; i++) {
        name = lkg_role_name(lkg_policy_role(llcf->policy, i));
        role = lkg_policy_role_named(llcf->policy, room, name);

        if (!lkg_role_may_moderate(ctx->decision.role, role)) {
            p = ngx_cpymem(p, name.data, name.len);
            *p++ = '\n';
        }
    }

    names->len = p - names->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_moderation_failed(ngx_http_livekit_ctx_t *ctx)
{
    ctx->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
    ctx->verdict = "error";

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_livekit_moderation_reply(ngx_http_request_t *r,
    ngx_http_livekit_ctx_t *ctx)
{
    ngx_redis_reply_t  *reply;

    reply = ngx_http_livekit_stored(ctx);

    if (reply == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_livekit_moderation_said(reply, "stored")) {
        return NGX_OK;
    }

    if (ngx_http_livekit_moderation_said(reply, "moderator")) {
        return NGX_ABORT;
    }

    if (ngx_http_livekit_moderation_said(reply, "not_member")) {
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "livekit: the membership in room \"%V\" cannot be "
                  "understood", &ctx->room);

    ctx->status = NGX_HTTP_SERVICE_UNAVAILABLE;
    ctx->verdict = "redis_data";

    return NGX_ERROR;
}


static ngx_uint_t
ngx_http_livekit_moderation_said(ngx_redis_reply_t *reply, const char *word)
{
    return reply->type == NGX_REDIS_STRING
           && reply->str.len == ngx_strlen(word)
           && ngx_strncmp(reply->str.data, word, reply->str.len) == 0;
}
