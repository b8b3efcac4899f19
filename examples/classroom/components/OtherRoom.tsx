"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import type { FormEvent } from "react";

export function OtherRoom() {
  const router = useRouter();
  const [name, setName] = useState("");

  const go = (event: FormEvent) => {
    event.preventDefault();
    router.push(`/rooms/${encodeURIComponent(name.trim())}`);
  };

  return (
    <form className="other-room" onSubmit={go}>
      <label htmlFor="other-room">Another room</label>
      <div className="row">
        <input id="other-room" value={name} onChange={(event) => setName(event.target.value)}
          required maxLength={128} pattern="[A-Za-z0-9_\-]+" autoComplete="off" spellCheck={false}
          title="Letters, digits, hyphens and underscores" placeholder="room-name" />
        <button type="submit" className="button">Go</button>
      </div>
    </form>
  );
}
