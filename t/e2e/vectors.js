#!/usr/bin/env node
"use strict";

/*
 * Makes t/vectors/sessions/more.json: sessions as the libraries themselves
 * make them, each with the line of nginx's configuration that is to read it,
 * and what must come of it.  Those that are accepted end in 2036.
 *
 *     node t/e2e/vectors.js > t/vectors/sessions/more.json
 *
 * What no library would write is made in lib/forge.js, with the right key.
 * Where nextjs-auth0 3 is not there, beside version 4, its sessions are taken
 * from the file that there is:
 *
 *     npm install --no-save nextjs-auth0-v3@npm:@auth0/nextjs-auth0@3
 */

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const { b64, derive, seal, sign } = require("./lib/forge");

const END = 2094000000;
const MAX_AGE = END - Math.floor(Date.now() / 1000);
const OVER = 1780000000;
const FILE = path.join(__dirname, "../vectors/sessions/more.json");
const ANN = { sub: "u-ann", name: "Ann Lee", email: "ann@example.com" };
const random = () => crypto.randomBytes(24).toString("base64url");
const later = { exp: END, iat: 1795000000 };

const vectors = [];
const versions = {};

function version(name) {
  const dir = path.join(__dirname, "node_modules", name, "package.json");

  return versions[name] ??= `${name} ${JSON.parse(fs.readFileSync(dir)).version}`;
}

/* One vector: what made it, the line, the headers, and who it is (or nobody,
 * and why). */
function add(id, by, preset, params, cookie, who, more = {}) {
  const entry = { id, by: by ? version(by) : "by hand", preset, params, ...more };

  entry[more.bearer ? "authorization" : "cookie"] = cookie;
  delete entry.bearer;
  vectors.push({ ...entry, ...(typeof who === "string" ? { expect: "reject", reason: who }
    : { expect: "accept", identity: who.sub, name: who.name ?? "", expires: "expires" in who ? who.expires : END }) });
}

const secret = (...all) => all.map((value) => ["secret", value]);
const chunked = (name, joint, size, value) => value.match(new RegExp(`.{1,${size}}`, "g"))
  .map((part, i) => `${name}${joint}${i}=${part}`).join("; ");


/* next-auth 4 and Auth.js 5 */

async function nextAuth() {
  const { encode } = require("next-auth/jwt");
  const s = random();
  const NAME = "next-auth.session-token";
  const key = derive(s, "", "NextAuth.js Generated Encryption Key", 32);
  const make = (token, secret = s) => encode({ token, secret, maxAge: MAX_AGE });
  const own = (id, cookie, who, ...more) => add(`next-auth-${id}`, "next-auth", "next-auth", secret(s), cookie, who, ...more);
  const hand = (id, header, body, why) =>
    add(`next-auth-${id}`, null, "next-auth", secret(s), `${NAME}=${seal(key, { alg: "dir", enc: "A256GCM", ...header }, body)}`, why);
  /* the library says when it ends */
  const ends = async (token) => (await require("next-auth/jwt").decode({ token, secret: s })).exp;
  const one = await make({ sub: "u-ann" });
  const unicode = await make({ ...ANN, name: "Åsa 李 𝔸\"\\" });
  const large = await make({ ...ANN, roles: Array.from({ length: 700 }, (_, i) => `role-${i}-of-the-user`) });

  own("minimal", `${NAME}=${one}`, { sub: "u-ann", expires: await ends(one) });
  own("unicode", `${NAME}=${unicode}`, { ...ANN, name: "Åsa 李 𝔸\"\\", expires: await ends(unicode) });
  own("secure", `a=b; __Secure-${NAME}=${one}`, { sub: "u-ann", expires: await ends(one) });
  own("chunks", chunked(NAME, ".", 3933, large), { ...ANN, expires: await ends(large) });
  own("chunks-disorder", chunked(NAME, ".", 3933, large).split("; ").toReversed().join("; "), { ...ANN, expires: await ends(large) });
  own("chunk-missing", chunked(NAME, ".", 3933, large).split("; ").toSpliced(1, 1).join("; "), "a chunk is missing");
  own("chunks-many", Array.from({ length: 40 }, (_, i) => `${NAME}.${i}=A`).join("; "), "more chunks than any browser keeps");
  own("two-people", `${NAME}=${one}; ${NAME}=${await make({ sub: "u-bob" })}`, "two cookies of one name");
  own("other-name", `session=${one}`, "another cookie");
  own("over", `${NAME}=${await encode({ token: ANN, secret: s, maxAge: OVER - Math.floor(Date.now() / 1000) })}`, "its end has passed");
  own("other-secret", `${NAME}=${await make(ANN, random())}`, "another secret");
  const number = await make({ id: 42 });
  add("next-auth-number", "next-auth", "next-auth", [...secret(s), ["identity", "id"]], `${NAME}=${number}`, { sub: "42", expires: await ends(number) });
  const old = await make(ANN);
  add("next-auth-rotated", "next-auth", "next-auth", secret(random(), s), `${NAME}=${old}`, { ...ANN, expires: await ends(old) });
  add("next-auth-own-name", "next-auth", "next-auth", [...secret(s), ["cookie", "app-session"]], `app-session=${old}`, { ...ANN, expires: await ends(old) });

  hand("zip", { zip: "DEF" }, require("node:zlib").deflateRawSync(JSON.stringify({ ...ANN, ...later })), "compressed");
  hand("pbes2", { alg: "PBES2-HS256+A128KW", p2c: 1e9, p2s: "AAAA" }, { ...ANN, ...later }, "a key from a password");
  hand("alg-none", { alg: "none" }, { ...ANN, ...later }, "no algorithm");
  hand("claim-twice", {}, `{"sub":"u-ann","sub":"u-bob","exp":${END}}`, "a claim twice");
  hand("nul", {}, { sub: "u-ann\0", ...later }, "NUL in the identity");
  hand("deep", {}, `{"sub":"u-ann","exp":${END},"x":${"[".repeat(80)}${"]".repeat(80)}}`, "JSON that is too deep");
  const parts = old.split(".");
  own("tag-short", `${NAME}=${parts.with(4, parts[4].slice(0, 16)).join(".")}`, "a tag of 12 bytes");
  own("tag-empty", `${NAME}=${parts.with(4, "").join(".")}`, "no tag");
}

async function authjs() {
  const { encode, decode } = await import("@auth/core/jwt");
  const s = random();
  const NAME = "authjs.session-token";
  const make = (token, secret = s, salt = NAME) => encode({ token, secret, salt, maxAge: MAX_AGE });
  const ends = async (token, salt = NAME, secret = s) => (await decode({ token, secret, salt })).exp;
  const own = (id, params, cookie, who) => add(`authjs-${id}`, "@auth/core", "authjs", params, cookie, who);
  const one = await make(ANN);
  const secure = await make(ANN, s, `__Secure-${NAME}`);
  const large = await make({ ...ANN, pad: "x".repeat(20000) });
  const custom = await make(ANN, s, "my.session");

  own("basic", secret(s), `${NAME}=${one}`, { ...ANN, expires: await ends(one) });
  own("secure", secret(s), `__Secure-${NAME}=${secure}`, { ...ANN, expires: await ends(secure, `__Secure-${NAME}`) });
  own("secure-salt", secret(s), `__Secure-${NAME}=${one}`, "made under the other name");
  own("chunks", secret(s), chunked(NAME, ".", 3936, large), { ...ANN, expires: await ends(large) });
  own("cookie", [...secret(s), ["cookie", "my.session"]], `my.session=${custom}`, { ...ANN, expires: await ends(custom, "my.session") });
  own("rotated", secret(random(), s), `${NAME}=${one}`, { ...ANN, expires: await ends(one) });
  own("kid-unknown", secret(random()), `${NAME}=${one}`, "its kid is of no secret");
  own("none", secret(s), `${NAME}=${b64('{"alg":"none"}')}.${b64(JSON.stringify({ ...ANN, ...later }))}.`, "not even encrypted");
}


/* nextjs-auth0 4 and 3 */

async function auth0() {
  const { generateSessionCookie } = await import("@auth0/nextjs-auth0/testing");
  const jose = await import("jose");
  const s = random();
  const key = derive(s, "", "JWE CEK", 32);
  const session = (extra = {}) => ({ user: { ...ANN, ...extra }, tokenSet: { accessToken: "at", expiresAt: END }, internal: { sid: "s1", createdAt: 1795000000 } });
  const make = (value, secret = s) => generateSessionCookie(value, { secret });
  const ends = async (token) => (await jose.jwtDecrypt(token, key)).payload.exp;
  const own = (id, params, cookie, who) => add(`auth0-${id}`, "@auth0/nextjs-auth0", "auth0", params, cookie, who);
  const v4 = seal(key, { alg: "dir", enc: "A256GCM" }, { ...session(), ...later });
  const short = await make(session());

  own("over-or-not", secret(s), `__session=${v4}`, ANN);
  own("chunks", secret(s), chunked("__session", "__", 3500, seal(key, { alg: "dir", enc: "A256GCM" }, { ...session({ pad: "x".repeat(9000) }), ...later })), ANN);
  own("other-secret", secret(random()), `__session=${short}`, "another secret");
  own("stateful", secret(s), `__session=${seal(key, { alg: "dir", enc: "A256GCM" }, { id: "0".repeat(32), ...later })}`, "only an id, of a store that is the application's");
  own("v3-cookie", secret(s), `appSession=${v4}`, "of version 3, which has its own preset");

  const v3 = path.join(__dirname, "node_modules/nextjs-auth0-v3");
  if (!fs.existsSync(v3)) {
    vectors.push(...JSON.parse(fs.readFileSync(FILE)).filter(({ id }) => /^auth0-v3-/.test(id)));
    return ends;
  }
  const { StatelessSession } = require(path.join(v3, "dist/auth0-session/session/stateless-session.js"));
  const config = (...secrets) => ({ secret: secrets, session: { name: "appSession", cookie: {} } });
  const store = async (data, exp, secrets = [s]) => {
    const cookies = [];
    await new StatelessSession(config(...secrets)).setSession({ getCookies: () => ({}) },
      { setCookie: (name, value) => cookies.push(`${name}=${value}`), clearCookie() {} }, data, 1795000000, 1795000000, exp, {});
    return cookies.join("; ");
  };
  const user = { user: { ...ANN, sid: "s1" }, accessToken: "at", idToken: "it" };
  const three = (id, params, cookie, who) => add(`auth0-v3-${id}`, "nextjs-auth0-v3", "auth0-v3", params, cookie, who);
  const hand = (id, header, body, why) => add(`auth0-v3-${id}`, null, "auth0-v3", secret(s),
    `appSession=${seal(key, { alg: "dir", enc: "A256GCM", uat: 1795000000, iat: 1795000000, ...header }, body)}`, why);

  three("basic", secret(s), await store(user, END), ANN);
  three("chunks", secret(s), await store({ ...user, refreshToken: "x".repeat(9000) }, END), ANN);
  three("rotated", secret(random(), s), await store(user, END), ANN);
  three("other-secret", secret(random()), await store(user, END), "another secret");
  three("over", secret(s), await store(user, OVER), "its end has passed");
  three("v4-cookie", secret(s), `__session=${v4}`, "of version 4, which has its own preset");
  hand("no-exp", {}, user, "without an end");
  hand("exp-in-claims", {}, { ...user, exp: END }, "an end where this version has none");
  hand("exp-text", { exp: String(END) }, user, "an end that is text");
  hand("nobody", { exp: END }, { user: {} }, "nobody in it");
}


/* Signed tokens */

async function jwt() {
  const jose = await import("jose");
  const s = random();
  const claims = { ...ANN, ...later };
  const token = (alg, key, header = {}, body = claims) => new jose.SignJWT(body).setProtectedHeader({ alg, ...header }).sign(key);
  const own = (id, params, value, who, more) =>
    add(`jwt-${id}`, "jose", "jwt", [["cookie", "t"], ...params], `t=${value}`, who, more);

  for (const alg of ["HS256", "HS384", "HS512"]) {
    const long = random() + random() + random();
    own(alg, [["alg", alg], ...secret(long)], await token(alg, Buffer.from(long)), ANN);
  }
  for (const alg of ["RS256", "RS512", "PS256", "PS384", "ES256", "ES384", "ES512", "EdDSA"]) {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
    const pem = await jose.exportSPKI(publicKey);
    const jwks = JSON.stringify({ keys: [{ ...await jose.exportJWK(publicKey), alg, kid: "k1", use: "sig" }] });
    const good = await token(alg, privateKey, { kid: "k1" });

    own(`${alg}-pem`, [["alg", alg], ["key", pem]], good, ANN);
    own(`${alg}-jwks`, [["alg", alg], ["jwks", jwks]], good, ANN);
    if (alg === "RS256" || alg === "ES256") {
      own(`${alg}-kid`, [["alg", alg], ["jwks", jwks]], await token(alg, privateKey, { kid: "k2" }), "an unknown kid");
      own(`${alg}-confused`, [["alg", alg], ["key", pem]], sign(pem, { alg: "HS256" }, claims), "the public key as a secret");
      own(`${alg}-none`, [["alg", alg], ["key", pem]], `${b64('{"alg":"none"}')}.${good.split(".")[1]}.`, "no algorithm");
      own(`${alg}-hs256`, [["alg", alg], ["key", pem]], await token("HS256", Buffer.from(s)), "another algorithm");
      own(`${alg}-other`, [["alg", alg], ["key", pem]], await token(alg, (await jose.generateKeyPair(alg)).privateKey), "another key");
    }
    if (alg === "RS256") {
      add("jwt-bearer", "jose", "jwt", [["bearer", null], ["key", pem]], `Bearer ${good}`, ANN, { bearer: 1 });
      add("clerk", "jose", "clerk", [["key", pem], ["azp", "https://app.example.com"]],
        `__session=${await token(alg, privateKey, { kid: "ins_1" }, { ...later, sub: "user_1", sid: "sess_1", azp: "https://app.example.com", v: 2, sts: "active" })}`, { sub: "user_1" });
      add("clerk-pending", "jose", "clerk", [["key", pem]],
        `__session=${await token(alg, privateKey, {}, { ...later, sub: "user_1", sid: "sess_1", v: 2, sts: "pending" })}`, "not signed in yet");
      add("clerk-azp", "jose", "clerk", [["key", pem], ["azp", "https://app.example.com"]],
        `__session=${await token(alg, privateKey, {}, { ...later, sub: "user_1", azp: "https://evil.example.com" })}`, "of another page");
      add("firebase", "jose", "firebase", [["project", "p1"], ["jwks", jwks]],
        `session=${await token(alg, privateKey, { kid: "k1" }, { ...claims, iss: "https://session.firebase.google.com/p1", aud: "p1" })}`, ANN);
      add("firebase-project", "jose", "firebase", [["project", "p1"], ["jwks", jwks]],
        `session=${await token(alg, privateKey, { kid: "k1" }, { ...claims, iss: "https://session.firebase.google.com/p2", aud: "p2" })}`, "of another project");
    }
  }
  const params = [["iss", "https://a"], ["aud", "live"], ...secret(s)];
  const key = Buffer.from(s);
  own("iss-aud", params, await token("HS256", key, {}, { ...claims, iss: "https://a", aud: ["x", "live"] }), ANN);
  own("iss", params, await token("HS256", key, {}, { ...claims, iss: "https://b", aud: "live" }), "of another issuer");
  own("aud", params, await token("HS256", key, {}, { ...claims, iss: "https://a", aud: "other" }), "for another reader");
  own("nbf", secret(s), await token("HS256", key, {}, { ...claims, nbf: END - 1 }), "not begun");
  own("no-exp", secret(s), await token("HS256", key, {}, ANN), "without an end");
  own("crit", secret(s), sign(s, { alg: "HS256", crit: ["x"], x: 1 }, claims), "what it says must be understood");
  own("claim-twice", secret(s), sign(s, { alg: "HS256" }, `{"sub":"u-ann","sub":"u-bob","exp":${END}}`), "a claim twice");
  own("nul", secret(s), sign(s, { alg: "HS256" }, { ...later, sub: "u\0" }), "NUL in the identity");
  own("tag-empty", secret(s), (await token("HS256", key)).replace(/[^.]*$/, ""), "no signature");
  own("tag-short", secret(s), (await token("HS256", key)).slice(0, -6), "a short signature");
}

async function supabase() {
  const { createChunks, stringToBase64URL } = await import("@supabase/ssr");
  const jose = await import("jose");
  const s = random();
  const token = (claims) => new jose.SignJWT({ ...later, ...claims }).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(Buffer.from(s));
  const cookies = (access_token, more) => createChunks("sb-ref-auth-token",
    "base64-" + stringToBase64URL(JSON.stringify({ access_token, token_type: "bearer", refresh_token: "r", user: { id: "somebody-else" }, ...more })))
    .map(({ name, value }) => `${name}=${value}`).join("; ");
  const own = (id, cookie, who) => add(`supabase-${id}`, "@supabase/ssr", "supabase", [["ref", "ref"], ...secret(s)], cookie, who);
  const user = { sub: "u-ann", email: ANN.email, aud: "authenticated", role: "authenticated", session_id: "s1", user_metadata: { full_name: "Ann Lee" } };

  own("whole", cookies(await token(user)), ANN);
  own("chunks", cookies(await token({ ...user, pad: "x".repeat(6000) })), ANN);
  own("anon-key", cookies(await token({ role: "anon", iss: "supabase", ref: "ref" })), "the public key of the project");
  own("anonymous-aud", cookies(await token({ ...user, aud: "anon" })), "of nobody who is signed in");
  own("user-json", cookies("", { user: { id: "u-ann" } }), "no token, whatever is beside it");
}


/* Ids, with their values elsewhere */

async function express() {
  const session = require("express-session");
  const app = require("express")();
  const s = random();
  const store = new session.MemoryStore();
  const signature = require(require.resolve("cookie-signature", { paths: [require.resolve("express-session")] }));

  app.use(session({ store, secret: s, resave: false, saveUninitialized: true }));
  app.get("/:json", (req, res) => { Object.assign(req.session, JSON.parse(req.params.json)); res.end(); });
  const server = app.listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  const make = async (value) => {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/${encodeURIComponent(JSON.stringify(value))}`);
    const cookie = answer.headers.get("set-cookie").split(";")[0];
    const [id] = decodeURIComponent(cookie.split("=")[1]).slice(2).split(".");
    return { cookie, id, json: store.sessions[id] };
  };
  const own = (id, { cookie, id: sid, json }, who, params = secret(s), redis = { [`sess:${sid}`]: json }) =>
    add(`express-${id}`, "express-session", "express", params, cookie, who, { values: [json], redis });
  const ann = await make({ user: { id: "u-ann", name: "Ann Lee" } });

  own("user", ann, { sub: "u-ann", name: "Ann Lee", expires: 0 });
  own("passport", await make({ passport: { user: "u-ann" } }), { sub: "u-ann", expires: 0 });
  own("number", await make({ userId: 7 }), { sub: "7", expires: 0 });
  own("nobody", await make({ views: 1 }), "nobody is signed in");
  own("rotated", ann, { sub: "u-ann", name: "Ann Lee", expires: 0 }, secret(random(), s));
  own("other-secret", ann, "another secret", secret(random()));
  own("id-of-another", { ...ann, cookie: ann.cookie.replace(/%3A./, "%3A_") }, "another id under this signature");
  own("signed-by-hand", { ...ann, cookie: `connect.sid=${encodeURIComponent(`s:${signature.sign(ann.id, s)}`)}` }, { sub: "u-ann", name: "Ann Lee", expires: 0 });
  own("gone", { ...ann, json: null }, "signed out", undefined, {});
  server.close();
}

async function better() {
  const { betterAuth } = await import("better-auth");
  const { memoryAdapter } = await import("better-auth/adapters/memory");
  const s = random() + random();
  const kept = new Map();
  const auth = betterAuth({
    baseURL: "http://localhost", secret: s, emailAndPassword: { enabled: true }, telemetry: { enabled: false }, rateLimit: { enabled: false },
    logger: { disabled: true },
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    secondaryStorage: { get: (key) => kept.get(key) ?? null, set: (key, value) => { kept.set(key, value); }, delete: (key) => { kept.delete(key); } },
  });
  const ask = (path, body, cookie = "") => auth.handler(new Request(`http://localhost/api/auth${path}`,
    { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", origin: "http://localhost", cookie } }));
  const enter = async (path) => {
    const answer = await ask(path, { name: ANN.name, email: ANN.email, password: s });
    const cookie = answer.headers.getSetCookie().find((line) => line.startsWith("better-auth.session_token")).split(";")[0];
    const id = decodeURIComponent(cookie.split("=")[1]).split(".")[0];
    const value = JSON.parse(kept.get(id));

    /* no cookie of the library's lasts for more than 400 days */
    value.session.expiresAt = new Date(END * 1000).toISOString();
    return { cookie, id, json: JSON.stringify(value) };
  };
  const first = await enter("/sign-up/email");
  const { user } = JSON.parse(first.json);
  const who = { sub: user.id, name: ANN.name };
  const mark = `revoked-sessions-before-${user.id}`;
  const own = (id, { cookie, id: sid, json }, revoked, person, params = secret(s)) =>
    add(`better-auth-${id}`, "better-auth", "better-auth", params, cookie, person, { values: [json, revoked],
      redis: { ...(json && { [`better-auth:${sid}`]: json }), ...(revoked && { [`better-auth:${mark}`]: revoked }) } });

  own("basic", first, null, who);
  own("secure", { ...first, cookie: `__Secure-${first.cookie}` }, null, who);
  own("other-secret", first, null, "another secret", secret(random()));
  own("unpadded", { ...first, cookie: first.cookie.replace(/%3D$/, "") }, null, "a signature without its padding");
  await ask("/revoke-sessions", {}, first.cookie);
  const revoked = kept.get(mark);
  own("revoked", first, revoked, "revoked with all the others of the user");
  own("gone", { ...first, json: null }, revoked, "signed out");
  const anew = await enter("/sign-in/email");
  own("anew", anew, revoked, who);
}

async function database() {
  const { UpstashRedisAdapter } = await import("@auth/upstash-redis-adapter");
  const kept = new Map();
  const adapter = UpstashRedisAdapter({ get: async (key) => JSON.parse(kept.get(key) ?? "null"), del: async (...keys) => keys.forEach((key) => kept.delete(key)),
    set: async (key, value) => kept.set(key, typeof value === "string" ? value : JSON.stringify(value)) });
  const user = await adapter.createUser({ name: ANN.name, email: ANN.email, emailVerified: null });
  const params = [["cookie", "authjs.session-token"], ["user", "userId"]];
  const nginx = ["redis_key=user:session:$livekit_session_id", "user_key=user:$livekit_session_user"];
  const own = async (id, expires, who) => {
    const token = crypto.randomUUID();
    await adapter.createSession({ sessionToken: token, userId: user.id, expires: new Date(expires * 1000) });
    const values = [kept.get(`user:session:${token}`), kept.get(`user:${user.id}`)];
    add(`database-${id}`, "@auth/upstash-redis-adapter", "redis", params, `authjs.session-token=${token}`, who,
      { values, nginx, redis: { [`user:session:${token}`]: values[0], [`user:${user.id}`]: values[1] } });
  };

  await own("basic", END, { sub: user.id, name: ANN.name });
  await own("over", OVER, "its end has passed");
  add("database-injection", null, "redis", params, `authjs.session-token=by-user-id:${user.id}`, "no id, but another key",
    { values: [], nginx, redis: Object.fromEntries(kept) });
}

(async () => {
  for (const part of [nextAuth, authjs, auth0, jwt, supabase, express, better, database]) {
    await part();
  }
  process.stdout.write(`[\n${vectors.map((v) => JSON.stringify(v)).join(",\n")}\n]\n`);
})();
