#!/usr/bin/env node
"use strict";

/*
 * A lesson in the classroom, with everything that may happen in one.  Tess
 * teaches, Stu and Mia listen, Sam belongs to no room; each has a browser.
 */

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { RoomServiceClient } = require("livekit-server-sdk");

const { look } = require("./lib/axe");
const { openPage, startBrowser } = require("./lib/browser");
const { DIR, startClassroom } = require("./lib/classroom");
const { ask } = require("./lib/client");
const { run, until } = require("./lib/tap");

const ROOM = "math-101";

run(async (t, later) => {
  const password = crypto.randomBytes(12).toString("hex");
  const school = await startClassroom(later, { password });
  const browser = await startBrowser(later);
  const livekit = new RoomServiceClient(school.livekit, school.key, school.secret);
  const url = `${school.origin}/rooms/${ROOM}`;
  const pages = [];
  let own = 0;

  const open = async (who, options) => {
    const page = await openPage(browser, options);
    page.logged = [];
    /* Chromium itself names the address of a connection that fails */
    page.on("console", (message) => /^WebSocket connection to/.test(message.text()) || page.logged.push(message.text()));
    pages.push([who, page]);
    return page;
  };
  const button = (page, name) => page.getByRole("button", { name, exact: true });
  const signIn = async (page, user, secret = password) => {
    await page.getByLabel("User").fill(user);
    await page.getByLabel("Password").fill(secret);
    await page.getByRole("button", { name: /Sign in/ }).click();
  };
  const connected = (page) => page.locator('[data-connection="connected"]').waitFor({ timeout: 60000 });
  const join = async (page) => {
    await button(page, "Join").click();
    await connected(page);
  };
  const enter = async (who, user, { at = url, ...options } = {}) => {
    const page = await open(who, options);
    await page.goto(at);
    await signIn(page, user);
    await join(page);
    return page;
  };
  const tile = (page, user) => page.locator(`.tile[data-user="${user}"]:not(.screen)`);
  const problem = async (page, kind, what) => {
    const alert = page.locator(`[data-problem="${kind}"]`);
    await alert.waitFor({ timeout: 60000 });
    t.ok(await alert.isVisible(), `${what}: the page says “${await alert.locator("h2, strong").first().textContent()}”`);
  };
  const isSeen = async (page, name) => t.is(await look(page, name), [], `${name}: no serious finding of axe`);
  const participants = async () => (await livekit.listParticipants(ROOM).catch(() => []));
  const here = async () => [...new Set((await participants()).map(({ identity }) => identity.split("~")[0]))].sort();
  const isHere = (users, what) => until(what, async () => String(await here()) === String(users), 40)
    .then(() => t.ok(true, what));
  const moves = async (page, user, what) => {
    const video = tile(page, user).locator("video");
    await video.waitFor();
    const at = await video.evaluate((element) => element.currentTime);
    await until(what, () => video.evaluate((element, before) =>
      element.readyState >= 2 && !element.paused && (element.currentTime > before + 0.2 || element.currentTime < before), at), 60);
    t.ok(true, what);
  };
  const cookieOf = async (page) => (await page.context().cookies(page.url()))
    .map(({ name, value }) => `${name}=${value}`).join("; ");
  const status = async (page) => (await ask(school.origin, await cookieOf(page), { roomName: ROOM })).status;
  const asks = (page, path, body) => page.evaluate(async ([to, text]) => (await fetch(to, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: text })).status, [path, JSON.stringify(body)]);
  const states = (page) => page.evaluate(() => {
    window.seen = [];
    const note = () => window.seen.push(document.querySelector("[data-connection]")?.dataset.connection);
    new MutationObserver(note).observe(document.body, { subtree: true, attributes: true, childList: true });
  });


  /* Signing in, on next-auth's own page. */

  const teacher = await open("teacher");
  await teacher.goto(school.origin);
  await isSeen(teacher, "welcome");
  await teacher.goto(url);
  t.like(teacher.url(), /\/api\/auth\/signin/, "nobody is let in without a session: next-auth asks");
  await isSeen(teacher, "sign-in");
  await signIn(teacher, "tess", "guessed");
  await teacher.getByText("Sign in failed").waitFor();
  t.is(await status(teacher), 401, "a wrong password: no session, no token");
  await signIn(teacher, "tess");
  await button(teacher, "Join").waitFor();
  t.is(teacher.url(), url, "the right one leads to the room");
  t.is(await teacher.evaluate(() => document.cookie.includes("session-token")), false, "no script can read the session");
  await isSeen(teacher, "lobby");

  const stranger = await open("stranger");
  await stranger.goto(url);
  await signIn(stranger, "sam");
  await button(stranger, "Join").click();
  await problem(stranger, "not-allowed", "somebody who is not on the list");
  await isSeen(stranger, "not-allowed");


  /* The lesson begins. */

  await join(teacher);
  await tile(teacher, "u-tess").locator("video").waitFor();
  await until("the microphone is on", async () => await button(teacher, "Mic").getAttribute("aria-pressed") === "true");
  t.ok(true, "the teacher is on air");

  const student = await enter("student", "stu", { viewport: { width: 390, height: 844 }, hasTouch: true });
  await moves(student, "u-tess", "the student sees the teacher move");
  t.ok(await button(student, "Mic").isDisabled() && await button(student, "Camera").isDisabled(),
    "the student has nothing to speak with");
  t.ok(await student.getByText("You are listening").isVisible(), "and is told so");
  await isHere(["u-stu", "u-tess"], "LiveKit has both");

  const listed = await participants();
  const of = (user) => listed.find(({ identity }) => identity.startsWith(user));
  t.is([of("u-stu").permission.canPublish, of("u-tess").permission.canPublish], [false, true],
    "the student cannot publish: LiveKit says so");
  t.is([of("u-stu").attributes, of("u-tess").attributes], [{ role: "student" }, { role: "teacher" }],
    "the roles are those of Redis");
  t.ok(!JSON.stringify(listed, (_, value) => typeof value === "bigint" ? String(value) : value).includes("@"),
    "and nobody's e-mail address is in what everybody sees");

  await isSeen(teacher, "teacher");
  await isSeen(student, "student");


  /* Chat. */

  const say = async (page, text, { announce = false } = {}) => {
    if (announce) {
      await page.getByLabel(/Announcement/).check();
    }
    await page.getByRole("textbox", { name: "Message" }).fill(text);
    await button(page, "Send").click();
    await page.locator(".message").filter({ hasText: text }).waitFor();
  };
  await student.getByRole("button", { name: /^Chat/ }).click();
  await say(student, "What is a <b>prime</b>?");
  await teacher.locator(".message").filter({ hasText: "What is a <b>prime</b>?" }).waitFor();
  t.ok(true, "the student asks, the teacher reads, and text stays text");
  t.is(await student.getByLabel(/Announcement/).count(), 0, "a student is not offered to announce");
  await say(teacher, "Homework is due on Monday", { announce: true });
  await student.locator(".message.announcement").filter({ hasText: "Homework" }).waitFor();
  t.ok(true, "the teacher announces");
  await teacher.getByRole("button", { name: /^Pin “Homework/ }).click();
  await student.getByRole("list", { name: "Pinned" }).getByText("Homework is due on Monday").waitFor();
  t.ok(true, "and pins it");
  t.is(await teacher.locator(".message").filter({ hasText: "prime" }).count(), 1, "each message is there once");
  await isSeen(student, "chat");
  await button(student, "Close the panel").click();

  const mia = await enter("mia", "mia", { at: url.replace("127.0.0.1", "localhost") });
  await mia.locator(".message.announcement").filter({ hasText: "Homework" }).waitFor();
  t.ok(await mia.getByRole("list", { name: "Pinned" }).getByText("Homework").isVisible(), "who comes later has the announcement and the pin");
  t.is(await mia.locator(".message").filter({ hasText: "prime" }).count(), 0, "but not what was only said");


  /* A second tab, of the same user. */

  const tab = await student.context().newPage();
  pages.push(["second tab", Object.assign(tab, { problems: [], logged: [] })]);
  await tab.goto(url);
  await join(tab);
  await until("two devices", async () => (await participants()).filter(({ identity }) => identity.startsWith("u-stu~")).length === 2);
  t.ok(await student.locator('[data-connection="connected"]').isVisible(), "a second tab does not throw out the first");
  await teacher.getByRole("button", { name: "People" }).click();
  await teacher.locator('.people [data-user="u-stu"]').getByText("2 devices").waitFor();
  t.is(await teacher.locator('.people [data-user="u-stu"]').count(), 1, "and the two are one person");
  await tab.close();
  await until("one device", async () => (await participants()).filter(({ identity }) => identity.startsWith("u-stu~")).length === 1);
  t.ok(true, "closing the tab leaves, at once");


  /* Devices that say no. */

  const refuse = (page, name) => page.evaluate((error) => {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    window.allow = () => { navigator.mediaDevices.getUserMedia = real; };
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("said by the browser", error));
  }, name);
  const camera = button(teacher, "Camera");
  await camera.click();
  await until("the camera is off", async () => await camera.getAttribute("aria-pressed") === "false" && camera.isEnabled());
  for (const [name, kind] of [
    ["NotAllowedError", "permission-denied"], ["NotFoundError", "device-missing"], ["NotReadableError", "device-in-use"],
  ]) {
    await refuse(teacher, name);
    await camera.click();
    await problem(teacher, kind, name);
    t.is(await camera.getAttribute("aria-pressed"), "false", "and the button is back where it was");
    if (kind === "permission-denied") {
      await isSeen(teacher, "permission-denied");
    }
    await teacher.evaluate(() => window.allow());
    if (kind !== "device-in-use") {
      await button(teacher, "Dismiss").click();
    }
  }
  await teacher.locator("[data-problem]").getByRole("button", { name: "Try again" }).click();
  await moves(student, "u-tess", "the way back leads back: the camera is on again");


  /* nginx gets a new configuration. */

  await states(student);
  const audit = () => school.read("access.log");
  const old = school.read("error.log").match(/start worker process \d+/g).length;
  fs.writeFileSync(school.file("client-config.json"), JSON.stringify({ logLevel: "error", reconnectDelays: [50, 60] }));
  process.kill(school.pid("nginx"), "SIGHUP");
  await until("nginx has new workers", () => school.read("error.log").match(/start worker process \d+/g).length === old * 2);

  /* a connection that was kept is closed by a worker that ends */

  await until("they answer", async () => {
    const answer = await fetch(`${school.origin}/api/config`).catch(() => null);
    return (await answer?.json())?.logLevel === "error";
  });
  t.ok(true, "the same build is told another configuration");
  await moves(student, "u-tess", "nginx reloads, and the call goes on");
  t.is([...new Set(await student.evaluate(() => window.seen))].filter((one) => one && one !== "connected"), [],
    "nobody notices");
  fs.copyFileSync(path.join(DIR, "client-config.json"), school.file("client-config.json"));
  process.kill(school.pid("nginx"), "SIGHUP");


  /* Redis dies. */

  school.fall("redis");
  await until("Redis is gone", async () => await status(teacher) === 503);
  t.ok(true, "without Redis nginx cannot know: 503");
  await moves(student, "u-tess", "and the call goes on");
  await button(stranger, "Try again").click();
  await problem(stranger, "unavailable", "somebody who wants to come in");
  await isSeen(stranger, "unavailable");
  await school.rise("redis", async () => await status(teacher) === 200);
  t.ok(true, "Redis is back: 200, with no reload, and everybody is still signed in");
  await until("each worker is connected again", async () => {
    await button(stranger, "Try again").click();
    return stranger.locator('[data-problem="not-allowed"]').waitFor({ timeout: 3000 }).then(() => true, () => false);
  });
  t.ok(true, "and a no is a no again");


  /* LiveKit dies. */

  school.fall("livekit");
  await teacher.locator('[data-connection="reconnecting"]').waitFor({ timeout: 60000 });
  t.ok(true, "livekit-server is killed: the page says that it reconnects");
  await isSeen(student, "reconnecting");
  const early = await student.context().newPage();
  await early.goto(url);
  await button(early, "Join").click();
  await problem(early, "connect-failed", "somebody who joins meanwhile");
  await isSeen(early, "connect-failed");
  await early.close();
  await school.rise("livekit", async () => (await fetch(school.livekit).catch(() => null))?.ok);
  for (const page of [teacher, student, mia]) {
    await connected(page);
  }
  t.ok(true, "it is back, and so is everybody");
  await moves(student, "u-tess", "and the student sees the teacher move");


  /* A recording. */

  const recordings = teacher.getByRole("list", { name: "Recordings of this room" }).locator("li");
  const isRecording = (is, what) => teacher.locator(`[data-status="${is}"]`).first().waitFor({ timeout: 60000 })
    .then(() => t.ok(true, what));
  await button(teacher, "Record").click();
  await teacher.getByText("None yet.").waitFor();
  await button(teacher, "Start recording").click();
  await isRecording("active", "the teacher records, and LiveKit's webhooks say so");
  await mia.locator(".message.announcement").filter({ hasText: "is being recorded" }).waitFor();
  t.ok(true, "everybody is told");
  t.is(await asks(teacher, "/api/recordings/start", { roomName: ROOM }), 409, "a second one at the same time: 409");
  t.is(await asks(student, "/api/recordings/stop", { roomName: ROOM }), 403, "a student cannot stop it");
  await isSeen(teacher, "recording");
  await button(teacher, "Stop recording").click();
  await isRecording("complete", "it is stopped, and saved");
  await isSeen(teacher, "recorded");
  t.is(await recordings.count(), 1, "one recording is on the list");
  const id = await recordings.first().getAttribute("data-recording");
  const { file, startedBy, participants: heard } = (await teacher.evaluate(async (roomName) =>
    (await fetch(`/api/recordings?roomName=${roomName}`)).json(), ROOM)).recordings.find((one) => one.recordingId === id);
  t.is(startedBy, "u-tess", "it is on record who started it");
  t.ok(heard.includes("u-stu"), "and who was there");
  t.is(fs.readFileSync(school.file(file)).subarray(4, 8).toString(), "ftyp", `${path.dirname(file)} has the film`);
  await button(teacher, "People").click();


  /* Who leads the room, and who does not. */

  const row = (user) => teacher.locator(`.people [data-user="${user}"]`);
  const act = async (user, name) => {
    if (!await row(user).locator("details").evaluate((element) => element.open)) {
      await row(user).locator("summary").click();
    }
    await row(user).getByRole("button", { name, exact: true }).click();
  };
  const tokenOf = (page) => page.evaluate(async (roomName) => (await (await fetch("/api/connection-details", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ roomName }) })).json()).token, ROOM);
  const takes = async (origin, token) => (await fetch(`${origin}/rtc/validate`, { headers: { Authorization: `Bearer ${token}` } })).status;

  await student.getByRole("button", { name: "People" }).click();
  t.is(await student.locator(".people summary").count(), 0, "a student is offered no moderation");
  await button(student, "Close the panel").click();
  t.is(await asks(student, "/api/moderation", { roomName: ROOM, action: "remove", identity: "u-mia" }), 403, "and would be refused");
  t.is(await asks(student, "/api/chat", { roomName: ROOM, type: "announcement", message: "No school!" }), 403, "announcing, too");

  await act("u-mia", "Let speak");
  await until("Mia may", async () => button(mia, "Mic").isEnabled());
  await button(mia, "Mic").click();
  await until("Mia is heard", async () => (await participants()).find(({ identity }) => identity.startsWith("u-mia"))?.tracks.length === 1);
  t.ok(true, "the teacher lets Mia speak");
  await until("that she speaks is seen", async () => row("u-mia").getByText("microphone on").count());
  await isSeen(teacher, "people");
  await act("u-mia", "Mute");
  await until("Mia sees it", async () => await button(mia, "Mic").getAttribute("aria-pressed") === "false");
  t.ok(true, "mutes her");
  await act("u-mia", "Back to listening");
  await until("Mia may not", async () => button(mia, "Mic").isDisabled());
  t.ok(true, "and has her listen again");

  const kept = await tokenOf(mia);
  own++;
  t.is(await takes(school.origin, kept), 200, "Mia keeps a token");
  await act("u-mia", "Remove");
  await isSeen(teacher, "remove");
  await teacher.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await problem(mia, "removed", "Mia is removed");
  await isSeen(mia, "removed");
  await isHere(["u-stu", "u-tess"], "and gone");
  t.is([await takes(school.livekit, kept), await takes(school.origin, kept)], [200, 403],
    "LiveKit would take her token, the guard does not: the kick sticks");
  await button(mia, "Ask to come back").click();
  await problem(mia, "not-allowed", "she asks to come back");
  school.redis("HDEL", `lkg:room:{${ROOM}}`, "d:u-mia");
  await button(mia, "Try again").click();
  await connected(mia);
  t.ok(true, "after a while she may");

  await row("u-mia").waitFor();
  await act("u-mia", "Ban");
  await teacher.getByRole("dialog").getByRole("button", { name: "Ban" }).click();
  await problem(mia, "removed", "Mia is banned");
  t.is(await status(mia), 403, "and gets no token");
  await teacher.getByRole("button", { name: /Allow again/ }).click();
  await until("she is allowed", async () => await status(mia) === 200);
  own++;
  t.ok(true, "until the teacher allows it");
  await button(mia, "Ask to come back").click();
  await connected(mia);


  /* Leaving. */

  await button(mia, "Leave").click();
  await button(mia, "Join").waitFor();
  await isHere(["u-stu", "u-tess"], "who leaves has left");
  await join(mia);
  await isHere(["u-mia", "u-stu", "u-tess"], "and may come again");
  await mia.getByRole("link", { name: "Classroom" }).click();
  await mia.getByRole("heading", { name: "Hello Mia Miller" }).waitFor();
  await isHere(["u-stu", "u-tess"], "another page of the application is out of the room");
  await isSeen(mia, "rooms");
  await mia.goBack();
  await join(mia);

  await livekit.deleteRoom(ROOM);
  await problem(mia, "room-closed", "the room is closed");
  await isSeen(mia, "room-closed");
  await button(mia, "Choose a room").click();
  await mia.getByRole("heading", { name: "Hello Mia Miller" }).waitFor();
  await problem(student, "room-closed", "for everybody");


  /* Signing out. */

  await student.goto(url);
  await join(student);
  const second = await student.context().newPage();
  await second.goto(url);
  await join(second);
  await isHere(["u-stu"], "the student is here, twice");
  await button(student, "Sign out").click();
  await student.getByRole("link", { name: "Sign in" }).waitFor();
  await isHere([], "who signs out is out of the room, in every tab");
  await problem(second, "signed-out", "the other tab");
  t.is(await status(student), 401, "and there is no token any more");
  await isSeen(second, "signed-out");


  /* How good it was. */

  const metrics = await until("the pages' statistics", () => {
    const samples = school.redis("--json", "XRANGE", `lkg:metrics:{${ROOM}}`, "-", "+");
    const all = JSON.parse(samples).map(([, pairs]) => Object.fromEntries(
      pairs.flatMap((value, i) => (i % 2 ? [] : [[value, pairs[i + 1]]]))));
    return all.some(({ identity, sample }) => identity === "u-stu" && JSON.parse(sample).stats?.bandwidth.download > 0) && all;
  });
  t.ok(metrics.some(({ role }) => role === "student"), "the student's statistics went to nginx, the last ones with the page");


  /* What must not have happened. */

  const issued = (user) => audit().split("\n").filter((line) => line.includes("verdict=issued") && line.includes(`identity=${user} `)).length;
  t.is(issued("u-mia") - own, 5, "Mia joined five times and had five tokens: nobody polls for one");
  for (const [who, page] of pages.filter(([, one]) => !one.isClosed())) {
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    t.ok(!/eyJ/.test(stored), `${who}: no token in the browser's storage`);
    t.ok(!page.logged.some((line) => /eyJ|access_token/.test(line)), `${who}: nor in its console`);
    t.is(page.problems, [], `${who}: no error that nobody handled`);
  }
  for (const name of ["access.log", "error.log"]) {
    t.ok(!/eyJ|access_token/.test(school.read(name)), `no token in nginx's ${name}`);
  }
  t.ok(!/\[(alert|emerg|crit)\]/.test(school.read("error.log")), "nor an alert");
  const bundle = fs.readdirSync(path.join(DIR, ".next/static"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => fs.readFileSync(path.join(entry.parentPath ?? entry.path, entry.name), "utf8")).join("");
  for (const [what, secret] of Object.entries({ "key of LiveKit": school.secret, "secret of next-auth": school.read("nextauth.secret"), password })) {
    t.ok(secret.length >= 16 && !bundle.includes(secret), `the bundle does not hold the ${what}`);
  }
});
