#!/usr/bin/env node
"use strict";

/*
 * Two browsers in a room of a real LiveKit: what one says is stored once and
 * seen by both, what a student may not say is seen by nobody, and what they
 * measure arrives by sendBeacon().
 */

const path = require("node:path");

const { openPage, startBrowser } = require("./lib/browser");
const { ask } = require("./lib/client");
const cookies = require("./lib/cookies");
const proc = require("./lib/process");
const { startStack } = require("./lib/stack");
const { run, until } = require("./lib/tap");

const ROOM = "physics";

const LOCATIONS = `
        location = /room { default_type text/html; return 200 '<!doctype html><script src="/livekit.js"></script><p id="said">'; }
        location = /livekit.js { default_type text/javascript; alias ${path.join(proc.root,
    "t/e2e/node_modules/livekit-client/dist/livekit-client.umd.js")}; }

        livekit_api /_livekit/;
        location = /api/chat { livekit_chat; }
        location = /api/metrics { livekit_metrics; }
        location = /api/config { livekit_client_config client-config.json; }
        location /_livekit/ { internal; proxy_pass http://127.0.0.1:@LIVEKIT_PORT@/; }
`;

const CONFIG = JSON.stringify({
  logLevel: "warn", reconnectDelays: [0, 300, 1200], adaptiveStream: true, dynacast: true,
  videoCaptureDefaults: { resolution: "h540" }, publishDefaults: { simulcast: true },
});

run(async (t, later) => {
  const stack = await startStack(later, { locations: LOCATIONS, files: { "client-config.json": CONFIG } });
  const browser = await startBrowser(later);

  stack.redis("HSET", `lkg:room:{${ROOM}}`, "m:u-ann", "teacher", "m:u-bob", "student");
  stack.redis("HSET", "lkg:room:{empty}", "m:u-ann", "teacher");

  /* A page that has joined, by the configuration that nginx serves, and keeps
   * what it hears of the chat. */
  const join = async (sub, name) => {
    const cookie = await cookies.jwt({ sub, name }, stack.sessionSecret);
    const page = await openPage(browser);

    await page.context().addCookies([{ name: "session", value: cookie.replace(/^session=/, ""), url: stack.origin }]);
    await page.goto(`${stack.origin}/room`);
    await page.evaluate(async (room) => {
      const L = window.LivekitClient;
      const post = (url, body) => fetch(url, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
      });
      const config = await (await fetch("/api/config")).json();
      const { token, url } = await (await post("/api/connection-details", { roomName: room })).json();

      window.heard = [];
      window.say = async (message) => {
        const response = await post("/api/chat", { roomName: room, ...message });
        return { status: response.status, ...await response.json() };
      };

      L.setLogLevel(config.logLevel);
      window.room = new L.Room({
        ...config,
        reconnectPolicy: new L.DefaultReconnectPolicy(config.reconnectDelays),
        videoCaptureDefaults: L.VideoPresets[config.videoCaptureDefaults.resolution],
      });
      window.room.on(L.RoomEvent.DataReceived, (data, participant, kind, topic) => {
        const text = new TextDecoder().decode(data);
        window.heard.push({ text, topic, from: participant?.identity ?? null, ...JSON.parse(text) });
      });
      await window.room.connect(url, token);
    }, ROOM);
    return page;
  };

  const say = (page, message) => page.evaluate((one) => window.say(one), message);
  const heard = (page, n) => until(`message ${n} is heard`, () => page.evaluate(
    (least) => window.heard.length >= least && window.heard, n));
  const stored = (room = ROOM) => Number(stack.redis("XLEN", `lkg:chat:{${room}}`));
  const read = async (sub, query = "") => {
    const cookie = await cookies.jwt({ sub }, stack.sessionSecret);
    return fetch(`${stack.origin}/api/chat?roomName=${ROOM}${query}`, { headers: { cookie } });
  };

  const ann = await join("u-ann", "Ann Lee");
  const bob = await join("u-bob", "Bob Ray");
  t.ok(true, "two browsers are in the room, as the configuration says");


  /* An announcement. */

  const text = "No lesson on <b>Monday</b> & \u2028 \u{1f600}";
  const announced = await say(ann, { type: "announcement", message: text, id: "c-1" });

  t.is([announced.status, announced.stored, announced.duplicate, announced.sent], [200, true, false, true],
    "the teacher announces something: it is stored and sent");

  for (const [name, page] of Object.entries({ teacher: ann, student: bob })) {
    const [one] = await heard(page, 1);
    t.is([one.topic, one.from, one.id, one.clientId, one.type, one.message],
      ["lkg-chat", null, announced.id, "c-1", "announcement", text], `the ${name} sees it, from the server`);
    t.is([one.senderId, one.senderName, one.senderRole, one.roomName], ["u-ann", "Ann Lee", "teacher", ROOM],
      "... with who said it, as nginx knows it");
  }

  t.is(stored(), 1, "one entry is stored, whoever has seen it");
  t.is(await bob.evaluate(() => {
    document.querySelector("#said").innerHTML = JSON.parse(window.heard[0].text).type + window.heard[0].text;
    return document.querySelectorAll("#said *").length;
  }), 0, "and its JSON makes no element where a page is careless");


  /* What a student may. */

  t.is((await say(bob, { type: "announcement", message: "No lesson at all", id: "c-1" })).status, 403,
    "a student's announcement: 403");
  const hello = await say(bob, { message: "hello", senderId: "u-ann", senderRole: "teacher" });
  t.is([hello.status, hello.id, hello.stored, hello.sent], [200, null, false, true], "a student's message is sent, not stored");

  for (const [name, page] of Object.entries({ teacher: ann, student: bob })) {
    const all = await heard(page, 2);
    t.is([all.length, all[1].message, all[1].senderId, all[1].senderRole], [2, "hello", "u-bob", "student"],
      `the ${name} sees that, and nothing of the other`);
  }
  t.is(stored(), 1, "there is still one entry");


  /* Once more. */

  const again = await say(ann, { type: "announcement", message: "something else", id: "c-1" });
  t.is([again.id, again.stored, again.duplicate, again.sent], [announced.id, true, true, true],
    "the same id again: it is stored already, and sent again");
  t.is((await heard(bob, 3))[2].text, (await heard(bob, 1))[0].text, "as it was stored");
  t.is(stored(), 1, "once");

  const page = await (await read("u-bob")).json();
  t.is([page.messages.length, page.messages[0].id, page.messages[0].message, page.next], [1, announced.id, text, null],
    "a student who comes later reads it");
  t.is((await read("u-eve")).status, 403, "a stranger does not");


  /* A pin. */

  const pin = await say(ann, { type: "pinned", message: "Page 12", id: "p-1" });
  t.is((await heard(bob, 4))[3].id, pin.id, "a pin is seen");
  t.is((await say(bob, { type: "unpin", message: pin.id })).status, 403, "a student cannot take it away");
  const unpinned = await say(ann, { type: "unpin", message: pin.id });
  t.is([unpinned.status, unpinned.removed, unpinned.sent], [200, true, true], "the teacher can");
  const last = (await heard(bob, 5))[4];
  t.is([last.type, last.message, last.senderId], ["unpin", pin.id, "u-ann"], "and everybody is told");
  t.is(stored(), 1, "it is gone from Redis");


  /* A room that nobody has joined. */

  const cookie = await cookies.jwt({ sub: "u-ann" }, stack.sessionSecret);
  const alone = (await ask(stack.origin, cookie, { roomName: "empty", type: "announcement", message: "hello?" },
    { path: "/api/chat" }));
  t.is([alone.status, alone.json.stored], [200, true], "what is said in an empty room is stored");
  const unkept = await ask(stack.origin, cookie, { roomName: "empty", message: "hello?" }, { path: "/api/chat" });
  t.is([unkept.status, unkept.json.stored, unkept.json.sent], [200, false, false],
    "what is not stored has reached nobody, which is said");


  /* What they measure. */

  const beacons = await bob.evaluate((room) => {
    const batch = JSON.stringify({ roomName: room, samples: [
      { type: "connectionQuality", participantId: "u-ann", value: window.room.localParticipant.connectionQuality },
      { participantCount: window.room.numParticipants, stats: { packets: { sent: 10, received: 20, lost: 0 }, latency: 3 } },
    ] });
    return [navigator.sendBeacon("/api/metrics", batch), navigator.sendBeacon("/api/metrics", new Blob([batch])),
      navigator.sendBeacon("/api/metrics", new Blob([batch], { type: "application/json" }))];
  }, ROOM);
  t.is(beacons, [true, true, true], "the browser sends three beacons");
  await until("six samples are stored", () => stack.redis("XLEN", `lkg:metrics:{${ROOM}}`) === "6");
  const entries = stack.redis("XRANGE", `lkg:metrics:{${ROOM}}`, "-", "+");
  t.is([entries.match(/^u-bob$/gm).length, entries.match(/^student$/gm).length, entries.includes("u-ann")], [6, 6, false],
    "each as the student's, whatever it says");

  const elsewhere = await openPage(browser);
  await elsewhere.goto(`http://localhost:${stack.port}/room`);
  await elsewhere.evaluate(([url, room]) => navigator.sendBeacon(url, JSON.stringify({ roomName: room, rtt: 1 })),
    [`${stack.origin}/api/metrics`, ROOM]);
  await until("nginx has seen it", () => /POST \/api\/metrics" 403 origin/.test(stack.log("access.log")));
  t.is(stack.redis("XLEN", `lkg:metrics:{${ROOM}}`), "6", "a beacon from another page is refused");


  /* LiveKit is away. */

  stack.signal("livekit", "SIGKILL");
  await until("LiveKit is gone", async () => (await fetch(stack.livekit).catch(() => null)) === null);

  const unheard = await say(ann, { type: "announcement", message: "Is anybody there?", id: "c-2" });
  t.is([unheard.status, unheard.stored, unheard.sent], [200, true, false], "LiveKit is away: stored, and said not to be sent");
  t.is((await say(ann, { message: "hello" })).status, 502, "what is not stored is lost, and that is said, too");
  t.is(stored(), 2, "the announcement is stored");

  for (const [name, one] of Object.entries({ teacher: ann, student: bob })) {
    t.is(one.problems, [], `no script error on the ${name}'s page`);
  }
  t.is(stack.log("error.log").match(/\[(alert|crit|emerg)\].*/g), null, "nginx has nothing to be alarmed at");
  t.ok(!/No lesson|Page 12|hello/.test(stack.log("error.log")), "and its log has no message in it");
});
