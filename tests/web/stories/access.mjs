import assert from "node:assert/strict";
import { violations } from "../support/axe.mjs";
import { amountField, connect, newPage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

const WIDTHS = [360, 768, 1440];
const THEMES = ["light", "dark"];
/** From an open page to a stake that the wallet was asked for: tabs, typing of one amount, and Enter. */
const MAX_PRESSES = 15;

/** Every page, and what tells that it has its figures. */
const pagesOf = (node, holder) => [
  ["/", "tr[data-node]"],
  ["/nodes", "tr[data-node]"],
  [`/nodes/${node}`, "[data-position]"],
  ["/positions", ".timeline li"],
  [`/stakers/${holder}`, ".timeline li"],
  ["/pool", ".distribution td"],
  ["/status", ".facts"],
  ["/help", ".keys td"],
  ["/nowhere", "h1"],
];

const described = () => {
  const { tagName, id, className, textContent } = document.activeElement;
  return { tagName, id, className: String(className), text: textContent?.trim().slice(0, 40) };
};

export default {
  "no page breaks a rule of accessibility, in both themes and at three widths": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(100n * LINK);
    await chain.stake(holder, node, 50n * LINK);
    await chain.unbond(holder, node, 10n * LINK);
    const check = async (colorScheme) => {
      const { page, close } = await newPage(browser, url, { colorScheme });
      await installWallet(page, chain, holder);
      await page.goto("/");
      await connect(page, TEST_WALLET);
      for (const [path, ready] of pagesOf(node, holder)) {
        await page.goto(path);
        await page.locator(ready).first().waitFor();
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          assert.deepEqual(await violations(page), [], `${path} ${colorScheme} ${width}`);
        }
      }
      await close();
    };
    await Promise.all(THEMES.map(check));
  },

  "neither does the dialog, nor a form with something wrong in it": async ({ browser, url, chain }) => {
    const { page, close } = await newPage(browser, url, { width: 360, height: 740 });
    await installWallet(page, chain, await chain.newHolder(LINK));
    await page.goto("/");
    await page.locator("tr[data-node]").first().waitFor();
    await page.locator(".site-header").getByRole("button", { name: "Connect" }).click();
    await page.getByRole("dialog").getByRole("button", { name: TEST_WALLET }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("dialog").getByRole("button", { name: TEST_WALLET }).click();
    await page.getByText("You have 1 LINK").waitFor();
    await amountField(page).fill("1,000");
    await page.locator("#stake-amount-question button").first().waitFor();
    assert.deepEqual(await violations(page), []);
    await close();
  },

  "the keyboard alone stakes in fifteen presses, and never loses its place": async ({ browser, url, chain }) => {
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, await chain.newHolder(100n * LINK));
    await page.goto("/");
    await page.locator("tr[data-node]").first().waitFor();
    let presses = 0;
    const press = async (key) => {
      presses += 1;
      await page.keyboard.press(key);
    };
    /** Goes on with Tab until the keyboard is where it is wanted. */
    const tabTo = async (what, isThere) => {
      for (;;) {
        const at = await page.evaluate(described);
        if (isThere(at)) return;
        assert.ok(presses < MAX_PRESSES, `${presses} presses, and not at ${what} but at ${JSON.stringify(at)}`);
        await press("Tab");
        assert.notEqual((await page.evaluate(described)).tagName, "BODY", `the keyboard lost its place on the way to ${what}`);
      }
    };
    // The first thing that a keyboard reaches is the way past the header.
    await press("Tab");
    assert.equal((await page.evaluate(described)).className, "skip-link");
    await press("Enter");
    await tabTo("the amount", ({ id }) => id === "stake-amount");
    presses += 1;
    await page.keyboard.type("12.5");
    await press("Enter");
    await page.getByText(TEST_WALLET).first().waitFor();
    await tabTo("the wallet", ({ text }) => text === TEST_WALLET);
    await press("Enter");
    await page.getByText("You have 100 LINK").waitFor();
    assert.equal((await page.evaluate(described)).id, "stake-amount");
    await page.locator(".stake-card button[type=submit]:enabled", { hasText: "Stake 12.5 LINK" }).waitFor();
    await press("Enter");
    await page.locator(".transaction:is([data-stage=indexed], [data-stage=final])").waitFor();
    assert.equal(wallet.prompts(), 1);
    assert.notEqual((await page.evaluate(described)).tagName, "BODY");
    assert.ok(presses <= MAX_PRESSES, `${presses} presses`);
    await close();
  },
};
