"use strict";

/* A participant that runs join.py, LiveKit's Python client. */

const { spawn } = require("node:child_process");
const path = require("node:path");
const readline = require("node:readline");

const proc = require("./process");
const { until } = require("./tap");

exports.joinWithPython = function joinWithPython(later, url, token) {
  const child = spawn(proc.python, [path.join(__dirname, "join.py"), url],
    { env: proc.env, stdio: ["pipe", "pipe", "inherit"] });
  const events = [];

  child.ended = new Promise((resolve) => {
    child.once("close", resolve).once("error", resolve);
  });
  child.ended.then(() => { child.over = true; });
  readline.createInterface({ input: child.stdout }).on("line", (line) => events.push(JSON.parse(line)));
  later(() => proc.stop(child));

  /* The next event of one of these names; others are left for later. */
  const event = (...names) => until(`event ${names.join(" or ")}`, () => {
    const i = events.findIndex((one) => names.includes(one.event));
    if (i < 0 && child.over) {
      throw new Error("the Python client ended");
    }
    return i >= 0 && events.splice(i, 1)[0];
  }, 40);

  child.stdin.write(token + "\n");

  return {
    event,
    tell(command) {
      child.stdin.write(command + "\n");
      return event("published", "refused", "said");
    },
    leave: () => proc.stop(child),
  };
};
