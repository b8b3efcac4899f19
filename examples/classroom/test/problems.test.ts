import { ConnectionError, DisconnectReason, MediaDeviceFailure, UnexpectedConnectionState } from "livekit-client";
import { describe, expect, it } from "vitest";

import { isOurs } from "@/lib/faults";
import { Refused } from "@/lib/nginx";
import { actionProblem, crashProblem, deviceProblem, joinProblem, leaveProblem, unsupportedProblem } from "@/lib/problems";

describe("a call that does not begin", () => {
  it("because the guard refuses", () => {
    expect(joinProblem(ConnectionError.notAllowed("forbidden", 403)).kind).toBe("not-allowed");
    expect(joinProblem(ConnectionError.notAllowed("unauthorized", 401)).kind).toBe("connect-failed");
  });

  it("because LiveKit cannot be reached", () => {
    for (const error of [
      ConnectionError.serverUnreachable("gone"), ConnectionError.timeout("slow"),
      ConnectionError.websocket("closed"), ConnectionError.internal("oops"), new UnexpectedConnectionState("odd"),
    ]) {
      expect(joinProblem(error)).toMatchObject({ kind: "connect-failed", way: "join" });
    }
  });

  it("because one was removed meanwhile", () => {
    expect(joinProblem(ConnectionError.leaveRequest("out", DisconnectReason.PARTICIPANT_REMOVED)).kind).toBe("removed");
  });

  it("because of a mistake of ours", () => {
    expect(joinProblem(new RangeError("oops")).kind).toBe("broken");
  });
});

describe("a call that ends", () => {
  it("because one wanted it is no problem", () => {
    expect(leaveProblem(DisconnectReason.CLIENT_INITIATED)).toBeNull();
  });

  it.each([
    [DisconnectReason.PARTICIPANT_REMOVED, "removed", "join"],
    [DisconnectReason.ROOM_DELETED, "room-closed", "rooms"],
    [DisconnectReason.ROOM_CLOSED, "room-closed", "rooms"],
    [DisconnectReason.DUPLICATE_IDENTITY, "other-tab", "join"],
    [DisconnectReason.SERVER_SHUTDOWN, "stopped", "join"],
    [DisconnectReason.SIGNAL_CLOSE, "connection-lost", "join"],
    [undefined, "connection-lost", "join"],
  ])("with reason %s is %s", (reason, kind, way) => {
    expect(leaveProblem(reason)).toMatchObject({ kind, way, fatal: true });
  });
});

describe("a button that does not work", () => {
  it.each([
    [401, "signed-out", "sign-in"], [403, "action-not-allowed", "dismiss"], [409, "conflict", "dismiss"],
    [404, "nobody-there", "dismiss"], [503, "action-unavailable", "dismiss"], [0, "action-unavailable", "dismiss"],
    [500, "action-failed", "dismiss"],
  ])("answered by %i is %s, and the call goes on", (status, kind, way) => {
    expect(actionProblem(new Refused(status, "code"))).toMatchObject({ kind, way, fatal: false });
  });
});

describe("every problem", () => {
  it("has words, none of them technical, and a way back", () => {
    const problems = [
      ...[0, 400, 401, 403, 429, 500, 503].map((status) => joinProblem(new Refused(status, ""))),
      ...[0, 401, 403, 404, 409, 500, 503].map((status) => actionProblem(new Refused(status, ""))),
      ...Object.values(DisconnectReason).filter((reason) => typeof reason === "number")
        .map((reason) => leaveProblem(reason)).filter((problem) => problem !== null),
      ...Object.values(MediaDeviceFailure).filter((one) => typeof one === "string")
        .map(() => deviceProblem(new Error("x"), "camera")).filter((problem) => problem !== null),
      crashProblem(), unsupportedProblem(),
    ];

    for (const problem of problems) {
      expect(problem.title.length).toBeGreaterThan(10);
      expect(problem.text.length).toBeGreaterThan(10);
      expect(problem.label).not.toBe("");
      expect(`${problem.title} ${problem.text}`).not.toMatch(/LiveKit|WebRTC|token|nginx|Redis|\{|\b\d{3}\b/);
    }
  });
});

describe("an error that nobody handled", () => {
  it("is the call's, or somebody else's", () => {
    expect(isOurs(ConnectionError.timeout("slow"))).toBe(true);
    expect(isOurs(new DOMException("no", "NotAllowedError"))).toBe(true);
    expect(isOurs(new Refused(503, "unavailable"))).toBe(true);
    expect(isOurs(new TypeError("somebody else's"))).toBe(false);
    expect(isOurs(undefined)).toBe(false);
  });

  it("is none if one left while joining", () => {
    expect(isOurs(ConnectionError.cancelled("left"))).toBe(false);
  });
});
