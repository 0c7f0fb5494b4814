// Pictures of every page, to be looked at: `cargo xtask screenshots`. In both themes and at three widths, of a pool with a past and one
// without, with 1, 16 and 500 nodes; and the three of the README, into docs/images.
//
//   LINKPOOL_BIN=target/debug/linkpool node tests/web/screenshots.mjs FOLDER

import { mkdir } from "node:fs/promises";
import { launchBrowser } from "./support/browser.mjs";
import { giveToken } from "./support/operator.mjs";
import { openStack } from "./support/stack.mjs";

const FOLDER = process.argv[2] ?? "target/screenshots";
const README = "docs/images";
const WIDTHS = [360, 768, 1440];
const THEMES = ["light", "dark"];
const NODES = [1, 16, 500];
const PAUSE_MS = 700;
const HOLDER = 2;

/** A page with the demo wallet's account of this number connected; 0 is nobody's. */
async function open(browser, url, { width, theme, holder = 0, scale = 1, height = 900 }) {
  const context = await browser.newContext({ baseURL: url, viewport: { width, height }, colorScheme: theme, deviceScaleFactor: scale, reducedMotion: "reduce" });
  const page = await context.newPage();
  if (holder === 0) return page;
  await page.goto(`/?demo=${holder}`);
  await page.locator(".site-header").getByRole("button", { name: "Connect" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Demo wallet" }).click();
  await page.getByText(/^You have/).waitFor();
  return page;
}

async function take(page, path, file, { full = true, ready } = {}) {
  if (path) await page.goto(path);
  await page.locator("main h1").first().waitFor();
  if (ready) await page.locator(ready).first().waitFor();
  // What comes later than the first figures: charts, and parts whose code is on its way.
  await page.waitForLoadState("load");
  await page.waitForTimeout(PAUSE_MS);
  await page.screenshot({ path: file, fullPage: full });
  console.log(file);
}

async function ofUsed(browser, { url }) {
  const { data } = await (await fetch(`${url}/api/v1/nodes?sort=-stake&limit=3`)).json();
  const node = data.at(-1).address;
  for (const width of WIDTHS) {
    for (const theme of THEMES) {
      const name = (what) => `${FOLDER}/${what}-${width}-${theme}.png`;
      const stranger = await open(browser, url, { width, theme });
      for (const [what, path] of [["home", "/"], ["nodes", "/nodes"], ["pool", "/pool"], ["status", "/status"], ["help", "/help"]]) await take(stranger, path, name(what));
      await stranger.context().close();
      const holder = await open(browser, url, { width, theme, holder: HOLDER });
      for (const [what, path] of [["home-holder", "/"], ["positions", "/positions"], ["node", `/nodes/${node}`]]) await take(holder, path, name(what));
      await holder.context().close();
    }
  }
}

async function ofMany(browser, { url }) {
  const answer = await (await fetch(`${url}/api/v1/nodes`)).json();
  for (const count of NODES) {
    const page = await open(browser, url, { width: 1440, theme: "light" });
    const many = Array.from({ length: count }, (_, index) => ({ ...answer.data[index % answer.data.length], index, address: `0x${(0xabcdef01 * (index + 7)).toString(16).padStart(12, "3").repeat(4).slice(0, 40)}` }));
    await page.route("**/api/v1/nodes?*", (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify({ ...answer, data: many, page: { limit: 500, next: null } }) }));
    for (const [what, path] of [["home", "/"], ["nodes", "/nodes"]]) await take(page, path, `${FOLDER}/${what}-of-${count}.png`, { ready: "tr[data-node]" });
    await page.context().close();
  }
}

async function ofReadme(browser, { url }) {
  const size = { width: 1280, height: 860, theme: "light", scale: 1.5 };
  const page = await open(browser, url, { ...size, holder: 1 });
  await page.getByLabel("Amount", { exact: true }).fill("12500");
  await page.getByText(/^Network fee about/).waitFor();
  await take(page, null, `${README}/page.png`, { full: false });
  await page.context().close();
  const holder = await open(browser, url, { ...size, holder: HOLDER });
  await take(holder, "/positions", `${README}/positions.png`, { full: false, ready: "[data-position]" });
  await holder.context().close();
  const dark = await open(browser, url, { ...size, theme: "dark" });
  await take(dark, "/pool", `${README}/pool.png`, { full: false, ready: ".chart svg path" });
  await dark.context().close();
}

/** The operators' page, with one node's history open. */
async function ofOperator(browser, { operator }) {
  for (const width of WIDTHS) {
    for (const theme of THEMES) {
      const page = await open(browser, operator.url, { width, theme });
      await page.goto("/");
      await take(page, null, `${FOLDER}/operator-login-${width}-${theme}.png`);
      await giveToken(page, operator.token);
      await page.locator("[data-fleet-node]").first().getByText("History and actions").click();
      await take(page, null, `${FOLDER}/operator-${width}-${theme}.png`, { ready: ".history li" });
      await page.context().close();
    }
  }
}

async function ofEmpty(browser, { url }) {
  for (const width of [360, 1440]) {
    const page = await open(browser, url, { width, theme: "light", holder: 1 });
    for (const [what, path] of [["home", "/"], ["positions", "/positions"], ["pool", "/pool"]]) await take(page, path, `${FOLDER}/${what}-empty-${width}.png`);
    await page.context().close();
  }
}

await mkdir(FOLDER, { recursive: true });
const browser = await launchBrowser();
try {
  for (const [options, shots] of [[[], [ofUsed, ofMany, ofReadme, ofOperator]], [["--empty"], [ofEmpty]]]) {
    const stack = await openStack(options);
    try {
      for (const shot of shots) await shot(browser, stack);
    } finally {
      await stack.stop();
    }
  }
} finally {
  await browser.close();
}
