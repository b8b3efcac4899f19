import { ConnectionQuality, RoomEvent } from "livekit-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Metrics, totalsOf } from "@/lib/metrics";
import type { Sample } from "@/lib/metrics";

import { join, leave, listeners, newRoom } from "./room";

const ME = { identity: "u-stu~a1" };

function start() {
  const room = newRoom();
  const sent: { samples: Sample[]; roomName: string; leaving: boolean }[] = [];
  let takes = true;
  const metrics = new Metrics(room, "math-101", 10000, (body, leaving) => {
    sent.push({ ...JSON.parse(body) as { samples: Sample[]; roomName: string }, leaving });
    return takes;
  });

  join(room, ME, [{ identity: "u-tess~b2", mayPublish: true }]);
  return { room, metrics, sent, full: () => { takes = false; }, empty: () => { takes = true; } };
}

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

describe("the metrics", () => {
  it("are taken every ten seconds and sent in batches", async () => {
    const { metrics, sent, room } = start();

    vi.spyOn(room, "getSid").mockResolvedValue("RM_1");
    metrics.start();
    await vi.advanceTimersByTimeAsync(59000);
    expect(sent).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(2000);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ roomName: "math-101", leaving: false });
    expect(sent[0]?.samples).toHaveLength(6);
    expect(sent[0]?.samples[0]).toMatchObject({
      type: "stats", participantCount: 2, roomSid: "RM_1",
      stats: { bandwidth: { upload: 0, download: 0 }, packets: { sent: 0, received: 0, lost: 0 }, latency: 0 },
    });
    metrics.stop();
  });

  it("say what LiveKit thinks of a connection, of the user and not the device", () => {
    const { metrics, sent, room } = start();

    metrics.start();
    room.emit(RoomEvent.ConnectionQualityChanged, ConnectionQuality.Poor, room.localParticipant);
    metrics.stop();
    expect(sent[0]?.samples).toMatchObject([{ type: "connectionQuality", participantId: "u-stu", value: "poor" }]);
  });

  it("that are left go with the page", () => {
    const { metrics, sent, room } = start();

    metrics.start();
    room.emit(RoomEvent.ConnectionQualityChanged, ConnectionQuality.Good, room.localParticipant);
    window.dispatchEvent(new Event("pagehide"));
    expect(sent).toMatchObject([{ leaving: true }]);
    metrics.stop();
    expect(sent).toHaveLength(1);
  });

  it("that the browser does not take are kept", () => {
    const { metrics, sent, room, full, empty } = start();

    metrics.start();
    full();
    room.emit(RoomEvent.ConnectionQualityChanged, ConnectionQuality.Good, room.localParticipant);
    window.dispatchEvent(new Event("pagehide"));
    empty();
    metrics.stop();
    expect(sent.map(({ samples }) => samples.length)).toEqual([1, 1]);
  });

  it("never grow beyond a bound", () => {
    const { metrics, sent, room, full } = start();

    full();
    metrics.start();
    for (let i = 0; i < 500; i++) {
      room.emit(RoomEvent.ConnectionQualityChanged, ConnectionQuality.Good, room.localParticipant);
    }
    metrics.stop();
    expect(sent[0]?.samples).toHaveLength(100);
  });

  it("leave no timer and no listener behind", () => {
    const { metrics, room } = start();
    const before = listeners(room);
    const timers = vi.getTimerCount();

    for (let i = 0; i < 100; i++) {
      metrics.start();
      metrics.start();
      metrics.stop();
      metrics.stop();
    }
    expect(vi.getTimerCount()).toBe(timers);
    expect(listeners(room)).toEqual(before);
    leave(room);
  });
});

describe("totals", () => {
  it("add up what the browser's reports say", () => {
    expect(totalsOf([
      new Map([
        ["a", { type: "outbound-rtp", bytesSent: 1000, packetsSent: 10 }],
        ["b", { type: "remote-inbound-rtp", packetsLost: 2, roundTripTime: 0.05 }],
        ["c", { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.02 }],
        ["d", { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 }],
      ]),
      new Map([["e", { type: "inbound-rtp", bytesReceived: 500, packetsReceived: 5, packetsLost: 1 }]]),
    ])).toEqual({ bytesSent: 1000, bytesReceived: 500, packetsSent: 10, packetsReceived: 5, packetsLost: 3, latency: 50 });
  });

  it("take nothing for what is missing or no number", () => {
    expect(totalsOf([new Map([["a", { type: "outbound-rtp", bytesSent: NaN }], ["b", { type: "inbound-rtp" }]])]))
      .toMatchObject({ bytesSent: 0, bytesReceived: 0 });
  });
});
