#!/usr/bin/env node
"use strict";

/*
 * The demo as people use it: two browsers, a teacher and a student, one
 * room.  Then whoever is not let in, and what the page tells them.
 */

const fs = require("node:fs");
const path = require("node:path");

const { openPage, startBrowser } = require("./lib/browser");
const { startDemo } = require("./lib/demo");
const { build } = require("./lib/process");
const { run, until } = require("./lib/tap");

run(async (t, later) => {
  const demo = await startDemo(later);
  const browser = await startBrowser(later);

  const button = (page, name) => page.getByRole("button", { name, exact: true });
  const signIn = async (page, who) => {
    await page.goto(demo.origin);
    await page.getByRole("link", { name: who }).click();
    await button(page, "Join").waitFor();
  };
  const grants = (page) => page.locator("#grants li").evaluateAll((items) =>
    Object.fromEntries(items.map((item) => [item.querySelector("code").textContent, item.className === "yes"])));
  const screenshot = (page, name) => {
    const dir = path.join(build, "e2e");
    fs.mkdirSync(dir, { recursive: true });
    return page.screenshot({ path: path.join(dir, `${name}.png`), fullPage: true });
  };


  /* A lesson. */

  const teacher = await openPage(browser);
  const student = await openPage(browser);

  await signIn(teacher, "Teacher");
  t.is(await teacher.locator("#who-name").textContent(), "Tess Teacher", "the page says who the teacher is");
  t.is(await teacher.evaluate(() => document.cookie), "", "but cannot read the session cookie");

  await button(teacher, "Join").click();
  await teacher.locator(".tile.self video").waitFor();
  t.is(await button(teacher, "Microphone").getAttribute("aria-pressed"), "true", "the teacher's microphone is on");
  t.is(await button(teacher, "Camera").getAttribute("aria-pressed"), "true", "and the camera");

  await student.goto(demo.origin);
  await student.getByRole("link", { name: "Student" }).press("Enter");
  await student.getByRole("textbox", { name: "Room" }).press("Enter");
  await button(student, "Leave").waitFor();
  t.ok(await until("the way back is in reach", () => button(student, "Leave").evaluate(
    (element) => element === document.activeElement)), "the student comes in by keyboard alone");

  const video = student.locator('.tile[data-identity="teacher"] video');
  await video.waitFor();
  const played = await until("the student sees the teacher move", () => video.evaluate(
    (element) => element.readyState >= 2 && element.currentTime > 0.5 && element.videoWidth > 0 && !element.paused));
  t.ok(played, "the student sees the teacher");
  t.ok(await student.locator('.tile[data-identity="teacher"] audio').evaluate((element) => !element.paused),
    "and hears the teacher");

  t.is(await grants(teacher), { roomJoin: true, canPublish: true, canSubscribe: true, canPublishData: true },
    "the page shows the teacher's grants");
  t.is(await grants(student), { roomJoin: true, canPublish: false, canSubscribe: true, canPublishData: true },
    "and the student's");
  t.ok(await button(student, "Camera").isDisabled(), "the student's camera button is off");
  t.ok(await student.getByText("canPublish: false").first().isVisible(), "and the page says why");

  await teacher.locator('.tile[data-identity="student"]').waitFor();
  t.ok(true, "the teacher sees that the student is there");
  await screenshot(teacher, "teacher");
  await screenshot(student, "student");

  await button(teacher, "Camera").click();
  await video.waitFor({ state: "detached" });
  t.ok(true, "the teacher's camera goes off for the student");

  await button(teacher, "Leave").click();
  await button(teacher, "Join").waitFor();
  await student.locator('.tile[data-identity="teacher"]').waitFor({ state: "detached" });
  t.ok(true, "the teacher leaves, and the student sees it");

  await teacher.getByLabel("Ask for").selectOption("student");
  await button(teacher, "Join").click();
  await until("the teacher is back", async () => (await grants(teacher)).canPublish === false);
  t.ok(true, "a teacher may come back as a student");
  await button(teacher, "Leave").click();
  await button(student, "Leave").click();


  /* Those who are not let in. */

  const told = async (page, pattern, name) => {
    await button(page, "Join").click();
    const alert = page.getByRole("alert");
    await until(`${name}: the page tells`, async () => pattern.test(await alert.textContent()), 10)
      .catch(() => {});
    t.like(await alert.textContent(), pattern, name);
    t.is(await page.locator("#grants-card").isVisible(), false, `${name}: and there is no token`);
  };

  await student.getByLabel("Ask for").selectOption("teacher");
  await told(student, /Refused \(403\)/, "a student who asks to be teacher is told 403");
  await student.getByLabel("Ask for").selectOption("");

  await student.getByRole("textbox", { name: "Room" }).fill("elsewhere");
  await told(student, /Refused \(403\)/, "a room that the student does not belong to: 403");

  await student.getByRole("textbox", { name: "Room" }).fill("no/such room");
  await told(student, /nginx answered 400/, "a name that is no room's name: 400");
  await student.getByRole("textbox", { name: "Room" }).fill("demo");

  const stranger = await openPage(browser);
  await signIn(stranger, "Stranger");
  await told(stranger, /Refused \(403\)/, "a stranger is told 403");
  await screenshot(stranger, "stranger");

  process.kill(demo.pid("redis"), "SIGSTOP");
  later(() => { try { process.kill(demo.pid("redis"), "SIGCONT"); } catch { /* it is gone */ } });
  await told(student, /Not known \(503\)/, "Redis hangs: 503");
  await screenshot(student, "redis-away");

  process.kill(demo.pid("redis"), "SIGCONT");
  await until("the student gets in again", async () => {
    await button(student, "Join").click();
    return student.locator(".tile.self").waitFor({ timeout: 2000 }).then(() => true, () => false);
  });
  t.ok(true, "Redis answers again: the student gets in, without a reload");
  await button(student, "Leave").click();

  await student.context().clearCookies();
  await told(student, /Not signed in \(401\)/, "the session is gone: 401");
  t.ok(await student.getByRole("link", { name: "Teacher" }).isVisible(), "and the page offers to sign in");

  for (const [name, page] of Object.entries({ teacher, student, stranger })) {
    t.is(page.problems, [], `no script error on the ${name}'s page`);
  }


  /* Ctrl-C. */

  const pids = ["redis", "livekit", "nginx"].map(demo.pid);
  const alive = () => pids.filter((pid) => { try { return process.kill(pid, 0); } catch { return false; } });

  t.is(alive(), pids, "three servers run");
  await demo.stop();
  t.is(alive(), [], "the end of the demo is the end of all of them");


  /* A machine that cannot have a livekit-server. */

  const small = await startDemo(later, { LIVEKIT_SERVER: "none" });
  const reader = await openPage(browser);

  await reader.goto(`${small.origin}/signin/teacher`);
  await button(reader, "Join").click();
  await reader.getByRole("heading", { name: "Your token" }).waitFor();
  const claims = JSON.parse(await reader.locator("#token-only-claims").textContent());
  t.is([claims.sub, claims.video.room], ["teacher", "demo"], "without livekit-server the page shows the token");
  await screenshot(reader, "without-livekit");
});
