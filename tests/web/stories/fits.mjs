import assert from "node:assert/strict";
import { connect, newPage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { eventually } from "../support/eventually.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

const WIDTH = 360;
/** What a page shows last, where that is wide. */
const WIDEST = { "/": "tr[data-node]", "/nodes": "tr[data-node]", "/pool": ".distribution td", "/help": ".keys td" };

export default {
  "nothing scrolls sideways at 360 pixels, on any page, light or dark": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(2_000_000n * (LINK / 1_000n));
    await chain.stake(holder, node, 1_234_567_891n * (LINK / 1_000_000n));
    const check = async (colorScheme) => {
      const { page, close } = await newPage(browser, url, { width: WIDTH, height: 740, colorScheme });
      await installWallet(page, chain, holder);
      await page.goto("/");
      await connect(page, TEST_WALLET);
      await page.locator(`[data-position="${node}"]`).waitFor();
      const paths = ["/", "/nodes", `/nodes/${node}`, "/positions", `/stakers/${holder}`, "/pool", "/status", "/help", "/nodes/0x12"];
      for (const path of paths) {
        await page.goto(path);
        await page.locator(WIDEST[path] ?? "main .panel").first().waitFor();
        const { content, view } = await page.evaluate(() => ({ content: document.documentElement.scrollWidth, view: innerWidth }));
        assert.ok(content <= view, `${path} is ${content} pixels wide on a screen of ${view}`);
      }
      await close();
    };
    await Promise.all(["light", "dark"].map(check));
  },

  "a pool of many nodes, with its search and order, fits 360 pixels too": async ({ browser, url }) => {
    const { page, close } = await newPage(browser, url, { width: WIDTH, height: 740 });
    const answer = await (await fetch(`${url}/api/v1/nodes`)).json();
    const [node] = answer.data;
    const many = Array.from({ length: 12 }, (_, index) => ({ ...node, index, address: `${node.address.slice(0, -2)}${10 + index}` }));
    await page.route("**/api/v1/nodes?*", (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify({ ...answer, data: many }) }));
    await page.goto("/nodes");
    await page.getByLabel("Find a node by name or address").waitFor();
    assert.equal(await page.locator("tr[data-node]").count(), 12);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= WIDTH, `the page is ${width} pixels wide`);
    await close();
  },

  "the chosen theme is kept and set before the page paints": async ({ browser, url }) => {
    const { page, close } = await newPage(browser, url, { colorScheme: "light" });
    await page.goto("/");
    await page.getByRole("button", { name: "Use the dark theme" }).click();
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const dark = await ground();
    await page.goto("/", { waitUntil: "commit" });
    await page.waitForSelector("html[data-theme=dark]");
    await page.getByRole("button", { name: "Use the light theme" }).click();
    await eventually("the page is light again", async () => (await ground()) !== dark);
    await close();
  },

  "every control has a name and every page one main heading": async ({ browser, url, chain, node }) => {
    const { page, close } = await newPage(browser, url);
    for (const path of ["/", "/nodes", `/nodes/${node}`, "/positions", "/pool", "/status", "/help"]) {
      await page.goto(path);
      await page.locator("main h1").waitFor();
      assert.equal(await page.locator("h1").count(), 1, path);
      const nameless = await page.locator("button, a, input, select, summary").evaluateAll((all) =>
        all
          .filter((one) => !(one.getAttribute("aria-label") || one.textContent?.trim() || one.labels?.length))
          .map((one) => one.outerHTML),
      );
      assert.deepEqual(nameless, [], path);
    }
    await close();
  },
};
