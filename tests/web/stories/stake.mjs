import assert from "node:assert/strict";
import { amountField, connect, exactJuels, fillStake, newPage, stakeButton, waitForStage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { eventually } from "../support/eventually.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

export default {
  "a newcomer stakes 1,000 LINK with the demo wallet, sees it indexed, and the node's stake grows": async ({ browser, url, chain, accounts, node }) => {
    const { page, complaints, strangers, close } = await newPage(browser, url);
    const list = await page.context().newPage();
    await list.goto("/nodes");
    const stakeOfNode = list.locator(`tr[data-node="${node}"] [data-label="Active stake"] .amount`);
    const before = await exactJuels(stakeOfNode);
    await page.goto("/");
    const { shares } = await chain.positionOf(node, accounts[0]);

    await connect(page, "Demo wallet");
    await fillStake(page, node, "1000");
    await page.getByText(/^You will have [\d,.]+ LINK on/).waitFor();
    await page.getByText(/^Network fee about/).waitFor();
    await stakeButton(page).click();
    const transaction = await waitForStage(page, "indexed", "final");
    assert.match(await transaction.innerText(), /the figures here hold it|and final in block/);

    const position = page.locator(`[data-position="${node}"]`);
    await position.waitFor();
    const held = position.locator(".position-statistics .amount").first();
    await eventually("the position holds the stake", async () => (await exactJuels(held)) === shares + 1_000n * LINK);
    await eventually("the node's row grew by it", async () => (await exactJuels(stakeOfNode)) === before + 1_000n * LINK);
    assert.equal((await chain.positionOf(node, accounts[0])).shares, shares + 1_000n * LINK);
    assert.equal(await amountField(page).inputValue(), "");
    assert.deepEqual(complaints, [], "the page broke its own policy or failed");
    assert.deepEqual(strangers, [], "the page asked another origin");
    await close();
  },

  "above the cap the button is off, the room is named, and one press takes it": async ({ browser, url, chain }) => {
    const node = await chain.registerNode();
    const rival = await chain.newHolder(60_000n * LINK);
    const holder = await chain.newHolder(60_000n * LINK);
    await chain.stake(rival, node, 60_000n * LINK);
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    await fillStake(page, node, "60000");
    const hint = page.locator("#stake-hint");
    await hint.getByText("This node can take 40,000 LINK.").waitFor();
    assert.equal(await stakeButton(page).isDisabled(), true);
    await page.keyboard.press("Enter");
    await hint.getByRole("button", { name: "40000" }).click();
    assert.equal(await amountField(page).inputValue(), "40000");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "stake-amount");
    await page.getByText(/^Network fee about/).waitFor();
    assert.equal(await stakeButton(page).innerText(), "Stake 40,000 LINK");
    assert.equal(await stakeButton(page).isEnabled(), true);
    assert.equal(wallet.prompts(), 0);
    await close();
  },

  "while the page's figures are old the contract's own sentence counts, and the wallet is never prompted": async ({ browser, url, chain }) => {
    const node = await chain.registerNode();
    const rival = await chain.newHolder(60_000n * LINK);
    const holder = await chain.newHolder(60_000n * LINK);
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    await fillStake(page, node, "60000");
    await page.getByText(/^Network fee about/).waitFor();
    await page.route("**/api/**", (route) => route.abort());
    await page.getByText("The pool's server can't be reached").waitFor();
    await chain.stake(rival, node, 60_000n * LINK);
    await stakeButton(page).click();
    const sentence = /The stake cap of node 0x\w{4}…\w{4} leaves room for 40,000 LINK, fewer than the 60,000 LINK asked for\./;
    assert.match(await (await waitForStage(page, "would-revert")).innerText(), sentence);
    await amountField(page).fill("50000");
    await page.locator("#stake-hint", { hasText: "leaves room for 40,000 LINK, fewer than the 50,000" }).waitFor();
    assert.equal(await stakeButton(page).isDisabled(), true);
    assert.equal(wallet.prompts(), 0);
    assert.equal(await chain.balanceOf(holder), 60_000n * LINK);
    await close();
  },

  "too little or too much is refused while typing, in LINK, before anything is pressed": async ({ browser, url, chain, node }) => {
    const { page, close } = await newPage(browser, url);
    await installWallet(page, chain, await chain.newHolder(5n * LINK));
    await page.goto("/");
    await connect(page, TEST_WALLET);
    await fillStake(page, node, "0.5");
    await page.locator("#stake-hint", { hasText: "The least that a new stake on this node can be is 1 LINK. Take 1 instead?" }).waitFor();
    assert.equal(await stakeButton(page).isDisabled(), true);
    await amountField(page).fill("6");
    await page.locator("#stake-hint", { hasText: "You have 5 LINK. Take 4.999999999999999999 instead?" }).waitFor();
    assert.equal(await stakeButton(page).isDisabled(), true);
    await page.getByRole("button", { name: "Max" }).click();
    assert.equal(await amountField(page).inputValue(), "4.999999999999999999");
    await close();
  },

  "a sent stake survives a reload and is followed to indexed": async ({ browser, url, chain, node }) => {
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, await chain.newHolder(50n * LINK));
    await page.goto("/");
    await connect(page, TEST_WALLET);
    await fillStake(page, node, "50");
    const sign = wallet.delayNext();
    await stakeButton(page).click();
    await waitForStage(page, "confirm");
    assert.equal(await stakeButton(page).innerText(), "Confirm in your wallet…");
    sign();
    await page.locator(".transaction .transaction-hash").waitFor();
    const hash = await page.locator(".transaction-hash .address").getAttribute("title");
    await page.reload();
    await page.locator(`.transaction-hash [title="${hash}"]`).waitFor();
    await page.locator('.transaction:is([data-stage="indexed"], [data-stage="final"])').waitFor();
    await page.locator(`[data-position="${node}"]`).waitFor();
    await close();
  },
};
