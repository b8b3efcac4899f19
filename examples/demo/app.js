/*
 * The demo's page: sign in, ask nginx for a token, join the room, show what
 * was decided.  token.js talks to nginx, call.js to LiveKit.
 */

import { Call } from "./call.js";
import { Refused, claimsOf, requestToken } from "./token.js";

const $ = (id) => document.getElementById(id);

const GRANTS = [
  ["roomJoin", "Join the room"],
  ["canPublish", "Speak and be seen"],
  ["canSubscribe", "See and hear others"],
  ["canPublishData", "Send messages"],
  ["canUpdateOwnMetadata", "Change your own name"],
  ["roomAdmin", "Moderate this room"],
  ["roomRecord", "Record every room"],
];
const ALWAYS_SHOWN = 4;

const LEFT = {
  DUPLICATE_IDENTITY: "You joined this room from another tab, which ended the call here.",
  PARTICIPANT_REMOVED: "You were removed from the room.",
  ROOM_DELETED: "The room was closed.",
  SERVER_SHUTDOWN: "livekit-server was stopped.",
};

let config = { livekit: false, room: "demo" };
let me = null;
let call = null;


/* Everything that the page shows hangs on these three. */

function show(view) {
  for (const id of ["signin", "join", "call", "token-only"]) {
    $(id).hidden = id !== view && !(id === "join" && view === "token-only");
  }
}

function notice(title, text = "", kind = "") {
  $("notice-title").textContent = title;
  $("notice-text").textContent = text;
  $("notice").className = `notice ${kind}`;
  $("notice").hidden = !title;
}

function step(id, state, detail) {
  const item = $(`step-${id}`);
  const text = item.querySelector(".detail");

  item.className = state;
  text.dataset.idle ??= text.textContent;
  text.textContent = detail ?? text.dataset.idle;
}


function resetPath() {
  for (const id of ["session", "room", "policy", "token", "livekit"]) {
    step(id, "");
  }
  if (me) {
    step("session", "yes", `you are ${me.identity}`);
  }
}

function showRefusal(error, room) {
  switch (error.status) {
    case 401:
      me = null;
      $("who").hidden = true;
      show("signin");
      resetPath();
      step("session", "no", "no valid session cookie");
      return notice("Not signed in (401).", "nginx found no valid session cookie. Sign in and try again.");

    case 403:
      step("room", "no", "not for you, or not as you asked");
      return notice("Refused (403).", `You are signed in, but nginx does not let you into “${room}”: `
        + "you are not on its list, or not with the role that you asked for.");

    case 503:
      step("room", "unknown", "Redis does not answer");
      return notice("Not known (503).", "Redis does not answer, so nginx can say neither yes nor no. "
        + `Try again in ${error.retryAfter ?? "a few"} s.`, "unknown");

    case 0:
      return notice("No answer.", "nginx cannot be reached. Is the demo still running?");

    default:
      return notice(`nginx answered ${error.status}.`, error.message);
  }
}

function showToken(token) {
  const claims = claimsOf(token);
  const video = claims.video ?? {};
  const minutes = Math.round((claims.exp - claims.nbf) / 60);

  step("session", "yes", `you are ${claims.sub}`);
  step("room", "yes", `${claims.sub} belongs to ${video.room}`);
  step("policy", "yes", `role ${claims.attributes?.role ?? "known"}`);
  step("token", "yes", `signed, good for ${minutes} minutes`);

  $("grants").replaceChildren(...GRANTS
    .filter(([name], i) => i < ALWAYS_SHOWN || video[name])
    .map(([name, words]) => {
      const item = document.createElement("li");
      const code = document.createElement("code");

      item.className = video[name] ? "yes" : "no";
      code.textContent = name;
      item.append(words, code);
      return item;
    }));

  $("claims").textContent = JSON.stringify(claims, null, 2);
  $("token-only-claims").textContent = $("claims").textContent;
  $("token").textContent = token;
  $("grants-card").hidden = false;
}


async function join(event) {
  event.preventDefault();

  const room = $("room").value.trim();
  $("join-button").disabled = true;
  $("grants-card").hidden = true;
  notice("");
  show("join");
  resetPath();

  try {
    const { token, url } = await requestToken(room, $("role").value);
    showToken(token);

    if (config.livekit) {
      await enter(url, token, room);
    } else {
      step("livekit", "", "not running on this machine");
      show("token-only");
    }
  } catch (error) {
    if (error instanceof Refused) {
      showRefusal(error, room);
    } else {
      show("join");
      step("livekit", "no", "did not let you in");
      notice("Not connected.", error.message);
    }
  } finally {
    $("join-button").disabled = false;
  }
}

async function enter(url, token, room) {
  const livekit = await import("./livekit-client.esm.mjs");

  $("call-room").textContent = room;
  show("call");
  call = new Call(livekit, $("tiles"), {
    changed: drawControls,
    problem: (text) => notice(text),
    ended,
  });

  await call.join(url, token);
  step("livekit", "yes", `you are in ${room}`);
  $("leave").focus({ preventScroll: true });
}

function ended(reason) {
  call = null;
  $("muted-note").hidden = true;
  show("join");
  step("livekit", "", "you left");
  if (LEFT[reason]) {
    notice("The call ended.", LEFT[reason]);
  }
  $("join-button").focus({ preventScroll: true });
}

function drawControls() {
  if (!call) {
    return;
  }
  const others = call.room.remoteParticipants.size;

  $("call-state").textContent = call.state !== "connected" ? `${call.state} …`
    : others ? `you and ${others} ${others === 1 ? "other" : "others"}` : "only you";

  for (const [id, on] of [["mic", call.me.isMicrophoneEnabled], ["camera", call.me.isCameraEnabled]]) {
    $(id).disabled = !call.mayPublish;
    $(id).setAttribute("aria-pressed", String(on));
  }
  $("muted-note").hidden = call.mayPublish || call.state !== "connected";
  $("waiting").hidden = call.mayPublish || others > 0 || call.state !== "connected";
  $("sound").hidden = !call.silenced;
}


async function start() {
  const [who, demo] = await Promise.all(["/whoami", "/demo.json"].map(
    (path) => fetch(path, { cache: "no-store" }).then((answer) => answer.json()).catch(() => null)));

  config = demo ?? config;
  me = who?.identity ? who : null;

  $("room").value = config.room;
  $("who-name").textContent = me?.name || me?.identity || "";
  $("who").hidden = !me;

  resetPath();
  show(me ? "join" : "signin");

  $("join").addEventListener("submit", join);
  $("leave").addEventListener("click", () => call?.leave());
  $("sound").addEventListener("click", () => call?.unsilence());
  $("mic").addEventListener("click", () => call?.setMicrophone(!call.me.isMicrophoneEnabled));
  $("camera").addEventListener("click", () => call?.setCamera(!call.me.isCameraEnabled));
}

start();
