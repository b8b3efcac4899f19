-- The token route in OpenResty's way: lua-nginx-redis (lua-resty-redis as
-- Debian has it) with keepalive, cjson,
-- and HMAC by FFI from the libcrypto that nginx has loaded.

local cjson = require "cjson.safe"
local redis = require "nginx.redis"
local ffi = require "ffi"

ffi.cdef[[
typedef struct evp_md_st EVP_MD;
const EVP_MD *EVP_sha256(void);
unsigned char *HMAC(const EVP_MD *md, const void *key, int key_len,
    const unsigned char *d, size_t n, unsigned char *out, unsigned int *len);
int CRYPTO_memcmp(const void *a, const void *b, size_t len);
]]

local crypto = ffi.load("crypto.so.3")
local sha256 = crypto.EVP_sha256()
local mac = ffi.new("unsigned char[32]")
local mac_len = ffi.new("unsigned int[1]")

local function hmac(key, text)
    crypto.HMAC(sha256, key, #key, text, #text, mac, mac_len)
    return ffi.string(mac, 32)
end

local encode, decode = ngx.encode_base64, ngx.decode_base64

local function base64url(s)
    return (encode(s, true):gsub("[+/]", { ["+"] = "-", ["/"] = "_" }))
end

local function unbase64url(s)
    return decode((s:gsub("[-_]", { ["-"] = "+", ["_"] = "/" })))
end

local M = {}

local header = base64url('{"alg":"HS256","typ":"JWT"}')
local grants = {
    teacher = { true, true, true },
    student = { false, true, true },
}

local function reply(status, document)
    ngx.status = status
    ngx.header["Content-Type"] = "application/json"
    ngx.header["Cache-Control"] = "no-store"
    local text = cjson.encode(document)
    ngx.header["Content-Length"] = #text
    ngx.print(text)
    return ngx.exit(status)
end

local function session(cookie, secret)
    local signed, payload, signature = (cookie or ""):match("^([%w_-]+%.([%w_-]+))%.([%w_-]+)$")
    if not signed then
        return nil
    end

    local ours = hmac(secret, signed)
    local theirs = unbase64url(signature)
    if not theirs or #theirs ~= 32 or crypto.CRYPTO_memcmp(ours, theirs, 32) ~= 0 then
        return nil
    end

    local claims = cjson.decode(unbase64url(payload) or "")
    if not claims or type(claims.sub) ~= "string" or type(claims.exp) ~= "number"
        or claims.exp < ngx.time()
    then
        return nil
    end

    return claims
end

function M.run(conf)
    local claims = session(ngx.var.cookie_session, conf.session_secret)
    if not claims then
        return reply(401, { error = "unauthorized" })
    end

    ngx.req.read_body()
    local asked = cjson.decode(ngx.req.get_body_data() or "")
    local room = asked and asked.roomName
    if type(room) ~= "string" or not ngx.re.find(room, "^[A-Za-z0-9_-]{1,128}$", "jo") then
        return reply(400, { error = "bad_request" })
    end

    local red = redis:new()
    red:set_timeout(200)
    local ok = red:connect("unix:" .. conf.redis)
    if not ok then
        return reply(503, { error = "unavailable" })
    end

    local id = claims.sub
    local facts = red:hmget("lkg:room:{" .. room .. "}", "state", "b:" .. id, "d:" .. id, "m:" .. id)
    if not facts then
        return reply(503, { error = "unavailable" })
    end
    red:set_keepalive(60000, 64)

    local role = facts[4]
    local grant = role ~= ngx.null and grants[role]
    if not grant or (facts[1] ~= ngx.null and facts[1] ~= "open") or facts[2] ~= ngx.null
        or facts[3] ~= ngx.null
    then
        return reply(403, { error = "forbidden" })
    end

    local now = ngx.time()
    local text = header .. "." .. base64url(cjson.encode({
        iss = conf.key, sub = id, name = claims.name, iat = now, nbf = now, exp = now + 600,
        metadata = cjson.encode({ role = role }), attributes = { role = role },
        video = { roomJoin = true, room = room, canPublish = grant[1],
                  canSubscribe = grant[2], canPublishData = grant[3] },
    }))

    return reply(200, { token = text .. "." .. base64url(hmac(conf.secret, text)), url = conf.url })
end

return M
