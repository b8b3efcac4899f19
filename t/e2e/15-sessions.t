#!/usr/bin/env node
"use strict";

/*
 * Every kind of session that nginx reads, made by the libraries that
 * applications have, with secrets that are new each time.  Who is signed in
 * there gets a token of livekit-server's liking; who signs out, or never was,
 * gets none, whatever becomes of the cookie on the way.
 */

const crypto = require("node:crypto");
const { TokenVerifier } = require("livekit-server-sdk");

const { browser, listen, startApp } = require("./lib/app");
const { ask, decode } = require("./lib/client");
const { b64, damaged, derive, seal, sign } = require("./lib/forge");
const { startStack } = require("./lib/stack");
const { startSupabase } = require("./lib/supabase");
const { run, until } = require("./lib/tap");

const ROOM = "math-101";
const ANN = { sub: "u-ann", name: "Ann Lee", email: "ann@example.com" };
const BOB = { sub: "u-bob", name: "Bob Ray", email: "bob@example.com" };
const PEOPLE = Object.fromEntries([ANN, BOB].map(({ sub, ...rest }) => [sub, { id: sub, ...rest }]));
const DAY = 86400;
const WORKERS = 2;  /* in nginx.conf */
const ALGS = ["RS256", "PS256", "ES256", "EdDSA"];
const OTHER_ALGS = ["RS384", "RS512", "PS384", "PS512", "ES384", "ES512"];

const random = () => crypto.randomBytes(32).toString("hex");
const now = () => Math.floor(Date.now() / 1000);
const lifetime = (from = now()) => ({ iat: from, exp: from + DAY });

run(async (t, later) => {
  const jose = await import("jose");
  const authjs = await import("@auth/core/jwt");
  const nextAuth = require("next-auth/jwt");
  const auth0 = await import("@auth0/nextjs-auth0/testing");

  const secrets = {
    nextAuth: random(), nextAuthOld: random(), authjs: random(), authjsOld: random(), auth0: random(),
    jwt: random(), supabase: random(), express: [random(), random()], better: random(),
  };
  const pair = async (alg) => {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
    const kid = crypto.randomUUID();

    return {
      alg, kid, privateKey: crypto.createPrivateKey(await jose.exportPKCS8(privateKey)), pem: await jose.exportSPKI(publicKey),
      jwk: { ...await jose.exportJWK(publicKey), alg, kid, use: "sig" },
    };
  };
  const keys = Object.fromEntries(await Promise.all(ALGS.map(async (alg) => [alg, await pair(alg)])));
  const others = await Promise.all(OTHER_ALGS.map(pair));
  const next = await pair("ES256");
  const foreign = Object.fromEntries(await Promise.all(ALGS.map(async (alg) => [alg, await pair(alg)])));
  const jwks = (...pairs) => JSON.stringify({ keys: pairs.map(({ jwk }) => jwk) });

  const sessions = {
    "next-auth": "next-auth secret=file:next-auth.secret secret=file:next-auth-old.secret",
    authjs: "authjs secret=file:authjs.secret secret=file:authjs-old.secret",
    auth0: "auth0 secret=file:auth0.secret",
    HS256: "jwt secret=file:jwt.secret cookie=hs256",
    ...Object.fromEntries(ALGS.flatMap((alg) => [
      [`${alg}-pem`, `jwt alg=${alg} key=${alg}.pem cookie=${alg.toLowerCase()}`],
      [`${alg}-jwks`, `jwt alg=${alg} jwks=all.jwks cookie=${alg.toLowerCase()}`],
    ])),
    ...Object.fromEntries(others.map(({ alg }) => [alg, `jwt alg=${alg} key=${alg}.pem cookie=${alg.toLowerCase()}`])),
    HS384: "jwt alg=HS384 secret=file:jwt.secret cookie=hs384",
    HS512: "jwt alg=HS512 secret=file:jwt.secret cookie=hs512",
    clerk: "clerk jwks=all.jwks azp=https://app.example.com",
    firebase: "firebase project=demo jwks=all.jwks",
    bearer: "jwt jwks=all.jwks bearer",
    rotating: "jwt jwks=rotating.jwks cookie=rotating",
    supabase: "supabase ref=127 secret=file:supabase.secret",
    "supabase-jwks": "supabase ref=127 jwks=all.jwks",
    express: "express secret=file:express.secret secret=file:express-old.secret",
    "better-auth": "better-auth secret=file:better.secret",
    database: "redis cookie=next-auth.session-token redis_key=user:session:$livekit_session_id"
      + " identity=userId user=userId user_key=user:$livekit_session_user",
    "ask-next-auth": "introspect uri=/_next-auth",
    "ask-better-auth": "introspect uri=/_better-auth",
    "ask-and-renew": "introspect uri=/_next-auth set_cookie",
  };

  const server = await listen(later);
  const line = (kind) => `livekit_session ${sessions[kind]};`;
  const location = (name, kinds) => `location = /token/${name} { ${kinds.map(line).join("\n")}\nlivekit_token;
    add_header X-Worker $pid always; }`;
  const locations = [
    ...Object.keys(sessions).map((kind) => location(kind, [kind])),
    location("everything", Object.keys(sessions)),
    location("any", Object.keys(sessions).filter((kind) => !/^ask-|-pem$/.test(kind))),
    ...[["next-auth", "/api/auth/session"], ["better-auth", "/better/get-session"]].map(([name, uri]) =>
      `location = /_${name} { internal; proxy_pass http://127.0.0.1:${server.port}${uri}; proxy_set_header Host $http_host; }`),
    `location / { proxy_pass http://127.0.0.1:${server.port}; proxy_set_header Host $http_host; }`,
  ].join("\n");

  const stack = await startStack(later, {
    locations,
    files: {
      "next-auth.secret": secrets.nextAuth,
      "next-auth-old.secret": secrets.nextAuthOld,
      "authjs.secret": secrets.authjs,
      "authjs-old.secret": secrets.authjsOld,
      "auth0.secret": secrets.auth0,
      "jwt.secret": secrets.jwt,
      "supabase.secret": secrets.supabase,
      "express.secret": secrets.express[0],
      "express-old.secret": secrets.express[1],
      "better.secret": secrets.better,
      "all.jwks": jwks(...Object.values(keys)),
      "rotating.jwks": jwks(keys.ES256),
      ...Object.fromEntries([...Object.values(keys), ...others].map(({ alg, pem }) => [`${alg}.pem`, pem])),
    },
  });
  const { origin } = stack;
  const app = await startApp(later, server, { origin, socket: stack.redisSocket, secrets, people: PEOPLE });

  const member = (identity) => stack.redis("HSET", `lkg:room:{${ROOM}}`, `m:${identity}`, "student");
  member(ANN.sub);
  member(BOB.sub);

  const token = (kind, cookie, options) =>
    ask(origin, cookie, { roomName: ROOM }, { ...options, path: `/token/${kind}` });

  /* Who the cookie stands for, with a token that all the others agree on. */
  async function accepted(kind, what, cookie, person, place = kind) {
    const answer = await token(place, cookie);

    if (!t.ok(answer.status === 200, `${kind}, ${what}: a token`)) {
      t.diag(`${answer.status} ${answer.text}`);
      return;
    }
    const verified = await new TokenVerifier(stack.key, stack.secret).verify(answer.json.token);
    t.is([verified.sub, verified.name], [person.sub, person.name], `${kind}, ${what}: for the one who is signed in`);

    const taken = await fetch(`${stack.livekit}/rtc/validate?access_token=${answer.json.token}`);
    t.is([taken.status, await taken.text()], [200, "success"], `${kind}, ${what}: livekit-server takes it`);
  }

  async function refused(kind, what, cookie, status = 401) {
    const answer = await token(kind, cookie);
    t.is(answer.status, status, `${kind}, ${what}: ${status}`);
  }

  const everywhere = async (kind, what, cookie, person) => {
    await accepted(kind, what, cookie, person);
    await accepted(kind, `${what}, among all the others`, cookie, person, "any");
  };
  const nowhere = async (kind, what, cookie) => {
    await refused(kind, what, cookie);
    await refused("any", `${kind}, ${what}`, cookie);
  };
  const cookie = (name, value) => `${name}=${value}`;


  /* Encrypted cookies. */

  const GCM = { alg: "dir", enc: "A256GCM" };
  const CBC = { alg: "dir", enc: "A256CBC-HS512" };
  const HOST = "authjs.session-token";
  const SECURE = "__Secure-authjs.session-token";
  const authjsInfo = (name) => `Auth.js Generated Encryption Key (${name})`;

  const encrypted = {
    "next-auth": {
      name: "next-auth.session-token",
      make: (claims, secret = secrets.nextAuth, maxAge = DAY) =>
        nextAuth.encode({ token: claims, secret, maxAge }),
      header: GCM,
      claims: (person) => ({ ...person, jti: crypto.randomUUID(), ...lifetime() }),
      key: derive(secrets.nextAuth, "", "NextAuth.js Generated Encryption Key", 32),
      chunk: 3933, joint: ".",
    },
    authjs: {
      name: HOST,
      make: (claims, secret = secrets.authjs, maxAge = DAY, salt = HOST) =>
        authjs.encode({ token: claims, secret, maxAge, salt }),
      header: CBC,
      claims: (person) => ({ ...person, jti: crypto.randomUUID(), ...lifetime() }),
      key: derive(secrets.authjs, HOST, authjsInfo(HOST), 64),
      chunk: 3936, joint: ".",
    },
    auth0: {
      name: "__session",
      make: ({ chunky, ...user }, secret = secrets.auth0) =>
        auth0.generateSessionCookie({ user, ...(chunky && { tokenSet: { accessToken: chunky } }) }, { secret }),
      header: GCM,
      claims: (user) => ({ user, internal: { sid: random(), createdAt: now() }, ...lifetime() }),
      key: derive(secrets.auth0, "", "JWE CEK", 32),
      chunk: 3500, joint: "__",
    },
  };

  for (const [kind, { name, make, header, claims, key, chunk, joint }] of Object.entries(encrypted)) {
    const [good, bobs] = [await make(ANN), await make(BOB)];
    const forged = (extra, body = claims(ANN)) => cookie(name, seal(key, { ...header, ...extra }, body));
    const plain = () => claims(ANN);
    const large = await make({ ...ANN, chunky: random().repeat(250) });
    const chunks = large.match(new RegExp(`.{1,${chunk}}`, "g"))
      .map((value, i) => cookie(`${name}${joint}${i}`, value));

    await everywhere(kind, "Ann's own", cookie(name, good), ANN);
    await everywhere(kind, "Bob's own", cookie(name, bobs), BOB);
    await everywhere(kind, "sealed by hand as the library does", forged({}), ANN);
    await accepted(kind, "among cookies of others", `a=1; ${name}x=2; ${cookie(name, good)}; x${name}=3`, ANN);
    await accepted(kind, "twice the same", `${cookie(name, good)}; ${cookie(name, good)}`, ANN);
    t.ok(chunks.length > 4, `${kind}: a large session comes in ${chunks.length} chunks`);
    await accepted(kind, "in chunks", chunks.join("; "), ANN);
    await accepted(kind, "in chunks, in disorder", chunks.toReversed().join("; "), ANN);

    const whole = `${cookie(name, bobs)}; ${chunks.join("; ")}`;
    if (kind === "auth0") {
      await everywhere(kind, "whole, with chunks beside it", whole, BOB);
    } else {
      await nowhere(kind, "whole, with chunks beside it", whole);
    }

    const variants = {
      ...Object.fromEntries(Object.entries(damaged(good, bobs)).map(([what, value]) => [what, cookie(name, value)])),
      "nothing in it": cookie(name, ""),
      "of another secret": cookie(name, await make(ANN, random())),
      "under another name": cookie("session", good),
      "its name in capitals": cookie(name.toUpperCase(), good),
      "two of different people": `${cookie(name, good)}; ${cookie(name, bobs)}`,
      "a good one and a broken one": `${cookie(name, good)}; ${cookie(name, "x")}`,
      "its first chunk missing": chunks.slice(1).join("; "),
      "a chunk in the middle missing": chunks.toSpliced(2, 1).join("; "),
      "its last chunk missing": chunks.slice(0, -1).join("; "),
      "a chunk twice, differently": [...chunks, cookie(`${name}${joint}1`, "AAAA")].join("; "),
      "chunks without end": Array.from({ length: 200 }, (_, i) => cookie(`${name}${joint}${i}`, "A")).join("; "),
      "a chunk with a huge number": `${cookie(`${name}${joint}0`, good)}; ${cookie(`${name}${joint}99999999999999999999`, "A")}`,
      expired: forged({}, { ...plain(), exp: now() - 60 }),
      "not begun": forged({}, { ...plain(), nbf: now() + 600 }),
      "without exp": forged({}, { ...plain(), exp: undefined }),
      "exp as text": forged({}, { ...plain(), exp: String(now() + DAY) }),
      "without anybody": forged({}, { ...lifetime(), name: ANN.name }),
      "a list": forged({}, [plain()]),
      "no JSON": forged({}, "{"),
      "a claim twice": forged({}, `{"sub":"u-ann","sub":"u-bob","exp":${now() + DAY},"user":{"sub":"u-ann","sub":"u-bob"}}`),
      "NUL in the identity": forged({}, { ...plain(), sub: "u-ann\0", user: { sub: "u-ann\0" } }),
      "alg none": forged({ alg: "none" }),
      "alg A256KW": forged({ alg: "A256KW" }),
      "alg PBES2": forged({ alg: "PBES2-HS256+A128KW", p2c: 1e9, p2s: "AAAA" }),
      "another enc": forged({ enc: header === GCM ? "A256CBC-HS512" : "A256GCM" }),
      "enc A128GCM": forged({ enc: "A128GCM" }),
      compressed: forged({ zip: "DEF" }, require("node:zlib").deflateRawSync(JSON.stringify(plain()))),
      "zip in name only": forged({ zip: "DEF" }),
      crit: forged({ crit: ["exp"], exp: 1 }),
      "an unknown kid": forged({ kid: "unknown" }),
      "a key part": cookie(name, good.replace("..", ".AAAA.")),
      "signed instead": cookie(name, sign(key, { alg: "HS256" }, plain())),
      "signed with the secret": cookie(name, sign(secrets.jwt, { alg: "HS256" }, plain())),
      "another kind's": cookie(name, await encrypted[kind === "authjs" ? "auth0" : "authjs"].make(ANN)),
    };
    if (header === GCM) {
      delete variants["an unknown kid"];  /* they have none, and it says nothing */
    }

    for (const [what, value] of Object.entries(variants)) {
      await nowhere(kind, what, value);
    }
  }

  await everywhere("next-auth", "of the secret before",
    cookie("next-auth.session-token", await encrypted["next-auth"].make(ANN, secrets.nextAuthOld)), ANN);
  await everywhere("next-auth", "of a site on https",
    cookie("__Secure-next-auth.session-token", await encrypted["next-auth"].make(ANN)), ANN);

  {
    const { make } = encrypted.authjs;

    await everywhere("authjs", "of the secret before", cookie(HOST, await make(ANN, secrets.authjsOld)), ANN);
    await everywhere("authjs", "of two secrets, the new one first",
      cookie(HOST, await make(ANN, [secrets.authjs, secrets.authjsOld])), ANN);
    await everywhere("authjs", "of a site on https", cookie(SECURE, await make(ANN, secrets.authjs, DAY, SECURE)), ANN);
    await nowhere("authjs", "of http under the name of https", cookie(SECURE, await make(ANN)));
    await nowhere("authjs", "of https under the name of http",
      cookie(HOST, await make(ANN, secrets.authjs, DAY, SECURE)));
    await nowhere("authjs", "expired, by the library itself", cookie(HOST, await make(ANN, secrets.authjs, -60)));
    await nowhere("next-auth", "expired, by the library itself",
      cookie("next-auth.session-token", await encrypted["next-auth"].make(ANN, secrets.nextAuth, -60)));
  }


  /* Signed cookies. */

  const hmacs = { HS256: { alg: "HS256", privateKey: Buffer.from(secrets.jwt) } };
  const jwt = (claims, { alg, kid, privateKey }, header = {}) =>
    new jose.SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);

  for (const kind of ["HS256", ...ALGS.flatMap((alg) => [`${alg}-pem`, `${alg}-jwks`])]) {
    const alg = kind.split("-")[0];
    const pairOf = keys[alg] ?? hmacs.HS256;
    const name = alg.toLowerCase();
    const claims = (extra) => ({ ...ANN, ...lifetime(), ...extra });
    const make = async (extra, header) => cookie(name, await jwt(claims(extra), pairOf, header));
    const good = await jwt(claims(), pairOf);
    const bobs = await jwt({ ...BOB, ...lifetime() }, pairOf);
    const other = alg === "HS256" ? { alg, privateKey: Buffer.from(random()) } : foreign[alg];
    const [header64, claims64, signature] = good.split(".");
    const hand = (header, secret, hash) => cookie(name, sign(secret, { kid: pairOf.kid, ...header }, claims(), hash));
    const headed = (header) => cookie(name, `${b64(JSON.stringify({ alg, kid: pairOf.kid, ...header }))}.${claims64}.${signature}`);

    await everywhere(kind, "Ann's own", cookie(name, good), ANN);
    await everywhere(kind, "Bob's own", cookie(name, bobs), BOB);

    const variants = {
      ...Object.fromEntries(Object.entries(damaged(good, bobs)).map(([what, value]) => [what, cookie(name, value)])),
      "nothing in it": cookie(name, ""),
      "of another key": cookie(name, await jwt(claims(), { ...other, kid: pairOf.kid })),
      "under another name": cookie("session", good),
      "two of different people": `${cookie(name, good)}; ${cookie(name, bobs)}`,
      "expired": await make({ exp: now() - 60 }),
      "not begun": await make({ nbf: now() + 600 }),
      "without exp": await make({ exp: undefined }),
      "without anybody": await make({ sub: undefined, email: undefined }),
      "crit": headed({ crit: ["exp"], exp: 1 }),
      "b64": headed({ crit: ["b64"], b64: false }),
      "compressed": headed({ zip: "DEF" }),
      "alg none": cookie(name, `${b64('{"alg":"none"}')}.${claims64}.`),
      "alg none, with its signature": headed({ alg: "none" }),
      "alg nOnE": cookie(name, `${b64('{"alg":"nOnE"}')}.${claims64}.`),
      "without alg": cookie(name, `${b64("{}")}.${claims64}.${signature}`),
      "alg twice": cookie(name, `${b64(`{"alg":"none","alg":"${alg}"}`)}.${claims64}.${signature}`),
      "a key in its header": cookie(name, await jwt(claims(), { ...other, kid: pairOf.kid },
        { jwk: other.jwk ?? { kty: "oct", k: b64("x".repeat(32)) } })),
      "an empty HMAC key": hand({ alg: "HS256" }, ""),
      "a signature of the header alone": cookie(name, `${header64}.${claims64}.${b64(crypto.createHash("sha256").update(header64).digest())}`),
    };
    if (alg === "HS256") {
      variants["HS512 with the right secret"] = hand({ alg: "HS512" }, secrets.jwt, "sha512");
      variants["HS384 with the right secret"] = hand({ alg: "HS384" }, secrets.jwt, "sha384");
    } else {
      variants["HS256 with the public key as its secret"] = hand({ alg: "HS256" }, keys[alg].pem);
      variants["the same, its alg as it should be"] = hand({ alg }, keys[alg].pem);
      variants["HS256 with the public JWK as its secret"] = hand({ alg: "HS256" }, JSON.stringify(keys[alg].jwk));
      variants["a signature of zeroes"] =
        cookie(name, `${header64}.${claims64}.${b64(Buffer.alloc(Buffer.from(signature, "base64url").length))}`);
    }
    if (kind.endsWith("-jwks")) {
      const another = keys[ALGS.find((one) => one !== alg)];
      variants["the kid of another key"] = await make({}, { kid: another.kid });
      variants["a kid that nobody knows"] = await make({}, { kid: "unknown" });
      variants["another algorithm of the same set"] = cookie(name, await jwt(claims(), another));
    }

    for (const [what, value] of Object.entries(variants)) {
      await nowhere(kind, what, value);
    }
  }

  for (const other of others) {
    const name = other.alg.toLowerCase();
    const weaker = name.startsWith("es") ? keys.ES256 : { ...other, alg: other.alg.slice(0, 2) + "256" };
    const claims = { ...ANN, ...lifetime() };

    await everywhere(other.alg, "Ann's own", cookie(name, await jwt(claims, other)), ANN);
    await nowhere(other.alg, `${weaker.alg} instead`, cookie(name, await jwt(claims, weaker)));
    await nowhere(other.alg, "HS256 with the public key as its secret",
      cookie(name, sign(other.pem, { alg: "HS256" }, claims)));
  }

  for (const alg of ["HS384", "HS512"]) {
    const claims = { ...ANN, ...lifetime() };

    await everywhere(alg, "Ann's own", cookie(alg.toLowerCase(), await jwt(claims, { ...hmacs.HS256, alg })), ANN);
    await nowhere(alg, "HS256 instead", cookie(alg.toLowerCase(), await jwt(claims, hmacs.HS256)));
  }

  /* What Clerk and Firebase sign, by their documentation. */

  for (const [kind, name, claims, bad] of [
    ["clerk", "__session",
      { sub: ANN.sub, sid: random(), v: 2, iss: "https://clerk.example.com", azp: "https://app.example.com", fva: [1, -1], sts: "active" },
      { "of another origin": { azp: "https://evil.example" }, "a pending session": { sts: "pending" } }],
    ["firebase", "session",
      { sub: ANN.sub, user_id: ANN.sub, iss: "https://session.firebase.google.com/demo", aud: "demo", name: ANN.name, auth_time: now() },
      { "of another project": { aud: "other" }, "of another issuer": { iss: "https://session.firebase.google.com/other" },
        "an id token": { iss: "https://securetoken.google.com/demo" } }],
  ]) {
    const person = { ...ANN, name: claims.name };
    const make = (extra, key = keys.RS256) => jwt({ ...claims, ...lifetime(), ...extra }, key);
    const good = await make();

    await everywhere(kind, "Ann's own", cookie(name, good), person);
    if (kind === "clerk") {
      await everywhere(kind, "of one of several instances", cookie(`${name}_Ab3-x_9Z`, good), person);
    }
    for (const [what, extra] of Object.entries({
      ...bad, expired: { exp: now() - 60 }, "not begun": { nbf: now() + 600 }, "without anybody": { sub: undefined },
    })) {
      await nowhere(kind, what, cookie(name, await make(extra)));
    }
    await nowhere(kind, "of another key", cookie(name, await make({}, { ...foreign.RS256, kid: keys.RS256.kid })));
    await nowhere(kind, "another algorithm", cookie(name, await make({}, keys.ES256)));
    await nowhere(kind, "HS256 with the public key as its secret", cookie(name, sign(keys.RS256.pem, { alg: "HS256" }, claims)));
  }

  {
    const bearer = async (text) => (await token("bearer", null, { headers: [["Authorization", text]] })).status;
    const good = await jwt({ ...ANN, ...lifetime() }, keys.ES256);
    const forged = await jwt({ ...ANN, ...lifetime() }, { ...foreign.ES256, kid: keys.ES256.kid });

    t.is(await bearer(`Bearer ${good}`), 200, "bearer: a token");
    t.is(await bearer(`Bearer ${forged}`), 401, "bearer, of another key: 401");
    t.is(await bearer(`Basic ${good}`), 401, "bearer, as another scheme: 401");
    t.is(await bearer("Bearer"), 401, "bearer, empty: 401");
    await refused("bearer", "in a cookie instead", cookie("session", good));
  }

  {
    const made = async (pairOf) => cookie("rotating", await jwt({ ...ANN, ...lifetime() }, pairOf));
    const [before, after] = [await made(keys.ES256), await made(next)];

    await accepted("rotating", "a key of the set", before, ANN);
    await refused("rotating", "a key that is not in it yet", after);

    stack.write("rotating.jwks", jwks(next));
    const workers = new Map();
    await until("every worker has read the new set", async () => {
      for (const { status, headers } of await Promise.all(Array.from({ length: 16 }, () => token("rotating", after)))) {
        workers.set(headers["x-worker"], status);
      }
      return workers.size === WORKERS && [...workers.values()].every((status) => status === 200);
    });
    await accepted("rotating", "after the set has changed", after, ANN);
    await refused("rotating", "a key that is no longer in it", before);
  }


  /* Supabase: its own client, signed in at a server that stands in for its. */

  {
    const issuer = { HS256: { alg: "HS256", privateKey: Buffer.from(secrets.supabase) }, ES256: keys.ES256 };
    const claims = (extra) => ({
      sub: ANN.sub, aud: "authenticated", role: "authenticated", email: ANN.email,
      session_id: crypto.randomUUID(), user_metadata: { full_name: ANN.name }, ...lifetime(), ...extra,
    });

    for (const [kind, key] of [["supabase", issuer.HS256], ["supabase-jwks", issuer.ES256]]) {
      for (const [size, extra] of [["small", {}], ["in chunks", { app_metadata: { groups: random().repeat(100) } }]]) {
        for (const cookieEncoding of ["base64url", "raw"]) {
          const supabase = await startSupabase(later, { cookieEncoding, accessToken: () => jwt(claims(extra), key) });
          const what = `${size}, ${cookieEncoding}`;

          await supabase.signIn();
          t.is(supabase.names().length > 1, size === "in chunks", `${kind}, ${what}: in ${supabase.names().length} cookies`);
          await everywhere(kind, what, supabase.cookie(), ANN);
          await supabase.signOut();
          await nowhere(kind, `${what}, signed out`, supabase.cookie());
        }
      }

      const bad = {
        "the public anon key": jwt({ role: "anon", iss: "supabase", ref: "127", ...lifetime() }, key),
        "a service key": jwt({ role: "service_role", iss: "supabase", ref: "127", ...lifetime() }, key),
        "another audience": jwt(claims({ aud: "anon" }), key),
        "expired": jwt(claims({ exp: now() - 60 }), key),
        "nobody": jwt(claims({ sub: undefined }), key),
        "of another key": jwt(claims(), key.kid ? { ...foreign.ES256, kid: key.kid } : { alg: "HS256", privateKey: Buffer.from(random()) }),
        "alg none": `${b64('{"alg":"none"}')}.${b64(JSON.stringify(claims()))}.`,
      };
      for (const [what, value] of Object.entries(bad)) {
        const session = { access_token: await value, refresh_token: "r", user: { id: ANN.sub } };
        await nowhere(kind, what, cookie("sb-127-auth-token", "base64-" + b64(JSON.stringify(session))));
      }
    }
  }


  /* express-session, with connect-redis. */

  {
    const ann = browser(origin);
    const login = async (who, where, body) =>
      t.is((await who.fetch(`${where}/login`, { json: body })).status, 204, `express: signed in at ${where}`);
    const me = async (value) => (await (await fetch(`${origin}/new/me`, { headers: { cookie: value } })).json())?.id;
    const annUser = { user: PEOPLE[ANN.sub] };

    await login(ann, "/new", annUser);
    await everywhere("express", "Ann's own", ann.cookie, ANN);
    t.like(ann.value("connect.sid"), /^s%3A/, "express: the cookie is percent-encoded");
    const decoded = cookie("connect.sid", decodeURIComponent(ann.value("connect.sid")));
    t.is(await me(decoded), ANN.sub, "express: which express itself does not insist on");
    await accepted("express", "not percent-encoded", decoded, ANN);

    const encoded = browser(origin);
    for (let i = 0; i < 200 && !/%2B.*%2F|%2F.*%2B/.test(encoded.value("connect.sid")); i++) {
      await encoded.fetch("/new/login", { json: { user: PEOPLE[BOB.sub] } });
    }
    t.like(encoded.value("connect.sid"), /%2B.*%2F|%2F.*%2B/, "express: a signature with + and / in it");
    await accepted("express", "with + and / in its signature", encoded.cookie, BOB);
    await accepted("express", "with %2b and %2f in small letters",
      encoded.cookie.replaceAll("%2B", "%2b").replaceAll("%2F", "%2f"), BOB);

    const old = browser(origin);
    await login(old, "/old", annUser);
    t.is(await me(old.cookie), ANN.sub, "express: takes what the secret before has signed");
    await everywhere("express", "of the secret before", old.cookie, ANN);

    const passport = browser(origin);
    member("42");
    await login(passport, "/new", { passport: { user: 42 }, name: "Number" });
    await everywhere("express", "Passport's, with a number", passport.cookie, { sub: "42", name: "Number" });

    const anonymous = browser(origin);
    await login(anonymous, "/new", { cart: [1], friends: [PEOPLE[ANN.sub]] });
    await nowhere("express", "a session that is nobody's", anonymous.cookie);

    const stranger = browser(origin);
    await login(stranger, "/foreign", annUser);
    await nowhere("express", "of another application's secret", stranger.cookie);

    const value = decodeURIComponent(ann.value("connect.sid"));
    const [sid, signature] = [value.slice(2, value.indexOf(".")), value.slice(value.indexOf(".") + 1)];
    const bobs = decodeURIComponent(encoded.value("connect.sid"));
    const sent = (text) => cookie("connect.sid", encodeURIComponent(text));
    const variants = {
      "without a signature": sent(`s:${sid}`),
      "with an empty signature": sent(`s:${sid}.`),
      "with a short signature": sent(`s:${sid}.${signature.slice(0, 20)}`),
      "its end cut off": sent(value.slice(0, -1)),
      "with a longer signature": sent(`${value}A`),
      "Bob's id, Ann's signature": sent(`${bobs.slice(0, bobs.indexOf("."))}.${signature}`),
      "Ann's id, Bob's signature": sent(`s:${sid}${bobs.slice(bobs.indexOf("."))}`),
      "another byte in its id": sent(`s:${sid[0] === "A" ? "B" : "A"}${value.slice(3)}`),
      "without s:": sent(value.slice(2)),
      "j: instead": sent(`j:${JSON.stringify({ user: ANN })}`),
      "the id alone": sent(sid),
      "the key": sent(`sess:${sid}`),
      "a bad escape": cookie("connect.sid", ann.value("connect.sid").replace("%3A", "%3")),
      "encoded twice": cookie("connect.sid", encodeURIComponent(ann.value("connect.sid"))),
      "under another name": cookie("sid", ann.value("connect.sid")),
      "nothing in it": cookie("connect.sid", ""),
    };
    for (const [what, bad] of Object.entries(variants)) {
      t.is(await me(bad), undefined, `express, ${what}: nobody for express`);
      await nowhere("express", what, bad);
    }
    await nowhere("express", "two of different people", `${ann.cookie}; ${encoded.cookie}`);

    const key = `sess:${sid}`;
    const stored = JSON.parse(stack.redis("GET", key));
    const before = { ...stored.cookie, originalMaxAge: 60000, expires: new Date(Date.now() - 60000) };
    stack.redis("SET", key, JSON.stringify({ ...stored, cookie: before }), "EX", "60");
    t.is(await me(sent(value)), ANN.sub, "express: knows a session that was prolonged by touch(), which leaves its value alone");
    await everywhere("express", "prolonged", sent(value), ANN);

    t.is((await ann.fetch("/new/logout", { method: "POST" })).status, 204, "express: signed out");
    t.is(ann.cookie, "", "express: and the browser has forgotten");
    await nowhere("express", "kept after signing out", sent(value));
    await accepted("express", "of those who are still there", old.cookie, ANN);
  }


  /* Better Auth, with its own Redis storage. */

  {
    const person = { name: "Cleo Fox", email: "cleo@example.com", password: random() };
    const cleo = browser(origin);
    const again = browser(origin);
    const joined = await cleo.fetch("/better/sign-up/email", { json: person });
    t.is(joined.status, 200, "better-auth: signed up");
    const { user } = await joined.json();
    const who = { sub: user.id, name: person.name };
    member(user.id);
    const entered = await again.fetch("/better/sign-in/email", { json: person });
    t.is(entered.status, 200, "better-auth: signed in from another browser");

    const name = "better-auth.session_token";
    await everywhere("better-auth", "signed up", cookie(name, cleo.value(name)), who);
    await everywhere("better-auth", "signed in", again.cookie, who);
    await accepted("ask-better-auth", "asked for", cleo.cookie, who);

    const value = decodeURIComponent(cleo.value(name));
    const other = decodeURIComponent(again.value(name));
    const [id, signature] = value.split(".");
    const sent = (text) => cookie(name, encodeURIComponent(text));
    const variants = {
      "without a signature": sent(id),
      "with an empty signature": sent(`${id}.`),
      "without its padding": sent(value.replace(/=+$/, "")),
      "its end cut off": sent(value.slice(0, -4)),
      "this id, that signature": sent(`${id}.${other.split(".")[1]}`),
      "another byte in its id": sent((id[0] === "A" ? "B" : "A") + value.slice(1)),
      "signed with another secret": sent(`${id}.${crypto.createHmac("sha256", random()).update(id).digest("base64")}`),
      "the signature in base64url, without padding":
        sent(`${id}.${crypto.createHmac("sha256", secrets.better).update(id).digest("base64url")}`),
      "as express writes it": sent(`s:${id}.${signature}`),
      "signed, but nobody's": sent(`${"A".repeat(32)}.${crypto.createHmac("sha256", secrets.better).update("A".repeat(32)).digest("base64")}`),
      "two sessions": `${sent(value)}; ${sent(other)}`,
    };
    for (const [what, bad] of Object.entries(variants)) {
      await refused("better-auth", what, bad);
    }

    const kept = cleo.cookie;
    t.is((await cleo.fetch("/better/sign-out", { json: {} })).status, 200, "better-auth: signed out");
    await nowhere("better-auth", "kept after signing out", kept);
    await refused("ask-better-auth", "kept after signing out, without its cache",
      cookie(name, encodeURIComponent(value)));
    await accepted("better-auth", "the other browser's", again.cookie, who);
    t.is((await again.fetch("/better/revoke-sessions", { json: {} })).status, 200, "better-auth: signed out everywhere");
    await nowhere("better-auth", "after signing out everywhere", sent(other));

    /* A session that comes back to Redis after that, by a write that was late. */
    const late = browser(origin);
    await late.fetch("/better/sign-in/email", { json: person });
    const key = `better-auth:${decodeURIComponent(late.value(name)).split(".")[0]}`;
    const stored = stack.redis("GET", key);
    await accepted("better-auth", "signed in once more", late.cookie, who);
    await late.fetch("/better/revoke-sessions", { json: {} });
    stack.redis("SET", key, stored);
    const own = await fetch(`${origin}/better/get-session`, { headers: { cookie: late.cookie } });
    t.is(await own.json(), null, "better-auth: the library takes no session that was revoked and came back");
    await nowhere("better-auth", "revoked, and back in Redis", late.cookie);

    const anew = browser(origin);
    await anew.fetch("/better/sign-in/email", { json: person });
    await accepted("better-auth", "signed in right after that", anew.cookie, who);
  }


  /* next-auth: asked, signed in and out with its own pages. */

  const csrf = async (who, where) => (await (await who.fetch(`${where}/csrf`)).json()).csrfToken;

  {
    const ann = browser(origin);
    const bob = browser(origin);

    for (const [who, person] of [[ann, ANN], [bob, BOB]]) {
      const answer = await who.fetch("/api/auth/callback/credentials",
        { form: { csrfToken: await csrf(who, "/api/auth"), user: person.sub } });
      t.is(answer.status, 302, `next-auth: ${person.name} signed in`);
      t.ok(who.value("next-auth.session-token"), `next-auth: ${person.name} has a session`);
      await accepted("ask-next-auth", `${person.name}'s, asked for`, who.cookie, person);
      await everywhere("next-auth", `${person.name}'s, made by its own handler`, who.cookie, person);
    }

    const renewed = await token("ask-and-renew", bob.cookie);
    t.like(renewed.headers["set-cookie"], /^next-auth\.session-token=eyJ/m, "ask-and-renew: the renewed session is passed on");
    t.is((await token("ask-next-auth", bob.cookie)).headers["set-cookie"], undefined, "ask-next-auth: nobody asked for that");
    await accepted("ask-and-renew", "the renewed session",
      renewed.headers["set-cookie"].map((line) => line.split(";")[0]).join("; "), BOB);

    await refused("ask-next-auth", "no cookie", null);
    await refused("ask-next-auth", "a cookie that is none", "next-auth.session-token=x");
    await refused("ask-next-auth", "its end cut off", ann.cookie.slice(0, -6));
    await refused("ask-next-auth", "expired",
      cookie("next-auth.session-token", await encrypted["next-auth"].make(ANN, secrets.nextAuth, -60)));

    await ann.fetch("/api/auth/signout", { form: { csrfToken: await csrf(ann, "/api/auth") } });
    t.is(ann.value("next-auth.session-token"), undefined, "next-auth: Ann signed out");
    await refused("ask-next-auth", "signed out", ann.cookie);
    await refused("next-auth", "signed out", ann.cookie);
    await accepted("ask-next-auth", "Bob's, who has stayed", bob.cookie, BOB);
  }


  /* next-auth with sessions in Redis, as its adapter for Upstash keeps them. */

  {
    const { sub: _, ...data } = ANN;
    const user = await app.adapter.createUser({ ...data, emailVerified: null });
    const person = { sub: user.id, name: ANN.name };
    const ann = browser(origin);
    const name = "next-auth.session-token";
    const begin = async (expires) => {
      const sessionToken = crypto.randomUUID();
      await app.adapter.createSession({ sessionToken, userId: user.id, expires: new Date((now() + expires) * 1000) });
      return sessionToken;
    };
    const session = async (value) =>
      (await (await fetch(`${origin}/database/auth/session`, { headers: { cookie: cookie(name, value) } })).json()).user?.name;
    member(user.id);

    const [id, over] = [await begin(DAY), await begin(-60)];
    t.is(await session(id), ANN.name, "database: next-auth knows the session");
    await everywhere("database", "Ann's own", cookie(name, id), person);
    await nowhere("database", "expired", cookie(name, over));
    t.is(await session(over), undefined, "database: expired for next-auth, too");
    await nowhere("database", "a session that is none", cookie(name, crypto.randomUUID()));
    await nowhere("database", "the name of another key", cookie(name, `by-user-id:${user.id}`));
    await nowhere("database", "two sessions", `${cookie(name, id)}; ${cookie(name, await begin(DAY))}`);

    await ann.fetch("/database/auth/csrf");
    const out = await fetch(`${origin}/database/auth/signout`, {
      method: "POST", redirect: "manual",
      headers: { cookie: `${ann.cookie}; ${cookie(name, id)}` },
      body: new URLSearchParams({ csrfToken: await csrf(ann, "/database/auth") }),
    });
    t.is(out.status, 302, "database: signed out with next-auth");
    await nowhere("database", "kept after signing out", cookie(name, id));
  }


  /* All of it in one location: nobody is asked for the sake of a cookie that
   * says it all, and what it does not say, the application does. */

  const last = {
    ...Object.fromEntries(await Promise.all(Object.entries(encrypted).map(async ([kind, { name, make }]) =>
      [kind, cookie(name, await make(ANN))]))),
    HS256: cookie("hs256", await jwt({ ...ANN, ...lifetime() }, hmacs.HS256)),
    "ES256-jwks": cookie("es256", await jwt({ ...ANN, ...lifetime() }, keys.ES256)),
  };
  const bob = browser(origin);
  await bob.fetch("/new/login", { json: { user: PEOPLE[BOB.sub] } });

  for (const [kind, value] of Object.entries(last)) {
    await accepted(kind, "among everything", value, ANN, "everything");
    await refused("everything", `${kind}, its end cut off`, value.slice(0, -6));
    await accepted("express", `with a broken cookie of ${kind} beside it`,
      `${value.slice(0, -6)}; ${bob.cookie}`, BOB, "everything");
  }
  await accepted("express", "among everything", bob.cookie, BOB, "everything");
  await refused("everything", "no cookie", null);

  /* At once, of two people and by every way: each gets a token of their own. */

  const anns = browser(origin);
  await anns.fetch("/api/auth/callback/credentials",
    { form: { csrfToken: await csrf(anns, "/api/auth"), user: ANN.sub } });
  const crowd = [
    ["everything", last.HS256, ANN], ["everything", bob.cookie, BOB],
    ["ask-next-auth", anns.cookie, ANN], ["express", bob.cookie, BOB],
    ["ask-next-auth", cookie("next-auth.session-token", await encrypted["next-auth"].make(BOB)), BOB],
  ];
  const got = await Promise.all(Array.from({ length: 40 }, () => crowd).flat().map(async ([kind, value, person]) => {
    const answer = await token(kind, value);
    return answer.status === 200 && decode(answer.json.token).payload.sub === person.sub;
  }));
  t.is(got.filter(Boolean).length, got.length, `everything: ${got.length} requests at once, each for the right person`);


  /* The application is away. */

  await server.halt();
  for (const [kind, value] of Object.entries(last)) {
    await accepted(kind, "among everything, without the application", value, ANN, "everything");
    await refused("everything", `${kind}, its end cut off, without the application`, value.slice(0, -6), 503);
  }
  await refused("everything", "no cookie, without the application", null, 401);
  await refused("ask-next-auth", "the application is down", "next-auth.session-token=x", 503);
  await accepted("next-auth", "without the application",
    cookie("next-auth.session-token", await encrypted["next-auth"].make(ANN)), ANN);

  for (const secret of [stack.secret, ...Object.values(secrets).flat()]) {
    t.ok(!stack.log("error.log").includes(secret), "no secret in the log");
  }
  t.ok(!/eyJ[\w-]{10,}/.test(stack.log("error.log") + stack.log("access.log")), "and no token");
});
