"use client";

import { useEffect, useRef } from "react";

import type { Problem } from "@/lib/problems";

/* Instead of the call: what happened, and the way back. */
export function ProblemCard({ problem, onWayBack }: { problem: Problem; onWayBack: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => heading.current?.focus(), []);

  return (
    <section className="card problem" role="alert" data-problem={problem.kind}>
      <h2 ref={heading} tabIndex={-1}>{problem.title}</h2>
      <p>{problem.text}</p>
      <p><button type="button" className="button primary" onClick={onWayBack}>{problem.label}</button></p>
    </section>
  );
}

/* Above the call, which goes on. */
export function Notice({ problem, onWayBack, onClose }: {
  problem: Problem;
  onWayBack: () => void;
  onClose: () => void;
}) {
  return (
    <section className="notice" role="alert" data-problem={problem.kind}>
      <div>
        <strong>{problem.title}.</strong> <span>{problem.text}</span>
      </div>
      <div className="row">
        {problem.way !== "dismiss" && (
          <button type="button" className="button small" onClick={onWayBack}>{problem.label}</button>
        )}
        <button type="button" className="button small quiet-button" onClick={onClose}>Dismiss</button>
      </div>
    </section>
  );
}
