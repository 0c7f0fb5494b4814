import assert from "node:assert/strict";
import { violations } from "../support/axe.mjs";
import { newPage } from "../support/browser.mjs";
import { eventually } from "../support/eventually.mjs";

// The fleet counts how its nodes run once a minute: late among the stories nobody waits for that.
export default {
  "what a node earned and how long it ran stand there with their windows, and what is not known is said to be": async ({ browser, url, api }) => {
    const all = () => api("/nodes?limit=500");
    // The fleet counts how its own nodes run; the others of this stack are run by nobody here.
    const nodes = await eventually("the fleet has looked at a node", async () => ((await all()).some(({ uptime }) => uptime) ? all() : null), 60_000);
    const rated = nodes.find(({ reward_rate: rate }) => rate.annual_bps !== null);
    const run = nodes.find(({ uptime }) => uptime);
    // A list says nothing about a node's work: each is asked for by itself.
    const unlooked = await Promise.all(nodes.filter(({ uptime }) => !uptime).map(({ address }) => api(`/nodes/${address}`)));
    const unseen = unlooked.find(({ work }) => work === null);
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
    await fact("Requests answered").getByText("not known: no Operator is named for this node").waitFor();
    await page.goto(`/nodes/${run.address}`);
    await fact("Uptime").getByText(/of the last week in which its fleet looked/).waitFor();
    assert.deepEqual(complaints, []);
    await close();
  },

  "what a node answered and earned stands there, and that nobody can divert it until somebody could": async ({ browser, url, api, chain }) => {
    // A consumer of the development stack asks one of the nodes every ten seconds.
    const worked = async () => {
      const nodes = await Promise.all((await api("/nodes?status=active&limit=500")).map(({ address }) => api(`/nodes/${address}`)));
      return nodes.find(({ work }) => work?.answered > 0 && work.is_safe);
    };
    const { address, work } = await eventually("a node has answered, and its Operator is its own contract's", worked, 90_000);
    const { page, complaints, close } = await newPage(browser, url);
    await page.goto(`/nodes/${address}`);
    const fact = (name) => page.locator(".fact", { hasText: name });
    await fact("Requests answered").getByText(/^answered [1-9][\d,]* of [1-9][\d,]* in 30 days/).waitFor();
    await fact("Earned by answering").getByText(/^[\d,.≈]+ LINK/).first().waitFor();
    await fact("Earned by answering").getByText("nobody can divert what it earns from these requests").waitFor();
    assert.deepEqual(await violations(page), []);
    const days = await api(`/nodes/${address}/earnings`);
    assert.ok(days.reduce((sum, { answered }) => sum + answered, 0) >= work.answered);
    const { operator } = work.operators.find(({ has_jobs: hasJobs }) => hasJobs);
    await chain.letAnswer(operator, [address, await chain.newAccount()]);
    await fact("Earned by answering").getByText(/being looked at|somebody beside the node's wallet may answer/).waitFor();
    assert.equal(await page.getByText("nobody can divert").count(), 0);
    await page.getByRole("link", { name: "what that means" }).click();
    await page.getByRole("heading", { name: "What a node is paid, and who gets it" }).waitFor();
    assert.deepEqual(complaints, []);
    await close();
  },
};
