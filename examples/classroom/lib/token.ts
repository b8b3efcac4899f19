/*
 * A token is asked for when somebody joins, and never again: LiveKit renews
 * it for those who are connected.  It is kept in memory only.
 */

import { TokenSource } from "livekit-client";

import { ENDPOINTS, Refused } from "./nginx";

export interface Ticket {
  serverUrl: string;
  participantToken: string;
}

/*
 * Each tab is a device of its own, so that the second one does not throw out
 * the first.  A tab that is duplicated copies sessionStorage: the name has to
 * be made up anew.
 */
export function newDevice(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));

  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Tickets {
  private readonly source = TokenSource.endpoint(ENDPOINTS.token, { credentials: "same-origin" });

  constructor(private readonly user: string, private readonly device = newDevice()) {}

  async get(room: string): Promise<Ticket> {
    try {
      return await this.source.fetch({
        roomName: room,
        participantIdentity: `${this.user}~${this.device}`,
      }, true);
    } catch (error) {
      throw this.refusal(error);
    }
  }

  /* TokenSource has the status only in the text of its error. */
  private refusal(error: unknown): unknown {
    const text = error instanceof Error ? error.message : "";
    const [, status] = / received (\d{3}) \//.exec(text) ?? [];

    if (status) {
      const [, code] = /"error": ?"([a-z_]+)"/.exec(text) ?? [];
      return new Refused(Number(status), code ?? "error");
    }
    return error instanceof TypeError ? new Refused(0, "offline") : error;
  }
}
