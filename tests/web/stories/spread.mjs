import assert from "node:assert/strict";
import { amountField, connect, newPage, stakeButton, waitForStage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { eventually } from "../support/eventually.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

const heldOn = async (chain, nodes, holder) => {
  const found = [];
  for (const node of nodes) {
    const { shares } = await chain.positionOf(node, holder);
    if (shares > 0n) found.push([node, shares]);
  }
  return found;
};

export default {
  "a stake is spread over three nodes in one transaction, as shown before it is signed": async ({ browser, url, chain, api }) => {
    for (let count = 0; count < 3; count += 1) await chain.registerNode();
    const holder = await chain.newHolder(1_000n * LINK);
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    await amountField(page).fill("900");
    const parts = page.locator(".outcome p .amount");
    await page.locator(".outcome", { hasText: "about" }).or(page.locator(".outcome", { hasText: "Can leave" })).waitFor();
    assert.equal(await page.locator(".outcome p").filter({ hasText: / on Node / }).count(), 3);
    assert.equal(await parts.first().getAttribute("title"), "300 LINK");
    await stakeButton(page).click();
    const card = await waitForStage(page, "indexed", "final");
    assert.match(await card.innerText(), /Stake 900 LINK on 3 nodes/);
    assert.match(await card.innerText(), /Signed\s+Confirmed\s+Staked/);
    assert.equal(wallet.prompts(), 1);
    assert.equal(await chain.transactionsOf(holder), 1);
    const nodes = (await api("/nodes?limit=500")).map(({ address }) => address);
    assert.deepEqual((await heldOn(chain, nodes, holder)).map(([, shares]) => shares), [300n * LINK, 300n * LINK, 300n * LINK]);
    await card.getByRole("link", { name: "View my stake" }).click();
    await page.getByRole("heading", { name: "Your stake", level: 1 }).waitFor();
    assert.equal(await page.locator("[data-position]").count(), 3);
    await close();
  },

  "somebody who stakes a juel on each node while the wallet is asked does not make the spread fail": async ({ browser, url, chain, api }) => {
    const open = (await api("/nodes?limit=500")).filter((node) => node.status === "active" && !node.penalty_until && BigInt(node.available_juels) > 20n * LINK);
    const most = open.sort((a, b) => (BigInt(a.available_juels) < BigInt(b.available_juels) ? 1 : -1)).slice(0, 10);
    const holder = await chain.newHolder(2_000_000n * LINK);
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    await page.getByRole("button", { name: "Max" }).click();
    const amount = await amountField(page).inputValue();
    const sign = wallet.delayNext();
    await page.locator(".stake-card button[type=submit]:enabled").click();
    await waitForStage(page, "confirm");
    const rival = await chain.newHolder(100n * LINK);
    for (const node of most) await chain.stake(rival, node.address, LINK);
    sign();
    await waitForStage(page, "indexed", "final");
    const held = (await heldOn(chain, most.map(({ address }) => address), holder)).reduce((sum, [, shares]) => sum + shares, 0n);
    assert.ok(held > 0n && amount !== "0", `${held} juels`);
    // What was filled to the brim is emptied again, for the stories that come.
    for (const { address } of most) {
      const { shares } = await chain.positionOf(address, holder);
      if (shares > 0n) await chain.unbond(holder, address, shares);
    }
    await close();
  },

  "Max leaves one juel in the wallet": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(25n * LINK);
    const { page, close } = await newPage(browser, url);
    await installWallet(page, chain, holder);
    await page.goto(`/?node=${node}`);
    await connect(page, TEST_WALLET);
    await page.getByRole("button", { name: "Max" }).click();
    assert.equal(await amountField(page).inputValue(), "24.999999999999999999");
    await page.locator(".stake-card button[type=submit]:enabled").click();
    await waitForStage(page, "indexed", "final");
    assert.equal(await chain.balanceOf(holder), 1n);
    await close();
  },

  "a link fills amount and node in, and what it does not say exactly is asked about": async ({ browser, url, node }) => {
    const { page, close } = await newPage(browser, url);
    await page.goto(`/?amount=250.5&node=${node}`);
    await page.locator("tr[data-node]").first().waitFor();
    assert.equal(await amountField(page).inputValue(), "250.5");
    assert.equal(await page.getByLabel("On node", { exact: true }).inputValue(), node);
    await page.goto("/?amount=1,000");
    await page.locator("#stake-amount-question", { hasText: "Did you mean 1000 or 1.000?" }).waitFor();
    assert.equal(await page.getByLabel("On node", { exact: true }).inputValue(), "");
    await close();
  },

  "all rewards are staked again in one transaction, where there is room": async ({ browser, url, chain, node }) => {
    const second = await chain.registerNode();
    const holder = await chain.newHolder(200n * LINK);
    for (const wallet of [node, second]) {
      await chain.stake(holder, wallet, 100n * LINK);
      await chain.reward(wallet, 1_000n * LINK);
    }
    const { page, close } = await newPage(browser, url);
    await installWallet(page, chain, holder);
    await page.goto("/positions");
    await page.getByRole("button", { name: "Connect wallet", exact: true }).first().click();
    await page.getByRole("dialog").getByRole("button", { name: TEST_WALLET }).click();
    const before = await Promise.all([node, second].map((wallet) => chain.positionOf(wallet, holder)));
    await page.getByRole("button", { name: "Stake all rewards" }).click();
    await waitForStage(page, "indexed", "final");
    const after = await Promise.all([node, second].map((wallet) => chain.positionOf(wallet, holder)));
    for (const [index, { shares }] of after.entries()) assert.ok(shares > before[index].shares, "nothing was staked");
    assert.equal(await chain.balanceOf(holder), 0n);
    assert.equal(await chain.transactionsOf(holder), 3, "two stakes, and one transaction for both rewards");
    await eventually("the card folds nothing away", async () => (await page.locator(".transaction").count()) === 1);
    await close();
  },
};
