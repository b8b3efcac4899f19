"use strict";

/* Chromium without a window, with a camera and a microphone that it makes up. */

const { execFileSync } = require("node:child_process");
const { chromium } = require("playwright-core");

exports.startBrowser = async function startBrowser(later) {
  const browser = await chromium.launch({
    executablePath: execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim(),
    args: [
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      "--allow-loopback-in-peer-connection",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

  later(() => browser.close());
  return browser;
};

/* A person with a browser of their own. */
exports.openPage = async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();

  page.setDefaultTimeout(20000);
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  return page;
};
