"use strict";

/* nginx, livekit-server and an egress worker, with webhooks between them. */

const http = require("node:http");

const { startStack } = require("./stack");
const cookies = require("./cookies");
const { answer } = require("./wire");

const LOCATIONS = `
        livekit_api /_livekit/;

        location /_livekit/ {
            internal;
            proxy_pass http://127.0.0.1:@LIVEKIT_PORT@/;
            proxy_http_version 1.1;
            proxy_read_timeout 30s;
            proxy_ignore_client_abort on;
        }

        location = /hooks/livekit         { livekit_webhook; }
        location = /api/recordings/start  { livekit_recording start; }
        location = /api/recordings/stop   { livekit_recording stop; }
        location = /api/recordings        { livekit_recording list; }
`;

exports.webhook = (port) => `
webhook:
  api_key: e2e
  urls: ["http://127.0.0.1:${port}/hooks/livekit"]
`;

/* A request as somebody's page makes it; sub is who is signed in. */
exports.call = async (stack, sub, method, path, body, headers = {}) => {
  const cookie = sub && await cookies["next-auth"]({ sub, name: sub }, stack.sessionSecret);
  const text = body === undefined ? "" : JSON.stringify(body);

  return answer(http.request(new URL(path, stack.origin), {
    method,
    agent: false,
    headers: {
      ...(cookie && { Cookie: cookie }),
      ...(body !== undefined && { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) }),
      ...headers,
    },
  }), text);
};

exports.startRecordingStack = (later, { locations = "", ...options } = {}) =>
  startStack(later, { livekit: exports.webhook, locations: LOCATIONS + locations, ...options });
