// Debian's Chromium, one context a story, and everything a page complained about.

import { chromium } from "playwright-core";

const EXECUTABLE = process.env.LINKPOOL_CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Every wait of a story ends within this. */
export const DEADLINE_MS = 60_000;

export function launchBrowser() {
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
}

/** A fresh page with nothing remembered. `complaints` collects script errors and refusals by the page's own policy. */
export async function newPage(browser, url, { width = 1280, height = 900, colorScheme = "light", isMobile = false } = {}) {
  const context = await browser.newContext({ baseURL: url, viewport: { width, height }, colorScheme, isMobile, hasTouch: isMobile, reducedMotion: "reduce", permissions: ["clipboard-read", "clipboard-write"] });
  context.setDefaultTimeout(DEADLINE_MS);
  const page = await context.newPage();
  const complaints = [];
  const strangers = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== url) strangers.push(request.url());
  });
  return { page, complaints, strangers, close: () => context.close() };
}

/** Presses "Connect", picks the wallet by its name, and waits for the account to show. */
export async function connect(page, walletName) {
  await page.locator(".site-header").getByRole("button", { name: "Connect" }).click();
  await page.getByRole("dialog").getByRole("button", { name: walletName }).click();
  await page.getByRole("heading", { name: "Your stake" }).waitFor();
  await page.getByText(/^You have/).waitFor();
}

/** Types the amount, picks the node, and presses the form's button once it offers to stake. */
export async function fillStake(page, node, amount) {
  await page.getByLabel("On node", { exact: true }).selectOption(node);
  await amountField(page).fill(amount);
}

export function amountField(page) {
  return page.getByLabel("Amount", { exact: true });
}

export function stakeButton(page) {
  return page.locator(".stake-card button[type=submit]");
}

/** The newest transaction, once it is at one of `stages`; name those that may follow quickly too. */
export async function waitForStage(page, ...stages) {
  const newest = page.locator(".transaction").first();
  await page.locator(stages.map((stage) => `.transaction:first-child[data-stage="${stage}"]`).join(", ")).waitFor();
  return newest;
}

/** The exact juels that a row or position shows: every amount keeps all its digits in its tooltip. */
export async function exactJuels(locator) {
  const text = await locator.getAttribute("title");
  const [whole, fraction = ""] = text.replace(" LINK", "").split(".");
  return BigInt(whole + fraction.padEnd(18, "0"));
}

/** What each open page shows of transactions, positions and troubles; then closes them, so that no story meets another's page. */
export async function scenes(browser) {
  const told = [];
  for (const context of browser.contexts()) {
    for (const page of context.pages()) {
      const texts = await page.locator(".transaction, [data-position], [role=alert], [role=status]").allInnerTexts().catch(() => []);
      told.push(`${page.url()} shows: ${texts.map((text) => text.replaceAll(/\s+/g, " ")).join(" | ")}`);
    }
    await context.close();
  }
  return told;
}
