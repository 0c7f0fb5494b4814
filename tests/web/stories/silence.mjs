import assert from "node:assert/strict";
import { amountField, connect, fillStake, newPage, stakeButton, waitForStage } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

const MUTE = { name: "Mute wallet", rdns: "test.linkpool.mute" };

export default {
  "a wallet that never connects is told of after a minute, can be cancelled, and keeps no other from being used": async ({ browser, url, chain }) => {
    const { page, close } = await newPage(browser, url);
    const holder = await chain.newHolder(10n * LINK);
    const mute = await installWallet(page, chain, await chain.newHolder(LINK), MUTE);
    await installWallet(page, chain, holder);
    mute.mute("eth_requestAccounts");
    await page.clock.install();
    await page.goto("/");
    await page.locator(".site-header").getByRole("button", { name: "Connect" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: MUTE.name }).click();
    await dialog.getByText("Confirm in your wallet…").waitFor();
    await page.clock.fastForward(61_000);
    await dialog.getByText("Mute wallet has not answered for 60 s. Open it and answer there, pick another wallet, or cancel here.").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.getByText("Confirm in your wallet…").waitFor({ state: "detached" });

    await dialog.getByRole("button", { name: MUTE.name }).click();
    await dialog.getByText("Confirm in your wallet…").waitFor();
    await dialog.getByRole("button", { name: TEST_WALLET }).click();
    await page.getByText("You have 10 LINK").waitFor();
    await close();
  },

  "a wallet that falls silent after connecting is said to be, and another takes its place at once": async ({ browser, url, chain }) => {
    const { page, close } = await newPage(browser, url);
    const mute = await installWallet(page, chain, await chain.newHolder(LINK), MUTE);
    await installWallet(page, chain, await chain.newHolder(10n * LINK));
    await page.clock.install();
    mute.mute("eth_call");
    await page.goto("/");
    await page.locator(".site-header").getByRole("button", { name: "Connect" }).click();
    await page.getByRole("dialog").getByRole("button", { name: MUTE.name }).click();
    await page.getByRole("heading", { name: "Your stake" }).waitFor();
    await page.clock.fastForward(16_000);
    await page.getByText("Your balance can't be read").waitFor();
    await page.locator(".menu summary").click();
    await page.getByRole("button", { name: "Change wallet" }).click();
    await page.getByRole("dialog").getByRole("button", { name: TEST_WALLET }).click();
    await page.getByText("You have 10 LINK").waitFor();
    await close();
  },

  "a signature that never comes can be given up, and is followed if it comes after all": async ({ browser, url, chain, node }) => {
    const { page, close } = await newPage(browser, url);
    const wallet = await installWallet(page, chain, await chain.newHolder(10n * LINK));
    await page.clock.install();
    await page.goto("/");
    await connect(page, TEST_WALLET);
    await fillStake(page, node, "4");
    const sign = wallet.delayNext();
    await stakeButton(page).click();
    const card = await waitForStage(page, "confirm");
    assert.equal(await stakeButton(page).isDisabled(), true);
    await page.clock.fastForward(61_000);
    await card.getByText("Your wallet has not answered for 60 s. Open it and answer there, or stop waiting here.").waitFor();
    await card.getByRole("button", { name: "Stop waiting" }).click();
    await waitForStage(page, "abandoned");
    await card.getByText(/If it still asks, decline there/).waitFor();
    await amountField(page).fill("5");
    await page.locator(".stake-card button[type=submit]:enabled").waitFor();

    sign();
    await waitForStage(page, "sent", "mined", "indexed");
    assert.equal(await amountField(page).inputValue(), "5", "a late answer took away what was typed since");
    await waitForStage(page, "indexed", "final");
    await close();
  },
};
