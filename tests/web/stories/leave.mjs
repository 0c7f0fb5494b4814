import assert from "node:assert/strict";
import { connect, exactJuels, newPage, waitForStage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { eventually } from "../support/eventually.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

export default {
  "a holder unbonds a part, changes their mind, and has all of it active again": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(500n * LINK);
    await chain.stake(holder, node, 500n * LINK);
    const { page, close } = await newPage(browser, url);
    await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    const position = page.locator(`[data-position="${node}"]`);
    const active = position.locator(".position-statistics .amount").first();
    await page.getByRole("button", { name: "Check it yourself" }).click();
    await page.getByText(/^✓ Your wallet reads the same from the contract at block/).waitFor();
    await position.getByRole("button", { name: "Unbond" }).click();
    await position.getByLabel("How much should leave").fill("499.5");
    await position.getByText(/less than the smallest position/).waitFor();
    await position.getByLabel("How much should leave").fill("120.25");
    await position.getByRole("button", { name: "Start unbonding" }).click();
    const ticket = position.locator('[data-ticket="0"]');
    await ticket.getByText(/can leave .* \(in 28 days\)/).waitFor();
    assert.equal(await exactJuels(ticket.locator(".amount")), 12_025n * (LINK / 100n));
    assert.equal(await ticket.getByRole("button", { name: "Withdraw" }).count(), 0);

    await ticket.getByRole("button", { name: "Keep staked" }).click();
    await ticket.waitFor({ state: "detached" });
    await eventually("all of it is active", async () => (await exactJuels(active)) === 500n * LINK);
    assert.equal((await chain.positionOf(node, holder)).shares, 500n * LINK);
    await close();
  },

  "a holder claims what a reward has vested so far": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(100n * LINK);
    await chain.stake(holder, node, 100n * LINK);
    await chain.reward(node, 1_000n * LINK);
    const { page, close } = await newPage(browser, url);
    await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    const claim = page.locator(`[data-position="${node}"]`).getByRole("button", { name: "Claim" });
    await claim.click();
    await waitForStage(page, "indexed", "final");
    assert.ok((await chain.balanceOf(holder)) > 0n, "the claim paid nothing");
    await close();
  },

  "a holder claims the rewards of all nodes in one transaction, though somebody claims one of them first": async ({ browser, url, chain, api, node }) => {
    const holder = await chain.newHolder(200n * LINK);
    const second = await chain.registerNode();
    for (const wallet of [node, second]) {
      await chain.stake(holder, wallet, 100n * LINK);
      await chain.reward(wallet, 1_000n * LINK);
    }
    const { page, close } = await newPage(browser, url);
    await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    const all = page.getByRole("button", { name: "Claim all" });
    await all.waitFor();
    await chain.claimFor(holder, node);
    const held = await chain.balanceOf(holder);
    assert.ok(held > 0n, "a stranger's claim pays the staker");
    // Within the same second nothing more has vested there, and a claim of nothing leaves no event.
    await chain.rpc("evm_increaseTime", [60]);
    await all.click();
    await waitForStage(page, "indexed", "final");
    assert.ok((await chain.balanceOf(holder)) > held, "claiming all paid nothing");
    assert.equal(await chain.transactionsOf(holder), 3, "two stakes, and one transaction for all claims");
    const claims = await api(`/events?staker=${holder}&type=RewardClaimed&limit=10`);
    const own = claims.filter(({ transaction_hash: hash }) => hash === claims[0].transaction_hash);
    assert.deepEqual(own.map((claim) => claim.node).sort(), [node, second].sort(), "not every node's rewards were claimed");
    await close();
  },
};
