import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { violations } from "../support/axe.mjs";
import { newPage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";

const MOMENT = /^From \S.* on the owner may set the maker fee to 4\.25 %\. It said so on \S/;

export default {
  "what the owner announces is said in words with its date, to everybody who can read a page, and no longer once it is cancelled": async ({ browser, url, chain }) => {
    const { page, complaints, close } = await newPage(browser, url, { width: 360, height: 740 });
    await page.goto("/help");
    await page.getByText("The owner has scheduled nothing.").waitFor();
    const cancel = await chain.announceFee(425);
    const announced = page.locator("li", { hasText: "the owner may set the maker fee to 4.25 %" });
    await announced.waitFor();
    assert.match(await announced.innerText(), MOMENT);
    assert.deepEqual(await violations(page), []);
    await cancel();
    await announced.waitFor({ state: "detached" });
    await page.getByText("The owner has scheduled nothing.").waitFor();
    assert.deepEqual(complaints, []);
    await close();
  },

  "the lines that docs/api.md has for a page of one's own hear of a stake": async ({ browser, url, chain, node }) => {
    const [, rest] = (await readFile("docs/api.md", "utf8")).split("```js\n");
    const lines = rest.split("```")[0];
    const { page, complaints, close } = await newPage(browser, url);
    await page.goto("/help");
    await page.evaluate(`globalThis.reloadEverything = () => {};
      ${lines}
      new Promise((open) => stream.addEventListener("open", open))`);
    const amount = 3n * LINK;
    const logged = page.waitForEvent("console", { predicate: (message) => message.text() === String(amount) });
    await chain.stake(await chain.newHolder(amount), node, amount);
    await logged;
    assert.deepEqual(complaints, []);
    await close();
  },
};
