import assert from "node:assert/strict";
import { eventually } from "../support/eventually.mjs";
import { act, askOperator, openFleet } from "../support/operator.mjs";

const LONG_MS = 90_000;
const STEPS_ONCE = ["create", "wait", "stop", "check", "bake", "delete"];

/** Plans a roll-out to what the settings say, whose every step has a way back, and begins it. */
async function begin(page, why) {
  await page.getByText("Begin a roll-out").click();
  await page.locator("#rollout-reason").fill(why);
  await page.getByRole("button", { name: "Plan", exact: true }).click();
  const plan = page.locator("[data-plan]");
  await plan.getByText("No node passes a door: there is a way back in every step.").waitFor();
  await page.getByRole("button", { name: "Begin it" }).click();
  await page.getByText(/^Roll-out \d+ has begun\.$/).waitFor();
  await page.getByText("Begin a roll-out").click();
}

const state = (page, word) => page.locator(`[data-rollout-state="${word}"]`).waitFor({ timeout: LONG_MS });
const steps = (page) => page.locator("[data-rollout-node]").evaluateAll((lines) => lines.map((line) => line.dataset.step));
const ours = async (world) => (await askOperator(world, "/overview")).nodes.filter(({ source }) => source === "fleet");

export default {
  "a roll-out is planned, begun, watched step by step to its end, and every pair is whole again": async (world) => {
    const before = await ours(world);
    const { page, complaints, close } = await openFleet(world);
    await begin(page, "fresh replicas");
    await state(page, "running");
    await page.locator(".fact", { hasText: "Asked for" }).getByText("fresh replicas").waitFor();
    // The others need not wait for the first one.
    await act(page.locator("#rollout"), "Promote", "the roll-out", "the story has little time");
    await page.getByText("Promote: done.").waitFor();
    // What passes on the page while nobody touches it.
    const seen = new Set();
    await eventually(
      "the first node is through",
      async () => {
        for (const step of await steps(page)) seen.add(step);
        return seen.has("done");
      },
      LONG_MS,
    );
    assert.ok(STEPS_ONCE.filter((step) => seen.has(step)).length >= 2, `of its steps only ${[...seen]} were seen`);
    await page.locator(".way-done").first().waitFor();
    await state(page, "done");
    assert.deepEqual([...new Set(await steps(page))], ["done"]);
    for (const { id, generation } of before) {
      const line = page.locator(`[data-fleet-node="${id}"][data-health=healthy]`, { hasText: `generation ${generation + 1}` });
      await line.locator("[data-replica=serving]").waitFor({ timeout: LONG_MS });
      await eventually("the old generation's replicas are gone", async () => (await line.locator("[data-replica]").count()) === 2, LONG_MS);
    }
    assert.deepEqual(complaints, []);
    await close();
  },

  "a roll-out that is aborted before the switch leaves every node as it was": async (world) => {
    const before = await ours(world);
    const { page, close } = await openFleet(world);
    await begin(page, "fresh ones again");
    await page.locator('[data-rollout-node]:is([data-step="create"], [data-step="wait"])').first().waitFor({ timeout: LONG_MS });
    await page.getByText("No door: there is a way back in every step.").first().waitFor();
    await act(page.locator("#rollout"), "Abort", "the roll-out", "a story changes its mind");
    await state(page, "aborted");
    await page.locator("#rollout .refusal", { hasText: "a story changes its mind" }).waitFor();
    await eventually("every node is back", async () => (await steps(page)).every((step) => step === "aborted" || step === "dropped"), LONG_MS);
    assert.equal(await page.getByRole("button", { name: "Abort the roll-out" }).count(), 0, "nothing is left to abort");
    for (const { id, generation } of before) {
      const line = page.locator(`[data-fleet-node="${id}"][data-health=healthy]`, { hasText: `generation ${generation}` });
      await line.locator("[data-replica=serving]").waitFor({ timeout: LONG_MS });
    }
    const after = await ours(world);
    assert.deepEqual(after.map(({ generation }) => generation), before.map(({ generation }) => generation));
    await close();
  },
};
