import assert from "node:assert/strict";
import { connect, newPage, waitForStage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { eventually } from "../support/eventually.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

// This story moves the chain's clock for good, so it runs last.
export default {
  "after the unbonding time a holder withdraws exactly what was unbonded": async ({ browser, url, chain, node, config }) => {
    const holder = await chain.newHolder(250n * LINK);
    await chain.stake(holder, node, 250n * LINK);
    const { page, close } = await newPage(browser, url);
    await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    const position = page.locator(`[data-position="${node}"]`);
    await position.getByRole("button", { name: "Unbond" }).click();
    await position.getByRole("button", { name: "Max" }).click();
    await position.getByRole("button", { name: "Start unbonding" }).click();
    const ticket = position.locator('[data-ticket="0"]');
    await ticket.getByText(/can leave/).waitFor();
    assert.equal(await ticket.getByRole("button", { name: "Withdraw" }).count(), 0);

    await chain.rpc("evm_increaseTime", [config.unbonding_seconds]);
    await ticket.getByText("is ready to withdraw").waitFor();
    await ticket.getByRole("button", { name: "Withdraw" }).click();
    await waitForStage(page, "indexed", "final");
    await eventually("the holder has all of it back", async () => (await chain.balanceOf(holder)) === 250n * LINK);
    await ticket.waitFor({ state: "detached" });
    await close();
  },

  "a ticket that is ready moves to another node instead of out of the pool": async ({ browser, url, chain, node, config }) => {
    const target = await chain.registerNode();
    const holder = await chain.newHolder(80n * LINK);
    await chain.stake(holder, node, 80n * LINK);
    await chain.unbond(holder, node, 80n * LINK);
    await chain.rpc("evm_increaseTime", [config.unbonding_seconds]);
    const { page, close } = await newPage(browser, url);
    await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    const ticket = page.locator(`[data-position="${node}"] [data-ticket="0"]`);
    await ticket.getByRole("button", { name: "Move to another node" }).click();
    await ticket.getByLabel("To node").selectOption(target);
    await ticket.getByRole("button", { name: "Move there" }).click();
    await page.locator(`[data-position="${target}"] [title="80 LINK"]`).waitFor();
    assert.equal((await chain.positionOf(target, holder)).shares, 80n * LINK);
    assert.equal(await chain.balanceOf(holder), 0n);
    await close();
  },
};
