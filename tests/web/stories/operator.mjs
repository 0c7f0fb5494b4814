import assert from "node:assert/strict";
import { violations } from "../support/axe.mjs";
import { newPage } from "../support/browser.mjs";
import { eventually } from "../support/eventually.mjs";
import { askOperator, giveToken, openFleet } from "../support/operator.mjs";

const WIDTHS = [360, 768, 1440];
const THEMES = ["light", "dark"];
const CALLS = "**/api/v1/operator/**";
const MANY = 500;
const FIRST = 50;

/** Answers the page's one question with another fleet. */
const show = (page, change) =>
  page.route("**/api/v1/operator/overview", async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    change(answer.data);
    await route.fulfill({ response, json: answer });
  });

export default {
  "the operator's token is asked for once in a tab, a wrong one is said to be wrong, and nobody keeps it": async ({ browser, operator, url }) => {
    const { page, strangers, close } = await newPage(browser, operator.url);
    const asked = [];
    page.on("request", (request) => request.url().includes("/api/") && asked.push(request));
    await page.goto("/");
    await page.getByRole("heading", { name: "The operator's token" }).waitFor();
    assert.deepEqual(asked, [], "something was asked for without a token");
    await page.getByRole("button", { name: "Show the fleet" }).click();
    await page.getByText("Paste the token first.").waitFor();
    await giveToken(page, "0".repeat(operator.token.length));
    await page.getByText("The listener does not take this token.").waitFor();
    await giveToken(page, operator.token);
    await page.locator("[data-fleet-node]").first().waitFor();
    const kept = await page.evaluate(() => [JSON.stringify(localStorage), document.cookie, location.href].join(" "));
    assert.ok(!kept.includes(operator.token), "the token outlives the tab");
    assert.ok(asked.every((request) => !request.url().includes(operator.token)), "the token stands in an address");
    await page.reload();
    await page.locator("[data-fleet-node]").first().waitFor();
    await page.getByRole("button", { name: "Forget the token" }).click();
    await page.getByRole("heading", { name: "The operator's token" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "The operator's token" }).waitFor();
    assert.deepEqual(strangers, []);
    // The public listener has no such page.
    assert.equal((await fetch(`${url}/operator/index.html`)).status, 404);
    await close();
  },

  "each node stands with its pair: who has the lease, who waits for it, and what each answered": async (world) => {
    const { page, complaints, close } = await openFleet(world);
    const nodes = await askOperator(world, "/nodes");
    const ours = nodes.filter(({ source }) => source === "fleet");
    for (const { id } of ours) {
      const line = page.locator(`[data-fleet-node="${id}"]`);
      await line.locator("[data-replica=serving]", { hasText: "has the lease" }).waitFor();
      await line.locator("[data-replica=waiting]", { hasText: "waits for the lease" }).waitFor();
      assert.equal(await line.getByText("has the lease").count(), 1, "two replicas have one lease");
    }
    const open = nodes.filter(({ phase }) => phase === "open").length;
    assert.equal(await page.locator("[data-phase=open] dd").first().innerText(), String(open));
    const first = page.locator(`[data-fleet-node="${ours[0].id}"]`);
    await first.getByText("History and actions").click();
    await first.locator(".history li", { hasText: "requested" }).waitFor();
    // What automatic scaling has decided, with what it was made from.
    const decision = page.locator("[data-decision]").first();
    await decision.getByText("Made from").click();
    await decision.getByText("available juels").waitFor();
    await decision.getByText("guard: reported", { exact: true }).waitFor();
    assert.deepEqual(complaints, []);
    await close();
  },

  "a node's line says what it answered, what that brought and what still waits": async (world) => {
    const { page, complaints, close } = await openFleet(world);
    const nodes = await askOperator(world, "/nodes");
    const worked = async () => {
      const details = await Promise.all(nodes.map(({ id }) => askOperator(world, `/nodes/${id}`)));
      return details.find(({ work }) => work?.answered > 0);
    };
    const { id } = await eventually("a node has answered", worked, 90_000);
    const line = page.locator(`[data-fleet-node="${id}"]`);
    await line.getByText("History and actions").click();
    await line.locator("[data-work]", { hasText: /^Answered [1-9]\d* of [1-9]\d* requests in 30 days.*Earned [\d,.≈]+ LINK: / }).waitFor();
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(complaints, []);
    await close();
  },

  "an operator's page whose listener is gone says how old it is, and goes on when it is back": async (world) => {
    const { page, close } = await openFleet(world);
    await page.route(CALLS, (route) => route.abort());
    await page.locator(".banner", { hasText: /can't be reached\. What is shown is \d+ s old\./ }).waitFor();
    assert.ok((await page.locator("[data-fleet-node]").count()) > 0, "what was known is gone");
    await page.unroute(CALLS);
    await page.getByText("Live: read every two seconds").waitFor();
    assert.equal(await page.locator(".banner").count(), 0);
    await close();
  },

  "an operator's page of no node says what to do, and one of five hundred stays short": async (world) => {
    const { page, close } = await openFleet(world);
    await show(page, (data) => Object.assign(data, { nodes: [], rollout: null, transactions: [], scale: { ...data.scale, guard: null, decisions: [] } }));
    await page.getByText("No nodes yet. Ask for the first ones below.").waitFor();
    await page.getByText("There was none yet. Every node runs what the settings say.").waitFor();
    await page.getByText("Nothing was sent yet.").waitFor();
    await page.unrouteAll({ behavior: "wait" });
    await show(page, (data) => {
      const [node] = data.nodes;
      data.nodes = Array.from({ length: MANY }, (_, index) => ({ ...node, id: index.toString(16).padStart(12, "0") }));
    });
    await page.getByRole("button", { name: `Show all ${MANY} nodes` }).waitFor();
    assert.equal(await page.locator("[data-fleet-node]").count(), FIRST);
    await page.getByLabel("Find a node by id, name, wallet or phase").fill("0000000001f3");
    await page.locator('[data-fleet-node="0000000001f3"]').waitFor();
    assert.equal(await page.locator("[data-fleet-node]").count(), 1);
    await page.unrouteAll({ behavior: "wait" });
    await close();
  },

  "the operator's page breaks no rule of accessibility and scrolls nowhere sideways, in both themes and at three widths": async (world) => {
    const check = async (colorScheme) => {
      const { page, close } = await newPage(world.browser, world.operator.url, { colorScheme });
      await page.goto("/");
      await page.getByLabel("Token", { exact: true }).waitFor();
      assert.deepEqual(await violations(page), [], `login ${colorScheme}`);
      await giveToken(page, world.operator.token);
      const node = page.locator("[data-fleet-node]").first();
      await node.getByText("History and actions").click();
      await node.locator(".history li").first().waitFor();
      await node.getByRole("button", { name: /^Quarantine/ }).click();
      await page.getByText("Begin a roll-out").click();
      await page.locator("[data-decision] summary").first().click();
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        assert.deepEqual(await violations(page), [], `${colorScheme} ${width}`);
        const [wide, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        assert.ok(wide <= shown, `${wide} of ${shown} pixels at ${width}`);
      }
      await close();
    };
    await Promise.all(THEMES.map(check));
  },
};
