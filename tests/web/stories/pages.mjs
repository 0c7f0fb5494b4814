import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { connect, newPage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { eventually } from "../support/eventually.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

/** Between two readings of what only time changes; it is read every four seconds at most. */
const APART_MS = 3_000;

const isFigure = (path) => path.startsWith("/api/v1/");

export default {
  "a new stack shows a pool that lives: thirty days of stake and rewards, nodes from empty to full, a penalty, tickets on their way": async ({ browser, url, api }) => {
    const days = await api("/history?interval=1d&limit=90");
    assert.ok(days.length >= 30 && days.length <= 32, `${days.length} days`);
    assert.ok(days.slice(2).every(({ stake_juels }) => BigInt(stake_juels) > 0n), "a day without stake");
    assert.ok(days.filter(({ rewards_juels }) => BigInt(rewards_juels) > 0n).length >= 28, "days without rewards");
    const { page, complaints, close } = await newPage(browser, url);
    await page.goto("/");
    await page.locator(".statistic", { hasText: "Reward rate" }).getByText(/^\d+(\.\d+)? % a year$/).waitFor();
    await page.locator(".hero-chart svg path").first().waitFor();
    await page.goto("/nodes");
    await page.locator("tr[data-node]", { hasText: "full" }).first().waitFor();
    await page.locator("tr[data-node]", { hasText: "penalised 1.5 %" }).waitFor();
    await page.goto("/pool");
    await page.locator(".fact", { hasText: "Unbonding" }).getByText(/[1-9]/).waitFor();
    await page.getByText("As a table").first().click();
    assert.ok((await page.locator(".chart-table[open] tbody tr").count()) >= 30);
    assert.deepEqual(complaints, []);
    await close();
  },

  "the pool shows its stake against its capacity, day by day, and how it is spread over its stakers": async ({ browser, url, api }) => {
    const { page, complaints, close } = await newPage(browser, url);
    await page.goto("/pool");
    const chart = page.locator(".panel", { has: page.getByRole("heading", { name: "Stake against capacity", exact: true }) });
    // A capacity that never changed is a level line, which has no height.
    await chart.locator(".chart-line-1").waitFor({ state: "attached" });
    const [today] = (await api("/history?interval=1d&limit=2")).slice(-1);
    assert.equal(today.capacity_juels, (await api("/pool")).capacity_juels);
    await chart.getByText("As a table").click();
    const shown = await chart.locator("tbody tr").first().locator("td").allInnerTexts();
    assert.equal(shown[2].replaceAll(",", ""), String(BigInt(today.capacity_juels) / LINK), `${shown}`);
    const sizes = page.locator(".staker-sizes tbody tr");
    await sizes.first().waitFor();
    const counted = (await sizes.locator("td:nth-child(2)").allInnerTexts()).reduce((sum, text) => sum + Number(text), 0);
    // Stories before this one may have brought one more meanwhile, but nobody is counted twice or left out.
    assert.equal(counted, (await api("/pool")).stakers);
    await page.getByText(/^The largest address has \d[\d.]* %, the largest ten together \d[\d.]* %\.$/).waitFor();
    await page.route("**/api/v1/stakers?*", (route) => route.abort());
    await page.reload();
    await page.getByText("The list of stakers could not be read just now.").waitFor();
    await page.unrouteAll({ behavior: "wait" });
    assert.deepEqual(complaints.filter((text) => !text.includes("ERR_FAILED")), []);
    await close();
  },

  "the first load asks for nothing twice, and nobody else for anything": async ({ browser, url }) => {
    const { page, strangers, close } = await newPage(browser, url);
    const asked = [];
    page.on("request", (request) => asked.push([request.url().slice(url.length), Date.now()]));
    const newest = async () => JSON.stringify((await (await fetch(`${url}/api/v1/events?limit=1`)).json()).data);
    const before = await newest();
    await page.goto("/", { waitUntil: "load" });
    await page.locator(".hero-chart svg path").first().waitFor();
    const again = (path) => asked.filter(([other]) => other === path)[1];
    // What time changes is read again, seconds later; a stream that opens must not make that at once.
    const [, second] = await eventually("the pool is read again", () => again("/api/v1/pool"));
    // What happens in the pool meanwhile, a node's earnings passed on for one, is read at once.
    const isQuiet = (await newest()) === before;
    for (const [path, first] of asked.filter(([path], index) => asked.findIndex(([other]) => other === path) === index)) {
      if (path === "/api/v1/pool") assert.ok(!isQuiet || second - first >= APART_MS, `the pool was read again after ${second - first} ms`);
      else if (!isFigure(path)) assert.equal(again(path), undefined, path);
    }
    assert.deepEqual(strangers, []);
    await close();
  },

  "a holder's history is dated, and saved with every digit": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(60n * LINK);
    await chain.stake(holder, node, 50n * LINK + 1n);
    await chain.unbond(holder, node, 20n * LINK);
    const { page, close } = await newPage(browser, url);
    await page.goto(`/stakers/${holder}`);
    await page.getByRole("heading", { name: "On its way out" }).waitFor();
    await page.locator(".timeline li", { hasText: "in 28 days" }).getByText("20 LINK").or(page.locator('.timeline [title="20 LINK"]')).first().waitFor();
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download as CSV" }).click()]);
    const lines = (await readFile(await file.path(), "utf8")).trim().split("\r\n");
    assert.equal(lines[0], "time,event,node,link,fee_link,ticket,block,transaction,final");
    assert.match(lines[1], new RegExp(`^\\d{4}-\\d\\d-\\d\\dT.*Z,Staked,${node},50\\.000000000000000001,`));
    assert.match(lines[2], new RegExp(`,Unbonded,${node},`));
    assert.equal(lines.length, 3);
    await close();
  },

  "what can go wrong is said with the keys' holders, this holder's worst loss, and the contract's own answer": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(1_000n * LINK);
    await chain.stake(holder, node, 1_000n * LINK);
    const { page, close } = await newPage(browser, url);
    await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    await page.locator(".terms").getByRole("link", { name: "What can go wrong" }).click();
    await page.locator('[title="248.32 LINK"]').waitFor();
    const keys = page.locator(".keys");
    for (const name of ["Owner, a timelock", "Guardian", "Slasher", "Registrar", "Reporter", "Sink of penalties"]) {
      await keys.locator("tr", { hasText: name }).locator(".address").first().waitFor();
    }
    await page.getByRole("button", { name: "Ask the contract through your wallet" }).click();
    await page.getByText("✓ The contract answers the same. The owner's delay is 28 days.").waitFor();
    await page.getByRole("heading", { name: "Leaving without us" }).waitFor();
    await close();
  },

  "a figure's block stands once on a page, in its footer, with its source": async ({ browser, url, node }) => {
    const { page, close } = await newPage(browser, url);
    for (const path of ["/", "/nodes", `/nodes/${node}`, "/pool", "/status"]) {
      await page.goto(path);
      await page.locator("main h1").waitFor();
      await page.getByText(/Figures as of block/).waitFor();
      assert.equal(await page.getByText(/as of block/).count(), 1, path);
      const source = await page.getByRole("link", { name: "these figures as JSON" }).getAttribute("href");
      assert.equal((await fetch(url + source)).status, 200, source);
    }
    await close();
  },

  "the status page says when database and contract were last compared, and that they were equal": async ({ browser, url }) => {
    const { page, close } = await newPage(browser, url);
    await page.goto("/status");
    await page.locator(".fact", { hasText: "Last comparison with the contract" }).getByText("everything equal").waitFor({ timeout: 60_000 });
    await close();
  },

  "five hundred nodes are fifty rows and a button, found by name or address": async ({ browser, url }) => {
    const { page, close } = await newPage(browser, url);
    const answer = await (await fetch(`${url}/api/v1/nodes`)).json();
    const many = Array.from({ length: 500 }, (_, index) => ({ ...answer.data[0], index, address: `0x${(index + 4096).toString(16).padStart(40, "0")}` }));
    await page.route("**/api/v1/nodes?*", (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify({ ...answer, data: many, page: { limit: 500, next: null } }) }));
    await page.goto("/nodes");
    await page.locator("tr[data-node]").first().waitFor();
    assert.equal(await page.locator("tr[data-node]").count(), 50);
    await page.getByLabel("Find a node by name or address").fill("node 321");
    assert.equal(await page.locator("tr[data-node]").count(), 1);
    await page.getByLabel("Find a node by name or address").fill("");
    await page.getByRole("button", { name: "Show all 500 nodes" }).click();
    assert.equal(await page.locator("tr[data-node]").count(), 500);
    await page.goto("/");
    await page.getByRole("link", { name: "All 500 nodes" }).waitFor();
    await close();
  },

  "figures that lag behind the chain are called old": async ({ browser, url }) => {
    const { page, close } = await newPage(browser, url);
    await page.route("**/api/v1/status", async (route) => {
      const response = await route.fetch();
      const answer = await response.json();
      answer.data.lag_blocks = 1_234;
      await route.fulfill({ response, json: answer });
    });
    await page.goto("/");
    await page.locator(".banner", { hasText: "The figures are 1,234 blocks behind the chain and catching up." }).waitFor();
    await page.unrouteAll({ behavior: "wait" });
    await close();
  },

  "a stranger stakes with three clicks and one amount": async ({ browser, url }) => {
    const { page, close } = await newPage(browser, url);
    await page.goto("/");
    await page.locator("tr[data-node]").first().waitFor();
    let clicks = 0;
    const click = async (locator) => {
      clicks += 1;
      await locator.click();
    };
    await page.getByLabel("Amount", { exact: true }).fill("100");
    await click(page.getByRole("button", { name: "Connect wallet to stake" }));
    await click(page.getByRole("dialog").getByRole("button", { name: "Demo wallet" }));
    await click(page.locator(".stake-card button[type=submit]:enabled", { hasText: "Stake 100 LINK" }));
    await page.locator(".transaction:is([data-stage=indexed], [data-stage=final])").waitFor();
    assert.equal(clicks, 3);
    await close();
  },
};
