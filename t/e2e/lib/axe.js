"use strict";

/*
 * What axe-core finds on a page, and pictures of it: at a desk and on a
 * phone, light and dark.
 */

const fs = require("node:fs");
const path = require("node:path");

const { DIR } = require("./classroom");
const { build } = require("./process");

const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js", { paths: [DIR] }), "utf8");
const SCREENS = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const GRAVE = ["serious", "critical"];

async function findings(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));

  return violations.filter(({ impact }) => GRAVE.includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

exports.findings = findings;

/* Takes the pictures and asks axe in each of them; the page is as before. */
exports.look = async function look(page, name) {
  const dir = path.join(build, "classroom-shots");
  const before = page.viewportSize();
  const found = new Set();

  fs.mkdirSync(dir, { recursive: true });
  for (const [screen, size] of Object.entries(SCREENS)) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      /* colours that are still changing are nobody's choice */
      await page.evaluate(() => Promise.all(document.getAnimations()
        .filter((one) => one instanceof CSSTransition).map((one) => one.finished.catch(() => {}))));
      await page.screenshot({ path: path.join(dir, `${name}-${screen}-${colorScheme}.png`) });
      (await findings(page)).forEach((finding) => found.add(`${screen}, ${colorScheme}: ${finding}`));
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(before);
  return [...found];
};
