"use strict";

/* The demo, as "make demo" starts it, but on free ports. */

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const proc = require("./process");
const { until } = require("./tap");

exports.startDemo = async function startDemo(later, env = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "nginx-livekit-demo-"));
  const port = await proc.freeTcpPort();
  const output = path.join(dir, "output");
  const demo = proc.start(output, path.join(proc.root, "examples/demo/run.sh"), [], {
    env: {
      ...process.env,
      DEMO_DIR: path.join(dir, "demo"),
      PORT: port,
      LIVEKIT_PORT: await proc.freeTcpPort(),
      LIVEKIT_UDP_PORT: await proc.freeUdpPort(),
      ...env,
    },
  });

  const pid = (name) => Number(fs.readFileSync(path.join(dir, "demo", `${name}.pid`), "utf8"));
  const stop = () => proc.stop(demo);

  later(async () => {
    await stop();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  await until("the demo is up", () => {
    const text = fs.readFileSync(output, "utf8");
    if (demo.over) {
      throw new Error(`run.sh ended:\n${text}`);
    }
    return text.includes("Ctrl-C ends all of it.");
  });

  return { port, pid, stop, origin: `http://127.0.0.1:${port}`, process: demo };
};
