import assert from "node:assert/strict";
import { newPage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";

export default {
  "anybody can watch an address by its page, without a wallet and without a button that moves money": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(321n * LINK);
    await chain.stake(holder, node, 321n * LINK);
    const { page, complaints, close } = await newPage(browser, url);
    await page.goto(`/stakers/${holder}`);
    await page.locator(`[data-position="${node}"] [title="321 LINK"]`).waitFor();
    await page.getByText("watch only").waitFor();
    await page.getByRole("heading", { name: "History" }).waitFor();
    const buttons = await page.locator("main button").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") ?? one.textContent));
    assert.deepEqual(buttons.filter((label) => !/^(Copy|Download)/.test(label)), []);
    assert.deepEqual(complaints, []);
    await close();
  },

  "an address without stake and an address that is none each get a sentence": async ({ browser, url }) => {
    const { page, close } = await newPage(browser, url);
    await page.goto("/stakers/0x00000000000000000000000000000000000000aa");
    await page.getByText("This address has nothing staked here.").waitFor();
    await page.goto("/stakers/0x12");
    await page.getByRole("heading", { name: "There is no page here" }).waitFor();
    await page.goto("/nodes/0x00000000000000000000000000000000000000aa");
    await page.getByText("This pool has no node with this wallet.").waitFor();
    await close();
  },
};
