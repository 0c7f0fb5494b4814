import assert from "node:assert/strict";
import { exactJuels, newPage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { eventually } from "../support/eventually.mjs";

export default {
  "a node registered now slides into the open page, named new and not final": async ({ browser, url, chain }) => {
    const { page, close } = await newPage(browser, url);
    await page.goto("/");
    await page.locator("tr[data-node]").first().waitFor();
    await page.evaluate(() => (window.isSamePage = true));
    const node = await chain.registerNode();
    const row = page.locator(`tr[data-node="${node}"]`);
    await row.waitFor();
    assert.match(await row.innerText(), /new · block [\d,]+ · not final/);
    assert.match(await row.getAttribute("class"), /row-arrived/);
    assert.equal(await page.evaluate(() => window.isSamePage), true, "the page was loaded again");
    await close();
  },

  "somebody else's stake changes the open page by itself": async ({ browser, url, chain, node }) => {
    const { page, close } = await newPage(browser, url);
    await page.goto("/nodes");
    const stake = page.locator(`tr[data-node="${node}"] [data-label="Active stake"] .amount`);
    const before = await exactJuels(stake);
    await chain.stake(await chain.newHolder(777n * LINK), node, 777n * LINK);
    await eventually("the node's row grew by the stake", async () => (await exactJuels(stake)) === before + 777n * LINK);
    await page.goto(`/nodes/${node}`);
    await page.getByRole("heading", { name: "Largest stakes" }).waitFor();
    await page.locator('td [title="777 LINK"]').first().waitFor();
    await close();
  },
};
