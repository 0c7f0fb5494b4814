import assert from "node:assert/strict";
import { AMOUNTS } from "../../../web/test/amounts.mjs";
import { amountField, connect, newPage, stakeButton } from "../support/browser.mjs";
import { LINK } from "../support/chain.mjs";
import { TEST_WALLET, installWallet } from "../support/wallet.mjs";

const HELD = 2_000n * LINK;
/** The form for unbonding has the same field: each twelfth text is enough to see that it is. */
const SAMPLE = AMOUNTS.filter((_, index) => index % 12 === 4);
/** Longer texts are only pasted: nobody types so many digits. */
const TYPED = 30;
const isExact = (meant) => typeof meant === "bigint";

/** Puts a "7" that could be sent into the field, selected: the next key or paste takes its place. */
const fillSeven = (input) => {
  input.focus();
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, "7");
  input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  input.select();
};

/** What a person sees of a field and its button once the page has been drawn again. */
const look = async (input, button) => {
  await new Promise(requestAnimationFrame);
  return {
    value: input.value,
    isInvalid: input.getAttribute("aria-invalid") === "true",
    question: document.getElementById(`${input.id}-question`).textContent,
    isOff: button.disabled,
  };
};

/** Enters each text over a "7" that could be sent, and holds what the field then is against the table. */
async function enterAll(form, enter, table = AMOUNTS) {
  const [field, button] = [await form.field.elementHandle(), await form.button.elementHandle()];
  for (const [text, meant] of table) {
    await field.evaluate(fillSeven);
    await enter(text);
    const { value, isInvalid, question, isOff } = await field.evaluate(look, button);
    const shown = JSON.stringify({ text, value, isInvalid, question, isOff });
    assert.equal(value, text, shown);
    if (isExact(meant)) {
      assert.equal(question, "", shown);
      continue;
    }
    assert.ok(isInvalid && question !== "" && isOff, shown);
    if (meant.length > 0) assert.equal(question, `Did you mean ${meant.join(" or ")}?`);
  }
  await field.press("Enter");
}

async function openForms({ browser, url, chain, node }) {
  const holder = await chain.newHolder(2n * HELD);
  await chain.stake(holder, node, HELD);
  const { page, close } = await newPage(browser, url);
  const wallet = await installWallet(page, chain, holder);
  await page.goto("/");
  await connect(page, TEST_WALLET);
  const position = page.locator(`[data-position="${node}"]`);
  await position.getByRole("button", { name: "Unbond" }).click();
  await page.getByLabel("On node", { exact: true }).selectOption(node);
  const unbonding = { field: position.getByLabel("How much should leave"), button: position.getByRole("button", { name: "Start unbonding" }) };
  return { page, wallet, close, staking: { field: amountField(page), button: stakeButton(page) }, unbonding };
}

export default {
  "whatever is typed stays as it was typed, and what is not an exact amount is asked about and never sent": async (world) => {
    const { page, wallet, close, staking, unbonding } = await openForms(world);
    const type = (text) => page.keyboard.type(text);
    await enterAll(staking, type, AMOUNTS.filter(([text]) => text.length <= TYPED));
    await enterAll(unbonding, type, SAMPLE);
    assert.equal(wallet.prompts(), 0);
    await close();
  },

  "whatever is pasted replaces what was there, or is asked about: the old amount never stays under it": async (world) => {
    const { page, wallet, close, staking, unbonding } = await openForms(world);
    const paste = async (text) => {
      await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
      await page.keyboard.press("Control+V");
    };
    await enterAll(staking, paste);
    await enterAll(unbonding, paste, SAMPLE);
    assert.equal(wallet.prompts(), 0);
    await close();
  },

  "either reading of an ambiguous amount is one press away": async (world) => {
    const { page, close, staking } = await openForms(world);
    for (const [reading, offered] of [
      ["1000", "Stake 1,000 LINK"],
      ["1.000", "Stake 1 LINK"],
    ]) {
      await staking.field.fill("1,000");
      await page.locator("#stake-amount-question").getByRole("button", { name: reading, exact: true }).click();
      assert.equal(await staking.field.inputValue(), reading);
      assert.equal(await staking.field.getAttribute("aria-invalid"), "false");
      assert.equal(await page.evaluate(() => document.activeElement?.id), "stake-amount");
      await page.getByText(/^Network fee about/).waitFor();
      assert.equal(await staking.button.innerText(), offered);
      assert.equal(await staking.button.isEnabled(), true);
    }
    await close();
  },
};
