"use client";

import { useRef, useState } from "react";

import { isLive } from "@/lib/call-state";
import type { CallState, Person } from "@/lib/call-state";
import { ban, changeRole, mute, remove, unban } from "@/lib/moderation";
import { actionProblem } from "@/lib/problems";
import type { Problem } from "@/lib/problems";

import { CameraIcon, MicrophoneIcon, MoreIcon } from "./icons";
import { Avatar } from "./Stage";

interface Props {
  room: string;
  state: CallState;
  leads: boolean;
  onProblem: (problem: Problem) => void;
}

type Danger = { what: "remove" | "ban"; user: string; name: string };

/* Somebody with two devices is one person. */
function byUser(people: readonly Person[]): Person[][] {
  const users = new Map<string, Person[]>();

  people.forEach((person) => users.set(person.user, [...users.get(person.user) ?? [], person]));
  return [...users.values()];
}

export function People({ room, state, leads, onProblem }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [danger, setDanger] = useState<Danger | null>(null);
  const [banned, setBanned] = useState<ReadonlyMap<string, string>>(new Map());
  const [busy, setBusy] = useState(false);

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

  const ask = (what: Danger) => {
    setDanger(what);
    dialog.current?.showModal();
  };

  const confirmed = async () => {
    dialog.current?.close();
    if (!danger) {
      return;
    }
    const { what, user, name } = danger;
    const done = await act(() => (what === "ban" ? ban(room, user) : remove(room, user)));

    if (done && what === "ban") {
      setBanned((old) => new Map(old).set(user, name));
    }
  };

  const allow = async (user: string) => {
    if (await act(() => unban(room, user))) {
      setBanned((old) => new Map([...old].filter(([one]) => one !== user)));
    }
  };

  return (
    <div className="panel-body">
      <ul className="people">
        {byUser(state.people).map((devices) => {
          const person = devices[0] as Person;
          const live = devices.find((device) => isLive(device.microphone));
          const speaks = devices.some((device) => device.mayPublish);

          return (
            <li key={person.user} data-user={person.user}>
              <Avatar person={person} />
              <span className="person-name">
                <strong>{person.name}{person.local && " (you)"}</strong>
                <span className="quiet">
                  {person.role || "guest"}{person.role === "student" && speaks && " · may speak"}{devices.length > 1 && ` · ${devices.length} devices`}
                </span>
              </span>
              <span className="person-media">
                <MicrophoneIcon off={!live} />
                <span className="sr-only">{live ? "microphone on" : "microphone off"}</span>
                <CameraIcon off={!devices.some((device) => isLive(device.camera))} />
              </span>
              {leads && !person.local && (
                <details className="menu">
                  <summary><MoreIcon /><span className="sr-only">Actions for {person.name}</span></summary>
                  <div className="menu-items">
                    {live?.microphone && (
                      <button type="button" disabled={busy}
                        onClick={() => void act(() => mute(room, live.identity, live.microphone?.sid ?? ""))}>Mute</button>
                    )}
                    {person.role !== "teacher" && (speaks
                      ? <button type="button" disabled={busy} onClick={() => void act(() => changeRole(room, person.user, "student"))}>Back to listening</button>
                      : <button type="button" disabled={busy} onClick={() => void act(() => changeRole(room, person.user, "speaker"))}>Let speak</button>)}
                    <button type="button" disabled={busy} className="danger"
                      onClick={() => ask({ what: "remove", user: person.user, name: person.name })}>Remove</button>
                    <button type="button" disabled={busy} className="danger"
                      onClick={() => ask({ what: "ban", user: person.user, name: person.name })}>Ban</button>
                  </div>
                </details>
              )}
            </li>
          );
        })}
      </ul>

      {banned.size > 0 && (
        <>
          <h3>Banned by you</h3>
          <ul className="people">
            {[...banned].map(([user, name]) => (
              <li key={user}>
                <Avatar person={{ user, name }} />
                <span className="person-name"><strong>{name}</strong></span>
                <button type="button" className="button small" disabled={busy} onClick={() => void allow(user)}>
                  Allow again<span className="sr-only">: {name}</span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}

      <dialog ref={dialog} className="card" aria-labelledby="danger-title">
        <h3 id="danger-title">{danger?.what === "ban" ? "Ban" : "Remove"} {danger?.name}?</h3>
        <p>
          {danger?.what === "ban"
            ? "The call ends for them, on every device, and they cannot come back until you allow it."
            : "The call ends for them, on every device. After a minute they may come back."}
        </p>
        <div className="row end">
          <button type="button" className="button" onClick={() => dialog.current?.close()}>Cancel</button>
          <button type="button" className="button danger" onClick={() => void confirmed()}>
            {danger?.what === "ban" ? "Ban" : "Remove"}
          </button>
        </div>
      </dialog>
    </div>
  );
}
