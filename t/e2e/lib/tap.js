"use strict";

/* Just enough TAP. */

const { isDeepStrictEqual, inspect } = require("node:util");

class Tap {
  constructor() {
    this.count = 0;
    this.failed = 0;
  }

  ok(pass, name) {
    this.count++;
    if (!pass) {
      this.failed++;
    }
    process.stdout.write(`${pass ? "ok" : "not ok"} ${this.count} - ${name.replace(/#/g, "\\#")}\n`);
    return Boolean(pass);
  }

  /* Equal in type, value and depth. */
  is(got, expected, name) {
    if (!this.ok(isDeepStrictEqual(got, expected), name)) {
      this.diag(`     got: ${inspect(got, { depth: 8 })}\nexpected: ${inspect(expected, { depth: 8 })}`);
    }
  }

  like(got, pattern, name) {
    if (!this.ok(pattern.test(String(got)), name)) {
      this.diag(`     got: ${inspect(got)}\nexpected: ${pattern}`);
    }
  }

  diag(text) {
    process.stdout.write(text.replace(/^/gm, "# ") + "\n");
  }
}

/*
 * Runs one test program.  What it starts, it gives to later(), which is
 * called when the program ends, whatever the way.
 */
exports.run = async function run(body) {
  const tap = new Tap();
  const cleanups = [];

  const finish = async () => {
    while (cleanups.length) {
      await cleanups.pop()();
    }
  };

  const broken = (error) => {
    tap.ok(false, "the test ran to its end");
    tap.diag(error.stack ?? String(error));
  };

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => finish().finally(() => process.exit(1)));
  }
  process.once("uncaughtException", (error) => {
    broken(error);
    finish().finally(() => process.exit(1));
  });

  await Promise.resolve(body(tap, (cleanup) => cleanups.push(cleanup))).catch(broken);
  await finish();
  process.stdout.write(`1..${tap.count}\n`);
  process.exit(tap.failed ? 1 : 0);
};

/* Waits until check() gives something true, and gives that back. */
exports.until = async function until(what, check, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; ;) {
    const value = await check();
    if (value) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${seconds} s in vain: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
