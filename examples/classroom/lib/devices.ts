/*
 * Microphone, camera and screen.  The button changes at once; if the browser
 * or LiveKit refuses, it changes back and the page is told why.
 */

import type { LocalParticipant, LocalTrackPublication } from "livekit-client";

import type { CallState, Device } from "./call-state";
import type { Store } from "./store";

type Switchable = Pick<LocalParticipant,
  "setMicrophoneEnabled" | "setCameraEnabled" | "setScreenShareEnabled">;

export class NothingPublished extends Error {
  constructor(readonly device: Device) {
    super(`LiveKit took no track of the ${device}`);
    this.name = "NothingPublished";
  }
}

export class Devices {
  constructor(
    private readonly me: () => Switchable,
    private readonly store: Store<CallState>,
    private readonly refused: (error: unknown, device: Device) => void,
  ) {}

  /* Resolves when it is decided; true if it is as it was asked for. */
  async set(device: Device, on: boolean): Promise<boolean> {
    if (this.store.get().wanted[device] !== undefined) {
      return false;
    }
    this.store.set({ wanted: { ...this.store.get().wanted, [device]: on } });

    try {
      const publication = await this.apply(device, on);

      if (on && !publication) {
        throw new NothingPublished(device);
      }
      return true;
    } catch (error) {
      this.refused(error, device);
      return false;
    } finally {
      const { [device]: _done, ...wanted } = this.store.get().wanted;
      this.store.set({ wanted });
    }
  }

  private apply(device: Device, on: boolean): Promise<LocalTrackPublication | undefined> {
    switch (device) {
      case "microphone":
        return this.me().setMicrophoneEnabled(on);
      case "camera":
        return this.me().setCameraEnabled(on);
      case "screen":
        return this.me().setScreenShareEnabled(on, { audio: false });
    }
  }
}
