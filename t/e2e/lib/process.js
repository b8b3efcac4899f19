"use strict";

/* Programs that run beside a test, free ports, and where things are. */

const { spawn } = require("node:child_process");
const dgram = require("node:dgram");
const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");

exports.root = path.resolve(__dirname, "../../..");
exports.build = path.resolve(process.env.BUILD ?? path.join(exports.root, "build"));
exports.livekitServer = path.join(exports.build, "e2e/bin/livekit-server");
exports.egress = path.join(exports.build, "e2e/bin/egress");
exports.python = path.join(exports.build, "e2e/venv/bin/python");

/* nginx would take a variable of this name for inherited sockets. */
exports.nginx = process.env.NGINX ?? "nginx";
exports.env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
delete exports.env.NGINX;

exports.freeTcpPort = () => new Promise((resolve, reject) => {
  const server = net.createServer().once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

exports.freeUdpPort = () => new Promise((resolve, reject) => {
  const socket = dgram.createSocket("udp4").once("error", reject);
  socket.bind(0, "127.0.0.1", () => {
    const { port } = socket.address();
    socket.close(() => resolve(port));
  });
});

/* Starts a program; its output goes to a file. */
exports.start = function start(log, command, args, options = {}) {
  const out = fs.openSync(log, "a");
  const child = spawn(command, args, { env: exports.env, stdio: ["ignore", out, out], ...options });

  fs.closeSync(out);
  child.ended = new Promise((resolve) => {
    child.once("exit", resolve);
    child.once("error", (error) => {
      fs.appendFileSync(log, `${command}: ${error.message}\n`);
      resolve(error);
    });
  });
  child.ended.then(() => { child.over = true; });
  return child;
};

/* Ends it: politely, again (livekit-server waits for its guests until it is
 * told twice), and then for certain. */
exports.stop = async function stop(child) {
  const kills = ["SIGTERM", "SIGTERM", "SIGKILL"];
  const after = [0, 300, 5000];

  for (let i = 0; i < kills.length && !child.over; i++) {
    await Promise.race([child.ended, new Promise((resolve) => setTimeout(resolve, after[i]))]);
    if (!child.over) {
      child.kill(kills[i]);
    }
  }
  await child.ended;
};
