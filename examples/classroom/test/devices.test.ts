import { PublishTrackError } from "livekit-client";
import type { LocalTrackPublication } from "livekit-client";
import { describe, expect, it } from "vitest";

import { NO_CALL, isOn } from "@/lib/call-state";
import type { CallState, Device, Person } from "@/lib/call-state";
import { Devices } from "@/lib/devices";
import { deviceProblem } from "@/lib/problems";
import type { Problem } from "@/lib/problems";
import { Store } from "@/lib/store";

import { join, newRoom } from "./room";

const published = {} as LocalTrackPublication;
const ME = { microphone: null, camera: null, screen: null } as Person;

/* A participant whose microphone answers when, and as, the test says. */
function start() {
  let answer!: { yes: (value?: LocalTrackPublication) => void; no: (error: unknown) => void };
  const asked: boolean[] = [];
  const problems: (Problem | null)[] = [];
  const store = new Store<CallState>({ ...NO_CALL, connection: "connected", me: ME });
  const set = (on: boolean) => {
    asked.push(on);
    return new Promise<LocalTrackPublication | undefined>((yes, no) => { answer = { yes, no }; });
  };
  const devices = new Devices(
    () => ({ setMicrophoneEnabled: set, setCameraEnabled: set, setScreenShareEnabled: set }),
    store,
    (error, device) => problems.push(deviceProblem(error, device)),
  );

  return {
    store, devices, asked, problems,
    isOn: (device: Device = "microphone") => isOn(store.get(), device),
    yes: () => answer.yes(published),
    nothing: () => answer.yes(undefined),
    no: (error: unknown) => answer.no(error),
  };
}

const named = (name: string) => Object.assign(new Error("said by the browser"), { name });

describe("a device", () => {
  it("is shown as it was asked for, at once", async () => {
    const { devices, isOn: on, yes, store } = start();
    const done = devices.set("microphone", true);

    expect(on()).toBe(true);
    store.set({ me: { ...ME, microphone: { sid: "TR_1", muted: false } } });
    yes();
    expect(await done).toBe(true);
    expect(on()).toBe(true);
    expect(store.get().wanted).toEqual({});
  });

  it("goes back when the browser refuses, and says why", async () => {
    for (const [name, kind] of [
      ["NotAllowedError", "permission-denied"], ["NotFoundError", "device-missing"],
      ["NotReadableError", "device-in-use"], ["OverconstrainedError", "device-failed"],
    ] as const) {
      const { devices, isOn: on, no, problems } = start();
      const done = devices.set("microphone", true);

      expect(on()).toBe(true);
      no(named(name));
      expect(await done).toBe(false);
      expect(on()).toBe(false);
      expect(problems).toMatchObject([{ kind, way: "device", device: "microphone", fatal: false }]);
      expect(problems[0]?.title).toContain("microphone");
    }
  });

  it("goes back when LiveKit refuses", async () => {
    const { devices, isOn: on, no, problems } = start();
    const done = devices.set("camera", true);

    no(new PublishTrackError("failed to publish track, insufficient permissions", 403));
    expect(await done).toBe(false);
    expect(on("camera")).toBe(false);
    expect(problems).toMatchObject([{ kind: "publish-refused" }]);
  });

  it("goes back when LiveKit says nothing and there is no track", async () => {
    const { devices, isOn: on, nothing, problems } = start();
    const done = devices.set("microphone", true);

    nothing();
    expect(await done).toBe(false);
    expect(on()).toBe(false);
    expect(problems).toHaveLength(1);
  });

  it("stays on when it cannot be switched off", async () => {
    const { devices, isOn: on, no, store } = start();

    store.set({ me: { ...ME, microphone: { sid: "TR_1", muted: false } } });
    const done = devices.set("microphone", false);
    expect(on()).toBe(false);
    no(new Error("the connection is gone"));
    expect(await done).toBe(false);
    expect(on()).toBe(true);
  });

  it("is asked once, however often the button is pressed", async () => {
    const { devices, asked, yes } = start();
    const done = devices.set("microphone", true);

    expect(await devices.set("microphone", false)).toBe(false);
    yes();
    expect(await done).toBe(true);
    expect(asked).toEqual([true]);
  });

  it("does not disturb the others", async () => {
    const { devices, isOn: on, no } = start();
    const done = devices.set("camera", true);

    expect(on("microphone")).toBe(false);
    expect(on("camera")).toBe(true);
    no(new Error());
    await done;
    expect(on("microphone")).toBe(false);
  });

  it("has no complaint about somebody who closes the dialog for the screen", async () => {
    const { devices, no, problems } = start();
    const done = devices.set("screen", true);

    no(named("NotAllowedError"));
    await done;
    expect(problems).toEqual([null]);
  });

  it("of a listener is refused by LiveKit's own client", async () => {
    const room = newRoom();
    const store = new Store<CallState>(NO_CALL);
    const problems: (Problem | null)[] = [];
    const track = { kind: "audio", getSettings: () => ({}), getConstraints: () => ({}), addEventListener() {}, removeEventListener() {}, stop() {} };

    join(room, { identity: "u-stu~a", mayPublish: false });
    const devices = new Devices(() => ({
      setMicrophoneEnabled: () => room.localParticipant.publishTrack(track as unknown as MediaStreamTrack),
      setCameraEnabled: () => Promise.resolve(undefined),
      setScreenShareEnabled: () => Promise.resolve(undefined),
    }), store, (error, device) => problems.push(deviceProblem(error, device)));

    expect(await devices.set("microphone", true)).toBe(false);
    expect(problems).toHaveLength(1);
  });
});
