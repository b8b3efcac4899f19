/* @vitest-environment node */

/* The rules of eslint.config.mjs find the mistakes that they are there for. */

import { ESLint } from "eslint";
import { describe, expect, it } from "vitest";

const eslint = new ESLint();

async function complaints(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath });

  return (result?.messages ?? []).map(({ ruleId }) => ruleId ?? "syntax");
}

describe("the lint", () => {
  it.each([
    ["a secret's name", "lib/x.ts", "export const s = process.env.LIVEKIT_API_SECRET;", "no-restricted-syntax"],
    ["a value of the build", "lib/auth.ts", "export const u = process.env.NEXT_PUBLIC_LIVEKIT_URL;", "no-restricted-syntax"],
    ["the server's SDK", "lib/x.ts", "import { AccessToken } from 'livekit-server-sdk'; export { AccessToken };", "no-restricted-imports"],
    ["LiveKit in a server component", "app/page.tsx", "import { Room } from 'livekit-client'; export { Room };", "no-restricted-imports"],
    ["the router of pages", "components/x.tsx", "import router from 'next/router'; export { router };", "no-restricted-imports"],
    ["a token in storage", "lib/x.ts", "export const f = (token: string) => localStorage.setItem('token', token);", "no-restricted-globals"],
    ["in the other storage", "components/x.tsx", "export const f = (token: string) => window.sessionStorage.setItem('t', token);", "no-restricted-properties"],
    ["in a cookie", "lib/x.ts", "export const f = (token: string) => { document.cookie = token; };", "no-restricted-properties"],
    ["in the log", "lib/x.ts", "export const f = (token: string) => console.log(token);", "no-console"],
    ["polling", "lib/x.ts", "export const f = (ask: () => void) => setInterval(ask, 1000);", "no-restricted-globals"],
    ["names of livekit-client 1", "lib/x.ts", "export const f = (room: any) => room.participants;", "no-restricted-syntax"],
    ["tracks of livekit-client 1", "lib/x.ts", "export const f = (p: any) => p.audioTracks.size;", "no-restricted-syntax"],
    ["statistics that there never were", "lib/x.ts", "export const f = (track: any) => track.getRTCStats();", "no-restricted-syntax"],
    ["metadata taken for JSON", "lib/x.ts", "export const f = (p: any) => JSON.parse(p.metadata);", "no-restricted-syntax"],
  ])("finds %s", async (_what, file, code, rule) => {
    expect(await complaints(file, code)).toContain(rule);
  });

  it("finds nothing in the application", async () => {
    const results = await eslint.lintFiles(["app", "components", "lib", "test"]);

    expect(results.length).toBeGreaterThan(30);
    expect(results.flatMap(({ filePath, messages }) => messages.map(({ message }) => `${filePath}: ${message}`))).toEqual([]);
  });
});
