"use client";

import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { FormEvent } from "react";

import type { ChatLog, Message } from "@/lib/chat";
import { actionProblem } from "@/lib/problems";
import type { Problem } from "@/lib/problems";

import { MegaphoneIcon, PinIcon, SendIcon } from "./icons";

interface Props {
  chat: ChatLog;
  leads: boolean;
  onProblem: (problem: Problem) => void;
}

const clock = (at: number) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

export function Chat({ chat, leads, onProblem }: Props) {
  const { messages, pinned } = useSyncExternalStore(chat.store.subscribe, chat.store.get, chat.store.get);
  const [text, setText] = useState("");
  const [announce, setAnnounce] = useState(false);
  const [busy, setBusy] = useState(false);
  const log = useRef<HTMLUListElement>(null);

  useEffect(() => chat.read(), [chat, messages]);

  useEffect(() => {
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [messages.length]);

  const act = async (action: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    try {
      await action();
      return true;
    } catch (error) {
      onProblem(actionProblem(error));
      return false;
    } finally {
      setBusy(false);
    }
  };

  const send = async (event: FormEvent) => {
    event.preventDefault();
    const content = text.trim();

    if (content && await act(() => chat.send(announce ? "announcement" : "message", content))) {
      setText("");
      setAnnounce(false);
    }
  };

  const pins = messages.filter((message) => pinned.has(message.id));
  const pin = (message: Message) => act(() => chat.pin(message, !pinned.has(message.id)));

  return (
    <div className="panel-body chat">
      {pins.length > 0 && (
        <section className="pins" aria-label="Pinned">
          {pins.map((message) => (
            <p key={message.id}><PinIcon /><span>{message.content}</span></p>
          ))}
        </section>
      )}

      <ul className="messages" ref={log} role="log" aria-label="Messages" tabIndex={0}>
        {messages.map((message) => (
          <li key={message.id || message.clientId} className={`message ${message.type}`} data-type={message.type}>
            <p className="message-top">
              {message.type === "announcement" && <MegaphoneIcon />}
              <strong>{message.name}</strong>
              {message.role === "teacher" && <span className="role">{message.role}</span>}
              <time dateTime={new Date(message.at).toISOString()}>{clock(message.at)}</time>
              {leads && message.id && (
                <button type="button" className="icon-button" disabled={busy} aria-pressed={pinned.has(message.id)}
                  aria-label={`Pin “${message.content.slice(0, 40)}”`} onClick={() => void pin(message)}><PinIcon /></button>
              )}
            </p>
            <p className="message-text">{message.content}</p>
          </li>
        ))}
        {messages.length === 0 && <li className="quiet">Nothing has been said yet. Ask the first question.</li>}
      </ul>

      <form className="say" onSubmit={(event) => void send(event)}>
        {leads && (
          <label className="check">
            <input type="checkbox" checked={announce} onChange={(event) => setAnnounce(event.target.checked)} />
            Announcement, kept for those who come later
          </label>
        )}
        <div className="row">
          <label className="sr-only" htmlFor="say">Message</label>
          <input id="say" value={text} onChange={(event) => setText(event.target.value)}
            maxLength={1000} autoComplete="off" placeholder={announce ? "An announcement" : "A message to everybody"} />
          <button type="submit" className="button primary" disabled={busy || !text.trim()}>
            <SendIcon /><span className="sr-only">Send</span>
          </button>
        </div>
      </form>
    </div>
  );
}
