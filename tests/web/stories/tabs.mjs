import assert from "node:assert/strict";
import { amountField, connect, fillStake, newPage, stakeButton, waitForStage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { eventually } from "../support/eventually.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

const hashesOn = (page) => page.locator(".transaction-hash .address").evaluateAll((all) => all.map((one) => one.title).sort());
const cardOf = (page, amount) => page.locator(".transaction", { hasText: `Stake ${amount} LINK` });

/** Opens what is folded to one line: the transactions before the newest. */
async function openAll(page) {
  for (const summary of await page.locator(".earlier:not([open]) summary").all()) await summary.click();
}

/** A tab that the browser puts to sleep hears nothing of what another one writes, for as long as `isDeaf` says. */
const mayBeDeaf = () => window.addEventListener("storage", (event) => window.isDeaf && event.stopImmediatePropagation(), true);

/** Has both wallets asked before either answers: each tab sends without knowing what the other one sends. */
async function stakeTogether(node, tabs) {
  const signs = tabs.map(({ wallet }) => wallet.delayNext());
  for (const { page, amount } of tabs) {
    await fillStake(page, node, amount);
    await stakeButton(page).click();
    await waitForStage(page, "confirm");
  }
  for (const sign of signs) sign();
  for (const { page, amount } of tabs) {
    // The older of two is folded to a line.
    await cardOf(page, amount).locator(".transaction-hash").waitFor({ state: "attached" });
    assert.equal(await amountField(page).inputValue(), "");
  }
}

export default {
  "two tabs that send at the same time lose neither transaction, and each shows the other's": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(100n * LINK);
    const { page: first, close } = await newPage(browser, url);
    const second = await first.context().newPage();
    const wallets = [];
    await second.addInitScript(mayBeDeaf);
    for (const page of [first, second]) {
      wallets.push(await installWallet(page, chain, holder));
      await page.goto("/");
    }
    await connect(first, TEST_WALLET);
    await connect(second, TEST_WALLET);

    await second.evaluate(() => (window.isDeaf = true));
    await stakeTogether(node, [
      { page: first, wallet: wallets[0], amount: "11" },
      { page: second, wallet: wallets[1], amount: "12" },
    ]);
    // What one wrote without having heard of the other's has taken nothing away.
    await cardOf(first, "12").waitFor({ state: "attached" });
    await second.reload();
    for (const amount of ["11", "12"]) await cardOf(second, amount).waitFor({ state: "attached" });
    await openAll(first);
    await eventually("both are known", async () => (await hashesOn(first)).length === 2);
    const sent = await hashesOn(first);

    const third = await first.context().newPage();
    await installWallet(third, chain, holder);
    await third.goto("/");
    for (const amount of ["11", "12"]) await cardOf(third, amount).waitFor({ state: "attached" });
    await openAll(third);
    await eventually("a later visit follows both", async () => JSON.stringify(await hashesOn(third)) === JSON.stringify(sent));

    await third.getByRole("button", { name: /^Hide: Stake 11 LINK/ }).click();
    for (const page of [first, second]) await cardOf(page, "11").waitFor({ state: "detached" });
    assert.equal(await cardOf(first, "12").count(), 1);
    await close();
  },
};
