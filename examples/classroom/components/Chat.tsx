"use client";

import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { FormEvent } from "react";

import type { ChatLog, Kind, Message } from "@/lib/chat";
import { actionProblem } from "@/lib/problems";
import type { Problem } from "@/lib/problems";

import { CloseIcon, MegaphoneIcon, PinIcon, SendIcon } from "./icons";

interface Props {
  chat: ChatLog;
  leads: boolean;
  onProblem: (problem: Problem) => void;
}

const clock = (at: number) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

export function Chat({ chat, leads, onProblem }: Props) {
  const { messages } = useSyncExternalStore(chat.store.subscribe, chat.store.get, chat.store.get);
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

  const say = (type: Kind, words: string) => act(() => chat.send(type, words));

  const send = async (event: FormEvent) => {
    event.preventDefault();
    const words = text.trim();

    if (words && await say(announce ? "announcement" : "message", words)) {
      setText("");
      setAnnounce(false);
    }
  };

  const pins = messages.filter(({ type }) => type === "pinned");
  const said = messages.filter(({ type }) => type !== "pinned");
  const isPinned = (message: Message) => pins.some((pin) => pin.text === message.text);

  return (
    <div className="panel-body chat">
      {pins.length > 0 && (
        <ul className="pins" aria-label="Pinned">
          {pins.map((pin) => (
            <li key={pin.id}>
              <PinIcon />
              <span>{pin.text}</span>
              {leads && (
                <button type="button" className="icon-button" disabled={busy} aria-label={`Unpin “${pin.text.slice(0, 40)}”`}
                  onClick={() => void act(() => chat.unpin(pin))}><CloseIcon /></button>
              )}
            </li>
          ))}
        </ul>
      )}

      <div className="log" role="log" aria-label="Messages" tabIndex={0}>
        <ul className="messages" ref={log}>
          {said.map((message) => (
            <li key={message.id || message.clientId} className={`message ${message.type}`} data-type={message.type}>
              <p className="message-top">
                {message.type === "announcement" && <MegaphoneIcon />}
                <strong>{message.name}</strong>
                {message.role === "teacher" && <span className="role">{message.role}</span>}
                <time dateTime={new Date(message.at).toISOString()}>{clock(message.at)}</time>
                {leads && !isPinned(message) && (
                  <button type="button" className="icon-button" disabled={busy} aria-label={`Pin “${message.text.slice(0, 40)}”`}
                    onClick={() => void say("pinned", message.text)}><PinIcon /></button>
                )}
              </p>
              <p className="message-text">{message.text}</p>
            </li>
          ))}
        </ul>
        {said.length === 0 && <p className="quiet nothing">Nothing has been said yet. Ask the first question.</p>}
      </div>

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
