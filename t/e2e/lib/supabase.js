"use strict";

/*
 * @supabase/ssr as it runs in an application, and a server that stands in for
 * Supabase: it signs everybody in, with the access token that it is given.
 */

const http = require("node:http");

exports.startSupabase = async function startSupabase(later, { cookieEncoding, accessToken }) {
  const { createServerClient } = require("@supabase/ssr");
  const jar = new Map();

  const server = http.createServer(async (req, res) => {
    req.resume();
    if (!req.url.startsWith("/auth/v1/token")) {
      res.writeHead(204).end();
      return;
    }
    const token = await accessToken();
    const { sub, email, exp, user_metadata } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
    res.setHeader("Content-Type", "application/json");
    res.end(JSON.stringify({
      access_token: token, token_type: "bearer", expires_in: 3600, expires_at: exp, refresh_token: "refresh",
      user: { id: sub, aud: "authenticated", email, user_metadata },
    }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  later(() => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  }));

  const client = createServerClient(`http://127.0.0.1:${server.address().port}`, "public-anon-key", {
    cookieEncoding,
    realtime: { transport: class {} },  /* never connected */
    cookies: {
      getAll: () => [...jar].map(([name, value]) => ({ name, value })),
      setAll: (all) => all.forEach(({ name, value, options }) =>
        options.maxAge === 0 ? jar.delete(name) : jar.set(name, value)),
    },
  });
  const done = ({ error }) => {
    if (error) {
      throw error;
    }
  };

  return {
    names: () => [...jar.keys()],
    cookie: () => [...jar].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("; "),
    signIn: async () => done(await client.auth.signInWithPassword({ email: "ann@example.com", password: "x" })),
    signOut: async () => done(await client.auth.signOut()),
  };
};
