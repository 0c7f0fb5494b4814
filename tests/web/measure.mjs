// How soon a page shows its content on a slow phone: Chromium with its processor slowed down four times, a fresh browser context each
// time, against a stack of its own. Prints `row NAME VALUE UNIT`: `cargo xtask bench page`.
//
//   LINKPOOL_BIN=target/debug/linkpool node tests/web/measure.mjs

import { launchBrowser, newPage } from "./support/browser.mjs";
import { openStack } from "./support/stack.mjs";

const SLOWER = 4;
const ROUNDS = 9;
const PAUSE_MS = 300;

/** Each page, and what is there once its own figures are. */
const pagesOf = (node) => [
  ["home", "/", ".statistic-value:not(.skeleton)"],
  ["nodes", "/nodes", "tr[data-node]"],
  ["node", `/nodes/${node}`, ".facts dd"],
  ["pool", "/pool", ".facts dd"],
];

/** Runs before the page's own scripts: notes when it showed its first words, and when its figures. */
function watch(selector) {
  window.seen = {};
  const look = () => {
    for (const [name, what] of [["words", "main h1"], ["figures", selector]]) {
      if (window.seen[name] === undefined && document.querySelector(what)) requestAnimationFrame(() => (window.seen[name] ??= performance.now()));
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true });
}

async function once(browser, url, path, selector) {
  const { page, close } = await newPage(browser, url, { width: 360, height: 740 });
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  await page.addInitScript(watch, selector);
  await page.goto(path);
  await page.waitForFunction(() => window.seen.words && window.seen.figures);
  const seen = await page.evaluate(() => window.seen);
  await close();
  return seen;
}

function row(name, times) {
  const sorted = [...times].sort((a, b) => a - b);
  const [middle, worst] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  console.log(`row ${name}_p50_ms ${middle.toFixed(0)} ms`);
  console.log(`row ${name}_max_ms ${worst.toFixed(0)} ms`);
}

const stack = await openStack();
const browser = await launchBrowser();
try {
  const { data } = await (await fetch(`${stack.url}/api/v1/nodes?sort=-stake&limit=1`)).json();
  for (const [name, path, selector] of pagesOf(data[0].address)) {
    // The server has read what it answers from, as it has for all but its first visitor.
    await once(browser, stack.url, path, selector);
    const seen = [];
    for (let index = 0; index < ROUNDS; index += 1) {
      seen.push(await once(browser, stack.url, path, selector));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    row(`${name}_words`, seen.map(({ words }) => words));
    row(`${name}_figures`, seen.map(({ figures }) => figures));
  }
} finally {
  await browser.close();
  await stack.stop();
}
