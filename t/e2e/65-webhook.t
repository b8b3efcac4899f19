#!/usr/bin/env node
"use strict";

/*
 * Webhooks of a real livekit-server: each event is stored once, also when
 * nginx was away; and LiveKit's own receivers judge the same deliveries as
 * nginx does, or nginx is the stricter one, and is listed here.
 */

const { spawn } = require("node:child_process");
const crypto = require("node:crypto");
const http = require("node:http");

const { RoomServiceClient, WebhookReceiver } = require("livekit-server-sdk");

const proc = require("./lib/process");
const { startRecordingStack } = require("./lib/recording");
const { run, until } = require("./lib/tap");

/* One line in for each delivery, one out: what LiveKit's Python SDK says. */
const PYTHON = `
import json, sys
from livekit import api
receivers = {}
for line in sys.stdin:
    d = json.loads(line)
    r = api.WebhookReceiver(api.TokenVerifier(d["key"], d["secret"]))
    try:
        r.receive(d["body"], d["authorization"])
        print("yes", flush=True)
    except Exception as e:
        print("no", flush=True)
`;

const b64 = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

run(async (t, later) => {
  const seen = [];                     /* deliveries as LiveKit made them */
  const copy = http.createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk) => { body += chunk; });
    request.on("end", () => { seen.push({ authorization: request.headers.authorization, body }); response.end(); });
  });
  await new Promise((resolve) => copy.listen(0, "127.0.0.1", resolve));
  later(() => copy.close());

  const stack = await startRecordingStack(later, {
    livekit: (port) => `
webhook:
  api_key: e2e
  urls: ["http://127.0.0.1:${port}/hooks/livekit", "http://127.0.0.1:${copy.address().port}/"]
`,
  });
  const service = new RoomServiceClient(stack.livekit, stack.key, stack.secret);

  const stream = () => stack.redis("--json", "XRANGE", "lkg:events", "-", "+");
  const events = () => JSON.parse(stream() || "[]").map(([, fields]) =>
    Object.fromEntries(fields.flatMap((name, i) => i % 2 ? [] : [[name, fields[i + 1]]])));
  const stored = (what) => until(what, async () => events().find((one) => `${one.event} ${one.room}` === what));

  const deliver = ({ authorization, body }) => new Promise((resolve, reject) => {
    const request = http.request(new URL("/hooks/livekit", stack.origin), {
      method: "POST", agent: false,
      headers: {
        "Content-Type": "application/webhook+json", "Content-Length": Buffer.byteLength(body),
        ...(authorization !== undefined && { Authorization: authorization }),
      },
    });
    request.on("error", reject);
    request.on("response", (response) => { response.resume(); response.on("end", () => resolve(response.statusCode)); });
    request.end(body);
  });

  /* exactly one of each */

  await service.createRoom({ name: "physics", emptyTimeout: 600 });
  await stored("room_started physics");
  await service.deleteRoom("physics");
  await stored("room_finished physics");
  await until("both are delivered to us, too", async () => seen.length === 2);
  t.is(events().map((one) => one.event), ["room_started", "room_finished"], "a room's beginning and end are one event each");
  t.is(events().map((one) => one.body).sort(), seen.map((one) => one.body).sort(), "stored to the byte");

  const [real] = seen;
  const flip = (text, at) => text.slice(0, at) + (text[at] === "x" ? "y" : "x") + text.slice(at + 1);

  for (let i = 0; i < 3; i++) {
    t.is(await deliver(real), 200, "a replay is 200");
  }
  t.is(events().length, 2, "and stored once");
  t.is(await deliver({ ...real, body: flip(real.body, 20) }), 401, "one flipped byte of the body is 401");
  t.is(await deliver({ ...real, authorization: flip(real.authorization, real.authorization.length - 5) }), 401, "one of the signature is, too");
  t.is(await deliver({ ...real, body: real.body.slice(0, -1) }), 401, "so is one that is cut");

  /* nginx away */

  await stack.stopNginx();
  await service.createRoom({ name: "chemistry", emptyTimeout: 600 });
  await new Promise((resolve) => setTimeout(resolve, 5000));
  t.ok(!events().some((one) => one.room === "chemistry"), "while nginx is away nothing is stored");
  await stack.startNginx();
  await stored("room_started chemistry");
  t.is(events().filter((one) => one.room === "chemistry").length, 1, "once nginx is back the event arrives, once");

  /* side by side with LiveKit's own receivers */

  const python = spawn(proc.python, ["-c", PYTHON], { stdio: ["pipe", "pipe", "inherit"] });
  later(() => python.kill());
  const lines = require("node:readline").createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  const byPython = async (delivery) => {
    python.stdin.write(JSON.stringify({ key: stack.key, secret: stack.secret, ...delivery, authorization: delivery.authorization ?? "" }) + "\n");
    return (await lines.next()).value;
  };
  const receiver = new WebhookReceiver(stack.key, stack.secret);
  const byJs = ({ body, authorization }) => receiver.receive(body, authorization).then(() => "yes", () => "no");

  let number = 0;
  const now = Math.floor(Date.now() / 1000);
  const made = ({ header = { alg: "HS256" }, secret = stack.secret, hash = "sha256", body, bearer = "", ...claims } = {}) => {
    body ??= `{"event":"room_started","room":{"name":"made"},"id":"EV_${++number}","createdAt":"1"}`;
    const all = { iss: stack.key, nbf: now, exp: now + 300, sha256: crypto.createHash("sha256").update(body).digest("base64"), ...claims };
    const input = `${b64(header)}.${b64(all)}`;
    return { body, authorization: `${bearer}${input}.${crypto.createHmac(hash, secret).update(input).digest("base64url")}` };
  };
  const body = made().body;
  const digest = (encoding) => crypto.createHash("sha256").update(body).digest(encoding);

  /* what, the delivery, and whom: nginx, JavaScript, Python */
  const cases = [
    ["what LiveKit sent", real, "yes yes yes"],
    ["one made like it", made(), "yes yes yes"],
    ["a flipped byte", { ...real, body: flip(real.body, 20) }, "no no no"],
    ["a body that was parsed and written again", { ...real, body: JSON.stringify(JSON.parse(real.body), null, 1) }, "no no no"],
    ["a cut body", { ...real, body: real.body.slice(0, -1) }, "no no no"],
    ["another key", made({ secret: "x".repeat(40) }), "no no no"],
    ["another issuer", made({ iss: "other" }), "no no no"],
    ["no digest", made({ sha256: undefined }), "no no no"],
    ["an empty digest", made({ sha256: "" }), "no no no"],
    ["a token that is over", made({ exp: now - 100, nbf: now - 400 }), "no no no"],
    ["a token that has not begun", made({ nbf: now + 200 }), "no no no"],
    ["no algorithm", made({ header: { alg: "none" } }), "no no no"],
    ["no end", made({ exp: undefined }), "no no no"],
    ["no header", { body, authorization: undefined }, "no no no"],
    ["garbage", { body, authorization: "a.b.c" }, "no no no"],
    /* nginx is stricter than the JavaScript SDK: HS256 and nothing else, as LiveKit's server has it */
    ["HS512, rightly signed", made({ header: { alg: "HS512" }, hash: "sha512" }), "no yes no"],
    /* nginx is more lenient than both: the header that other tools write */
    ["Bearer before the token", made({ bearer: "Bearer " }), "yes no no"],
    /* nginx allows 60 s between clocks, as LiveKit's server and Python do; JavaScript 10 s */
    ["over for 30 s", made({ exp: now - 30, nbf: now - 330 }), "yes no yes"],
    /* nginx and JavaScript compare the digest's text; Python decodes, and overlooks what is not base64 */
    ["a digest with a space", made({ body, sha256: `${digest("base64")} ` }), "no no yes"],
    ["a digest in hexadecimal", made({ body, sha256: digest("hex") }), "no no no"],
  ];
  for (const [name, delivery, want] of cases) {
    const answers = [await deliver(delivery) === 200 ? "yes" : "no", await byJs(delivery), await byPython(delivery)];
    t.is(answers.join(" "), want, `nginx, JavaScript, Python: ${name}`);
  }

  t.is(await deliver(made({ body: `{"event":"room_started","id":"EV_big","pad":"${"x".repeat(70000)}"}` })), 413, "huge is 413");
  t.is(await deliver(made({ body: "not JSON" })), 400, "signed nonsense is 400");
  t.ok(!/\[(alert|crit|emerg)\]/.test(stack.log("error.log")), "no alert in nginx's log");
  t.ok(!/eyJ/.test(stack.log("error.log") + stack.log("access.log")), "and no token");
});
