#!/usr/bin/env node
"use strict";

/*
 * The official client's TokenSource.endpoint() is pointed at nginx, and
 * nothing else: in a page of the same origin, and in Node.js.
 */

const { ask, decode } = require("./lib/client");
const { openPage, startBrowser } = require("./lib/browser");
const { startDemo } = require("./lib/demo");
const { run } = require("./lib/tap");

run(async (t, later) => {
  const { TokenSource } = await import("livekit-client");
  const demo = await startDemo(later);
  const endpoint = `${demo.origin}/api/connection-details`;

  const cookieOf = async (who) => {
    const answer = await fetch(`${demo.origin}/signin/${who}`, { redirect: "manual" });
    return answer.headers.get("set-cookie").split(";")[0];
  };

  const isTeachers = async (what, { serverUrl, participantToken }) => {
    const { payload } = decode(participantToken);

    t.is(serverUrl, `ws://127.0.0.1:${demo.port}`, `${what}: the server's url`);
    t.is([payload.sub, payload.name, payload.video.room], ["teacher", "Tess Teacher", "demo"],
      `${what}: the teacher's token for the room`);

    const answer = await fetch(`${demo.origin}/rtc/validate?access_token=${participantToken}`);
    t.is([answer.status, await answer.text()], [200, "success"], `${what}: livekit-server takes it`);
  };


  /* In Node.js, where the cookie is a header like any other. */

  const cookie = await cookieOf("teacher");
  const source = TokenSource.endpoint(endpoint, { headers: { Cookie: cookie } });

  await isTeachers("Node.js", await source.fetch({ roomName: "demo" }));
  await isTeachers("Node.js, as oneself", await TokenSource.endpoint(endpoint, { headers: { Cookie: cookie } })
    .fetch({ roomName: "demo", participantIdentity: "teacher" }));

  const fails = (what, promise, pattern) => promise.then(
    () => t.ok(false, what), (error) => t.like(error.message, pattern, what));

  await fails("without a cookie: 401", TokenSource.endpoint(endpoint).fetch({ roomName: "demo" }), /received 401/);
  await fails("as somebody else: 403",
    TokenSource.endpoint(endpoint, { headers: { Cookie: cookie } })
      .fetch({ roomName: "demo", participantIdentity: "student" }), /received 403/);
  await fails("with a name of one's own: 403, with the field that is not allowed",
    TokenSource.endpoint(endpoint, { headers: { Cookie: cookie } })
      .fetch({ roomName: "demo", participantName: "The Headmaster" }), /received 403.*forbidden_field.*participant_name/s);
  await fails("with an agent that nobody allowed: 403",
    TokenSource.endpoint(endpoint, { headers: { Cookie: cookie } })
      .fetch({ roomName: "demo", agentName: "spy" }), /received 403.*forbidden_field/s);
  await fails("with a stranger's cookie: 403",
    TokenSource.endpoint(endpoint, { headers: { Cookie: await cookieOf("stranger") } })
      .fetch({ roomName: "demo" }), /received 403/);

  const answer = await ask(demo.origin, cookie, { room_name: "demo" });
  t.is(answer.status, 201, "the endpoint's answer is 201");
  t.is(Object.keys(answer.json).sort(), ["participant_token", "server_url"], "in snake_case");


  /* In Chromium, where the browser sends the cookie by itself. */

  const page = await openPage(await startBrowser(later));
  await page.goto(`${demo.origin}/signin/teacher`);

  await isTeachers("Chromium", await page.evaluate(async () => {
    const { TokenSource } = await import("/livekit-client.esm.mjs");
    return TokenSource.endpoint("/api/connection-details").fetch({ roomName: "demo" });
  }));

  const room = await page.evaluate(async () => {
    const { Room, TokenSource } = await import("/livekit-client.esm.mjs");
    const { serverUrl, participantToken } =
      await TokenSource.endpoint("/api/connection-details").fetch({ roomName: "demo" });
    const room = new Room();

    await room.connect(serverUrl, participantToken);
    const result = { state: room.state, name: room.name, identity: room.localParticipant.identity };
    await room.disconnect();
    return result;
  });
  t.is(room, { state: "connected", name: "demo", identity: "teacher" }, "Chromium joins with it");
  t.is(page.problems, [], "no script error");
});
