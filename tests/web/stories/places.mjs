import assert from "node:assert/strict";
import { connect, fillStake, newPage, stakeButton } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

const SCREENS = [
  [360, 640],
  [768, 1024],
  [1280, 720],
];
/** What a person reads or presses while transactions are under way. */
const CONTROLS = ".stake-card :is(.node-choice, .amount-field, .limits, .button-wide), .unbond-form, .position-statistics";

const focused = (page) => page.evaluate(() => document.activeElement?.id);

/** Pairs of a control and a transaction that share a pixel of the screen, at any place that the page can be scrolled to. */
function overlaps(page) {
  return page.evaluate(async (controls) => {
    const found = [];
    const end = document.documentElement.scrollHeight - innerHeight;
    for (const at of [0, 1 / 4, 1 / 2, 3 / 4, 1]) {
      scrollTo({ top: end * at, behavior: "instant" });
      await new Promise(requestAnimationFrame);
      for (const control of document.querySelectorAll(controls)) {
        for (const card of document.querySelectorAll(".transaction")) {
          const [a, b] = [control.getBoundingClientRect(), card.getBoundingClientRect()];
          if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) found.push(`${control.className} under ${card.innerText}`);
        }
      }
    }
    return found;
  }, CONTROLS);
}

/** True when a press in the middle of the element reaches it. */
async function isReachable(locator) {
  await locator.scrollIntoViewIfNeeded();
  return locator.evaluate((element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
  });
}

export default {
  "transactions under way cover neither amount nor button, on any screen and wherever it is scrolled to": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(100n * LINK);
    await chain.stake(holder, node, 50n * LINK);
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    const position = page.locator(`[data-position="${node}"]`);
    for (const amount of ["3", "4"]) {
      await fillStake(page, node, amount);
      wallet.rejectNext();
      await stakeButton(page).click();
      await page.locator(".transaction[data-stage=rejected]", { hasText: `Stake ${amount} LINK` }).waitFor();
    }
    await position.getByRole("button", { name: "Unbond", exact: true }).click();
    await position.getByLabel("How much should leave").fill("5");
    const sign = wallet.delayNext();
    await position.getByRole("button", { name: "Start unbonding" }).click();
    await page.locator(".transaction[data-stage=confirm]").waitFor();
    assert.equal(await page.locator(".transaction").count(), 3);
    for (const [width, height] of SCREENS) {
      await page.setViewportSize({ width, height });
      assert.deepEqual(await overlaps(page), [], `${width}x${height}`);
      for (const control of [page.getByLabel("Amount", { exact: true }), stakeButton(page), position.getByLabel("How much should leave")]) {
        assert.ok(await isReachable(control), `${width}x${height}: something covers ${await control.evaluate((one) => one.outerHTML)}`);
      }
    }
    sign();
    await close();
  },

  "what was pressed is answered where it was pressed: the transaction shows on the screen": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(100n * LINK);
    await chain.stake(holder, node, 50n * LINK);
    const { page, close } = await newPage(browser, url, { width: 360, height: 640 });
    const wallet = await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    await fillStake(page, node, "3");
    const sign = wallet.delayNext();
    await stakeButton(page).click();
    const card = page.locator(".stake-card .transaction[data-stage=confirm]");
    await card.waitFor();
    const box = await card.boundingBox();
    assert.ok(box.y >= 0 && box.y + box.height <= 640, `the card is at ${JSON.stringify(box)}`);
    assert.equal(await page.evaluate(() => document.activeElement?.className), await card.getAttribute("class"), "the keyboard lost its place");
    sign();
    await close();
  },

  "after connecting the keyboard is at the next thing to do, and after giving up at the button it came from": async ({ browser, url, chain }) => {
    const { page, close } = await newPage(browser, url);
    await installWallet(page, chain, await chain.newHolder(10n * LINK));
    await page.goto("/");
    const connectHere = page.getByRole("button", { name: "Connect wallet to stake" });
    await connectHere.click();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    assert.equal(await connectHere.evaluate((button) => button === document.activeElement), true);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: TEST_WALLET }).click();
    await page.getByText("You have 10 LINK").waitFor();
    assert.equal(await focused(page), "stake-amount");

    await page.locator(".menu summary").click();
    await page.getByRole("button", { name: "Disconnect" }).click();
    await page.locator(".site-header").getByRole("button", { name: "Connect" }).click();
    await page.getByRole("dialog").getByRole("button", { name: TEST_WALLET }).click();
    await page.getByText("You have 10 LINK").waitFor();
    assert.equal(await focused(page), "account-menu");
    await close();
  },

  "an unknown path shows the page's own sentence to a browser and a problem to a program": async ({ browser, url }) => {
    const { page, close } = await newPage(browser, url);
    for (const path of ["/nowhere", "/positions/0x12", "/nodes/0x12", "/operator/nodes"]) {
      const response = await page.goto(path);
      await page.getByRole("heading", { name: "There is no page here" }).waitFor();
      assert.match(response.headers()["content-type"], /^text\/html/, path);
    }
    await page.getByRole("link", { name: "Back to the nodes" }).click();
    await page.locator("tr[data-node]").first().waitFor();
    const answer = await fetch(`${url}/nowhere`, { headers: { accept: "application/json" } });
    assert.deepEqual([answer.status, answer.headers.get("content-type")], [404, "application/problem+json"]);
    await close();
  },
};
