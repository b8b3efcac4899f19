/*
 * The chat.  A message goes to nginx, which says who sent it and when, keeps
 * it if the policy wants that, and lets LiveKit tell everybody.  So a message
 * is believed only if it comes from the server: what a participant sends by
 * data packet is not chat, whatever it says about itself.
 */

import { RoomEvent } from "livekit-client";
import type { RemoteParticipant, Room } from "livekit-client";

import { ENDPOINTS, get, post } from "./nginx";
import { Store } from "./store";

/* The topic of nginx's data packets. */
export const TOPIC = "chat";

export type MessageType = "message" | "announcement" | "pin" | "unpin";

export interface Message {
  /* of the stream in Redis; empty if it is not kept */
  id: string;
  /* the sender's own, by which a message is the same that comes twice */
  clientId: string;
  sender: string;
  name: string;
  role: string;
  type: MessageType;
  content: string;
  at: number;
}

export interface ChatState {
  messages: readonly Message[];
  pinned: ReadonlySet<string>;
  unread: number;
  loaded: boolean;
}

const NO_CHAT: ChatState = { messages: [], pinned: new Set(), unread: 0, loaded: false };

/* What is not kept anywhere need not fill the memory either. */
const AT_MOST = 500;

const text = (value: unknown) => (typeof value === "string" ? value : "");
const TYPES: readonly string[] = ["message", "announcement", "pin", "unpin"];

export function messageOf(value: unknown): Message | null {
  if (typeof value !== "object" || value === null) {
    return null;
  }
  const fields = value as Record<string, unknown>;
  const type = text(fields.type);

  return TYPES.includes(type) && text(fields.sender)
    ? {
      id: text(fields.id),
      clientId: text(fields.clientId),
      sender: text(fields.sender),
      name: text(fields.name) || text(fields.sender),
      role: text(fields.role),
      type: type as MessageType,
      content: text(fields.content),
      at: Number(fields.timestamp) || Date.now(),
    }
    : null;
}

const decoder = new TextDecoder();

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload));
  } catch {
    return null;
  }
}

export class ChatLog {
  readonly store = new Store<ChatState>(NO_CHAT);

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
    this.running = false;
    this.room.off(RoomEvent.DataReceived, this.received);
    this.room.off(RoomEvent.Connected, this.load);
    this.room.off(RoomEvent.Reconnected, this.load);
  }

  read(): void {
    this.store.set({ unread: 0 });
  }

  async send(type: "message" | "announcement", content: string): Promise<void> {
    await post(ENDPOINTS.chat, { roomName: this.roomName, id: crypto.randomUUID(), type, content });
  }

  async pin(message: Message, on: boolean): Promise<void> {
    await post(ENDPOINTS.chat, {
      roomName: this.roomName, id: crypto.randomUUID(), type: on ? "pin" : "unpin", content: message.id,
    });
  }

  private readonly received = (
    payload: Uint8Array, from?: RemoteParticipant, _kind?: unknown, topic?: string,
  ): void => {
    if (topic === TOPIC && !from) {
      const message = messageOf(parse(payload));

      if (message) {
        this.add([message], message.sender !== this.room.localParticipant.identity.split("~", 1)[0]);
      }
    }
  };

  /* What was said before, or while this tab was away. */
  private readonly load = (): void => {
    get(ENDPOINTS.chat, { roomName: this.roomName }).then(
      ({ messages }) => {
        if (this.running && Array.isArray(messages)) {
          this.add(messages.map(messageOf).filter((one) => one !== null), false);
          this.store.set({ loaded: true });
        }
      },
      /* there is still what comes from now on */
      () => this.store.set({ loaded: false }),
    );
  };

  private add(fresh: readonly Message[], unread: boolean): void {
    const { messages: old, pinned: oldPins, unread: count } = this.store.get();
    const messages = [...old];
    const pinned = new Set(oldPins);
    let added = 0;

    for (const message of fresh) {
      if (message.type === "pin") {
        pinned.add(message.content);
      } else if (message.type === "unpin") {
        pinned.delete(message.content);
      } else if (!messages.some((one) => one.clientId === message.clientId && one.sender === message.sender)) {
        messages.push(message);
        added++;
      }
    }

    messages.sort((a, b) => a.at - b.at);
    messages.splice(0, messages.length - AT_MOST);
    this.store.set({ messages, pinned, unread: count + (unread ? added : 0) });
  }
}
