"use client";

import type { CallState, Connection } from "@/lib/call-state";

const WORDS: Record<Connection, string> = {
  idle: "Connecting …",
  connecting: "Connecting …",
  connected: "Connected",
  reconnecting: "Reconnecting …",
  ended: "Disconnected",
};

export function Status({ state, onSound }: { state: CallState; onSound: () => void }) {
  const { connection, me, recording, silenced, people } = state;
  const users = new Set(people.map((person) => person.user)).size;

  return (
    <div className="status">
      <p className={`pill ${connection}`} role="status" data-connection={connection}>
        <i aria-hidden="true" />{WORDS[connection]}
      </p>
      {connection === "connected" && <p className="pill">{users === 1 ? "Only you" : `${users} people`}</p>}
      {recording && <p className="pill recording" role="status"><i aria-hidden="true" />Recording</p>}
      {connection === "connected" && me && !me.mayPublish && <p className="pill">You are listening</p>}
      {me?.quality === "poor" && <p className="pill warn" role="status">Your network is weak</p>}
      {silenced && <button type="button" className="button small primary" onClick={onSound}>Turn sound on</button>}
    </div>
  );
}
