"use client";

import { useEffect, useRef } from "react";
import type { ReactNode } from "react";

import type { PanelName } from "./Controls";
import { CloseIcon } from "./icons";

const TITLES: Record<PanelName, string> = { chat: "Chat", people: "People", recordings: "Recordings" };

/* Beside the call, or over it on a small screen. */
export function Panel({ name, onClose, children }: {
  name: PanelName | null;
  onClose: () => void;
  children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef<PanelName | null>(null);

  /* whoever opens another panel is there; nobody is sent to the first one */
  useEffect(() => {
    if (name && before.current) {
      heading.current?.focus({ preventScroll: true });
    }
    before.current = name;
  }, [name]);

  return (
    <aside id="panel" className="panel" hidden={!name} aria-labelledby="panel-title"
      onKeyDown={(event) => { if (event.key === "Escape") { onClose(); } }}>
      <div className="panel-top">
        <h2 id="panel-title" ref={heading} tabIndex={-1}>{name ? TITLES[name] : ""}</h2>
        <button type="button" className="icon-button" onClick={onClose} aria-label="Close the panel"><CloseIcon /></button>
      </div>
      {children}
    </aside>
  );
}
