/* @vitest-environment node */

import { RoomEvent } from "livekit-client";
import type { RemoteParticipant, Room } from "livekit-client";
import { describe, expect, it, vi } from "vitest";

import { ChatLog, TOPIC, messageOf } from "@/lib/chat";

import { join, listeners, newRoom } from "./room";
import { serve } from "./server";

const ME = { identity: "u-stu~a1" };
const HELLO = {
  timestamp: 1800000000123, id: "1800000000120-0", clientId: "c-17", roomName: "math-101", senderId: "u-tess",
  senderName: "Tess Teacher", senderRole: "teacher", type: "announcement", message: "No lesson on Monday",
};

function start() {
  const room = newRoom();
  const chat = new ChatLog(room, "math-101");

  chat.start();
  return { room, chat, get: chat.store.get, texts: () => chat.store.get().messages.map(({ text }) => text) };
}

const packet = (room: Room, value: unknown, { from, topic = TOPIC }: { from?: RemoteParticipant; topic?: string } = {}) =>
  room.emit(RoomEvent.DataReceived, new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)),
    from, undefined, topic);

describe("the chat", () => {
  it("shows what the server sends, once", async () => {
    await serve(() => ({ body: { messages: [], next: null } }));
    const { room, texts, get } = start();

    join(room, ME);
    packet(room, HELLO);
    packet(room, HELLO);
    packet(room, { ...HELLO, id: null });
    expect(texts()).toEqual(["No lesson on Monday"]);
    expect(get().messages[0]).toMatchObject({ name: "Tess Teacher", role: "teacher", type: "announcement", at: 1800000000123 });
    expect(get().unread).toBe(1);
  });

  it("believes no participant, and no other topic", async () => {
    await serve(() => ({ body: { messages: [] } }));
    const { room, texts } = start();

    join(room, ME, [{ identity: "u-mia~x" }]);
    packet(room, HELLO, { from: [...room.remoteParticipants.values()][0] as RemoteParticipant });
    packet(room, HELLO, { topic: "chat" });
    expect(texts()).toEqual([]);
  });

  it("survives what is no message", async () => {
    await serve(() => ({ body: { messages: ["x", null, { type: "message" }, 7] } }));
    const { room, texts } = start();

    join(room, ME);
    for (const value of ["{", "null", "[]", { ...HELLO, message: 7 }, { ...HELLO, senderId: "" }, { ...HELLO, timestamp: "x" }]) {
      packet(room, value);
    }
    expect(texts()).toEqual([]);
  });

  it("has what was said before, page after page, in its order", async () => {
    const { asked } = await serve(({ url }) => ({
      body: url.includes("after=")
        ? { messages: [{ ...HELLO, id: "2-0", clientId: "b", timestamp: 2, message: "second" }], next: null }
        : { messages: [{ ...HELLO, id: "1-0", clientId: "a", timestamp: 1, message: "first" }], next: "1-0" },
    }));
    const { room, texts, get } = start();

    join(room, ME);
    packet(room, { ...HELLO, id: null, clientId: "c", timestamp: 3, message: "third" });
    await vi.waitFor(() => expect(texts()).toEqual(["first", "second", "third"]));
    expect(asked.map(({ url }) => url)).toEqual([
      "/api/chat?roomName=math-101", "/api/chat?roomName=math-101&after=1-0",
    ]);
    expect(get().unread).toBe(1);
  });

  it("goes on without what was said before", async () => {
    const { asked } = await serve(() => ({ status: 503, body: { error: "unavailable" } }));
    const { room, texts } = start();

    join(room, ME);
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    packet(room, HELLO);
    expect(texts()).toHaveLength(1);
  });

  it("takes a pin away again", async () => {
    await serve(() => ({ body: { messages: [] } }));
    const { room, texts } = start();

    join(room, ME);
    packet(room, { ...HELLO, type: "pinned" });
    expect(texts()).toHaveLength(1);
    packet(room, { ...HELLO, id: null, type: "unpin", message: HELLO.id });
    expect(texts()).toHaveLength(0);
  });

  it("says nothing about the sender: that is the session's to say", async () => {
    const { asked } = await serve(() => ({ body: { id: null, stored: false, duplicate: false, sent: true } }));
    const { chat } = start();

    await chat.send("message", "hello");
    expect(Object.keys(JSON.parse(asked[0]?.body ?? "") as object).sort()).toEqual(["id", "message", "roomName", "type"]);
  });

  it("counts one's own words as read", async () => {
    await serve(() => ({ body: { messages: [] } }));
    const { room, get } = start();

    join(room, ME);
    packet(room, { ...HELLO, senderId: "u-stu" });
    expect(get().unread).toBe(0);
  });

  it("leaves no listener behind", () => {
    const room = newRoom();
    const before = listeners(room);

    for (let i = 0; i < 100; i++) {
      const chat = new ChatLog(room, "math-101");

      chat.start();
      chat.start();
      chat.stop();
      chat.stop();
    }
    expect(listeners(room)).toEqual(before);
  });

  it("reads kinds that a policy adds as announcements", () => {
    expect(messageOf({ ...HELLO, type: "important" })?.type).toBe("announcement");
  });
});
