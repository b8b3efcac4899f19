/* @vitest-environment node */

import { describe, expect, it } from "vitest";

import { loadConfig, DEFAULTS, roomOptions } from "@/lib/config";
import { Refused } from "@/lib/nginx";
import { joinProblem } from "@/lib/problems";
import { Tickets, newDevice } from "@/lib/token";

import { serve } from "./server";

const TICKET = { server_url: "ws://127.0.0.1:8080", participant_token: "e30.e30.x" };

describe("a token", () => {
  it("is asked for in LiveKit's own way, for one's own device", async () => {
    const { asked } = await serve(() => ({ status: 201, body: TICKET }));
    const ticket = await new Tickets("u-stu", "phone").get("math-101");

    expect(ticket).toEqual({ serverUrl: TICKET.server_url, participantToken: TICKET.participant_token });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ method: "POST", url: "/api/connection-details" });
    expect(JSON.parse(asked[0]?.body ?? "")).toEqual({ room_name: "math-101", participant_identity: "u-stu~phone" });
  });

  it("is another one for each visit", async () => {
    const { asked } = await serve(() => ({ status: 201, body: TICKET }));
    const tickets = new Tickets("u-stu");

    await tickets.get("math-101");
    await tickets.get("math-101");
    expect(asked).toHaveLength(2);
    expect(asked[0]?.body).toBe(asked[1]?.body);
  });

  it("is for a device that no other tab has", () => {
    const devices = new Set(Array.from({ length: 100 }, newDevice));

    expect(devices.size).toBe(100);
    devices.forEach((device) => expect(device).toMatch(/^[A-Za-z0-9_-]{1,32}$/));
  });

  it("that is refused is explained", async () => {
    for (const [status, code, kind, way] of [
      [401, "unauthorized", "signed-out", "sign-in"],
      [403, "forbidden", "not-allowed", "join"],
      [403, "forbidden_field", "not-allowed", "join"],
      [503, "unavailable", "unavailable", "join"],
      [429, "", "too-many", "join"],
      [400, "bad_request", "no-such-room", "rooms"],
      [500, "internal_error", "unavailable", "join"],
    ] as const) {
      await serve(() => ({ status, body: { error: code, message: "A sentence." } }));
      const error = await new Tickets("u-stu").get("math-101").catch((thrown: unknown) => thrown);

      expect(error).toBeInstanceOf(Refused);
      expect(joinProblem(error)).toMatchObject({ kind, way, fatal: true });
    }
  });

  it("that cannot be asked for is explained, too", async () => {
    const { stop } = await serve(() => ({}));
    await stop();
    const error = await new Tickets("u-stu").get("math-101").catch((thrown: unknown) => thrown);

    expect(joinProblem(error)).toMatchObject({ kind: "offline", way: "join" });
  });
});

describe("the configuration", () => {
  it("comes from nginx, and what it does not say is as usual", async () => {
    await serve(() => ({ body: { reconnectDelays: [100, 200], logLevel: "error" } }));
    const config = await loadConfig();

    expect(config).toEqual({ ...DEFAULTS, reconnectDelays: [100, 200], logLevel: "error" });
  });

  it("says when to reconnect and when to give up", () => {
    const { reconnectPolicy } = roomOptions({ ...DEFAULTS, reconnectDelays: [100, 200] });
    const delay = (retryCount: number) => reconnectPolicy?.nextRetryDelayInMs({ retryCount, elapsedMs: 0 });

    /* LiveKit's policy spreads them by half, so that not all come at once */
    expect(Math.abs((delay(0) ?? 0) - 100)).toBeLessThanOrEqual(50);
    expect(Math.abs((delay(1) ?? 0) - 200)).toBeLessThanOrEqual(100);
    expect(delay(2)).toBeNull();
  });

  it("gives adaptive streams, dynacast and 720 lines", () => {
    expect(roomOptions(DEFAULTS)).toMatchObject({
      adaptiveStream: true, dynacast: true, disconnectOnPageLeave: true,
      videoCaptureDefaults: { resolution: { width: 1280, height: 720 } },
    });
  });
});
