import { ConnectionState, DisconnectReason } from "livekit-client";
import { describe, expect, it } from "vitest";

import { RoomBridge } from "@/lib/bridge";

import { gone, join, leave, listeners, newRoom, state, update } from "./room";

const ME = { identity: "u-stu~a1", name: "Stu Student", role: "student" };
const TESS = { identity: "u-tess~b2", name: "Tess Teacher", role: "teacher", mayPublish: true };

function start() {
  const room = newRoom();
  const bridge = new RoomBridge(room);

  bridge.start();
  return { room, bridge, get: bridge.store.get };
}

describe("the bridge", () => {
  it("follows the connection", () => {
    const { room, get } = start();

    expect(get().connection).toBe("idle");
    state(room, ConnectionState.Connecting);
    expect(get().connection).toBe("connecting");
    join(room, ME);
    expect(get().connection).toBe("connected");
    state(room, ConnectionState.SignalReconnecting);
    expect(get().connection).toBe("reconnecting");
    state(room, ConnectionState.Reconnecting);
    expect(get().connection).toBe("reconnecting");
    state(room, ConnectionState.Connected);
    leave(room, DisconnectReason.PARTICIPANT_REMOVED);
    expect(get()).toMatchObject({ connection: "ended", people: [], me: null, speakers: [] });
  });

  it("knows who is there, with the device split off", () => {
    const { room, get } = start();

    join(room, ME, [TESS]);
    expect(get().me).toMatchObject({ user: "u-stu", name: "Stu Student", role: "student", local: true, mayPublish: false });
    expect(get().people.map(({ user }) => user)).toEqual(["u-stu", "u-tess"]);
    expect(get().people[1]).toMatchObject({ role: "teacher", mayPublish: true, local: false });

    update(room, { ...TESS, identity: "u-tess~c3" });
    expect(get().people).toHaveLength(3);
    gone(room, { ...TESS, identity: "u-tess~c3" });
    expect(get().people).toHaveLength(2);
  });

  it("tells no track, a muted one and a live one apart", () => {
    const { room, get } = start();
    const tess = () => get().people.find(({ user }) => user === "u-tess");

    join(room, ME, [TESS]);
    expect(tess()?.microphone).toBeNull();
    update(room, { ...TESS, microphone: "on" });
    expect(tess()?.microphone).toEqual({ sid: "TR_u-tess~b2", muted: false });
    update(room, { ...TESS, microphone: "muted" });
    expect(tess()?.microphone?.muted).toBe(true);
    update(room, { ...TESS, microphone: "on" });
    expect(tess()?.microphone?.muted).toBe(false);
    update(room, TESS);
    expect(tess()?.microphone).toBeNull();
  });

  it("sees a role that changes during the call", () => {
    const { room, get } = start();

    join(room, ME, [TESS]);
    update(room, { ...ME, identity: "u-mia~d4", role: "student" });
    update(room, { ...ME, identity: "u-mia~d4", role: "speaker", mayPublish: true });
    expect(get().people.at(-1)).toMatchObject({ user: "u-mia", role: "speaker", mayPublish: true });
  });

  it("does not care what stands in metadata", () => {
    const { room, get } = start();

    join(room, ME, [{ ...TESS, metadata: "{not json" }]);
    expect(get().people[1]?.name).toBe("Tess Teacher");
  });

  it("has somebody without a name called by the identity, without the device", () => {
    const { room, get } = start();

    join(room, ME, [{ identity: "u-nemo~e5" }]);
    expect(get().people[1]).toMatchObject({ name: "u-nemo", role: "" });
  });

  it("keeps the object of a person of whom nothing is new", () => {
    const { room, get } = start();

    join(room, ME, [TESS]);
    const [, before] = get().people;
    update(room, { identity: "u-mia~d4" });
    expect(get().people[1]).toBe(before);
  });

  it("tells nobody when nothing has changed", () => {
    const { room, bridge } = start();
    let told = 0;

    join(room, ME, [TESS]);
    bridge.store.subscribe(() => told++);
    update(room, TESS);
    expect(told).toBe(0);
    update(room, { ...TESS, name: "Tessa" });
    expect(told).toBe(1);
  });

  it("leaks no listener over a hundred joins", () => {
    const room = newRoom();
    const before = listeners(room);
    let during;

    for (let i = 0; i < 100; i++) {
      const bridge = new RoomBridge(room);

      bridge.start();
      bridge.start();
      join(room, ME, [TESS, { identity: `u-${i}~x` }]);
      update(room, { ...TESS, microphone: i % 2 ? "on" : "muted" });
      during ??= listeners(room);
      expect(listeners(room)).toEqual(during);
      leave(room);
      bridge.stop();
      bridge.stop();
      expect(listeners(room)).toEqual(before);
    }
    expect(during).not.toEqual(before);
  });

  it("hears nothing after its end", () => {
    const { room, bridge, get } = start();

    join(room, ME);
    bridge.stop();
    update(room, TESS);
    expect(get().people).toHaveLength(1);
  });
});
