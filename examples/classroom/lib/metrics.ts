/*
 * How good the call is: every ten seconds what the statistics of all tracks
 * say, and LiveKit's opinion whenever it changes.  They go to nginx in
 * batches, and what is left goes when the page does.
 */

import { RoomEvent } from "livekit-client";
import type { ConnectionQuality, Participant, Room } from "livekit-client";

import { userOf } from "./call-state";
import { ENDPOINTS } from "./nginx";

/* Since the beginning of the call. */
export interface Totals {
  bytesSent: number;
  bytesReceived: number;
  packetsSent: number;
  packetsReceived: number;
  packetsLost: number;
  /* milliseconds, there and back */
  latency: number;
}

interface StatsSample {
  type: "stats";
  timestamp: number;
  roomSid: string;
  participantCount: number;
  stats: {
    /* bits in a second */
    bandwidth: { upload: number; download: number };
    /* since the last sample */
    packets: { sent: number; received: number; lost: number };
    latency: number;
  };
}

interface QualitySample {
  type: "connectionQuality";
  timestamp: number;
  participantId: string;
  value: ConnectionQuality;
}

export type Sample = StatsSample | QualitySample;
export type Report = Iterable<readonly [string, Readonly<Record<string, unknown>>]>;

const NOTHING: Totals = {
  bytesSent: 0, bytesReceived: 0, packetsSent: 0, packetsReceived: 0, packetsLost: 0, latency: 0,
};

const number = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : 0);

export function totalsOf(reports: Iterable<Report>): Totals {
  const totals = { ...NOTHING };

  for (const report of reports) {
    for (const [, entry] of report) {
      switch (entry.type) {
        case "outbound-rtp":
          totals.bytesSent += number(entry.bytesSent);
          totals.packetsSent += number(entry.packetsSent);
          break;
        case "inbound-rtp":
          totals.bytesReceived += number(entry.bytesReceived);
          totals.packetsReceived += number(entry.packetsReceived);
          totals.packetsLost += number(entry.packetsLost);
          break;
        case "remote-inbound-rtp":
          totals.packetsLost += number(entry.packetsLost);
          totals.latency = Math.max(totals.latency, number(entry.roundTripTime) * 1000);
          break;
        case "candidate-pair":
          if (entry.nominated) {
            totals.latency = Math.max(totals.latency, number(entry.currentRoundTripTime) * 1000);
          }
          break;
      }
    }
  }
  return totals;
}

async function reportsOf(room: Room): Promise<Report[]> {
  const publications = [room.localParticipant, ...room.remoteParticipants.values()]
    .flatMap((participant: Participant) => [...participant.trackPublications.values()]);
  /* a track may end while it is asked */
  const reports = await Promise.all(publications.map(
    (publication) => publication.track?.getRTCStatsReport().catch(() => undefined)));

  return reports.filter((report) => report !== undefined) as Report[];
}

/* Tells nginx, also from a page that is going away.  False: too much at once. */
export type Send = (body: string, leaving: boolean) => boolean;

const send: Send = (body, leaving) => {
  const blob = new Blob([body], { type: "application/json" });

  if (leaving) {
    return navigator.sendBeacon(ENDPOINTS.metrics, blob);
  }
  /* numbers that are lost are no reason to disturb anybody */
  fetch(ENDPOINTS.metrics, { method: "POST", body: blob }).catch(() => undefined);
  return true;
};

/* What nginx takes at once, and sendBeacon, is 64 KiB. */
const AT_MOST = 100;
const BATCH = 6;

export class Metrics {
  private samples: Sample[] = [];
  private last = NOTHING;
  private lastAt = 0;
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(
    private readonly room: Room,
    private readonly roomName: string,
    private readonly interval: number,
    private readonly deliver: Send = send,
  ) {}

  start(): void {
    if (this.timer === null) {
      this.last = NOTHING;
      this.lastAt = Date.now();
      /* the one thing that runs by the clock */
      // eslint-disable-next-line no-restricted-globals
      this.timer = setInterval(() => void this.sample(), this.interval);
      this.room.on(RoomEvent.ConnectionQualityChanged, this.quality);
      window.addEventListener("pagehide", this.leave);
    }
  }

  /* The call is over: nothing runs on, and what is left is delivered. */
  stop(): void {
    if (this.timer !== null) {
      clearInterval(this.timer);
      this.timer = null;
      this.room.off(RoomEvent.ConnectionQualityChanged, this.quality);
      window.removeEventListener("pagehide", this.leave);
      this.flush(true);
    }
  }

  private readonly leave = () => this.flush(true);

  private readonly quality = (value: ConnectionQuality, participant: Participant) => {
    this.add({
      type: "connectionQuality", timestamp: Date.now(), participantId: userOf(participant.identity), value,
    });
  };

  private async sample(): Promise<void> {
    const totals = totalsOf(await reportsOf(this.room));
    const roomSid = await this.room.getSid().catch(() => "");

    if (this.timer === null) {
      return;
    }

    const { last } = this;
    const now = Date.now();
    const seconds = Math.max(1, now - this.lastAt) / 1000;
    /* a track that ended takes its numbers along */
    const more = (name: keyof Totals) => Math.max(0, totals[name] - last[name]);

    this.last = totals;
    this.lastAt = now;
    this.add({
      type: "stats",
      timestamp: now,
      roomSid,
      participantCount: this.room.remoteParticipants.size + 1,
      stats: {
        bandwidth: {
          upload: Math.round((more("bytesSent") * 8) / seconds),
          download: Math.round((more("bytesReceived") * 8) / seconds),
        },
        packets: { sent: more("packetsSent"), received: more("packetsReceived"), lost: more("packetsLost") },
        latency: Math.round(totals.latency),
      },
    });

    if (this.samples.length >= BATCH) {
      this.flush(false);
    }
  }

  private add(sample: Sample): void {
    this.samples.push(sample);
    this.samples.splice(0, this.samples.length - AT_MOST);
  }

  private flush(leaving: boolean): void {
    if (this.samples.length > 0) {
      const { samples } = this;
      const body = JSON.stringify({ roomName: this.roomName, samples });

      this.samples = this.deliver(body, leaving) ? [] : samples;
    }
  }
}
