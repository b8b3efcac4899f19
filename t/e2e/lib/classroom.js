"use strict";

/* The classroom, as "make classroom" starts it, but on free ports. */

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const proc = require("./process");
const { until } = require("./tap");

exports.DIR = path.join(proc.root, "examples/classroom");

exports.startClassroom = async function startClassroom(later, { password, env = {} }) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "nginx-livekit-class-"));
  const file = (name) => path.join(dir, "room", name);
  const [port, nextPort, livekitPort, udpPort] = [
    await proc.freeTcpPort(), await proc.freeTcpPort(), await proc.freeTcpPort(), await proc.freeUdpPort(),
  ];
  const output = path.join(dir, "output");
  const child = proc.start(output, path.join(exports.DIR, "run.sh"), [], {
    env: {
      ...process.env,
      CLASSROOM_DIR: path.join(dir, "room"), CLASSROOM_PASSWORD: password,
      PORT: port, NEXT_PORT: nextPort, LIVEKIT_PORT: livekitPort, LIVEKIT_UDP_PORT: udpPort,
      ...env,
    },
  });
  const read = (name) => fs.readFileSync(file(name), "utf8");
  const pid = (name) => Number(read(`${name}.pid`));

  later(async () => {
    await proc.stop(child);
    fs.rmSync(dir, { recursive: true, force: true });
  });

  await until("the classroom is open", () => {
    const text = fs.readFileSync(output, "utf8");
    if (child.over) {
      throw new Error(`run.sh ended:\n${text}`);
    }
    return text.includes("Ctrl-C ends all of it.");
  }, 90);

  return {
    port, pid, read, file,
    output: () => fs.readFileSync(output, "utf8"),
    origin: `http://127.0.0.1:${port}`,
    livekit: `http://127.0.0.1:${livekitPort}`,
    key: "classroom",
    secret: read("livekit.secret"),
    stop: () => proc.stop(child),
    redis: (...args) => execFileSync("redis-cli", ["-s", file("redis.sock"), ...args], { encoding: "utf8" }).trim(),

    /* Kills a server, and keeps it from being started again until rise(). */
    fall(name) {
      fs.writeFileSync(file(`${name}.down`), "");
      process.kill(pid(name), "SIGKILL");
    },
    async rise(name, ready) {
      const before = pid(name);
      fs.rmSync(file(`${name}.down`));
      await until(`${name} is started again`, () => pid(name) !== before, 60);
      await until(`${name} answers again`, ready, 60);
    },
  };
};
