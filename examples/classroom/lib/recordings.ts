/* Recordings: nginx asks LiveKit for them, and their state is what LiveKit's
 * webhooks have told nginx. */

import { ENDPOINTS, get, post } from "./nginx";
import { Store } from "./store";

export interface Recording {
  id: string;
  status: string;
  startedAt: number | null;
  endedAt: number | null;
}

/* Unix time in seconds, or text. */
const time = (value: unknown): number | null => {
  const at = typeof value === "number" ? value * 1000 : Date.parse(String(value ?? ""));

  return Number.isFinite(at) && at > 0 ? at : null;
};

export function recordingOf(value: unknown): Recording | null {
  const { recordingId, status, startedAt, endedAt } = (value ?? {}) as Record<string, unknown>;

  return typeof recordingId === "string"
    ? { id: recordingId, status: String(status ?? ""), startedAt: time(startedAt), endedAt: time(endedAt) }
    : null;
}

export const isRunning = ({ status }: Recording): boolean => ["starting", "active"].includes(status);
export const isOver = ({ status }: Recording): boolean => !["starting", "active", "ending"].includes(status);

interface State {
  /* null until nginx has said it */
  list: readonly Recording[] | null;
  busy: boolean;
}

/* While a recording is under way, its state may change at any time. */
const AGAIN = 1500;

export class RecordingLog {
  readonly store = new Store<State>({ list: null, busy: false });

  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;

  constructor(private readonly room: string, private readonly failed: (error: unknown) => void) {}

  start(): void {
    this.running = true;
    void this.load();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  begin = () => this.act(async () => {
    await post(ENDPOINTS.startRecording, { roomName: this.room });
    await this.announce("This lesson is being recorded.");
  });

  finish = (id: string) => this.act(async () => {
    await post(ENDPOINTS.stopRecording, { recordingId: id, roomName: this.room });
    await this.announce("The recording has ended.");
  });

  async load(): Promise<void> {
    clearTimeout(this.timer);

    try {
      const { recordings } = await get(ENDPOINTS.recordings, { roomName: this.room });
      const list = Array.isArray(recordings) ? recordings.map(recordingOf).filter((one) => one !== null) : [];

      this.store.set({ list });
    } catch (error) {
      if (this.running) {
        this.failed(error);
      }
    }

    clearTimeout(this.timer);
    if (this.running && !(this.store.get().list ?? []).every(isOver)) {
      this.timer = setTimeout(() => void this.load(), AGAIN);
    }
  }

  /* Whoever is recorded has to know, and so has who comes later. */
  private announce = (message: string) => post(ENDPOINTS.chat, {
    roomName: this.room, id: crypto.randomUUID(), type: "announcement", message,
  });

  private async act(action: () => Promise<unknown>): Promise<void> {
    this.store.set({ busy: true });
    try {
      await action();
    } catch (error) {
      this.failed(error);
    }
    await this.load();
    this.store.set({ busy: false });
  }
}
