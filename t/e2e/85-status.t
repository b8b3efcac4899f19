#!/usr/bin/env node
"use strict";

/*
 * What livekit_status says, as Prometheus's own Python client reads it: while
 * tokens are issued, Redis goes away and nginx is reloaded, no counter ever
 * goes back, and in the end everything was counted.
 */

const { execFileSync } = require("node:child_process");
const http = require("node:http");

const cookies = require("./lib/cookies");
const proc = require("./lib/process");
const { startStack } = require("./lib/stack");
const { run, until } = require("./lib/tap");

/* Text in, and a line of JSON for each sample. */
const READER = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.documentation and family.type in ("counter", "gauge", "histogram"), family
    for sample in family.samples:
        print(json.dumps([family.type, sample.name, sample.labels, sample.value]))
`;

/* On a connection of its own: nginx closes kept ones when it is reloaded. */
const request = (url, { body, ...options } = {}) => new Promise((resolve, reject) => {
  http.request(url, { agent: false, ...options }, async (answer) => {
    let text = "";
    for await (const chunk of answer) {
      text += chunk;
    }
    resolve({ status: answer.statusCode, text });
  }).once("error", reject).end(body);
});

run(async (t, later) => {
  const stack = await startStack(later, {
    locations: "location = /metrics { livekit_status; }",
  });
  const { origin, sessionSecret } = stack;

  stack.redis("HSET", "lkg:room:{math}", "m:u1", "teacher", "m:u2", "student");

  const scrape = async () => {
    const { text } = await request(`${origin}/metrics`);
    const read = execFileSync(proc.python, ["-c", READER], { input: text, env: proc.env });
    const samples = String(read).trim().split("\n").map((line) => JSON.parse(line));

    return {
      samples,
      value: (name, labels = {}) => samples
        .filter(([, n, l]) => n === name && Object.entries(labels).every(([k, v]) => l[k] === v))
        .reduce((sum, [,,, value]) => sum + value, 0),
      counters: new Map(samples
        .filter(([type, name]) => type !== "gauge" && !/_created$/.test(name))
        .map(([, name, labels, value]) => [name + JSON.stringify(labels), value])),
    };
  };

  const cookie = async (sub) => cookies.jwt({ sub, name: sub }, sessionSecret);
  const asks = async (sub) => {
    const { status } = await request(`${origin}/api/connection-details`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Cookie: await cookie(sub) },
      body: JSON.stringify({ roomName: "math" }),
    });
    return status;
  };

  let last = await scrape();
  const back = [];
  const look = async () => {
    const next = await scrape();
    for (const [name, value] of last.counters) {
      if (!(next.counters.get(name) >= value)) {
        back.push(`${name}: ${value}, then ${next.counters.get(name)}`);
      }
    }
    last = next;
    return next;
  };

  t.is(last.value("livekit_info"), 1, "the version is there");

  t.is([await asks("u1"), await asks("u2"), await asks("u2"), await asks("u9")], [200, 200, 200, 403],
    "a teacher, a student twice and a stranger");

  await until("they are counted", async () =>
    (await look()).value("livekit_requests_total", { endpoint: "token" }) === 4);

  const issued = { endpoint: "token", verdict: "issued" };
  t.is(last.value("livekit_requests_total", { ...issued, role: "teacher" }), 1, "the teacher's token");
  t.is(last.value("livekit_requests_total", { ...issued, role: "student" }), 2, "the student's");
  t.is(last.value("livekit_requests_total", { verdict: "not_member" }), 1, "and the stranger");
  t.ok(last.value("livekit_redis_replies_total") >= 4, "Redis answered for each");
  t.ok(last.value("livekit_redis_connections") >= 1, "a worker is connected to it");
  t.is(last.value("livekit_redis_duration_seconds_bucket", { le: "+Inf" }),
    last.value("livekit_redis_duration_seconds_count"), "and each answer is in a bucket");

  let count = 4;
  for (let i = 0; i < 8; i++) {
    stack.signal("nginx", "SIGHUP");
    for (let j = 0; j < 10; j++) {
      if (await asks("u1") === 200) {
        count++;
      }
      if (j % 3 === 0) {
        await look();
      }
    }
  }

  await until("all are counted", async () =>
    (await look()).value("livekit_requests_total", { endpoint: "token" }) === count);
  t.is(last.value("livekit_requests_total", issued), count - 1, "eight reloads later, every token is counted");
  t.ok(last.value("livekit_redis_replies_total") >= count, "and every answer of Redis");

  stack.signal("redis", "SIGKILL");
  t.is(await asks("u1"), 503, "Redis is gone");
  await until("that is seen", async () => {
    const now = await look();
    return now.value("livekit_redis_failures_total") > 0
      && now.value("livekit_requests_total", { verdict: "redis_unavailable" }) > 0;
  });
  t.ok(true, "and seen in the numbers");

  t.is(back, [], "no counter ever went back");
});
