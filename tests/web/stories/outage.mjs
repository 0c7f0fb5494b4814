import assert from "node:assert/strict";
import { connect, newPage, waitForStage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

export default {
  "with the API down a banner says so, and stake is read and unbonded through the wallet": async ({ browser, url, chain, node }) => {
    const holder = await chain.newHolder(40n * LINK);
    await chain.stake(holder, node, 40n * LINK);
    const { page, close } = await newPage(browser, url);
    await installWallet(page, chain, holder);
    await page.goto("/");
    await connect(page, TEST_WALLET);
    await page.locator(`[data-position="${node}"]`).waitFor();

    await page.route("**/api/**", (route) => route.abort());
    await page.getByText("The pool's server can't be reached").waitFor();
    await page.getByText("read through your wallet", { exact: true }).waitFor();
    const position = page.locator(`[data-position="${node}"]`);
    await position.locator('[title="40 LINK"]').waitFor();
    await position.getByRole("button", { name: "Unbond" }).click();
    await position.getByLabel("How much should leave").fill("40");
    await position.getByRole("button", { name: "Start unbonding" }).click();
    await waitForStage(page, "mined", "indexed");
    await position.locator('[data-ticket="0"] [title="40 LINK"]').waitFor();
    assert.equal((await chain.positionOf(node, holder)).shares, 0n);

    await page.unroute("**/api/**");
    await page.getByText("The pool's server can't be reached").waitFor({ state: "detached" });
    await waitForStage(page, "indexed", "final");
    await close();
  },
};
