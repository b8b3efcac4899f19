#!/usr/bin/env node
"use strict";

/*
 * A session cookie of each kind, made by the library that applications use,
 * becomes a token that livekit-server takes and that says what
 * livekit-server-sdk would have written.  Whoever has no good cookie gets
 * none, and nothing that a client sends makes it somebody else.
 */

const crypto = require("node:crypto");
const { TokenVerifier } = require("livekit-server-sdk");

const { TTL, ask, decode, sdkToken, spelledOut } = require("./lib/client");
const cookies = require("./lib/cookies");
const { startStack } = require("./lib/stack");
const { run } = require("./lib/tap");

const ROOM = "math-101";
const TEACHER = { sub: "u-ann", name: "Ann Lee" };
const STUDENT = { sub: "u-bob", name: "Bob Ray" };
const STRANGER = { sub: "u-eve", name: "Eve" };

run(async (t, later) => {
  const start = async (policy) => {
    const stack = await startStack(later, { policy });
    stack.redis("HSET", `lkg:room:{${ROOM}}`, "m:u-ann", "teacher", "m:u-bob", "student");
    return stack;
  };
  const stack = await start("policy.json");
  const { origin, sessionSecret } = stack;
  const now = () => Math.floor(Date.now() / 1000);

  async function isGoodToken(stack, what, token, person, role, before) {
    const { header, payload } = decode(token);
    const sdk = await sdkToken(stack, {
      identity: person.sub, name: person.name, role, room: ROOM, now: payload.nbf,
    });
    const rest = ({ video, metadata, exp, nbf, iat, ...other }) => other;

    t.is(header.alg, sdk.header.alg, `${what}: the same algorithm as the SDK's token`);
    t.is(rest(payload), rest(sdk.payload), `${what}: the same issuer, identity, name and attributes`);
    t.is(spelledOut(payload.video), spelledOut(sdk.payload.video), `${what}: the same grants`);
    t.is(JSON.parse(payload.metadata), JSON.parse(sdk.payload.metadata), `${what}: the same metadata`);
    t.is(payload.exp - payload.nbf, stack.policy.token.ttl ?? TTL, `${what}: lives as long as the policy says`);
    t.ok(payload.nbf >= before && payload.nbf <= now(), `${what}: and from now on`);

    for (const can of ["canPublish", "canSubscribe", "canPublishData"]) {
      t.is(typeof payload.video[can], "boolean", `${what}: ${can} is written out`);
    }

    const verified = await new TokenVerifier(stack.key, stack.secret).verify(token);
    t.is(verified.sub, person.sub, `${what}: the SDK verifies it`);

    const answer = await fetch(`${stack.livekit}/rtc/validate?access_token=${token}`);
    t.is([answer.status, await answer.text()], [200, "success"], `${what}: livekit-server takes it`);
  }

  for (const kind of ["jwt", "next-auth", "authjs"]) {
    for (const [person, role] of [[TEACHER, "teacher"], [STUDENT, "student"]]) {
      const before = now();
      const answer = await ask(origin, await cookies[kind](person, sessionSecret), { roomName: ROOM });
      const what = `${kind}, ${role}`;

      t.is(answer.status, 200, `${what}: a token`);
      t.is(Object.keys(answer.json).sort(), ["token", "url"], `${what}: in the words of the request`);
      t.is(answer.json.url, `ws://127.0.0.1:${stack.port}`, `${what}: with the configured url`);
      t.is(answer.headers["cache-control"], "no-store", `${what}: that nobody stores`);
      await isGoodToken(stack, what, answer.json.token, person, role, before);
    }
  }

  const seed = await start("policy-seed.json");

  for (const [person, role] of [[TEACHER, "teacher"], [STUDENT, "student"]]) {
    const before = now();
    const cookie = await cookies["next-auth"](person, seed.sessionSecret);
    const answer = await ask(seed.origin, cookie, { roomName: ROOM, role });

    t.is(answer.status, 200, `policy-seed.json, ${role}: a token for one's own role`);
    await isGoodToken(seed, `policy-seed.json, ${role}`, answer.json.token, person, role, before);
  }

  {
    const cookie = await cookies.jwt(TEACHER, sessionSecret, { maxAge: 120 });
    const { payload } = decode((await ask(origin, cookie, { roomName: ROOM })).json.token);
    const session = decode(cookie.slice("session=".length)).payload;

    t.is(payload.exp, session.exp, "no token outlives its session");
  }


  /* Who is nobody. */

  const refused = async (what, cookie, status, options, body = { roomName: ROOM }) => {
    const answer = await ask(origin, cookie, body, options);

    t.is(answer.status, status, `${what}: ${status}`);
    t.is(Object.keys(answer.json).sort(), ["error", "message"], `${what}: and only the reason`);
    return answer;
  };

  t.ok((await refused("no cookie", null, 401)).headers["www-authenticate"],
    "no cookie: WWW-Authenticate says what is missing");

  for (const kind of ["jwt", "next-auth", "authjs"]) {
    const good = await cookies[kind](TEACHER, sessionSecret);
    const [name, value] = [good.slice(0, good.indexOf("=")), good.slice(good.indexOf("=") + 1)];
    const parts = value.split(".");
    const flip = (text) => (text[0] === "A" ? "B" : "A") + text.slice(1);
    const broken = (i) => `${name}=` + parts.with(i, flip(parts[i])).join(".");

    await refused(`${kind}, made with another secret`,
      await cookies[kind](TEACHER, crypto.randomBytes(32).toString("hex")), 401);
    await refused(`${kind}, expired`, await cookies[kind](TEACHER, sessionSecret, { maxAge: -3600 }), 401);
    await refused(`${kind}, its end cut off`, good.slice(0, -6), 401);
    await refused(`${kind}, cut in half`, good.slice(0, good.length / 2), 401);
    await refused(`${kind}, without its last part`, `${name}=${parts.slice(0, -1).join(".")}`, 401);
    await refused(`${kind}, another byte in its last part`, broken(parts.length - 1), 401);
    await refused(`${kind}, another byte in the part before`, broken(parts.length - 2), 401);
    await refused(`${kind}, empty`, `${name}=`, 401);
    await refused(`${kind}, a session without anybody`, await cookies[kind]({ name: "Ann" }, sessionSecret), 401);
  }

  {
    const good = (await cookies.jwt(TEACHER, sessionSecret)).slice("session=".length);
    const [header, payload] = good.split(".");
    const student = (await cookies.jwt(STUDENT, sessionSecret)).slice("session=".length).split(".");
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const sign = (text, secret, hash = "sha256") =>
      `${text}.${crypto.createHmac(hash, secret).update(text).digest("base64url")}`;

    await refused("jwt, re-signed with another secret",
      `session=${sign(`${header}.${payload}`, "x".repeat(32))}`, 401);
    await refused("jwt, signed with the LiveKit secret",
      `session=${sign(`${header}.${payload}`, stack.secret)}`, 401);
    await refused("jwt, the teacher's claims under the student's signature",
      `session=${student[0]}.${payload}.${student[2]}`, 401);
    await refused("jwt, alg none, without a signature",
      `session=${encode({ alg: "none" })}.${payload}.`, 401);
    await refused("jwt, alg none, with the old signature",
      `session=${encode({ alg: "none" })}.${payload}.${good.split(".")[2]}`, 401);
    await refused("jwt, signed with the right secret and another algorithm",
      await cookies.jwt(TEACHER, sessionSecret, { alg: "HS512" }), 401);
    await refused("jwt, not base64url", `session=${header}.${payload}.***`, 401);
  }

  {
    const value = async (kind) => (await cookies[kind](TEACHER, sessionSecret)).replace(/^[^=]*=/, "");

    await refused("next-auth's cookie under the name of Auth.js",
      `authjs.session-token=${await value("next-auth")}`, 401);
    await refused("Auth.js's cookie under the name of next-auth",
      `next-auth.session-token=${await value("authjs")}`, 401);
    await refused("a signed cookie under the name of next-auth",
      `next-auth.session-token=${await value("jwt")}`, 401);
    await refused("an encrypted cookie under the name of the signed one",
      `session=${await value("next-auth")}`, 401);
  }

  for (const kind of ["jwt", "next-auth", "authjs"]) {
    await refused(`${kind}, somebody who does not belong to the room`,
      await cookies[kind](STRANGER, sessionSecret), 403);
  }


  /* What a student may say, and what comes of it: no, or the same as ever. */

  const student = await cookies.jwt(STUDENT, sessionSecret);
  const teacher = await cookies.jwt(TEACHER, sessionSecret);
  const plain = decode((await ask(origin, student, { roomName: ROOM })).json.token).payload;

  await refused("a student who asks to be teacher", student, 403, {}, { roomName: ROOM, role: "teacher" });
  await refused("a student who asks for an unknown role", student, 403, {}, { roomName: ROOM, role: "root" });
  await refused("a student who asks for another identity", student, 403, {},
    { room_name: ROOM, participant_identity: TEACHER.sub });
  await refused("two session cookies of different people", `${student}; ${teacher}`, 401);
  await refused("the same the other way round", `${teacher}; ${student}`, 401);
  await refused("the same in two Cookie headers", student, 401, { headers: [["Cookie", teacher]] });

  const same = async (what, { cookie = student, body = { roomName: ROOM }, headers, query }) => {
    const answer = await ask(origin, cookie, body, { headers, query });
    const no = answer.status >= 400 && answer.status < 500 && !/token/i.test(answer.text);
    const { sub, video } = no ? {} : decode(answer.json.token ?? answer.json.participant_token).payload;

    t.ok(no || answer.status < 300, `${what}: an answer (${answer.status})`);
    t.is(no ? "refused" : { sub, video }, no ? "refused" : { sub: plain.sub, video: plain.video },
      `${what}: nobody else, and nothing more`);
  };

  await same("the same cookie twice", { cookie: `${student}; ${student}` });
  await same("a teacher's cookie under another name", { cookie: `${student}; x${teacher}` });
  await same("a role twice", { body: `{"roomName":"${ROOM}","role":"student","role":"teacher"}` });
  await same("a role twice, the other way round", { body: `{"roomName":"${ROOM}","role":"teacher","role":"student"}` });
  await same("a room twice", { body: `{"roomName":"elsewhere","roomName":"${ROOM}"}` });
  await same("an identity", { body: { roomName: ROOM, identity: TEACHER.sub, sub: TEACHER.sub } });
  await same("grants", { body: { roomName: ROOM, canPublish: true, video: { roomAdmin: true }, grants: { roomRecord: true } } });
  await same("a user", { body: { roomName: ROOM, user: { id: TEACHER.sub }, session: { sub: TEACHER.sub } } });
  await same("a prototype", { body: `{"roomName":"${ROOM}","__proto__":{"role":"teacher"}}` });
  await same("an empty role", { body: { roomName: ROOM, role: "" } });
  await same("roles as a list", { body: { roomName: ROOM, role: ["teacher"] } });
  await same("an identity in the query", { query: `?identity=${TEACHER.sub}&role=teacher&participantName=Ann` });
  await same("a room in the query", { query: "?roomName=elsewhere&room=elsewhere" });
  await same("headers of a proxy", { headers: [["X-Forwarded-User", TEACHER.sub], ["X-Livekit-Identity", TEACHER.sub], ["X-Livekit-Role", "teacher"], ["X-User-Id", TEACHER.sub]] });
  await same("the teacher's session as a bearer token", { headers: [["Authorization", `Bearer ${teacher.slice("session=".length)}`]] });
  await same("another method by header", { headers: [["X-HTTP-Method-Override", "GET"]] });

  await refused("a room that nobody knows", student, 403, {}, { roomName: "elsewhere" });
  await refused("a page of another site", student, 403, { headers: [["Origin", "https://evil.example"]] });
  await refused("a request from a sandboxed frame", student, 403, { headers: [["Origin", "null"]] });
});
