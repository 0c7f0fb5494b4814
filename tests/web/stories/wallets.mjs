import assert from "node:assert/strict";
import { connect, fillStake, newPage, stakeButton, waitForStage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

const OTHER_CHAIN = "0x1";

export default {
  "declining in the wallet is calm: the amount stays and the next try works": async ({ browser, url, chain, node }) => {
    const { page, complaints, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, await chain.newHolder(10n * LINK));
    await page.goto("/");
    await connect(page, TEST_WALLET);
    await fillStake(page, node, "10");
    wallet.rejectNext();
    await stakeButton(page).click();
    const declined = await waitForStage(page, "rejected");
    assert.match(await declined.innerText(), /You declined in your wallet\. Nothing was sent\./);
    assert.equal(await page.locator(".transaction-problem").count(), 0);
    assert.equal(await page.getByLabel("Amount", { exact: true }).inputValue(), "10");
    await stakeButton(page).click();
    await waitForStage(page, "indexed", "final");
    assert.deepEqual(complaints, []);
    await close();
  },

  "a wallet on another chain is offered the switch and nothing else": async ({ browser, url, chain, config }) => {
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, await chain.newHolder(10n * LINK));
    wallet.wrongChain(OTHER_CHAIN);
    await page.goto("/");
    await page.locator(".site-header").getByRole("button", { name: "Connect" }).click();
    await page.getByRole("dialog").getByRole("button", { name: TEST_WALLET }).click();
    const banner = page.locator(".banner", { hasText: "Your wallet is on chain 1" });
    await banner.waitFor();
    await banner.getByRole("button", { name: "Switch network" }).click();
    await banner.waitFor({ state: "detached" });
    const asked = wallet.seen.find(({ method }) => method === "wallet_switchEthereumChain");
    assert.deepEqual(asked.params, [{ chainId: `0x${config.chain_id.toString(16)}` }]);
    await page.getByText("You have 10 LINK").waitFor();
    await close();
  },

  "a wallet that does not know the chain is taught it": async ({ browser, url, chain, config }) => {
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, await chain.newHolder(LINK));
    wallet.wrongChain(OTHER_CHAIN, { knowsOurs: false });
    await page.goto("/");
    await page.locator(".site-header").getByRole("button", { name: "Connect" }).click();
    await page.getByRole("dialog").getByRole("button", { name: TEST_WALLET }).click();
    await page.locator(".banner").getByRole("button", { name: "Switch network" }).click();
    await page.getByText("You have 1 LINK").waitFor();
    const added = wallet.seen.find(({ method }) => method === "wallet_addEthereumChain");
    assert.equal(Number(added.params[0].chainId), config.chain_id);
    await close();
  },

  "the wallet used last is taken up again without a prompt": async ({ browser, url, chain }) => {
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, await chain.newHolder(LINK));
    await page.goto("/");
    await connect(page, TEST_WALLET);
    const asked = () => wallet.seen.filter(({ method }) => method === "eth_requestAccounts").length;
    const before = asked();
    await page.reload();
    await page.getByText("You have 1 LINK").waitFor();
    assert.equal(asked(), before);
    await close();
  },

  "without any wallet the page says how to get one": async ({ browser, url }) => {
    const { page, close } = await newPage(browser, url);
    await page.route("**/dev/wallet.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
    await page.goto("/");
    await page.getByRole("button", { name: "Connect wallet to stake" }).click();
    await page.getByRole("dialog").getByText("No wallet was found in this browser.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await close();
  },

  "a phone without a wallet is led into a wallet's own browser, to this very page, and nobody is asked before": async ({ browser, url, node }) => {
    const { page, strangers, close } = await newPage(browser, url, { width: 360, height: 740, isMobile: true });
    await page.route("**/dev/wallet.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
    const query = `?amount=250.5&node=${node}`;
    await page.goto(`/${query}`);
    await page.getByRole("button", { name: "Connect wallet to stake" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Open this page in your wallet's own browser").waitFor();
    const links = await dialog.getByRole("link").evaluateAll((all) => all.map(({ textContent, href }) => [textContent, decodeURIComponent(href)]));
    const leading = links.filter(([, href]) => !href.startsWith(url));
    assert.deepEqual(leading.map(([name]) => name), ["MetaMask", "Coinbase Wallet", "Trust Wallet"]);
    for (const [name, href] of leading) assert.ok(href.startsWith("https://") && href.endsWith(`${new URL(url).host}/${query}`), `${name}: ${href}`);
    assert.deepEqual(strangers, []);
    await close();
  },
};
