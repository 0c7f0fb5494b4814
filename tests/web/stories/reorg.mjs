import assert from "node:assert/strict";
import { connect, fillStake, newPage, stakeButton, waitForStage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

const DEPTH = 3;

export default {
  "a reorg under a stake takes it back on the page, in words": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(30n * LINK);
    const { page, close } = await newPage(browser, url);
    await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    await fillStake(page, node, "30");
    await stakeButton(page).click();
    await waitForStage(page, "mined", "indexed");
    await chain.rpc("anvil_reorg", [DEPTH, []]);
    const transaction = await waitForStage(page, "sent");
    await page.getByText("The block that held it was replaced by another.").waitFor();
    assert.match(await transaction.innerText(), /Waiting for it to be included again/);
    await page.getByText("No stake yet.").waitFor();
    await close();
  },
};
