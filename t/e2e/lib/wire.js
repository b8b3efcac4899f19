"use strict";

/* What comes over a connection: the answer to a request, a WebSocket's frames. */

/* Sends the request of node:http with this body. */
exports.answer = (request, body = "") => new Promise((resolve, reject) => {
  request.on("error", reject);
  request.on("response", (response) => {
    let data = "";
    response.setEncoding("utf8");
    response.on("data", (chunk) => { data += chunk; });
    response.on("end", () => resolve({
      status: response.statusCode,
      headers: response.headers,
      text: data,
      get json() { return JSON.parse(data); },
    }));
  });
  request.end(body);
});

/* The whole frames at the start of a server's bytes, as { opcode, data }, and the rest. */
exports.frames = (bytes) => {
  const list = [];

  for (;;) {
    if (bytes.length < 2) {
      return [list, bytes];
    }
    let length = bytes[1] & 127;
    let start = 2;

    if (length === 126 && bytes.length >= 4) {
      length = bytes.readUInt16BE(2);
      start = 4;
    } else if (length === 127 && bytes.length >= 10) {
      length = Number(bytes.readBigUInt64BE(2));
      start = 10;
    } else if (length > 125) {
      return [list, bytes];
    }
    if (bytes.length < start + length) {
      return [list, bytes];
    }
    list.push({ opcode: bytes[0] & 15, data: bytes.subarray(start, start + length) });
    bytes = bytes.subarray(start + length);
  }
};
