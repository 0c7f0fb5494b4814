import assert from "node:assert/strict";
import { connect, fillStake, newPage, stakeButton, waitForStage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { eventually } from "../support/eventually.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

/** Sends a stake that stays out of every block until the returned function is called. */
async function sendUnmined({ browser, url, chain, node }, prepare = async () => {}) {
  const holder = await chain.newHolder(50n * LINK);
  const { page, close } = await newPage(browser, url);
  await installWallet(page, chain, holder);
  await prepare(page);
  await page.goto("/");
  await connect(page, TEST_WALLET);
  await fillStake(page, node, "20");
  await page.locator(".stake-card button[type=submit]:enabled").waitFor();
  await chain.rpc("evm_setIntervalMining", [0]);
  const goOn = () => chain.rpc("evm_setIntervalMining", [1]);
  try {
    await stakeButton(page).click();
    await waitForStage(page, "sent");
    const hash = await page.locator(".transaction-hash .address").getAttribute("title");
    const { nonce } = await eventually("the transaction waits", () => chain.rpc("eth_getTransactionByHash", [hash]));
    // The page has to have seen it waiting, or it would be a hash that nobody knows.
    await eventually("the page has seen its nonce", () => page.evaluate(() => Object.entries(localStorage).some(([key, text]) => key.startsWith("linkpool.transaction.") && JSON.parse(text).nonce !== null)));
    return { page, close, holder, hash, nonce, goOn };
  } catch (error) {
    await goOn();
    throw error;
  }
}

export default {
  "a transaction that the wallet replaced is said to be, and the form is free again": async (world) => {
    const { page, close, holder, nonce, goOn } = await sendUnmined(world);
    try {
      const price = `0x${(10n ** 11n).toString(16)}`;
      await world.chain.rpc("eth_sendTransaction", [{ from: holder, to: holder, value: "0x0", nonce, gas: "0x5208", maxFeePerGas: price, maxPriorityFeePerGas: price }]);
    } finally {
      await goOn();
    }
    const card = await waitForStage(page, "replaced");
    assert.match(await card.innerText(), /Another transaction took its place: it was cancelled or sped up in your wallet\./);
    await fillStake(page, world.node, "30");
    await page.locator(".stake-card button[type=submit]:enabled").waitFor();
    assert.equal((await world.chain.positionOf(world.node, holder)).shares, 0n);
    await close();
  },

  "a transaction that the network dropped is told of after a minute, and can be hidden": async (world) => {
    const { page, close, hash, goOn } = await sendUnmined(world, (page) => page.clock.install());
    try {
      await world.chain.rpc("anvil_dropTransaction", [hash]);
    } finally {
      await goOn();
    }
    await page.clock.fastForward(61_000);
    await page.locator(".transaction", { hasText: "Not in a block after a minute." }).waitFor();
    await page.getByRole("button", { name: /^Hide: Stake 20 LINK/ }).click();
    await page.locator(".transaction").waitFor({ state: "detached" });
    await fillStake(page, world.node, "20");
    await page.locator(".stake-card button[type=submit]:enabled").waitFor();
    await close();
  },
};
