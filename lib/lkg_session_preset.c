/*
 * What the frameworks do, each a row of parameters.
 */

#include "lkg_session.h"


#define LKG_ALG(name)     lkg_jwa_bit(LKG_JWA_ ## name)

/*
 * In a value that an application keeps for itself "id" is as likely that of
 * the session, which would make somebody of everybody.
 */

#define LKG_STORED_IDENTITY                                                  \
    "passport.user.id,passport.user,user.id,userId,user.sub,sub"


static const lkg_preset  lkg_presets[] = {

    { .id = LKG_PRESET_JWT,
      .name = "jwt",
      .scheme = LKG_SCHEME_JWS,
      .algs = LKG_JWA_HMACS|LKG_JWA_KEYS },

    /* next-auth 4: jwt/index.js and core/lib/cookie.js */

    { .id = LKG_PRESET_NEXT_AUTH,
      .name = "next-auth",
      .scheme = LKG_SCHEME_JWE,
      .cookies = { "__Secure-next-auth.session-token",
                   "next-auth.session-token" },
      .cookie_flags = LKG_COOKIE_CHUNKED,
      .leeway = 15,
      .enc = LKG_JWE_A256GCM,
      .info = "NextAuth.js Generated Encryption Key",
      .chunk = 3933 },

    /* Auth.js 5: @auth/core, jwt.ts and lib/utils/cookie.ts */

    { .id = LKG_PRESET_AUTHJS,
      .name = "authjs",
      .scheme = LKG_SCHEME_JWE,
      .cookies = { "__Secure-authjs.session-token", "authjs.session-token" },
      .cookie_flags = LKG_COOKIE_CHUNKED,
      .leeway = 15,
      .enc = LKG_JWE_A256CBC_HS512,
      .info = "Auth.js Generated Encryption Key",
      .chunk = 3936 },

    /* nextjs-auth0 4: server/cookies.ts; a stateful one has only an "id" */

    { .id = LKG_PRESET_AUTH0,
      .name = "auth0",
      .scheme = LKG_SCHEME_JWE,
      .cookies = { "__session" },
      .cookie_flags = LKG_COOKIE_CHUNKED2|LKG_COOKIE_WHOLE,
      .leeway = 15,
      .identity = "user.sub",
      .display = "user.name",
      .email = "user.email",
      .session = "internal.sid",
      .enc = LKG_JWE_A256GCM,
      .info = "JWE CEK",
      .chunk = 3500 },

    /* nextjs-auth0 3: auth0-session/session/stateless-session.ts; "exp" is in
     * the header */

    { .id = LKG_PRESET_AUTH0_V3,
      .name = "auth0-v3",
      .scheme = LKG_SCHEME_JWE,
      .cookies = { "appSession" },
      .cookie_flags = LKG_COOKIE_CHUNKED|LKG_COOKIE_WHOLE,
      .identity = "user.sub",
      .display = "user.name",
      .email = "user.email",
      .session = "user.sid",
      .enc = LKG_JWE_A256GCM,
      .info = "JWE CEK" },

    /* Clerk: session tokens, version 2 */

    { .id = LKG_PRESET_CLERK,
      .name = "clerk",
      .scheme = LKG_SCHEME_JWS,
      .cookies = { "__session" },
      .cookie_flags = LKG_COOKIE_SUFFIXED,
      .leeway = 5,
      .identity = "sub",
      .session = "sid",
      .algs = LKG_ALG(RS256) },

    /* @supabase/ssr; what user_metadata says is the user's own word */

    { .id = LKG_PRESET_SUPABASE,
      .name = "supabase",
      .scheme = LKG_SCHEME_JWS,
      .cookie_flags = LKG_COOKIE_CHUNKED|LKG_COOKIE_WHOLE,
      .identity = "sub",
      .display = "user_metadata.full_name,user_metadata.name",
      .email = "email",
      .session = "session_id",
      .algs = LKG_ALG(HS256)|LKG_ALG(RS256)|LKG_ALG(ES256),
      .chunk = 3180 },

    /* Firebase session cookies; its Hosting passes on only "__session" */

    { .id = LKG_PRESET_FIREBASE,
      .name = "firebase",
      .scheme = LKG_SCHEME_JWS,
      .cookies = { "__session", "session" },
      .identity = "sub",
      .algs = LKG_ALG(RS256) },

    /* express-session and connect-redis, which prolongs a session by its key
     * alone: the cookie.expires in it is that of long ago */

    { .id = LKG_PRESET_EXPRESS,
      .name = "express",
      .scheme = LKG_SCHEME_SIGNED,
      .cookies = { "connect.sid" },
      .identity = LKG_STORED_IDENTITY,
      .display = "user.name,passport.user.name,name",
      .email = "user.email,passport.user.email,email",
      .key = "sess:" },

    /* Better Auth; the key is that of @better-auth/redis-storage */

    { .id = LKG_PRESET_BETTER_AUTH,
      .name = "better-auth",
      .scheme = LKG_SCHEME_SIGNED,
      .cookies = { "__Secure-better-auth.session_token",
                   "better-auth.session_token" },
      .identity = "user.id,session.userId",
      .display = "user.name",
      .email = "user.email",
      .expires = "session.expiresAt",
      .key = "better-auth:",
      .revoked = "revoked-sessions-before-",
      .user = "session.userId" },

    { .id = LKG_PRESET_REDIS,
      .name = "redis",
      .scheme = LKG_SCHEME_OPAQUE,
      .identity = LKG_STORED_IDENTITY,
      .expires = "expires,expiresAt,session.expiresAt,cookie.expires,exp" },

    /* /api/auth/session of next-auth, /api/auth/get-session of Better Auth */

    { .id = LKG_PRESET_INTROSPECT,
      .name = "introspect",
      .scheme = LKG_SCHEME_ASK,
      .cookie_flags = LKG_COOKIE_CHUNKED,
      .identity = "user.id,user.sub,sub,userId,id,user.email,email",
      .display = "user.name,name",
      .email = "user.email,email",
      .expires = "expires,session.expiresAt,exp" }
};

#define LKG_NPRESETS  (sizeof(lkg_presets) / sizeof(lkg_presets[0]))


const lkg_preset *
lkg_preset_at(size_t i)
{
    return i < LKG_NPRESETS ? &lkg_presets[i] : NULL;
}


const lkg_preset *
lkg_preset_find(const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < LKG_NPRESETS; i++) {
        if (strlen(lkg_presets[i].name) == len
            && memcmp(lkg_presets[i].name, name, len) == 0)
        {
            return &lkg_presets[i];
        }
    }

    return NULL;
}
