/*
 * Asking nginx for a token.  Who you are is in the session cookie, which the
 * browser sends by itself and which this page cannot read.
 */

export class Refused extends Error {
  constructor(status, message, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/* { token, url }, or Refused with the status that nginx gave (0: no answer). */
export async function requestToken(roomName, role) {
  let response;

  try {
    response = await fetch("/api/connection-details", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(role ? { roomName, role } : { roomName }),
    });
  } catch {
    throw new Refused(0, "nginx does not answer.");
  }

  const body = await response.json().catch(() => ({}));

  if (!response.ok) {
    throw new Refused(response.status, body.message ?? response.statusText,
      response.headers.get("Retry-After"));
  }
  return body;
}

/* Reads the claims.  Only LiveKit can check the signature. */
export function claimsOf(token) {
  const part = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
  const bytes = Uint8Array.from(atob(part), (c) => c.charCodeAt(0));

  return JSON.parse(new TextDecoder().decode(bytes));
}
