/* What the pages know of a call.  None of it is an object of LiveKit's. */

export type Connection = "idle" | "connecting" | "connected" | "reconnecting" | "ended";
export type Device = "microphone" | "camera" | "screen";
export type Quality = "excellent" | "good" | "poor" | "lost" | "unknown";

export interface Media {
  sid: string;
  muted: boolean;
}

export interface Person {
  /* LiveKit's, one for each device: <user>~<device> */
  identity: string;
  user: string;
  name: string;
  role: string;
  local: boolean;
  speaking: boolean;
  quality: Quality;
  mayPublish: boolean;
  microphone: Media | null;
  camera: Media | null;
  screen: Media | null;
}

export interface CallState {
  connection: Connection;
  me: Person | null;
  people: readonly Person[];
  /* identities, loudest first */
  speakers: readonly string[];
  recording: boolean;
  /* the browser wants a click before it plays sound */
  silenced: boolean;
  /* what was asked of a device and is not yet so */
  wanted: Readonly<Partial<Record<Device, boolean>>>;
}

export const NO_CALL: CallState = {
  connection: "idle",
  me: null,
  people: [],
  speakers: [],
  recording: false,
  silenced: false,
  wanted: {},
};

/* The user without the device, as nginx sees it. */
export const userOf = (identity: string): string => identity.split(/[~#]/, 1)[0] ?? identity;

export const isLive = (media: Media | null | undefined): boolean => Boolean(media && !media.muted);

/* On or off, as the button is to show it: what was asked for comes first. */
export const isOn = (state: CallState, device: Device): boolean =>
  state.wanted[device] ?? isLive(state.me?.[device]);
