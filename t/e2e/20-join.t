#!/usr/bin/env node
"use strict";

/*
 * LiveKit's Python client joins with the tokens of nginx.  The teacher is
 * heard; what the student tries to publish, LiveKit refuses, because the
 * token says so.
 */

const { RoomServiceClient } = require("livekit-server-sdk");

const { ask } = require("./lib/client");
const cookies = require("./lib/cookies");
const { joinWithPython } = require("./lib/python");
const { startStack } = require("./lib/stack");
const { run, until } = require("./lib/tap");

const ROOM = "physics";

run(async (t, later) => {
  const stack = await startStack(later);
  const service = new RoomServiceClient(stack.livekit, stack.key, stack.secret);

  stack.redis("HSET", `lkg:room:{${ROOM}}`, "m:u-ann", "teacher", "m:u-bob", "student");

  const join = async (sub, name) => {
    const cookie = await cookies["next-auth"]({ sub, name }, stack.sessionSecret);
    const { json } = await ask(stack.origin, cookie, { roomName: ROOM });
    const client = joinWithPython(later, json.url, json.token);

    await client.event("connected");
    return client;
  };
  const participant = async (identity) =>
    (await service.listParticipants(ROOM)).find((one) => one.identity === identity);

  const teacher = await join("u-ann", "Ann Lee");
  t.is((await teacher.tell("publish")).event, "published", "the teacher publishes");

  const listed = await until("LiveKit lists the teacher's track",
    async () => { const one = await participant("u-ann"); return one?.tracks.length && one; });
  t.is(listed.tracks.length, 1, "LiveKit has the teacher's track");
  t.is(listed.name, "Ann Lee", "and the teacher's name, from the session");
  t.is(listed.attributes, { role: "teacher" }, "and role, from Redis");
  t.is(listed.permission.canPublish, true, "and lets the teacher publish");

  const student = await join("u-bob", "Bob Ray");
  t.is((await student.event("heard")).identity, "u-ann", "the student hears the teacher");

  const refusal = await student.tell("publish");
  t.is(refusal.event, "refused", "the student may not publish");
  t.like(refusal.error, /timed out|permission|not allowed/i, "LiveKit does not take the track");

  const watcher = await participant("u-bob");
  t.is(watcher.tracks.length, 0, "LiveKit has no track of the student");
  t.is([watcher.permission.canPublish, watcher.permission.canSubscribe, watcher.permission.canPublishData],
    [false, true, true], "and the student has what the policy gives");
  t.is((await participant("u-ann")).tracks.length, 1, "the teacher is still on air");

  await student.tell("say");
  t.is((await teacher.event("data")).identity, "u-bob", "the student's message reaches the teacher");
});
