import assert from "node:assert/strict";
import { newPage } from "../support/browser.mjs";
import { eventually } from "../support/eventually.mjs";

// The fleet counts how its nodes run once a minute: late among the stories nobody waits for that.
export default {
  "what a node earned and how long it ran stand there with their windows, and what is not known is said to be": async ({ browser, url, api }) => {
    const all = () => api("/nodes?limit=500");
    // The fleet counts how its own nodes run; the others of this stack are run by nobody here.
    const nodes = await eventually("the fleet has looked at a node", async () => ((await all()).some(({ uptime }) => uptime) ? all() : null), 60_000);
    const rated = nodes.find(({ reward_rate: rate }) => rate.annual_bps !== null);
    const [run, unseen] = [nodes.find(({ uptime }) => uptime), nodes.find(({ uptime }) => !uptime)];
    const { page, complaints, close } = await newPage(browser, url);
    await page.goto("/nodes");
    const cell = (node, label) => page.locator(`tr[data-node="${node.address}"] [data-label="${label}"]`);
    await cell(rated, "Reward rate, a year").getByText(/^\d[\d,.]* %$/).waitFor();
    await cell(run, "Uptime").getByText(/^\d[\d.]* %$/).waitFor();
    await cell(unseen, "Uptime").getByText("not known").waitFor();
    await page.goto(`/nodes/${rated.address}`);
    const fact = (name) => page.locator(".fact", { hasText: name });
    await fact("Reward rate").getByText(/^\d[\d,.]* % a year/).waitFor();
    await fact("Reward rate").getByText(/^what vested in the last 7 days, after the fee, over the active stake/).waitFor();
    await page.goto(`/nodes/${unseen.address}`);
    await fact("Uptime").getByText("not known: nobody here looks at this node").waitFor();
    await fact("Requests answered").getByText("not known here").waitFor();
    await page.goto(`/nodes/${run.address}`);
    await fact("Uptime").getByText(/of the last week in which its fleet looked/).waitFor();
    assert.deepEqual(complaints, []);
    await close();
  },
};
