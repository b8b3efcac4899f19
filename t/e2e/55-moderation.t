#!/usr/bin/env node
"use strict";

/*
 * livekit_moderation with a real LiveKit: who is removed is thrown out with
 * all devices and does not come back, a student becomes a presenter without
 * a new token, tracks are muted, rooms are closed; and who may not, may not.
 */

const { RoomServiceClient } = require("livekit-server-sdk");

const { ask, decode } = require("./lib/client");
const cookies = require("./lib/cookies");
const { joinWithPython } = require("./lib/python");
const { closed, signal } = require("./lib/signal");
const { startStack } = require("./lib/stack");
const { run, until } = require("./lib/tap");

const ROOM = "chemistry";

const POLICY = {
  version: 1,
  token: { attributes: { role: "{role}" } },
  roles: {
    teacher: { grants: { canPublish: true, canSubscribe: true, canPublishData: true }, actions: ["moderate"] },
    presenter: { grants: { canPublish: true, canSubscribe: true, canPublishSources: ["microphone"] } },
    student: { grants: { canSubscribe: true, canPublishData: true } },
  },
  devices: true,
};

const LOCATIONS = `
  livekit_policy moderation.json;
  livekit_api /_livekit/;

  location = /api/moderation { livekit_moderation; }

  location /_livekit/ {
      internal;
      proxy_pass http://127.0.0.1:@LIVEKIT_PORT@/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_ignore_client_abort on;
  }

  location /guarded/ {
      livekit_guard on;
      proxy_pass http://127.0.0.1:@LIVEKIT_PORT@/;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
  }`;

run(async (t, later) => {
  const stack = await startStack(later, {
    locations: LOCATIONS, files: { "moderation.json": JSON.stringify(POLICY) },
  });
  const service = new RoomServiceClient(stack.livekit, stack.key, stack.secret);
  const sessions = {};

  const facts = (...args) => stack.redis("HSET", `lkg:room:{${ROOM}}`, ...args);
  const fact = (field) => stack.redis("HGET", `lkg:room:{${ROOM}}`, field);
  facts("m:u-ann", "teacher", "m:u-eve", "teacher", "m:u-bob", "presenter", "m:u-sue", "student", "m:u-dan", "student",
    "m:u-pam", "presenter");
  stack.redis("HSET", "lkg:room:{physics}", "m:u-joe", "teacher");

  const session = async (who) =>
    (sessions[who] ??= await cookies.jwt({ sub: who }, stack.sessionSecret));
  const token = async (who, device) => (await ask(stack.origin, await session(who), {
    room_name: ROOM, ...(device && { participant_identity: `${who}~${device}` }),
  })).json.participant_token;
  const moderate = async (who, body, options) => {
    const { status, json } = await ask(stack.origin, who && await session(who),
      { roomName: ROOM, ...body }, { path: "/api/moderation", ...options });
    return { status, ...json };
  };
  const participants = async () => service.listParticipants(ROOM).catch(() => []);
  const there = async () => (await participants()).map(({ identity }) => identity).sort();
  const participant = async (identity) => (await participants()).find((one) => one.identity === identity);
  const validate = async (origin, jwt, path = "") =>
    (await fetch(`${origin}${path}/rtc/validate?access_token=${jwt}`)).status;
  const join = async (who, jwt) => {
    const client = joinWithPython(later, `ws://127.0.0.1:${stack.port}/guarded`, jwt ?? await token(who));
    await client.event("connected");
    return client;
  };

  /* remove */

  const bobsToken = await token("u-bob");
  const teacher = await join("u-ann");
  const bob = await join("u-bob", bobsToken);
  const phone = await signal(later, stack.origin, await token("u-bob", "phone"), { path: "/guarded/rtc" });
  const extra = await signal(later, stack.origin, bobsToken, { path: "/guarded/rtc", query: "&publish=x" });
  const bobs = ["u-bob", "u-bob#x", "u-bob~phone"];

  t.is([phone.status, extra.status], [101, 101], "Bob is there three times");
  await until("LiveKit lists them", async () => (await there()).length === 4);
  t.is(await there(), ["u-ann", ...bobs], "as LiveKit sees it");

  const refused = [
    await moderate("u-sue", { action: "remove", identity: "u-bob" }),
    await moderate("u-stranger", { action: "remove", identity: "u-bob" }),
    await moderate("u-joe", { action: "remove", identity: "u-bob" }),
    await moderate("u-eve", { action: "remove", identity: "u-ann" }),
    await moderate("u-ann", { action: "remove", identity: "u-bob" }, { headers: [["Origin", "https://evil.example"]] }),
    await moderate("u-ann", { action: "remove", identity: "u-bob" }, { headers: [["Sec-Fetch-Site", "cross-site"]] }),
    await moderate(null, { action: "remove", identity: "u-bob" }),
  ];
  t.is(refused.map(({ status }) => status), [403, 403, 403, 403, 403, 403, 401],
    "a student, a stranger, another room's teacher, an equal and other origins' pages are refused");
  t.is(await there(), ["u-ann", ...bobs], "and nobody is gone");

  const removal = await moderate("u-ann", { action: "remove", identity: "u-bob" });
  t.is({ ...removal, removed: removal.removed.sort() },
    { status: 200, action: "remove", roomName: ROOM, identity: "u-bob", stored: true, livekit: "done", removed: bobs },
    "the teacher removes Bob");
  t.is((await bob.event("disconnected")).reason, "PARTICIPANT_REMOVED", "Bob is told so");
  await closed("the phone", phone);
  await closed("the extra one", extra);
  await until("LiveKit has none of them", async () => (await there()).length === 1);
  t.is(await there(), ["u-ann"], "all of Bob is gone, and nobody else");

  t.is(await validate(stack.origin, bobsToken, "/guarded"), 403, "Bob's token is good for nothing at nginx");
  t.is(await validate(stack.livekit, bobsToken), 200, "and as good as before to LiveKit itself");
  t.is((await signal(later, stack.origin, bobsToken, { path: "/guarded/rtc" })).status, 403, "Bob cannot reconnect");
  t.is((await ask(stack.origin, await session("u-bob"), { roomName: ROOM })).status, 403, "nor get another token");

  /* ban and unban */

  t.is((await moderate("u-ann", { action: "ban", identity: "u-bob", until: 4102444800 })).status, 200, "Bob is banned");
  stack.redis("HDEL", `lkg:room:{${ROOM}}`, "d:u-bob");
  t.is(await validate(stack.origin, bobsToken, "/guarded"), 403, "and stays out when the kick is over");
  t.is((await moderate("u-ann", { action: "unban", identity: "u-bob" })).status, 200, "until the ban is lifted");
  t.is(await validate(stack.origin, await token("u-bob"), "/guarded"), 200, "Bob may come again");

  /* role */

  const dansToken = await token("u-dan");
  const dan = await join("u-dan", dansToken);
  const dansPhone = await signal(later, stack.origin, await token("u-dan", "phone"), { path: "/guarded/rtc" });
  const pam = await signal(later, stack.origin, await token("u-pam"), { path: "/guarded/rtc" });

  await until("all are there", async () => (await there()).length === 4);
  t.is((await dan.tell("publish")).event, "refused", "a student may not publish");

  const promotion = await moderate("u-ann", { action: "role", identity: "u-dan", role: "presenter" });
  t.is([promotion.status, promotion.livekit, promotion.updated.sort()], [200, "done", ["u-dan", "u-dan~phone"]],
    "the teacher makes Dan a presenter");
  t.is((await participant("u-dan")).permission.toJson(), (await participant("u-pam")).permission.toJson(),
    "to LiveKit Dan is what a presenter's token makes of somebody");
  pam.close();

  const published = await dan.tell("publish");
  t.is(published.event, "published", "Dan publishes, without a new token");

  const renewed = await until("LiveKit renews the phone's token", () =>
    dansPhone.tokens.find((jwt) => decode(jwt).payload.video.canPublish));
  t.is(decode(renewed).payload.video.canPublishSources, ["microphone"], "LiveKit gives the phone a token of a presenter");
  t.is(await validate(stack.origin, renewed, "/guarded"), 200, "with which it may reconnect");
  t.is(decode(await token("u-dan")).payload.attributes, { role: "presenter" }, "nginx gives Dan one, too");
  t.is(fact("m:u-dan"), "presenter", "since Redis says so");
  t.is((await moderate("u-ann", { action: "role", identity: "u-dan", role: "admin" })).status, 403,
    "a role that there is not cannot be given");

  /* mute */

  const { tracks } = await until("LiveKit lists Dan's track",
    async () => { const one = await participant("u-dan"); return one?.tracks.length && one; });
  t.is(tracks[0].muted, false, "Dan is heard");
  t.is((await moderate("u-sue", { action: "mute", identity: "u-dan", trackSid: tracks[0].sid })).status, 403,
    "a student mutes nobody");
  t.is(await moderate("u-ann", { action: "mute", identity: "u-dan", trackSid: tracks[0].sid }),
    { status: 200, action: "mute", roomName: ROOM, identity: "u-dan", trackSid: tracks[0].sid, muted: true, livekit: "done" },
    "the teacher mutes Dan");
  t.is((await participant("u-dan")).tracks[0].muted, true, "LiveKit has muted the track");
  t.is((await teacher.event("muted")).identity, "u-dan", "and says so to the others");
  t.is((await moderate("u-ann", { action: "mute", identity: "u-dan", trackSid: tracks[0].sid, muted: false })).status, 409,
    "LiveKit does not let others unmute");
  t.is((await moderate("u-ann", { action: "mute", identity: "u-dan", trackSid: "TR_none" })).status, 404, "there is no such track");

  /* back to student */

  t.is((await moderate("u-ann", { action: "role", identity: "u-dan", role: "student" })).updated.sort(),
    ["u-dan", "u-dan~phone"], "Dan is a student again");
  await until("LiveKit takes the track away", async () => !(await participant("u-dan")).tracks.length);
  t.is((await participant("u-dan")).permission.canPublish, false, "who may not publish");
  t.is(await validate(stack.origin, renewed, "/guarded"), 403, "the presenter's token does not pass any more");
  t.is(await validate(stack.origin, dansToken, "/guarded"), 200, "the student's does");

  /* close and open */

  t.is((await moderate("u-ann", { action: "close" })).status, 200, "the room is closed");
  t.is(await validate(stack.origin, dansToken, "/guarded"), 403, "nobody comes in");
  t.is((await there()).includes("u-dan"), true, "who is inside stays");
  t.is((await moderate("u-ann", { action: "close", deleteRoom: true })).livekit, "done", "unless the room is deleted");
  t.is((await dan.event("disconnected")).reason, "ROOM_DELETED", "then all are thrown out");
  await teacher.event("disconnected");
  t.is(await there(), [], "there is nobody any more");
  t.is((await moderate("u-ann", { action: "open" })).status, 200, "the room is opened again");
  t.is(await validate(stack.origin, dansToken, "/guarded"), 200, "and lets members in");

  /* LiveKit away */

  const carl = await join("u-bob", await token("u-bob"));
  await stack.stopLivekit();
  const away = await moderate("u-ann", { action: "remove", identity: "u-bob" });
  t.is([away.status, away.stored, away.livekit, away.removed], [202, true, "unavailable", []],
    "while LiveKit is away the answer says what is not done");
  t.is(Number(fact("d:u-bob")) > 0, true, "what is stored holds");
  t.is((await moderate("u-ann", { action: "mute", identity: "u-bob", trackSid: "TR_1" })).status, 503,
    "what cannot be stored is refused");
  carl.leave();

  const log = stack.log("error.log") + stack.log("access.log");
  t.is(/eyJ[\w-]+\.eyJ/.test(log.replace(/access_token=\S+/g, "")), false, "no server token is in a log");
});
