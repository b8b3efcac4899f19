/*
 * Asking nginx.  Who is asking is in the session cookie, which the browser
 * sends by itself and which no script can read.
 */

export const ENDPOINTS = {
  token: "/api/connection-details",
  config: "/api/config",
  chat: "/api/chat",
  metrics: "/api/metrics",
  moderation: "/api/moderation",
  recordings: "/api/recordings",
  startRecording: "/api/recordings/start",
  stopRecording: "/api/recordings/stop",
} as const;

/* nginx said no, or (status 0) nothing at all. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly retryAfter: number | null = null,
  ) {
    super(status ? `nginx answered ${status} ${code}` : "nginx does not answer");
    this.name = "Refused";
  }
}

const object = (value: unknown): Record<string, unknown> =>
  (typeof value === "object" && value !== null ? value as Record<string, unknown> : {});

async function ask(path: string, init: RequestInit): Promise<Record<string, unknown>> {
  const answer = await fetch(path, { cache: "no-store", credentials: "same-origin", ...init })
    .catch(() => { throw new Refused(0, "offline"); });
  const body = object(await answer.json().catch(() => null));

  if (!answer.ok) {
    const after = Number(answer.headers.get("Retry-After"));

    throw new Refused(answer.status, String(body.error ?? "error"), after > 0 ? after : null);
  }
  return body;
}

export const get = (path: string, query: Record<string, string> = {}) => {
  const search = new URLSearchParams(query).toString();

  return ask(search ? `${path}?${search}` : path, {});
};

export const post = (path: string, body: object) =>
  ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
