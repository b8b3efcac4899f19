#!/usr/bin/env node
"use strict";

/*
 * A Next.js application with next-auth behind nginx.  Ann and Bob sign in on
 * its own page, in Chromium; the application's page asks nginx for a token.
 * Bob's session is larger than one cookie.
 */

const crypto = require("node:crypto");
const path = require("node:path");
const { TokenVerifier } = require("livekit-server-sdk");

const { openPage, startBrowser } = require("./lib/browser");
const { ask } = require("./lib/client");
const { startNext } = require("./lib/next");
const { freeTcpPort } = require("./lib/process");
const { startStack } = require("./lib/stack");
const { run } = require("./lib/tap");

const ROOM = "math-101";
const NAME = "next-auth.session-token";
const ANN = { user: "ann", sub: "u-ann", name: "Ann Lee" };
const BOB = { user: "bob", sub: "u-bob", name: "Bob Ray" };

run(async (t, later) => {
  const password = crypto.randomBytes(16).toString("hex");
  const port = await freeTcpPort();
  const stack = await startStack(later, {
    locations: `
      location = /asked {
        livekit_session introspect uri=/_session;
        livekit_token;
      }
      location = /_session {
        internal;
        proxy_pass http://127.0.0.1:${port}/api/auth/session;
        proxy_set_header Host $http_host;
        proxy_buffer_size 64k;
        proxy_buffers 4 64k;
      }
      location / {
        proxy_pass http://127.0.0.1:${port};
        proxy_set_header Host $http_host;
        proxy_buffer_size 64k;
        proxy_buffers 4 64k;
      }`,
  });
  stack.redis("HSET", `lkg:room:{${ROOM}}`, "m:u-ann", "teacher", "m:u-bob", "student");
  await startNext(later, {
    port, log: path.join(stack.dir, "next.log"),
    env: { NEXTAUTH_URL: stack.origin, NEXTAUTH_SECRET: stack.sessionSecret, PASSWORD: password },
  });
  const browser = await startBrowser(later);

  const heading = (page) => page.getByRole("heading", { level: 1 });
  const join = async (page) => {
    await page.getByRole("button", { name: "Join" }).click();
    await page.locator("output:not(:empty)").waitFor();
    return JSON.parse(await page.locator("output").textContent());
  };
  const signIn = async (page, user, secret) => {
    await page.goto(`${stack.origin}/api/auth/signin?callbackUrl=/`);
    await page.getByLabel("User").fill(user);
    await page.getByLabel("Password").fill(secret);
    await page.getByRole("button", { name: /Sign in/ }).click();
  };
  const cookies = async (page) => (await page.context().cookies())
    .filter(({ name }) => name.startsWith(NAME));
  const header = (all) => all.map(({ name, value }) => `${name}=${value}`).join("; ");
  const isToken = async (token, person, what) => {
    const verified = await new TokenVerifier(stack.key, stack.secret).verify(token);
    t.is([verified.sub, verified.name, verified.video.room], [person.sub, person.name, ROOM], `${what}: for the right person and room`);
    const answer = await fetch(`${stack.livekit}/rtc/validate?access_token=${token}`);
    t.is([answer.status, await answer.text()], [200, "success"], `${what}: livekit-server takes it`);
  };
  const asked = (cookie) => ask(stack.origin, cookie, { roomName: ROOM }, { path: "/asked" });

  const stranger = await openPage(browser);
  await stranger.goto(stack.origin);
  t.is(await heading(stranger).textContent(), "Nobody is signed in", "nobody is signed in at first");
  t.is((await join(stranger)).status, 401, "and gets no token");

  await signIn(stranger, ANN.user, "guessed");
  await stranger.getByText("Sign in failed").waitFor();
  await stranger.goto(stack.origin);
  t.is((await join(stranger)).status, 401, "nor with a wrong password");

  for (const person of [ANN, BOB]) {
    const page = await openPage(browser);
    const what = person.name;

    await signIn(page, person.user, password);
    await page.getByRole("heading", { name: `Hello ${person.name}` }).waitFor();
    const all = await cookies(page);
    t.is(all.length > 1, person === BOB, `${what}: signed in, with ${all.length} cookies`);
    t.ok(all.every(({ httpOnly }) => httpOnly), `${what}: that the page cannot read`);

    const answer = await join(page);
    t.is(answer.status, 200, `${what}: the page gets a token`);
    await isToken(answer.token, person, `${what}, the page's token`);

    const introspected = await asked(header(all));
    t.is(introspected.status, 200, `${what}: a token, too, where the application is asked`);
    await isToken(introspected.json.token, person, `${what}, where the application is asked`);

    await page.reload();
    await page.getByRole("heading", { name: `Hello ${person.name}` }).waitFor();
    t.is((await join(page)).status, 200, `${what}: a token after the session was renewed`);

    if (all.length > 1) {
      const torn = header(all.slice(1));
      t.is((await ask(stack.origin, torn, { roomName: ROOM })).status, 401, `${what}: none for cookies with one missing`);
      t.is((await asked(torn)).status, 401, `${what}: and the application agrees`);
    }

    await page.getByRole("link", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Nobody is signed in" }).waitFor();
    t.is(await cookies(page), [], `${what}: signed out, no session cookie is left`);
    t.is((await join(page)).status, 401, `${what}: and there is no token any more`);
    t.is(page.problems, [], `${what}: no error on the page`);
  }
});
