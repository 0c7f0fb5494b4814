import assert from "node:assert/strict";
import { amountField, connect, fillStake, newPage, stakeButton, waitForStage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

const NO_TRANSACTION = `0x${"5afe".repeat(16)}`;

export default {
  "what one account waits for is in no other account's way, and a button that is off says why beside it": async ({ browser, url, chain, node }) => {
    const [first, second] = [await chain.newHolder(20n * LINK), await chain.newHolder(30n * LINK)];
    await chain.stake(first, node, 10n * LINK);
    await chain.stake(second, node, 20n * LINK);
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, first);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    const position = page.locator(`[data-position="${node}"]`);
    const unbond = position.getByRole("button", { name: "Unbond", exact: true });
    const start = position.getByRole("button", { name: "Start unbonding" });
    await unbond.click();
    await position.getByLabel("How much should leave").fill("10");
    const sign = wallet.delayNext();
    await start.click();
    await waitForStage(page, "confirm");
    await position.getByText(/^Answer in your wallet first: Unbond 10 LINK from 0x/).waitFor();
    assert.equal(await start.isDisabled(), true);

    await wallet.changeAccount(second);
    await page.getByText("You have 10 LINK").waitFor();
    await position.locator('[title="20 LINK"]').waitFor();
    await unbond.click();
    await position.getByLabel("How much should leave").fill("10");
    assert.equal(await start.isEnabled(), true, "the other account's transaction blocks this one's button");
    assert.equal(await position.getByText("Answer in your wallet").count(), 0);
    await fillStake(page, node, "5");
    await page.locator(".stake-card button[type=submit]:enabled").waitFor();
    sign();
    await page.getByText("From account").first().waitFor();
    await close();
  },

  "a shared wallet's hash that no transaction has is named so after some blocks, and lets go of the buttons": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(20n * LINK);
    await chain.stake(holder, node, 10n * LINK);
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, holder);
    wallet.answerWithHash(NO_TRANSACTION);
    await page.clock.install();
    await page.goto("/");
    await connect(page, TEST_WALLET);
    const position = page.locator(`[data-position="${node}"]`);
    const unbond = position.getByRole("button", { name: "Unbond", exact: true });
    const start = position.getByRole("button", { name: "Start unbonding" });
    await unbond.click();
    await position.getByRole("button", { name: "Max" }).click();
    await start.click();
    await waitForStage(page, "sent");
    await position.getByText(/^Unbond 10 LINK from 0x\w{4}…\w{4} is on its way\./).waitFor();
    await unbond.click();
    await position.getByRole("button", { name: "Max" }).click();
    assert.equal(await start.isDisabled(), true);

    await page.clock.fastForward(91_000);
    const card = await waitForStage(page, "unknown");
    assert.match(await card.innerText(), /no such transaction\. If it is a shared wallet \(Safe\)/);
    await position.locator("button:enabled", { hasText: "Start unbonding" }).waitFor();
    await page.reload();
    await waitForStage(page, "unknown");
    await unbond.click();
    await position.getByRole("button", { name: "Max" }).click();
    await position.locator("button:enabled", { hasText: "Start unbonding" }).waitFor();
    await close();
  },

  "what the wallet answers instead of a hash is no success, and a nested error shows its inside": async ({ browser, url, chain, node }) => {
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, await chain.newHolder(10n * LINK));
    await page.goto("/");
    await connect(page, TEST_WALLET);
    await fillStake(page, node, "4");
    wallet.answerWithHash("accepted");
    await stakeButton(page).click();
    assert.match(await (await waitForStage(page, "failed")).innerText(), /without a transaction's hash\. Look in its activity/);

    wallet.failWith({ code: -32603, message: "Internal JSON-RPC error.", data: { code: -32000, message: "insufficient funds for gas * price + value" } });
    await stakeButton(page).click();
    await page.locator(".transaction", { hasText: "insufficient funds for gas" }).waitFor();
    assert.equal(await page.getByText("Internal JSON-RPC error").count(), 0);
    assert.equal(await amountField(page).inputValue(), "4");
    await close();
  },
};
