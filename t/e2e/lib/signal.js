"use strict";

/*
 * A participant that is nothing but its WebSocket: LiveKit lists it, tells it
 * what happens, and can be told to append to its identity (publish=).
 */

const crypto = require("node:crypto");
const http = require("node:http");

const { until } = require("./tap");
const { frames } = require("./wire");

/* A client's frame has a mask, be it of zeros. */
const frame = (text) => Buffer.concat([
  Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text),
]);

/*
 * Resolves to { status } where there is no WebSocket, else to { status: 101,
 * tokens, closed, close }: the tokens that LiveKit renews, newest last.
 */
exports.signal = (later, origin, token, { path = "/rtc", query = "" } = {}) =>
  new Promise((resolve, reject) => {
    const request = http.request(new URL(
      `${path}?access_token=${token}&protocol=15&sdk=js&version=2.0.0&auto_subscribe=1${query}`, origin), {
      agent: false,
      headers: {
        Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": crypto.randomBytes(16).toString("base64"),
      },
    });

    request.on("error", reject);
    request.on("response", (response) => {
      response.resume();
      resolve({ status: response.statusCode });
    });
    request.on("upgrade", (_, socket, head) => {
      const client = { status: 101, tokens: [], closed: false, close: () => socket.destroy() };
      let rest = head;

      const take = (bytes) => {
        let list;

        [list, rest] = frames(Buffer.concat([rest, bytes]));
        for (const { data } of list.filter(({ opcode }) => opcode === 1)) {
          const { refreshToken } = JSON.parse(data);
          if (refreshToken) {
            client.tokens.push(refreshToken);
          }
        }
        if (list.some(({ opcode }) => opcode === 8)) {
          client.closed = true;
        }
      };

      socket.on("data", take);
      socket.on("error", () => {});
      socket.on("close", () => { client.closed = true; });
      later(() => client.close());

      /* text makes LiveKit speak JSON */
      socket.write(frame('{"ping":"1"}'));
      take(Buffer.alloc(0));
      resolve(client);
    });
    request.end();
  });

exports.closed = (what, client) => until(`${what} is thrown out`, () => client.closed);
