/* A server that answers as a test wants it, and a page that belongs to it. */

import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, vi } from "vitest";

export interface Asked {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

const ends: (() => Promise<unknown>)[] = [];
/* Node's, not that of the page that the tests pretend to have */
const realFetch = globalThis.fetch;

afterEach(async () => {
  vi.unstubAllGlobals();
  await Promise.all(ends.splice(0).map((end) => end()));
});

export async function serve(answer: (asked: Asked) => Answer): Promise<{ asked: Asked[]; stop: () => Promise<unknown> }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = "";

    request.setEncoding("utf8").on("data", (chunk: string) => { body += chunk; }).on("end", () => {
      const one = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
      asked.push(one);

      const { status = 200, headers = {}, body: said = {} } = answer(one);
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof said === "string" ? said : JSON.stringify(said));
    });
  });

  await new Promise<void>((ready) => { server.listen(0, "127.0.0.1", ready); });
  const { port } = server.address() as AddressInfo;
  const stop = () => new Promise((done) => {
    server.close(done);
    server.closeAllConnections();
  });

  ends.push(stop);
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) =>
    realFetch(new URL(path, `http://127.0.0.1:${port}`), init));
  return { asked, stop };
}
