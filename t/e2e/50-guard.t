#!/usr/bin/env node
"use strict";

/*
 * The guard in front of a real livekit-server.  Whatever nginx lets in,
 * LiveKit reads as the token that nginx has seen; and whoever was kicked,
 * banned or demoted stays out, with the token that LiveKit itself renewed,
 * too, whereas LiveKit alone would let everybody in again.
 */

const crypto = require("node:crypto");
const path = require("node:path");

const { AccessToken, RoomServiceClient } = require("livekit-server-sdk");

const { openPage, startBrowser } = require("./lib/browser");
const { ask, decode } = require("./lib/client");
const cookies = require("./lib/cookies");
const { joinWithPython } = require("./lib/python");
const { raw, signal, target } = require("./lib/guest");
const { startStack } = require("./lib/stack");
const { run, until } = require("./lib/tap");

const ROOM = "physics";
const now = () => Math.floor(Date.now() / 1000);
const issuer = (token) => decode(token).payload.iss;

run(async (t, later) => {
  const second = crypto.randomBytes(32).toString("hex");
  const client = path.join(__dirname, "node_modules/livekit-client/dist");

  /* LiveKit has two keys, in whatever order; nginx signs with the first. */

  const stack = await startStack(later, {
    guard: `livekit_guard on; livekit_key e2e file:livekit.secret; livekit_key second ${second};`,
    keys: { second },
    locations: `
      location /whip/v1 {
        livekit_guard on;
        proxy_pass http://127.0.0.1:@LIVEKIT_PORT@;
        proxy_set_header Cookie "";
      }
      location = /page { default_type text/html; return 200 "<script src=/client/livekit-client.umd.js></script>"; }
      location /client/ { alias ${client}/; }`,
  });
  const { origin, livekit, key, secret } = stack;
  const service = new RoomServiceClient(livekit, key, secret);
  const hash = `lkg:room:{${ROOM}}`;

  const members = () => {
    stack.redis("DEL", hash);
    stack.redis("HSET", hash, "m:u-ann", "teacher", "m:u-bob", "student", "m:u-cat", "student");
  };
  members();

  /* a kick is set a minute ahead, as nginx and lkgrant set it */
  const kick = (who) => stack.redis("HSET", hash, `d:${who}`, String(now() + 60));

  const issue = async (sub) => {
    const cookie = await cookies.jwt({ sub, name: sub }, stack.sessionSecret);
    return (await ask(origin, cookie, { roomName: ROOM })).json.token;
  };
  const sdk = async (identity, grants, { name, value } = { name: key, value: secret }, more = {}) => {
    const token = new AccessToken(name, value, { identity, ttl: 600, ...more });
    token.addGrant({ room: ROOM, roomJoin: true, ...grants });
    return token.toJwt();
  };
  const validate = async (where, token) =>
    (await fetch(where + target("/rtc/validate", token))).status;

  const ann = await issue("u-ann");
  const bob = await issue("u-bob");


  /* The door is open to those who belong there. */

  for (const at of ["/rtc/validate", "/rtc/v1/validate"]) {
    const answer = await fetch(origin + target(at, bob));
    t.is([answer.status, await answer.text()], [200, "success"], `${at} answers through nginx`);
  }

  for (const at of ["/rtc", "/rtc/v1"]) {
    const guest = await signal(later, origin, at, bob);
    t.is(guest.status, 101, `${at}: a WebSocket through nginx`);
    t.is((await guest.message("join")).participant.identity, "u-bob", `${at}: LiveKit knows who it is`);
    guest.close();
  }


  /*
   * What LiveKit reads.  One token is good; with the other, LiveKit says 400:
   * its identity is too long.  So each answer tells which was read.
   */

  const other = await sdk("x".repeat(300), {});
  const GOOD = bob, AUTH = "Authorization: Bearer ";
  const path_ = "/rtc/validate";
  const get = (query, headers = []) => ({ line: `GET ${path_}?${query} HTTP/1.1`, headers });
  const post = (query, type, body, headers = []) => ({
    line: `POST ${path_}?${query} HTTP/1.1`, body,
    headers: [...headers, `Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body, "latin1")}`],
  });
  const both = (a, b) => `access_token=${a}&access_token=${b}`;
  const hex = (text) => [...text].map((c) => `%${c.charCodeAt(0).toString(16)}`).join("");
  const form = (token) => `--x\r\nContent-Disposition: form-data; name="access_token"\r\n\r\n${token}\r\n--x--\r\n`;
  const URLENCODED = "application/x-www-form-urlencoded";

  const odd = (a, b) => ({
    "twice": get(both(a, b)),
    "an escaped underscore": get(`access%5Ftoken=${a}&access_token=${b}`),
    "an escaped letter": get(`%61ccess_token=${a}&access_token=${b}`),
    "an escaped name behind": get(`access_token=${a}&${hex("access_token")}=${b}`),
    "an escaped value": get(`access_token=${hex(a)}`),
    "an empty one first": get(`access_token=&access_token=${b}`),
    "one without a value first": get(`access_token&access_token=${a}`),
    "capitals": get(`ACCESS_TOKEN=${a}&access_token=${b}`),
    "capitals behind": get(`access_token=${a}&Access_Token=${b}`),
    "capitals only": get(`ACCESS_TOKEN=${a}`),
    "a bad escape in the first": get(`access_token=${a}%zz&access_token=${b}`),
    "a bad escape in its name": get(`access_token%zz=${a}&access_token=${b}`),
    "a bad escape elsewhere": get(`x=%zz&access_token=${a}`),
    "a lone percent sign": get(`%&access_token=${a}&%=${b}`),
    "a semicolon": get(`x=1;access_token=${a}&access_token=${b}`),
    "a semicolon behind": get(`access_token=${a};access_token=${b}`),
    "a semicolon only": get(`x=1;access_token=${a}`),
    "an escaped semicolon": get(`x=1%3Baccess_token=${a}&access_token=${b}`),
    "a fragment": get(`access_token=${a}#&access_token=${b}`),
    "a fragment first": get(`x#&access_token=${a}`),
    "a fragment around": get(`#?access_token=${a}&access_token=${b}`),
    "a second question mark": get(`x?access_token=${a}&access_token=${b}`),
    "a question mark first": get(`?access_token=${a}`),
    "a plus": get(`access_token=+${a}`),
    "a plus in the name": get(`access+token=${a}&access_token=${b}`),
    "a NUL": get(`access_token=${a}%00&access_token=${b}`),
    "a NUL in the name": get(`access_token%00=${a}&access_token=${b}`),
    "brackets": get(`access_token[]=${a}&access_token=${b}`),
    "no pair at all": get(`&&&access_token=${a}&&`),
    "ten thousand arguments": get(`${"&".repeat(10001)}access_token=${a}`),
    "a header": get("", [AUTH + a]),
    "a header and an argument": get(`access_token=${a}`, [AUTH + b]),
    "the same in both": get(`access_token=${a}`, [AUTH + a]),
    "a header of another scheme": get(`access_token=${a}`, [`Authorization: Token ${b}`]),
    "a header in small letters": get(`access_token=${a}`, [`authorization: bearer ${b}`]),
    "a header with two blanks": get(`access_token=${a}`, [`Authorization: Bearer  ${b}`]),
    "a header with a tab": get(`access_token=${a}`, [`Authorization:\tBearer ${b}`]),
    "a header with a tab behind": get(`access_token=${a}`, [`Authorization: Bearer ${b}\t`]),
    "an empty header": get(`access_token=${a}`, ["Authorization:"]),
    "a header that is folded": get(`access_token=${a}`, ["X: 1\r\n Authorization: Bearer " + b]),
    "two headers": get("", [AUTH + a, AUTH + b]),
    "two headers, one of them Basic": get("", ["Authorization: Basic dTpw", AUTH + b]),
    "Basic and an argument": get(`access_token=${a}`, ["Authorization: Basic dTpw"]),
    "a header with an underscore": get(`access_token=${a}`, ["Authorization_: Bearer " + b]),
    "a header with a blank": get(`access_token=${a}`, ["Authorization : Bearer " + b]),
    "a form": post("", URLENCODED, `access_token=${a}`),
    "a form and an argument": post(`access_token=${a}`, URLENCODED, `access_token=${b}`),
    "a form and a header": post("", URLENCODED, `access_token=${b}`, [AUTH + a]),
    "a form in capitals": post(`access_token=${a}`, URLENCODED.toUpperCase(), `access_token=${b}`),
    "a form with parameters": post(`access_token=${a}`, `${URLENCODED}; charset=utf-8`, `access_token=${b}`),
    "a form by another i": post(`access_token=${a}`, "appl\xc4\xb0cation/x-www-form-urlencoded", `access_token=${b}`),
    "a form in parts": post("", "multipart/form-data; boundary=x", form(a)),
    "a form in parts and an argument": post(`access_token=${a}`, "multipart/form-data; boundary=x", form(b)),
    "a form that is put": { ...post(`access_token=${a}`, URLENCODED, `access_token=${b}`), line: `PUT ${path_}?access_token=${a} HTTP/1.1` },
    "a form in parts with GET": { ...post("", "multipart/form-data; boundary=x", form(a)), line: `GET ${path_} HTTP/1.1` },
    "two types": post(`access_token=${a}`, URLENCODED, `access_token=${b}`, ["Content-Type: text/plain"]),
    "no form": post(`access_token=${a}`, "text/plain", `access_token=${b}`),
    "the whole URL": { line: `GET http://elsewhere${path_}?access_token=${a} HTTP/1.1` },
    "HTTP/1.0": { line: `GET ${path_}?access_token=${a} HTTP/1.0` },
    "two slashes": { line: `GET /${path_}?${both(a, b)} HTTP/1.1` },
    "an escaped path": { line: `GET /%72tc/validate?${both(a, b)} HTTP/1.1` },
    "a path with its query escaped": { line: `GET ${path_}%3Fx=1?${both(a, b)} HTTP/1.1` },
    "dots": { line: `GET /x/..${path_}?access_token=${a} HTTP/1.1` },
  });

  /* "good", "other", "none" or "refused": by LiveKit itself */
  const read = ({ status, text }) => status === 200 && text === "success" ? "good"
    : status === 400 && text.includes("identity length") ? "other"
    : /no permissions|permissions denied/.test(text) ? "none" : "refused";
  const byNginx = ({ headers, status, text }) => status === 400 || /application\/json/.test(headers) || /<center>nginx/.test(text);

  const seen = { good: 0, other: 0, none: 0, refused: 0 };
  let passed = 0;

  for (const [good, bad, order] of [[GOOD, other, "good first"], [other, GOOD, "other first"]]) {
    for (const [what, { line, ...rest }] of Object.entries(odd(good, bad))) {
      const direct = await raw(livekit, line, rest);
      const guarded = await raw(origin, line, rest);

      seen[read(direct)]++;
      if (byNginx(guarded) && read(guarded) !== "other") {
        t.ok([400, 401, 403].includes(guarded.status), `${what}, ${order}: nginx says ${guarded.status}, LiveKit reads: ${read(direct)}`);
        continue;
      }
      passed++;
      t.ok(read(guarded) !== "other", `${what}, ${order}: nginx lets in what LiveKit reads as ${read(guarded)}`);
    }
  }
  t.ok(seen.good > 20 && seen.other > 20 && seen.none + seen.refused > 10,
    `LiveKit alone reads now one, now the other: ${JSON.stringify(seen)}`);
  t.ok(passed > 10, `the guard is no wall: it let ${passed} of them in`);


  /* Tokens that are not good, and LiveKit's view of them. */

  const b64 = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const sign = (claims, with_ = secret, header = { alg: "HS256" }, hash_ = "sha256") => {
    const text = `${b64(header)}.${b64(claims)}`;
    return `${text}.${crypto.createHmac(hash_, with_).update(text).digest("base64url")}`;
  };
  const claims = { ...decode(bob).payload };
  const { exp, ...forever } = claims;

  for (const [what, token, status] of [
    ["another secret", sign(claims, "x".repeat(32)), 401],
    ["HS512", sign(claims, secret, { alg: "HS512" }, "sha512"), 401],
    ["no signature", `${b64({ alg: "none" })}.${b64(claims)}.`, 401],
    ["over", sign({ ...claims, exp: now() - 90 }), 401],
    ["not begun", sign({ ...claims, nbf: now() + 90 }), 401],
    ["for ever, which LiveKit 1.13.5 takes", sign(forever), 401],
    ["another name in capitals, which LiveKit reads", sign({ ...claims, Sub: "u-ann" }), 401],
    ["a grant in capitals, which LiveKit reads", sign({ ...claims, video: { ...claims.video, canpublish: true } }), 401],
    ["no room", sign({ ...claims, video: { roomJoin: true } }), 403],
    ["no roomJoin", sign({ ...claims, video: { room: ROOM, roomAdmin: true } }), 403],
    ["an agent", sign({ ...claims, kind: "agent" }), 403],
    ["roomAdmin", sign({ ...claims, video: { ...claims.video, roomAdmin: true } }), 403],
    ["LiveKit's defaults", await sdk("u-bob", {}), 403],
  ]) {
    t.is(await validate(origin, token), status, `${what}: ${status}`);
  }
  t.is(await validate(livekit, sign(forever)), 200, "LiveKit alone takes a token for ever");
  t.is(await validate(livekit, sign({ ...claims, Sub: "x".repeat(300) })), 400, "LiveKit alone reads names in any case");
  t.is(await validate(origin, await sdk("u-ann", { canPublish: false })), 200, "a token of LiveKit's SDK, for less: 200");


  /* Who is renewed by LiveKit, and what the guard thinks of it. */

  const renewed = async (token, args) => {
    const guest = await signal(later, origin, "/rtc", token, args);
    await guest.message("join");
    const fresh = await guest.message("refreshToken");
    return { guest, token: fresh };
  };

  const first = await renewed(bob);
  t.is(decode(first.token).payload.sub, "u-bob", "LiveKit renews the token of a guest");
  t.ok(decode(first.token).payload.exp > 0 && first.token !== bob, "it is another one");
  t.is(await validate(origin, first.token), 200, "which opens the door, too");

  const more = await renewed(ann, "&publish=screen");
  t.is(decode(more.token).payload.sub, "u-ann#screen", "LiveKit appends to the identity itself");
  t.is(await validate(origin, more.token), 200, "and the guard knows whose it is");
  more.guest.close();

  const issuers = { [issuer(first.token)]: first.token };
  for (let i = 0; i < 100 && Object.keys(issuers).length < 2; i++) {
    const { guest, token } = await renewed(await issue("u-cat"));
    issuers[issuer(token)] = token;
    guest.close();
  }
  t.is(Object.keys(issuers).sort(), ["e2e", "second"], "LiveKit signs with the one key or the other");
  for (const [name, token] of Object.entries(issuers)) {
    t.is(await validate(origin, token), 200, `renewed with the key "${name}": 200`);
  }

  kick("u-bob");
  await service.removeParticipant(ROOM, "u-bob");
  await until("the guest is thrown out", () => first.guest.over);
  t.ok(true, "a kick throws the guest out");
  for (const [what, token] of [["the old token", bob], ["the renewed one", first.token]]) {
    t.is(await validate(origin, token), 403, `${what} after the kick: 403 at nginx`);
    t.is(await validate(livekit, token), 200, `${what} after the kick: LiveKit takes it`);
    for (const at of ["/rtc", "/rtc/v1"]) {
      const back = await signal(later, origin, at, token);
      t.is(back.status, 403, `${what} after the kick: no WebSocket at ${at}`);
      t.ok(!back.text.includes(token) && back.text.length < 200, "and few words");
    }
  }
  const around = await signal(later, livekit, "/rtc", first.token);
  t.is(around.status, 101, "around nginx LiveKit lets the kicked one in again");
  around.close();

  const begun = decode(first.token).payload.nbf;
  await until("that second is over", () => now() > begun + 1);
  stack.redis("HSET", hash, "d:u-bob", String(begun));
  t.is(await validate(origin, await issue("u-bob")), 200, "when the kick is over, a new token is good");
  t.is(await validate(origin, first.token), 403, "the renewed one is not");
  t.is(await validate(origin, bob), 403, "and the old one is not");
  members();


  /* Roles that change. */

  const student = { canPublish: false, canSubscribe: true, canPublishData: true };
  const teacher = { canPublish: true, canSubscribe: true, canPublishData: true };
  const becomes = async (who, role, permission, guest) => {
    guest.messages.length = 0;
    stack.redis("HSET", hash, `m:${who}`, role);
    await service.updateParticipant(ROOM, who, { permission });
    return until("LiveKit tells of the new grants", async () => {
      const fresh = await guest.message("refreshToken");
      return decode(fresh).payload.video.canPublish === permission.canPublish && fresh;
    });
  };

  const pupil = await renewed(await issue("u-cat"));
  const promoted = await becomes("u-cat", "teacher", teacher, pupil.guest);
  t.is(await validate(origin, promoted), 200, "promoted in LiveKit and in Redis: the renewed token is good");
  t.is(await validate(origin, pupil.token), 200, "and the one of before as well: it grants less");

  const demoted = await becomes("u-cat", "student", student, pupil.guest);
  t.is(await validate(origin, promoted), 403, "demoted: the token of the time as a teacher is over");
  t.is(await validate(livekit, promoted), 200, "LiveKit alone takes it");
  t.is(await validate(origin, demoted), 200, "the renewed one is good");

  for (const [what, ...fact] of [
    ["banned", "HSET", hash, "b:u-cat", "0"],
    ["the room is closed", "HSET", hash, "state", "closed"],
    ["no member any more", "HDEL", hash, "m:u-cat"],
    ["a former member", "HSET", hash, "m:u-cat", `student;exp=${now() - 1}`],
  ]) {
    members();
    t.is(await validate(origin, demoted), 200, `before: 200`);
    stack.redis(...fact);
    t.is(await validate(origin, demoted), 403, `${what}: 403`);
  }
  members();
  pupil.guest.close();


  /* LiveKit's own clients: Python's, and one in a browser. */

  const python = joinWithPython(later, origin.replace("http", "ws"), ann);
  t.is((await python.event("connected")).identity, "u-ann", "LiveKit's Python client joins through the guard");
  t.is((await python.tell("publish")).event, "published", "and publishes");

  const browser = await startBrowser(later);
  const page = await openPage(browser);
  await page.goto(`${origin}/page`);
  await page.waitForFunction(() => window.LivekitClient);

  const connect = (url, token) => page.evaluate(async ([server, jwt]) => {
    const { Room, RoomEvent, DisconnectReason, ConnectionErrorReason } = window.LivekitClient;
    const room = new Room();
    window.room = room;
    window.left = undefined;
    room.on(RoomEvent.Disconnected, (reason) => { window.left = DisconnectReason[reason] ?? "unknown"; });
    try {
      await room.connect(server, jwt);
      return { state: room.state, identity: room.localParticipant.identity };
    } catch (error) {
      return { error: error.message, status: error.status, reason: ConnectionErrorReason[error.reason] };
    }
  }, [url.replace("http", "ws"), token]);

  const cat = await issue("u-cat");
  t.is(await connect(origin, cat), { state: "connected", identity: "u-cat" }, "Chromium joins through the guard");
  t.ok(await until("they meet", () => page.evaluate(() => window.room.remoteParticipants.has("u-ann"))), "and meets the other one");

  kick("u-cat");
  await service.removeParticipant(ROOM, "u-cat");
  t.is(await until("Chromium is thrown out", () => page.evaluate(() => window.left)), "PARTICIPANT_REMOVED", "a kick throws Chromium out");

  const refused = await connect(origin, cat);
  t.is([refused.status, refused.reason], [403, "NotAllowed"], "its way back is closed at nginx");
  t.like(refused.error, /does not open the room/, "as LiveKit's client tells");
  t.is(await connect(livekit, cat), { state: "connected", identity: "u-cat" }, "LiveKit alone lets it in again");
  await page.evaluate(() => window.room.disconnect());
  members();

  const whip = (method, token, sdp) => page.evaluate(async ([verb, jwt, offer]) => {
    const pc = new RTCPeerConnection();
    pc.addTransceiver("audio", { direction: "sendonly" });
    const { sdp: own } = await pc.createOffer();
    const answer = await fetch("/whip/v1", {
      method: verb, body: offer ?? own,
      headers: { "Content-Type": "application/sdp", ...(jwt && { Authorization: `Bearer ${jwt}` }) },
    });
    return { status: answer.status, sdp: (await answer.text()).startsWith("v=0") };
  }, [method, token, sdp]);

  t.is(await whip("POST", await issue("u-ann")), { status: 201, sdp: true }, "WHIP through the guard");
  kick("u-ann");
  t.is((await whip("POST", ann)).status, 403, "not for the kicked");
  t.is((await whip("POST", null)).status, 401, "nor without a token");

  const preflight = await raw(origin, "OPTIONS /whip/v1 HTTP/1.1",
    { headers: ["Origin: https://elsewhere.example", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization"] });
  t.ok(preflight.status < 300 && /access-control-allow-methods/i.test(preflight.headers), "preflights are LiveKit's");
  members();


  /* Redis goes away: those inside stay, nobody comes in, nobody is sent away for good. */

  const inside = await renewed(await issue("u-bob"));
  process.kill(stack.redisPid, "SIGKILL");
  await until("nginx cannot know", async () => await validate(origin, bob) === 503);
  t.is((await signal(later, origin, "/rtc", bob)).status, 503, "Redis is gone: 503");
  t.ok(!inside.guest.over, "who is inside stays inside");

  for (const name of ["error.log", "nginx.log", "access.log"]) {
    t.ok(!/eyJ[\w-]{10,}\./.test(stack.log(name)), `no token in nginx's ${name}`);
  }
  t.like(stack.log("error.log"), /livekit guard: forbidden: kicked, room "physics", identity "u-bob".*request: "GET \/rtc\?"|request: "GET \/rtc\/validate\?"/, "which tells who was refused");
});
