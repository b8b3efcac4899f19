"use strict";

/*
 * A web application as people write it, with sessions of several kinds that
 * are kept in Redis: express-session with connect-redis, next-auth 4, and
 * Better Auth.
 */

const crypto = require("node:crypto");
const http = require("node:http");

const express = require("express");
const session = require("express-session");
const Redis = require("ioredis");
const { createClient } = require("redis");

/* A server on a free port of loopback that says 404 until it has a handler. */
exports.listen = (later) => new Promise((resolve, reject) => {
  const server = http.createServer((req, res) => server.app
    ? server.app(req, res) : res.writeHead(404).end());

  server.halt = () => new Promise((done) => {
    server.close(done);
    server.closeAllConnections();
  });
  later(server.halt);
  server.once("error", reject).listen(0, "127.0.0.1", () => {
    server.port = server.address().port;
    resolve(server);
  });
});

/* What a browser keeps, and how it asks: fetch() that has cookies. */
exports.browser = (origin) => {
  const jar = new Map();
  const self = {
    get cookie() { return [...jar].map(([name, value]) => `${name}=${value}`).join("; "); },
    value: (name) => jar.get(name),
    names: () => [...jar.keys()],

    async fetch(path, { form, json, ...options } = {}) {
      const answer = await fetch(origin + path, {
        redirect: "manual",
        ...(form && { method: "POST", body: new URLSearchParams(form) }),
        ...(json && { method: "POST", body: JSON.stringify(json) }),
        ...options,
        headers: { origin, cookie: self.cookie, ...(json && { "content-type": "application/json" }) },
      });
      for (const line of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
        const over = /; *max-age=0(;|$)/i.test(line) || /; *expires=[^;]*1970/i.test(line);
        over ? jar.delete(name) : jar.set(name, value);
      }
      return answer;
    },
  };
  return self;
};

/* express-session at a path of its own; the first of the secrets signs. */
function expressSessions(app, path, store, secret) {
  const routes = express.Router();

  routes.use(session({ store, secret, resave: false, saveUninitialized: false }));
  routes.post("/login", express.json(), (req, res, next) => req.session.regenerate((error) => {
    Object.assign(req.session, req.body);
    error ? next(error) : res.sendStatus(204);
  }));
  routes.post("/logout", (req, res, next) => req.session.destroy((error) =>
    error ? next(error) : res.clearCookie("connect.sid").sendStatus(204)));
  routes.get("/me", (req, res) => res.json(req.session.user ?? null));
  app.use(path, routes);
}

/* next-auth's handler, with what Next.js would give it. */
function nextAuth(app, path, options) {
  const { default: handler } = require("next-auth");

  app.all(`${path}/*action`, express.urlencoded({ extended: false }), (req, res) => {
    const cookies = Object.fromEntries((req.headers.cookie ?? "").split(/; */).filter(Boolean)
      .map((pair) => [pair.split("=", 1)[0], decodeURIComponent(pair.slice(pair.indexOf("=") + 1))]));
    const query = { ...req.query, nextauth: req.params.action };

    return handler(Object.create(req, { cookies: { value: cookies }, query: { value: query } }), res, options);
  });
}

/* What @upstash/redis does: JSON in, JSON out. */
const upstash = (redis) => ({
  set: (key, value) => redis.set(key, value),
  del: (...keys) => redis.del(...keys),
  async get(key) {
    const value = await redis.get(key);
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  },
});

/* The application, for pages at origin; people are { user name: { id, .. } }. */
exports.startApp = async (later, server, { origin, socket, secrets, people }) => {
  const { RedisStore } = await import("connect-redis");
  const { betterAuth } = await import("better-auth");
  const { memoryAdapter } = await import("better-auth/adapters/memory");
  const { toNodeHandler } = await import("better-auth/node");
  const { redisStorage } = await import("@better-auth/redis-storage");
  const { UpstashRedisAdapter } = await import("@auth/upstash-redis-adapter");
  const { default: Credentials } = require("next-auth/providers/credentials");
  const { default: GitHub } = require("next-auth/providers/github");

  const client = createClient({ socket: { path: socket } });
  const redis = new Redis(socket);
  await client.connect();
  later(() => Promise.all([client.close(), redis.quit()]));

  const app = express();
  const store = new RedisStore({ client });

  expressSessions(app, "/old", store, secrets.express[1]);
  expressSessions(app, "/new", store, secrets.express);
  expressSessions(app, "/foreign", store, crypto.randomBytes(32).toString("hex"));

  process.env.NEXTAUTH_URL = origin;
  const jwt = {
    secret: secrets.nextAuth,
    providers: [Credentials({
      credentials: { user: {} },
      authorize: ({ user }) => people[user] ?? null,
    })],
    callbacks: {
      session: ({ session, token }) => ({ ...session, user: { ...session.user, id: token.sub } }),
    },
    logger: { error() {}, warn() {}, debug() {} },
  };
  const adapter = UpstashRedisAdapter(upstash(redis));
  nextAuth(app, "/api/auth", jwt);
  nextAuth(app, "/database/auth", {
    ...jwt, adapter, callbacks: {}, session: { strategy: "database" },
    providers: [GitHub({ clientId: "never", clientSecret: "asked" })],
  });

  const better = betterAuth({
    baseURL: origin,
    basePath: "/better",
    secret: secrets.better,
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    secondaryStorage: redisStorage({ client: redis }),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
  });
  app.all("/better/*rest", toNodeHandler(better));

  server.app = app;
  return { adapter };
};
