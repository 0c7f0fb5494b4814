import assert from "node:assert/strict";
import { newPage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

const WAIT_S = 3;
/** The address of the story below with one letter in the wrong case. */
const BAD_CHECKSUM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAEd";

/** Answers every question to the API as a limiter does, until the returned function is called. */
async function limit(page) {
  const answer = { title: "Too many requests", status: 429, code: "rate-limited", detail: "this client has used up its requests" };
  await page.route("**/api/v1/**", (route) =>
    route.fulfill({ status: 429, headers: { "retry-after": String(WAIT_S) }, contentType: "application/problem+json", body: JSON.stringify(answer) }),
  );
  return () => page.unroute("**/api/v1/**");
}

export default {
  "a server that is down is no pool without nodes, on a first visit": async ({ browser, url }) => {
    const { page, close } = await newPage(browser, url);
    await page.route("**/api/**", (route) => route.abort());
    await page.goto("/");
    await page.getByText("The pool's server can't be reached").first().waitFor();
    await page.getByText("This page does not know the contract's address yet").waitFor();
    await page.locator("main .empty", { hasText: "The list of nodes: not available" }).waitFor();
    const choice = await page.getByLabel("On node", { exact: true }).innerText();
    assert.match(choice, /not available/);
    const text = await page.locator("body").innerText();
    for (const untrue of [/No node is open/, /No nodes yet/, /being read…/]) assert.doesNotMatch(text, untrue);
    await page.unroute("**/api/**");
    await page.locator("tr[data-node]").first().waitFor();
    await close();
  },

  "an address with a wrong checksum gets the server's sentence, and nobody waits for it": async ({ browser, url }) => {
    const { page, close } = await newPage(browser, url);
    await page.goto(`/stakers/${BAD_CHECKSUM}`);
    await page.getByText(/^The pool's server does not know this address: .*checksum/).waitFor();
    assert.equal(await page.getByText("being read…").count(), 0);
    await close();
  },

  "a server that wants no more questions is waited for, in words and seconds, and asked again by itself": async ({ browser, url }) => {
    const { page, close } = await newPage(browser, url);
    const asked = [];
    const told = [];
    const isQuestion = (url) => url.includes("/api/v1/") && !url.includes("/stream");
    page.on("request", (request) => isQuestion(request.url()) && asked.push(Date.now()));
    page.on("response", (response) => isQuestion(response.url()) && response.status() === 429 && told.push(Date.now()));
    const unlimit = await limit(page);
    await page.goto("/");
    const banner = page.locator(".banner", { hasText: "limits how often one network may ask" });
    await banner.getByText(/Asking again in [123] s\./).waitFor();
    await page.locator("main .empty", { hasText: "waiting until the pool's server may be asked again" }).waitFor();
    await unlimit();
    await page.locator("tr[data-node]").first().waitFor();
    await banner.waitFor({ state: "detached" });
    // Questions that were under way already when the first was refused are no questions too many.
    const waited = asked.filter((at) => at > told.at(-1)).map((at) => at - told.at(-1));
    assert.ok(waited.length > 0 && waited[0] >= WAIT_S * 1_000 - 500, `asked again after ${waited[0]} ms`);
    await page.goto("/status");
    await page.getByText("connected", { exact: true }).waitFor();
    await close();
  },

  "live updates that a limiter refused once come back": async ({ browser, url, chain }) => {
    const { page, close } = await newPage(browser, url);
    await page.route("**/api/v1/stream*", (route) => route.fulfill({ status: 429, body: "" }));
    await page.goto("/status");
    await page.getByText("not connected; asking every few seconds").waitFor();
    await page.unroute("**/api/v1/stream*");
    await page.getByText("connected", { exact: true }).waitFor();
    await chain.rpc("eth_blockNumber");
    await close();
  },

  "a young pool with rewards on their way does not say that there are none": async ({ browser, url, api }) => {
    const { page, close } = await newPage(browser, url);
    const answer = await (await fetch(`${url}/api/v1/pool`)).json();
    answer.data.reward_rate.annual_bps = null;
    await page.route("**/api/v1/pool", (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify(answer) }));
    await page.goto("/");
    const rate = page.locator(".statistic", { hasText: "Reward rate" });
    const staked = BigInt((await api("/pool")).active_stake_juels) > 0n;
    await rate.getByText(staked ? "known after a first day" : "nothing is staked yet").waitFor();
    assert.doesNotMatch(await rate.innerText(), /no rewards/);
    await close();
  },

  "a node that was penalised says how near it is to half price, on its page and where one stakes": async ({ browser, url, chain, node }) => {
    await chain.stake(await chain.newHolder(100n * LINK), node, 100n * LINK);
    const { page, close } = await newPage(browser, url);
    // As after six penalties of 10 %, which would take months of the chain that all stories share.
    await page.route("**/api/v1/nodes?*", async (route) => {
      const response = await route.fetch();
      const answer = await response.json();
      for (const each of answer.data) if (each.address === node) each.stake_juels = String((BigInt(each.total_shares) * 531_441n) / 1_000_000n);
      await route.fulfill({ response, json: answer });
    });
    await page.goto(`/nodes/${node}`);
    for (const place of [".facts", ".stake-card"]) await page.locator(place).getByText(/taken 46\.86 % of each share\. .* another 5\.92 % of its stake is enough\./).waitFor();
    await page.unrouteAll({ behavior: "wait" });
    await close();
  },

  "a wallet that can't switch says why, at the banner and at the form": async ({ browser, url, chain, config }) => {
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, await chain.newHolder(LINK));
    wallet.wrongChain("0x1");
    await page.goto("/");
    await page.locator(".site-header").getByRole("button", { name: "Connect" }).click();
    await page.getByRole("dialog").getByRole("button", { name: TEST_WALLET }).click();
    const button = page.locator(".stake-card").getByRole("button", { name: "Switch network" });
    for (const [failure, sentence] of [
      [{ code: 4001, message: "User rejected the request." }, "You declined in your wallet. The network was not switched."],
      [{ code: -32601, message: "no such method" }, `Choose the network with chain id ${config.chain_id}`],
      [{ code: -32603, message: "Internal JSON-RPC error.", data: { message: "vault is locked" } }, "vault is locked"],
    ]) {
      wallet.failWith(failure);
      await button.click();
      await page.locator(".stake-card .hint", { hasText: sentence }).waitFor();
      await page.locator(".banner", { hasText: sentence }).waitFor();
    }
    wallet.failWith(null);
    await button.click();
    await page.getByText("You have 1 LINK").waitFor();
    assert.equal(await page.locator(".banner").count(), 0);
    await close();
  },
};
