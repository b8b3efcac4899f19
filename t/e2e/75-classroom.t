#!/usr/bin/env node
"use strict";

/*
 * The classroom without a server: its types, its unit tests and its lint,
 * and what its build gives to every browser.
 */

const { execFileSync, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const { env, root } = require("./lib/process");
const { run } = require("./lib/tap");

const DIR = path.join(root, "examples/classroom");

run(async (t) => {
  const tool = (name, ...args) => {
    const done = spawnSync(path.join(DIR, "node_modules/.bin", name), args, { cwd: DIR, env, encoding: "utf8" });
    return { status: done.status, output: done.stdout + done.stderr };
  };

  const types = tool("tsc", "--noEmit");
  t.is(types.status, 0, "the types are right, strictly");
  if (types.status) {
    t.diag(types.output);
  }

  const unit = tool("vitest", "run", "--reporter=tap-flat");
  const results = unit.output.split("\n").filter((line) => /^(not )?ok \d+ - /.test(line));
  for (const line of results) {
    t.ok(line.startsWith("ok"), line.replace(/^(not )?ok \d+ - /, "").replace(/ # time=.*/, ""));
  }
  t.ok(results.length > 60, `${results.length} unit tests ran`);
  if (!t.ok(unit.status === 0, "and all is well with them")) {
    t.diag(unit.output);
  }


  /* What everybody gets who opens a page. */

  const files = fs.readdirSync(path.join(DIR, ".next/static"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  const bundle = files.map((name) => fs.readFileSync(name, "utf8")).join("\n");

  t.ok(files.length > 10 && bundle.includes("connection-details"), "the build is there");
  for (const [what, pattern] of Object.entries({
    "name of a secret": /LIVEKIT_API_|LIVEKIT_\w*SECRET|NEXTAUTH_SECRET|CLASSROOM_PASSWORD/,
    "server SDK of LiveKit": /livekit-server-sdk|AccessToken\(/,
    "e-mail address of a user": /[a-z]+@example\.com/,
    "token": /eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./,
    "address of one environment": /wss?:\/\/[a-z0-9.-]+\.livekit\.cloud|127\.0\.0\.1:\d+/,
    "private key": /-----BEGIN [A-Z ]*PRIVATE KEY/,
  })) {
    t.is(pattern.exec(bundle)?.[0], undefined, `the bundle holds no ${what}`);
  }

  const routes = execFileSync("git", ["ls-files", "examples/classroom/app"], { cwd: root, encoding: "utf8" })
    .split("\n").filter((name) => /route\.ts$/.test(name));
  t.is(routes, ["examples/classroom/app/api/auth/[...nextauth]/route.ts"],
    "the application has no route but next-auth's: LiveKit's server side is nginx");
});
