"use client";

import { useEffect, useState } from "react";

export function Join() {
  const [answer, setAnswer] = useState(null);
  const [ready, setReady] = useState(false);

  useEffect(() => setReady(true), []);

  const join = async () => {
    const response = await fetch("/api/connection-details", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ roomName: "math-101" }),
    });
    setAnswer({ status: response.status, ...await response.json() });
  };

  return (
    <>
      <button onClick={join} disabled={!ready}>Join</button>
      <output>{answer && JSON.stringify(answer)}</output>
    </>
  );
}
