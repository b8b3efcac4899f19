/*
 * What can go wrong, in words, and the way back.  Technical messages stay in
 * the console: nobody who wants to hear a lesson can do anything with them.
 */

import {
  ConnectionError, ConnectionErrorReason, DisconnectReason, LivekitError, MediaDeviceFailure, PublishTrackError,
} from "livekit-client";

import type { Device } from "./call-state";
import { NothingPublished } from "./devices";
import { Refused } from "./nginx";

/* What the button of a problem does. */
export type WayBack = "sign-in" | "join" | "device" | "dismiss" | "rooms";

export interface Problem {
  kind: string;
  title: string;
  text: string;
  way: WayBack;
  label: string;
  /* the call cannot go on */
  fatal: boolean;
  device?: Device;
}

type Words = Omit<Problem, "kind" | "device">;

const FATAL = {
  "signed-out": {
    title: "You are not signed in",
    text: "Your session has ended. Sign in again and you are back in the room.",
    way: "sign-in", label: "Sign in", fatal: true,
  },
  "not-allowed": {
    title: "You cannot enter this room",
    text: "You are not on its list, or you were removed from it, or it is closed. "
      + "Ask your teacher to let you in, then try again.",
    way: "join", label: "Try again", fatal: true,
  },
  unavailable: {
    title: "We cannot tell right now",
    text: "The place that knows who belongs to this room does not answer. "
      + "Nobody was signed out. Try again in a moment.",
    way: "join", label: "Try again", fatal: true,
  },
  offline: {
    title: "No connection",
    text: "The school's server cannot be reached. Check your network and try again.",
    way: "join", label: "Try again", fatal: true,
  },
  "no-such-room": {
    title: "There is no room of this name",
    text: "A room's name has letters, digits, hyphens and underscores.",
    way: "rooms", label: "Choose a room", fatal: true,
  },
  "too-many": {
    title: "Too many attempts",
    text: "Wait a minute, then try again.",
    way: "join", label: "Try again", fatal: true,
  },
  "connect-failed": {
    title: "The call did not start",
    text: "You may enter, but the connection for sound and video could not be made. "
      + "A firewall or a weak network may be in the way.",
    way: "join", label: "Try again", fatal: true,
  },
  "connection-lost": {
    title: "The connection was lost",
    text: "We tried to reconnect for a while without success.",
    way: "join", label: "Join again", fatal: true,
  },
  removed: {
    title: "You were removed from the room",
    text: "Somebody who leads this room took you out. If that was a mistake, talk to your teacher.",
    way: "join", label: "Ask to come back", fatal: true,
  },
  "room-closed": {
    title: "The room was closed",
    text: "The lesson is over for everybody.",
    way: "rooms", label: "Choose a room", fatal: true,
  },
  "other-tab": {
    title: "You are in this room somewhere else",
    text: "The same device joined again, which ended the call here.",
    way: "join", label: "Join here", fatal: true,
  },
  stopped: {
    title: "The call was interrupted",
    text: "The server for calls is being restarted.",
    way: "join", label: "Join again", fatal: true,
  },
  unsupported: {
    title: "This browser cannot take part",
    text: "It has no support for calls. Use a current version of Chrome, Edge, Firefox or Safari.",
    way: "rooms", label: "Choose a room", fatal: true,
  },
  broken: {
    title: "Something broke in the call",
    text: "The rest of the page still works. Join again; if it happens once more, tell us.",
    way: "join", label: "Join again", fatal: true,
  },
} satisfies Record<string, Words>;

const PASSING = {
  "permission-denied": {
    title: "The browser may not use your {device}",
    text: "Allow it beside the address of this page, then try again.",
    way: "device", label: "Try again", fatal: false,
  },
  "device-missing": {
    title: "No {device} was found",
    text: "Plug one in, then try again. You can stay without one.",
    way: "device", label: "Try again", fatal: false,
  },
  "device-in-use": {
    title: "Your {device} is busy",
    text: "Another program uses it. Close that one, then try again.",
    way: "device", label: "Try again", fatal: false,
  },
  "device-failed": {
    title: "Your {device} did not start",
    text: "Try again, or choose another one in the settings of your browser.",
    way: "device", label: "Try again", fatal: false,
  },
  "publish-refused": {
    title: "You may only listen",
    text: "In this room your role cannot speak or be seen. Ask your teacher to let you.",
    way: "dismiss", label: "All right", fatal: false,
  },
  "action-not-allowed": {
    title: "You may not do that",
    text: "Your role in this room does not allow it.",
    way: "dismiss", label: "All right", fatal: false,
  },
  "action-unavailable": {
    title: "That did not work just now",
    text: "A part of the server does not answer. The call goes on; try again in a moment.",
    way: "dismiss", label: "All right", fatal: false,
  },
  "action-failed": {
    title: "That did not work",
    text: "The server did not take it. The call goes on.",
    way: "dismiss", label: "All right", fatal: false,
  },
  conflict: {
    title: "That is already so",
    text: "Somebody else was faster, or there is one recording already; a room has one at a time.",
    way: "dismiss", label: "All right", fatal: false,
  },
  "nobody-there": {
    title: "That is over already",
    text: "The person has left, or the recording has ended.",
    way: "dismiss", label: "All right", fatal: false,
  },
} satisfies Record<string, Words>;

const DEVICE_NAMES: Record<Device, string> = {
  microphone: "microphone", camera: "camera", screen: "screen",
};

const fatal = (kind: keyof typeof FATAL): Problem => ({ kind, ...FATAL[kind] });

const passing = (kind: keyof typeof PASSING, device?: Device): Problem => {
  const words: Words = PASSING[kind];
  const title = words.title.replace("{device}", device ? DEVICE_NAMES[device] : "device");

  return { kind, ...words, title, ...(device && { device }) };
};

const STATUSES: Record<number, keyof typeof FATAL> = {
  0: "offline", 400: "no-such-room", 401: "signed-out", 403: "not-allowed", 429: "too-many", 503: "unavailable",
};

/* A token was asked for. */
function tokenProblem(refused: Refused): Problem {
  return fatal(STATUSES[refused.status] ?? "unavailable");
}

/* LiveKit, or the guard in front of it. */
function connectProblem(error: ConnectionError): Problem {
  switch (error.reason) {
    case ConnectionErrorReason.NotAllowed:
      return fatal(error.status === 401 ? "connect-failed" : "not-allowed");
    case ConnectionErrorReason.LeaveRequest:
      return leaveProblem(error.context as DisconnectReason) ?? fatal("connect-failed");
    default:
      return fatal("connect-failed");
  }
}

/* Joining failed, whichever part of it. */
export function joinProblem(error: unknown): Problem {
  if (error instanceof Refused) {
    return tokenProblem(error);
  }
  if (error instanceof ConnectionError) {
    return connectProblem(error);
  }
  return fatal(error instanceof LivekitError ? "connect-failed" : "broken");
}

/* The call ended; null if the user wanted that. */
export function leaveProblem(reason: DisconnectReason | undefined): Problem | null {
  switch (reason) {
    case DisconnectReason.CLIENT_INITIATED:
      return null;
    case DisconnectReason.DUPLICATE_IDENTITY:
      return fatal("other-tab");
    case DisconnectReason.PARTICIPANT_REMOVED:
      return fatal("removed");
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return fatal("room-closed");
    case DisconnectReason.SERVER_SHUTDOWN:
      return fatal("stopped");
    case DisconnectReason.JOIN_FAILURE:
      return fatal("connect-failed");
    default:
      return fatal("connection-lost");
  }
}

/* A microphone, a camera or a screen did not do as it was told; null if the
 * user changed their mind in the browser's own dialog. */
export function deviceProblem(error: unknown, device: Device): Problem | null {
  if (error instanceof PublishTrackError || error instanceof NothingPublished) {
    return passing("publish-refused");
  }

  switch (MediaDeviceFailure.getFailure(error)) {
    case MediaDeviceFailure.PermissionDenied:
      return device === "screen" ? null : passing("permission-denied", device);
    case MediaDeviceFailure.NotFound:
      return passing("device-missing", device);
    case MediaDeviceFailure.DeviceInUse:
      return passing("device-in-use", device);
    default:
      return passing("device-failed", device);
  }
}

/* A button of the room: recording, chat, moderation. */
export function actionProblem(error: unknown): Problem {
  const status = error instanceof Refused ? error.status : -1;

  switch (status) {
    case 401:
      return { ...fatal("signed-out"), fatal: false };
    case 403:
      return passing("action-not-allowed");
    case 404:
    case 410:
    case 412:
      return passing("nobody-there");
    case 409:
      return passing("conflict");
    case 0:
    case 502:
    case 503:
    case 504:
      return passing("action-unavailable");
    default:
      return passing("action-failed");
  }
}

/* React, a promise or an event threw where nobody expected it. */
export const crashProblem = (): Problem => fatal("broken");

export const unsupportedProblem = (): Problem => fatal("unsupported");
