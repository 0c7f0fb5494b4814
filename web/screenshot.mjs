// Takes the README's picture from a running `linkpool dev`: `node web/screenshot.mjs URL docs/images/page.png`.
// It connects the demo wallet, stakes once, and waits until the page shows the stake indexed.

import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { chromium } from "playwright-core";

const WIDTH = 1280;
const HEIGHT = 940;
const WITHIN_MS = 60_000;
const ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const [url, file] = process.argv.slice(2);
if (!url || !file) {
  console.error("usage: node web/screenshot.mjs URL FILE.png");
  process.exit(2);
}

const browser = await chromium.launch({ executablePath: process.env.LINKPOOL_CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS });
try {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT }, deviceScaleFactor: 2 });
  page.setDefaultTimeout(WITHIN_MS);
  await page.goto(url);
  await page.locator("tr[data-node]").first().waitFor();
  await page.locator(".site-header").getByRole("button", { name: "Connect" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Demo wallet" }).click();
  await page.getByText(/^You have/).waitFor();
  await page.getByLabel("Amount", { exact: true }).fill("12500");
  await page.locator(".stake-card button[type=submit]:enabled").click();
  await page.locator('.transaction:is([data-stage="indexed"], [data-stage="final"])').waitFor();
  await page.locator("[data-position]").first().waitFor();
  await page.getByLabel("Amount", { exact: true }).fill("1250.5");
  await page.getByText(/^Network fee about/).waitFor();
  await page.locator(".transaction-title[aria-expanded=false]").first().waitFor();
  await mkdir(dirname(file), { recursive: true });
  await page.screenshot({ path: file });
  console.log(`wrote ${file}`);
} finally {
  await browser.close();
}
