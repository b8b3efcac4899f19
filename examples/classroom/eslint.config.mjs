/*
 * The rules of a LiveKit application, as far as a program can check them:
 * where the mistakes that everybody makes would be, the lint fails.
 */

import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const SERVER_SIDE = "The server side of LiveKit is nginx. An API secret has no business in this application.";
const NO_STORAGE = "A token, or anything that leads to one, is kept in memory only.";
const NO_CLOCK = "Nothing is asked for by a clock: a token when somebody joins, never again.";
const NO_LOGS = "Logs of the browser must hold no token; livekit-client's own go by setLogLevel().";

export default tseslint.config(
  { ignores: [".next/", "next-env.d.ts", "node_modules/"] },
  ...tseslint.configs.strict,
  reactHooks.configs.flat.recommended,
  {
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "no-console": ["error", { allow: ["error"] }],
      "no-restricted-imports": ["error", {
        paths: [{ name: "livekit-server-sdk", message: SERVER_SIDE }],
        patterns: [{ group: ["next/router", "next-auth/jwt"], message: "Not with the App Router; not in this application." }],
      }],
      "no-restricted-syntax": ["error",
        { selector: "MemberExpression[property.name=/^(LIVEKIT_API_|LIVEKIT_.*SECRET)/]", message: SERVER_SIDE },
        { selector: "MemberExpression[property.name=/^NEXT_PUBLIC_/]",
          message: "NEXT_PUBLIC_* is fixed when the application is built. What differs comes from nginx at run time." },
        { selector: "MemberExpression[object.name='room'][property.name='participants']",
          message: "livekit-client 2 has remoteParticipants." },
        { selector: "MemberExpression[property.name=/^(audioTracks|videoTracks|getRTCStats)$/]",
          message: "livekit-client 2 has audioTrackPublications, videoTrackPublications and getRTCStatsReport." },
        { selector: "CallExpression[callee.object.name='JSON'][callee.property.name='parse'] MemberExpression[property.name='metadata']",
          message: "Metadata is anybody's text. Attributes hold what is needed." },
      ],
    },
  },
  {
    files: ["components/**", "lib/**"],
    ignores: ["lib/auth.ts", "lib/people.ts"],
    rules: {
      "no-restricted-globals": ["error",
        { name: "localStorage", message: NO_STORAGE },
        { name: "sessionStorage", message: NO_STORAGE },
        { name: "indexedDB", message: NO_STORAGE },
        { name: "process", message: "This runs in the browser." },
        { name: "setInterval", message: NO_CLOCK },
      ],
      "no-restricted-properties": ["error",
        { object: "window", property: "localStorage", message: NO_STORAGE },
        { object: "window", property: "sessionStorage", message: NO_STORAGE },
        { object: "document", property: "cookie", message: NO_STORAGE },
        { object: "console", property: "log", message: NO_LOGS },
        { object: "console", property: "debug", message: NO_LOGS },
        { object: "console", property: "info", message: NO_LOGS },
      ],
    },
  },
  {
    /* what is drawn on the server can know nothing of a call */
    files: ["app/**"],
    rules: {
      "no-restricted-imports": ["error", {
        patterns: [{ group: ["livekit-client", "@livekit/*", "livekit-server-sdk"],
          message: "LiveKit lives in client components." }],
      }],
    },
  },
);
