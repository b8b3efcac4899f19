"use client";

import { useState } from "react";
import type { FormEvent } from "react";

import { useReady } from "@/lib/browser";

/* What is to be on when somebody comes in who may speak. */
export interface Wishes {
  microphone: boolean;
  camera: boolean;
}

interface Props {
  title: string;
  name: string;
  joining: boolean;
  wishes: Wishes;
  onJoin: (wishes: Wishes) => void;
}

export function Lobby({ title, name, joining, wishes, onJoin }: Props) {
  const [microphone, setMicrophone] = useState(wishes.microphone);
  const [camera, setCamera] = useState(wishes.camera);
  /* a form that is sent before there is a script would load the page anew */
  const ready = useReady();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    onJoin({ microphone, camera });
  };

  return (
    <main id="main" className="page welcome">
      <form className="card lobby" onSubmit={submit}>
        <div>
          <h2>Ready for {title}?</h2>
          <p className="quiet">You come in as {name}.</p>
        </div>
        <fieldset>
          <legend>If you may speak in this room, start with</legend>
          <label className="check">
            <input type="checkbox" checked={microphone} onChange={(event) => setMicrophone(event.target.checked)} />
            Microphone
          </label>
          <label className="check">
            <input type="checkbox" checked={camera} onChange={(event) => setCamera(event.target.checked)} />
            Camera
          </label>
        </fieldset>
        <button type="submit" className="button primary wide" disabled={joining || !ready}>
          {joining ? "Joining …" : "Join"}
        </button>
      </form>
    </main>
  );
}
