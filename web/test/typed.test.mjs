import assert from "node:assert/strict";
import { test } from "node:test";
import { exactLink } from "../src/format/juels.ts";
import { parseLink } from "../src/format/typed.ts";
import { AMOUNTS } from "./amounts.mjs";

test("the table of inputs holds more than sixty, each once", () => {
  assert.ok(AMOUNTS.length >= 60);
  assert.equal(new Set(AMOUNTS.map(([text]) => text)).size, AMOUNTS.length);
});

test("typed LINK becomes exact juels, or a sentence with what may have been meant", () => {
  for (const [text, meant] of AMOUNTS) {
    const parsed = parseLink(text);
    if (typeof meant === "bigint") assert.deepEqual(parsed, { kind: "amount", juels: meant }, text);
    else assert.deepEqual([parsed.kind, parsed.readings], ["invalid", meant], text);
  }
});

test("every reading is an exact amount, and the question names all of them", () => {
  for (const [text, meant] of AMOUNTS) {
    if (typeof meant === "bigint" || meant.length === 0) continue;
    for (const reading of meant) assert.equal(parseLink(reading).kind, "amount", `${text} as ${reading}`);
    assert.equal(parseLink(text).reason, `Did you mean ${meant.join(" or ")}?`);
  }
});

test("what can't be an amount says why in a sentence", () => {
  for (const [text, reason] of [
    ["-5", "An amount can't be negative."],
    ["0.1234567890123456789", "LINK has 18 decimals at most."],
    ["79228162515", "That is more LINK than exists."],
    ["9".repeat(65), "That is too long for an amount."],
    ["1e5", "Write the amount in digits, with a point before decimals, such as 250 or 250.5."],
  ]) {
    assert.deepEqual(parseLink(text), { kind: "invalid", reason, readings: [] });
  }
});

test("nothing typed is no error", () => {
  for (const text of ["", " ", "\t"]) assert.deepEqual(parseLink(text), { kind: "empty" });
});

test("printing exactly and parsing again gives the same juels", () => {
  for (const value of [0n, 1n, 10n ** 18n, 10n ** 17n, 1000000000000000001n, 2n ** 96n - 1n]) {
    assert.deepEqual(parseLink(exactLink(value)), { kind: "amount", juels: value });
  }
});
