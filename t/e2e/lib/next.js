"use strict";

/* The Next.js application of next-app/, as install.sh has built it. */

const path = require("node:path");

const proc = require("./process");
const { until } = require("./tap");

const DIR = path.join(__dirname, "../next-app");

exports.startNext = async function startNext(later, { port, log, env }) {
  const child = proc.start(log, process.execPath,
    [require.resolve("next/dist/bin/next"), "start", "--hostname", "127.0.0.1", "--port", port, DIR],
    { env: { ...proc.env, NEXT_TELEMETRY_DISABLED: "1", ...env } });

  later(() => proc.stop(child));
  await until("the Next.js application is up", async () => {
    if (child.over) {
      throw new Error(`next start ended: ${require("node:fs").readFileSync(log, "utf8")}`);
    }
    return (await fetch(`http://127.0.0.1:${port}/api/auth/csrf`).catch(() => null))?.ok;
  }, 60);
};
