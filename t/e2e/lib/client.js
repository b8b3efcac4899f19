"use strict";

/* Asking nginx for tokens, and the token that livekit-server-sdk makes. */

const http = require("node:http");
const { AccessToken } = require("livekit-server-sdk");

const { answer } = require("./wire");

/*
 * POSTs to the token endpoint.  body is an object, or text as it is to be
 * sent; headers is a list of [name, value], so that a name may come twice.
 */
exports.ask = (origin, cookie, body,
  { headers = [], query = "", path = "/api/connection-details" } = {}) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const url = new URL(path + query, origin);

  return answer(http.request(url, {
    method: "POST",
    agent: false,
    headers: [
      ["Host", url.host],
      ["Content-Type", "application/json"],
      ["Content-Length", Buffer.byteLength(text)],
      ...(cookie ? [["Cookie", cookie]] : []),
      ...headers,
    ].flat(),
  }), text);
};

exports.decode = (token) => {
  const [header, payload] = token.split(".").slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url")));

  return { header, payload };
};

/* Fills {name}, {role}, {now} ... in every string of a template. */
const fill = (template, values) => JSON.parse(JSON.stringify(template),
  (_, value) => typeof value !== "string" ? value
    : value.replace(/\{(\w+)\}/g, (_all, name) => values[name]));

/* What a policy that does not say gets, in seconds. */
exports.TTL = 600;

/*
 * The token that livekit-server-sdk makes of the same policy for the same
 * person, as { header, payload }.
 */
exports.sdkToken = async ({ key, secret, policy }, { identity, name, role, room, now }) => {
  const values = { identity, name, role, room, now: String(now) };
  const { ttl = exports.TTL, metadata, attributes, name: display } = policy.token;
  const token = new AccessToken(key, secret, {
    identity, ttl,
    name: fill(display, values),
    metadata: JSON.stringify(fill(metadata, values)),
    ...(attributes && { attributes: fill(attributes, values) }),
  });

  token.addGrant({ room, ...policy.roles[role].grants });
  return exports.decode(await token.toJwt());
};

/* A video grant with everything that LiveKit takes for granted written out. */
exports.spelledOut = (video) => ({
  roomCreate: false, roomList: false, roomRecord: false, roomAdmin: false,
  ingressAdmin: false, hidden: false, recorder: false, agent: false,
  canPublish: true, canSubscribe: true, canUpdateOwnMetadata: false,
  canSubscribeMetrics: false, canManageAgentSession: false,
  canPublishData: video.canPublish ?? true,
  ...video,
});
