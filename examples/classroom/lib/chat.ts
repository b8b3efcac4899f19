/*
 * The chat.  A message goes to nginx, which says who sent it and when, keeps
 * it if it is of a kind that is kept, and has LiveKit bring it to everybody.
 * So only what comes from the server is believed: a participant can send data
 * packets, too, and could say in them what it likes.
 */

import { RoomEvent } from "livekit-client";
import type { RemoteParticipant, Room } from "livekit-client";

import { userOf } from "./call-state";
import { ENDPOINTS, get, post } from "./nginx";
import { Store } from "./store";

/* The topic of nginx's packets. */
export const TOPIC = "lkg-chat";

export type Kind = "message" | "announcement" | "pinned";

export interface Message {
  /* where it is kept; empty if it is not */
  id: string;
  /* the sender's own: a message that comes twice is one */
  clientId: string;
  sender: string;
  name: string;
  role: string;
  type: Kind;
  text: string;
  at: number;
}

export interface ChatState {
  messages: readonly Message[];
  unread: number;
}

const AT_MOST = 500;
const PAGES = 20;
const KINDS: readonly string[] = ["message", "announcement", "pinned"];

const text = (value: unknown) => (typeof value === "string" ? value : "");
const fieldsOf = (value: unknown) =>
  (typeof value === "object" && value !== null ? value as Record<string, unknown> : {});

export function messageOf(value: unknown): Message | null {
  const fields = fieldsOf(value);
  const type = text(fields.type);
  const at = Number(fields.timestamp);

  /* "important" and what a policy may add reads like an announcement */
  return type && type !== "unpin" && text(fields.senderId) && text(fields.message) && Number.isFinite(at)
    ? {
      id: text(fields.id),
      clientId: text(fields.clientId),
      sender: text(fields.senderId),
      name: text(fields.senderName) || text(fields.senderId),
      role: text(fields.senderRole),
      type: KINDS.includes(type) ? type as Kind : "announcement",
      text: text(fields.message),
      at,
    }
    : null;
}

const isSame = (a: Message, b: Message) =>
  (a.id !== "" && a.id === b.id) || (a.clientId !== "" && a.clientId === b.clientId && a.sender === b.sender);

const decoder = new TextDecoder();

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload));
  } catch {
    return null;
  }
}

export class ChatLog {
  readonly store = new Store<ChatState>({ messages: [], unread: 0 });

  private running = false;

  constructor(private readonly room: Room, private readonly roomName: string) {}

  start(): void {
    if (!this.running) {
      this.running = true;
      this.room.on(RoomEvent.DataReceived, this.received);
      this.room.on(RoomEvent.Connected, this.load);
      this.room.on(RoomEvent.Reconnected, this.load);
    }
  }

  stop(): void {
    if (this.running) {
      this.running = false;
      this.room.off(RoomEvent.DataReceived, this.received);
      this.room.off(RoomEvent.Connected, this.load);
      this.room.off(RoomEvent.Reconnected, this.load);
    }
  }

  read(): void {
    this.store.set({ unread: 0 });
  }

  async send(type: Kind, message: string): Promise<void> {
    const { stored, sent } = await post(ENDPOINTS.chat, {
      roomName: this.roomName, id: crypto.randomUUID(), type, message,
    });

    /* kept, but LiveKit did not bring it */
    if (stored && !sent) {
      this.load();
    }
  }

  unpin = (pin: Message) => post(ENDPOINTS.chat, { roomName: this.roomName, type: "unpin", message: pin.id });

  private readonly received = (
    payload: Uint8Array, from?: RemoteParticipant, _kind?: unknown, topic?: string,
  ): void => {
    if (topic !== TOPIC || from) {
      return;
    }

    const value = parse(payload);
    const message = messageOf(value);

    if (message) {
      this.add([message], message.sender !== userOf(this.room.localParticipant.identity));
    } else if (fieldsOf(value).type === "unpin") {
      const id = fieldsOf(value).message;
      this.store.set({ messages: this.store.get().messages.filter((one) => one.id !== id) });
    }
  };

  /* What was said before, or while this tab was away. */
  private readonly load = (): void => {
    /* there is still what comes from now on */
    this.pages().catch(() => undefined);
  };

  private async pages(): Promise<void> {
    let after = "";

    for (let page = 0; page < PAGES && this.running; page++) {
      const answer = await get(ENDPOINTS.chat, { roomName: this.roomName, ...(after && { after }) });

      if (this.running && Array.isArray(answer.messages)) {
        this.add(answer.messages.map(messageOf).filter((one) => one !== null), false);
      }
      after = text(answer.next);
      if (!after) {
        return;
      }
    }
  }

  private add(fresh: readonly Message[], unread: boolean): void {
    const { messages: old, unread: count } = this.store.get();
    const added = fresh.filter((message, i) =>
      ![...old, ...fresh.slice(0, i)].some((one) => isSame(one, message)));

    if (added.length > 0) {
      this.store.set({
        messages: [...old, ...added].sort((a, b) => a.at - b.at).slice(-AT_MOST),
        unread: count + (unread ? added.length : 0),
      });
    }
  }
}
