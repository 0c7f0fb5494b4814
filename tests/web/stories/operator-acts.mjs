import assert from "node:assert/strict";
import { newPage } from "../support/browser.mjs";
import { act, askOperator, openFleet } from "../support/operator.mjs";

const LONG_MS = 60_000;
/** A tenth of it is less than the nodes that are there. */
const SMALL_NETWORK = 20;

const preview = async (page, number) => {
  await page.getByLabel("Number of nodes").fill(number);
  await page.locator("#scale-reason").fill("a story");
  await page.getByRole("button", { name: "Preview" }).click();
};

export default {
  "more nodes are previewed with the guard's sum, made by one press, and watched until holders see them": async (world) => {
    const count = async () => (await askOperator(world, "/nodes")).length;
    const before = await count();
    const { page, complaints, close } = await openFleet(world);
    await preview(page, "2");
    const plan = page.locator("#scale .outcome");
    await plan.getByText("2 nodes would be made, two replicas each.").waitFor();
    assert.match(await plan.locator(".sum").innerText(), /^\(\d+ registered \+ \d+ on their way \+ 2 asked for\) \* 10000 = \d+ <= \d+ = \d+ \* min\(\d+ reported, \d+ ceiling\)$/);
    assert.equal(await count(), before, "a preview made something");
    // Another number is another plan: what was looked at can't be pressed for it.
    await page.getByLabel("Number of nodes").fill("1");
    assert.equal(await page.getByRole("button", { name: /^Make/ }).count(), 0);
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("button", { name: "Make 1 node" }).click();
    const made = page.locator("[data-made]");
    await made.waitFor();
    assert.equal(await made.count(), 1);
    await page.locator("[data-made]", { hasText: "open" }).waitFor({ timeout: LONG_MS });
    assert.equal(await count(), before + 1);
    const id = await made.getAttribute("data-made");
    const { wallet } = await askOperator(world, `/nodes/${id}`);
    const holders = await newPage(world.browser, world.url);
    await holders.page.goto(`/nodes/${wallet}`);
    await holders.page.locator(".badge-active", { hasText: "Open" }).waitFor();
    await holders.close();
    assert.deepEqual(complaints, []);
    await close();
  },

  "the guard blocks a node that would make the pool too large, with its sum, and opens when the network has grown": async (world) => {
    const { page, close } = await openFleet(world);
    const guard = page.locator("#guard");
    await guard.getByText("open", { exact: true }).waitFor();
    const before = (await askOperator(world, "/nodes")).length;
    try {
      await world.chain.reportNetwork(SMALL_NETWORK);
      await guard.getByText("blocks another node").waitFor();
      assert.match(await guard.locator("[data-sum]").innerText(), new RegExp(` > .* min\\(${SMALL_NETWORK} reported`));
      await preview(page, "1");
      await page.locator("#scale .refusal", { hasText: /too large a part of the network: .* 0 more are allowed/ }).waitFor();
      assert.equal(await page.getByRole("button", { name: /^Make/ }).count(), 0);
    } finally {
      await world.chain.reportNetwork();
    }
    await guard.getByText("open", { exact: true }).waitFor();
    await preview(page, "1");
    await page.getByRole("button", { name: "Make 1 node" }).waitFor();
    assert.equal((await askOperator(world, "/nodes")).length, before);
    await close();
  },

  "a transaction that no block takes is bumped under its nonce, and what was signed is shown": async (world) => {
    const { page, close } = await openFleet(world);
    const node = (await askOperator(world, "/nodes")).find(({ source, contract_status: status, wallet }) => source === "fleet" && status === "active" && wallet !== world.node);
    const line = page.locator(`[data-fleet-node="${node.id}"]`);
    await line.getByText("History and actions").click();
    await world.chain.rpc("evm_setIntervalMining", [0]);
    let number;
    try {
      await act(line, "Close", `node ${node.id}`, "a story closes it");
      const waiting = page.locator("[data-transaction][data-kind=close][data-state=sent]");
      await waiting.waitFor({ timeout: LONG_MS });
      number = await waiting.getAttribute("data-transaction");
      const transaction = page.locator(`[data-transaction="${number}"]`);
      await transaction.getByText("What was signed and asked for").click();
      await transaction.locator("[data-attempt]").first().waitFor();
      assert.equal(await transaction.locator("[data-attempt]").count(), 1);
      await act(transaction, "Bump", `transaction ${number}`, "no block takes it");
      await transaction.locator("[data-request=bump]", { hasText: /by operator: no block takes it: signed as attempt 1, 0x/ }).waitFor({ timeout: LONG_MS });
      await transaction.locator('[data-attempt="1"]').waitFor();
      const { signed } = await askOperator(world, `/transactions/${number}`);
      assert.equal(signed.length, 2);
      assert.equal(signed[0].nonce, signed[1].nonce);
      assert.ok(8n * BigInt(signed[1].max_fee_wei) >= 9n * BigInt(signed[0].max_fee_wei), `${signed[1].max_fee_wei} after ${signed[0].max_fee_wei}`);
    } finally {
      await world.chain.rpc("evm_setIntervalMining", [1]);
    }
    await page.locator(`[data-transaction="${number}"][data-state=done]`).waitFor({ timeout: LONG_MS });
    assert.equal(await page.locator(`[data-transaction="${number}"]`).getByRole("button", { name: /^Bump/ }).count(), 0);
    await line.getByText("closed on chain").waitFor({ timeout: LONG_MS });
    const holders = await newPage(world.browser, world.url);
    await holders.page.goto(`/nodes/${node.wallet}`);
    await holders.page.locator("main .badge-closed", { hasText: "Closed" }).first().waitFor();
    await holders.close();
    await close();
  },
};
