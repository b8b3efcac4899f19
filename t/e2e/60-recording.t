#!/usr/bin/env node
"use strict";

/*
 * Recordings, from the teacher's click to the file: nginx asks livekit-server,
 * livekit-server asks an egress worker over LiveKit's own RPC, and what the
 * worker reports comes back by webhook.
 */

const fs = require("node:fs");
const path = require("node:path");

const { RoomServiceClient, EgressClient } = require("livekit-server-sdk");

const { call, startRecordingStack } = require("./lib/recording");
const { openPage, startBrowser } = require("./lib/browser");
const { run, until } = require("./lib/tap");

const FILE = /^recordings\/physics\/\d{4}-\d\d-\d\d-[0-9a-f]{24}\.mp4$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

run(async (t, later) => {
  const stack = await startRecordingStack(later, { egress: ["-fail", "^broken"] });
  const service = new RoomServiceClient(stack.livekit, stack.key, stack.secret);
  const egress = new EgressClient(stack.livekit, stack.key, stack.secret);

  for (const room of ["physics", "broken-1", "empty"]) {
    stack.redis("HSET", `lkg:room:{${room}}`, "m:ann", "teacher", "m:bob", "student");
  }
  stack.redis("HSET", "lkg:room:{art}", "m:eve", "teacher");

  const post = (sub, what, body, headers) => call(stack, sub, "POST", `/api/recordings/${what}`, body, headers);
  const list = async (room, sub = "ann") =>
    (await call(stack, sub, "GET", `/api/recordings?roomName=${room}`)).json.recordings;
  const listed = (room, status) => until(`the list says ${status}`,
    async () => (await list(room)).find((one) => one.status === status));

  /* nobody is there */

  const nobody = await post("ann", "start", { roomName: "empty" });
  t.is([nobody.status, nobody.json.error], [404, "not_found"], "a room that LiveKit does not have cannot be recorded");
  t.is(await list("empty"), [], "and has no recording");

  /* start, twice at once */

  await service.createRoom({ name: "physics", emptyTimeout: 600 });
  const two = await Promise.all([1, 2].map(() => post("ann", "start", { roomName: "physics" })));
  t.is(two.map((one) => one.status).sort(), [200, 409], "of two starts at once one wins");

  const { recordingId, status, startedAt } = two.find((one) => one.status === 200).json;
  t.is(Object.keys(two.find((one) => one.status === 200).json), ["recordingId", "status", "startedAt"],
    "the answer is the id, the status and when it began");
  t.like(recordingId, /^EG_/, "the id is LiveKit's");
  t.is(status, "starting", "it is starting");
  t.like(startedAt, TIME, "now");

  const active = await listed("physics", "active");
  t.is([active.recordingId, active.startedBy], [recordingId, "ann"], "LiveKit's event says that it runs; Redis, who began it");
  t.is([active.endedAt, active.file !== undefined, active.error], [null, true, null], "and it is not over");

  const third = await post("ann", "start", { roomName: "physics" });
  t.is([third.status, third.json.error], [409, "conflict"], "while it runs there is no other");

  /* those who may not */

  for (const [who, sub, room, want] of [
    ["a student", "bob", "physics", 403], ["a stranger", "mallory", "physics", 403],
    ["another room's teacher", "eve", "physics", 403], ["nobody", null, "physics", 401]]) {
    t.is((await post(sub, "start", { roomName: room })).status, want, `${who} starts none`);
    t.is((await post(sub, "stop", { recordingId })).status, want, `${who} stops none by its id`);
    t.is((await post(sub, "stop", { roomName: room })).status, want, `${who} stops none by its room`);
    t.is((await call(stack, sub, "GET", `/api/recordings?roomName=${room}`)).status, want, `${who} sees none`);
  }
  t.is((await post("eve", "stop", { recordingId, roomName: "art" })).status, 403, "nor by saying that it is of one's own room");
  t.is((await post("ann", "stop", { recordingId }, { Origin: "https://evil.example" })).status, 403,
    "a page of another origin stops none");
  t.is((await post("ann", "start", { roomName: "physics" }, { "Sec-Fetch-Site": "cross-site" })).status, 403,
    "nor does it start one");
  t.is((await list("physics"))[0].status, "active", "it still runs");

  /* stop */

  await new Promise((resolve) => setTimeout(resolve, 500));
  const stopped = await post("ann", "stop", { recordingId });
  t.is([stopped.status, stopped.json], [200, { recordingId, status: "ending" }], "the teacher stops it");

  const complete = await listed("physics", "complete");
  t.is([complete.recordingId, complete.startedBy, complete.error], [recordingId, "ann", null], "LiveKit says that it is complete");
  t.like(complete.file, FILE, "in the file that the policy names");
  t.like(complete.startedAt, TIME, "when it began");
  t.like(complete.endedAt, TIME, "and ended");
  t.ok(complete.size > 0, "with a size");

  const again = await post("ann", "stop", { recordingId });
  t.is([again.status, again.json.message], [409, "This recording is over."], "what is over is not stopped again");
  t.is((await post("ann", "stop", { roomName: "physics" })).status, 404, "and nothing runs in the room");
  t.is((await post("ann", "stop", { recordingId: "EG_nosuch" })).status, 404, "a recording that never was");

  /* the file, in a browser */

  const location = path.join(stack.dir, "recordings", complete.file);
  const media = fs.readFileSync(location);
  t.is(media.length, complete.size, "the file is there, as large as the list says");

  const page = await openPage(await startBrowser(later));
  const played = await page.evaluate(async (data) => {
    const audio = new Audio(`data:audio/mp4;base64,${data}`);
    await new Promise((resolve, reject) => { audio.oncanplaythrough = resolve; audio.onerror = () => reject(audio.error.message); });
    return audio.duration;
  }, media.toString("base64"));
  t.ok(played >= 0.4, "a browser plays it");

  /* one that fails */

  await service.createRoom({ name: "broken-1", emptyTimeout: 600 });
  const broken = await post("ann", "start", { roomName: "broken-1" });
  t.is(broken.status, 200, "a recording that will fail begins");
  const failed = await listed("broken-1", "failed");
  t.is([failed.recordingId, failed.error], [broken.json.recordingId, "The recording failed."], "and is reported as such");
  t.is(stack.redis("HGET", `lkg:rec:${failed.recordingId}`, "error"), "Start signal not received", "LiveKit's own words stay in Redis");
  await until("the room is free again", async () => stack.redis("EXISTS", "lkg:rec:active:{broken-1}") === "0");
  t.is((await post("ann", "start", { roomName: "broken-1" })).status, 200, "the next one may begin at once");

  /* a lost webhook */

  const lost = (await post("ann", "start", { roomName: "physics" })).json.recordingId;
  await until("it runs", async () => (await list("physics"))[0].status === "active");
  await egress.stopEgress(lost);
  await until("it is over", async () => stack.redis("HGET", `lkg:rec:${lost}`, "status") === "complete");

  stack.redis("HSET", `lkg:rec:${lost}`, "status", "active", "rank", "1", "updatedAt", "1000");
  stack.redis("HDEL", `lkg:rec:${lost}`, "endedAt");
  stack.redis("DEL", `lkg:rec:over:{physics}:${lost}`);
  stack.redis("SET", "lkg:rec:active:{physics}", lost);
  t.is((await list("physics")).find((one) => one.recordingId === lost).status, "complete",
    "what no event has told is asked of LiveKit");
  t.is(stack.redis("EXISTS", "lkg:rec:active:{physics}"), "0", "and the room is free again");

  stack.redis("HSET", `lkg:rec:${lost}`, "status", "active", "rank", "1", "updatedAt", "1000");
  stack.redis("DEL", `lkg:rec:over:{physics}:${lost}`);
  stack.redis("SET", "lkg:rec:active:{physics}", lost);
  const next = await post("ann", "start", { roomName: "physics" });
  t.is(next.status, 200, "a start asks LiveKit, too, before it says no");
  t.is((await post("ann", "stop", { roomName: "physics" })).json.recordingId, next.json.recordingId, "which stops by its room");

  /* no recorder at all */

  await stack.stopEgress();
  const none = await post("ann", "start", { roomName: "physics" });
  t.is([none.status, none.json.message], [503, "No recorder is free; try again."], "without a recorder it is 503, in nginx's words");
  t.is(stack.redis("EXISTS", "lkg:rec:active:{physics}"), "0", "and the room is free again");

  t.ok(!/\[(alert|crit|emerg)\]/.test(stack.log("error.log")), "no alert in nginx's log");
});
