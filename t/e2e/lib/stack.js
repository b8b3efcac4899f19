"use strict";

/*
 * A redis-server, a livekit-server and an nginx with the module, on loopback
 * and in a directory of their own, with secrets that nobody has seen before.
 */

const { execFileSync } = require("node:child_process");
const crypto = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const proc = require("./process");
const { until } = require("./tap");

const KEY = "e2e";

/*
 * locations go into nginx's server, beside those of nginx.conf, and files into
 * the directory.  livekit is more of livekit.yaml, as a function of nginx's
 * port; egress are the options of an egress worker, which shares Redis with
 * livekit-server and writes to the directory "recordings".  guard is what the
 * location /rtc says beside its proxy_pass, keys are more keys of LiveKit's.
 */
exports.startStack = async function startStack(later,
  { policy = "policy.json", locations = "", files = {}, livekit = () => "", egress, guard = "", keys = {} } = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "nginx-livekit-e2e-"));
  const file = (name) => path.join(dir, name);
  const children = {};

  later(async () => {
    for (const name of ["nginx", "egress", "livekit", "redis"]) {
      if (children[name]) {
        await proc.stop(children[name]);
      }
    }
    fs.rmSync(dir, { recursive: true, force: true });
  });

  const [port, livekitPort, udpPort] = [
    await proc.freeTcpPort(), await proc.freeTcpPort(), await proc.freeUdpPort(),
  ];
  const secret = crypto.randomBytes(32).toString("hex");
  const sessionSecret = crypto.randomBytes(32).toString("hex");
  const policyFile = process.env.POLICY ?? path.join(proc.root, "examples", policy);

  /* A file is there as a whole or not at all. */
  const write = (name, text) => {
    fs.writeFileSync(file(`${name}.new`), text, { mode: 0o600 });
    fs.renameSync(file(`${name}.new`), file(name));
  };
  const fill = (name, ...pairs) => write(name, pairs.reduce(
    (text, [from, to]) => text.replaceAll(from, () => to),
    fs.readFileSync(path.join(__dirname, "..", name), "utf8")));

  const answers = async (url) => (await fetch(url).catch(() => null)) !== null;
  const start = async (name, ready, command, ...args) => {
    children[name] = proc.start(file(`${name}.log`), command, args, { cwd: dir });
    await until(`${name} is up`, async () => {
      if (children[name].over) {
        throw new Error(`${name} ended:\n${fs.readFileSync(file(`${name}.log`), "utf8")}`);
      }
      return ready();
    });
  };

  fs.mkdirSync(file("temp"));
  write("livekit.secret", secret);
  write("session.secret", sessionSecret);
  write("livekit.keys", Object.entries({ [KEY]: secret, ...keys })
    .map(([key, value]) => `${key}: ${value}\n`).join(""));
  fill("livekit.yaml", ["7880", livekitPort], ["7882", udpPort]);
  write("livekit.yaml", fs.readFileSync(file("livekit.yaml"), "utf8") + livekit(port)
    + (egress ? `\nredis:\n  address: ${file("redis.sock")}\n` : ""));
  Object.entries(files).forEach(([name, text]) => write(name, text));
  fill("nginx.conf",
    ["@LOCATIONS@", locations], ["@GUARD@", guard],
    ["@MODULE@", path.join(proc.build, "ngx_http_livekit_module.so")],
    ["@DIR@", dir], ["@POLICY@", policyFile],
    ["@PORT@", port], ["@LIVEKIT_PORT@", livekitPort]);

  await start("redis", () => fs.existsSync(file("redis.sock")), "redis-server",
    "--port", "0", "--unixsocket", file("redis.sock"), "--unixsocketperm", "700",
    "--save", "", "--appendonly", "no", "--dir", dir);
  await start("livekit", () => answers(`http://127.0.0.1:${livekitPort}/`), proc.livekitServer,
    "--config", file("livekit.yaml"), "--key-file", file("livekit.keys"));
  if (egress) {
    await start("egress", () => /ready/.test(fs.readFileSync(file("egress.log"), "utf8")), proc.egress,
      "-redis", file("redis.sock"), "-dir", file("recordings"), ...egress);
  }
  const startNginx = () => start("nginx", () => answers(`http://127.0.0.1:${port}/`), proc.nginx,
    "-p", dir, "-c", file("nginx.conf"), "-e", file("nginx.log"),
    ...(process.getuid() === 0 ? ["-g", "user root;"] : []));
  await startNginx();

  return {
    dir, port, write, key: KEY, secret, sessionSecret,
    origin: `http://127.0.0.1:${port}`,
    livekit: `http://127.0.0.1:${livekitPort}`,
    policy: JSON.parse(fs.readFileSync(policyFile, "utf8")),
    redisSocket: file("redis.sock"),
    redisPid: children.redis.pid,
    signal: (name, signal) => process.kill(children[name].pid, signal),
    redis: (...args) => execFileSync("redis-cli", ["-s", file("redis.sock"), ...args], { encoding: "utf8" }).trim(),
    log: (name) => fs.readFileSync(file(name), "utf8"),
    stopLivekit: () => proc.stop(children.livekit),
    stopEgress: () => proc.stop(children.egress),
    stopNginx: () => proc.stop(children.nginx), startNginx,
  };
};
