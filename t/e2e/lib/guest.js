"use strict";

/* LiveKit's signalling as a client speaks it, and requests as nobody sends them. */

const crypto = require("node:crypto");
const net = require("node:net");

const { JoinRequest, SignalResponse, WrappedJoinRequest } = require("@livekit/protocol");
const { until } = require("./tap");
const { frames } = require("./wire");

const connect = (origin) => {
  const { hostname, port } = new URL(origin);
  return net.connect(Number(port), hostname);
};

/* One request, byte by byte as it is given, and its answer. */
exports.raw = (origin, line, { headers = [], body = "" } = {}) => new Promise((resolve, reject) => {
  const socket = connect(origin);
  const head = [line, ...headers, `Host: ${new URL(origin).host}`, "Connection: close", "", ""].join("\r\n");
  const chunks = [];

  socket.setTimeout(20000, () => socket.destroy(new Error(`no answer to ${line}`)));
  socket.on("error", (error) => error.code === "ECONNRESET" && chunks.length ? socket.emit("end") : reject(error));
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("end", () => {
    const text = Buffer.concat(chunks).toString("latin1");
    const [, status] = /^HTTP\/1\.[01] (\d+)/.exec(text) ?? [];
    const end = text.indexOf("\r\n\r\n");
    socket.destroy();
    resolve({ status: Number(status), headers: text.slice(0, end), text: text.slice(end + 4) });
  });
  socket.write(Buffer.from(head + body, "latin1"));
});

/* /rtc wants nothing but a token; /rtc/v1 a join_request, too. */
exports.target = (path, token, args = "") => {
  const settings = { autoSubscribe: true };
  const request = new WrappedJoinRequest({
    joinRequest: new JoinRequest({ connectionSettings: settings }).toBinary(),
  });
  const text = Buffer.from(request.toBinary()).toString("base64").replaceAll("+", "-").replaceAll("/", "_");

  return `${path}?access_token=${token}&protocol=15&sdk=js&version=2.23.0&auto_subscribe=1`
    + (path.startsWith("/rtc/v1") ? `&join_request=${encodeURIComponent(text)}` : "") + args;
};

/*
 * A participant without media.  Its status is nginx's or LiveKit's; where that
 * is 101, message("join") waits for a message of that name.
 */
exports.signal = (later, origin, path, token, args) => new Promise((resolve, reject) => {
  const socket = connect(origin);
  const state = { data: Buffer.alloc(0), open: false };
  const messages = [];
  const self = {
    over: false,
    messages,
    message: (name) => until(`LiveKit's message "${name}"`, () => {
      const i = messages.findIndex(({ message }) => message.case === name);
      return i >= 0 && messages.splice(i, 1)[0].message.value;
    }),
    close() { socket.destroy(); self.over = true; },
  };

  later(() => self.close());
  socket.on("error", reject);
  socket.on("close", () => { self.over = true; });
  socket.on("data", (chunk) => {
    state.data = Buffer.concat([state.data, chunk]);
    if (!state.open) {
      const end = state.data.indexOf("\r\n\r\n");
      if (end < 0) {
        return;
      }
      self.status = Number(/^HTTP\/1\.1 (\d+)/.exec(state.data.toString("latin1"))[1]);
      self.text = state.data.toString("latin1", end + 4);
      state.data = state.data.subarray(end + 4);
      state.open = self.status === 101;
      resolve(self);
      if (!state.open) {
        socket.destroy();
        return;
      }
    }
    let list;

    [list, state.data] = frames(state.data);
    for (const { opcode, data } of list) {
      if (opcode === 2) {
        messages.push(SignalResponse.fromBinary(data));
      } else if (opcode === 8) {
        self.close();
      }
    }
  });
  socket.write([
    `GET ${exports.target(path, token, args)} HTTP/1.1`,
    `Host: ${new URL(origin).host}`, "Upgrade: websocket", "Connection: Upgrade",
    `Sec-WebSocket-Key: ${crypto.randomBytes(16).toString("base64")}`, "Sec-WebSocket-Version: 13", "", "",
  ].join("\r\n"));
});
