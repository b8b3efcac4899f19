/*
 * What is different between environments comes from nginx when the page is
 * there, so that one build serves all of them.  Functions cannot travel as
 * JSON: the delays between attempts to reconnect are a list.
 */

import { DefaultReconnectPolicy, VideoPresets } from "livekit-client";
import type { LogLevel, RoomConnectOptions, RoomOptions } from "livekit-client";

import { ENDPOINTS, get } from "./nginx";

type Resolution = keyof typeof VideoPresets;

export interface ClientConfig {
  serverUrl?: string;
  logLevel: keyof typeof LogLevel;
  reconnectDelays: number[];
  adaptiveStream: boolean;
  dynacast: boolean;
  connectOptions: RoomConnectOptions;
  videoCaptureDefaults: { resolution: Resolution };
  publishDefaults: { simulcast: boolean };
  metricsInterval: number;
}

export const DEFAULTS: ClientConfig = {
  logLevel: "warn",
  reconnectDelays: [0, 300, 1200, 2700, 4800, 7000, 7000, 7000, 7000, 7000],
  adaptiveStream: true,
  dynacast: true,
  connectOptions: { maxRetries: 2 },
  videoCaptureDefaults: { resolution: "h720" },
  publishDefaults: { simulcast: true },
  metricsInterval: 10000,
};

/* nginx has checked the file; what an older one does not say is as usual. */
export async function loadConfig(): Promise<ClientConfig> {
  return { ...DEFAULTS, ...await get(ENDPOINTS.config) };
}

export const roomOptions = (config: ClientConfig): RoomOptions => ({
  adaptiveStream: config.adaptiveStream,
  dynacast: config.dynacast,
  videoCaptureDefaults: {
    resolution: (VideoPresets[config.videoCaptureDefaults.resolution] ?? VideoPresets.h720).resolution,
  },
  publishDefaults: config.publishDefaults,
  reconnectPolicy: new DefaultReconnectPolicy(config.reconnectDelays),
  disconnectOnPageLeave: true,
});
