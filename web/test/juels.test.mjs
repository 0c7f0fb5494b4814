import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptTyping, exactLink, juels, parseLink, printLink, printLinkShort } from "../src/format/juels.ts";

test("typed LINK becomes exact juels, or a reason", () => {
  const cases = [
    ["", { kind: "empty" }],
    ["  ", { kind: "empty" }],
    ["1", 10n ** 18n],
    ["0.1", 10n ** 17n],
    [".5", 5n * 10n ** 17n],
    ["1.", 10n ** 18n],
    ["0.000000000000000001", 1n],
    ["123456789.123456789012345678", 123456789123456789012345678n],
    ["1e3", "invalid"],
    ["0x10", "invalid"],
    ["-1", "invalid"],
    [".", "invalid"],
    ["1.0000000000000000000", "invalid"],
    ["79228162515", "invalid"],
  ];
  for (const [text, expected] of cases) {
    const parsed = parseLink(text);
    if (typeof expected === "bigint") assert.deepEqual(parsed, { kind: "amount", juels: expected }, text);
    else if (expected === "invalid") assert.equal(parsed.kind, "invalid", text);
    else assert.deepEqual(parsed, expected, text);
  }
});

test("printing exactly and parsing again gives the same juels", () => {
  for (const value of [0n, 1n, 10n ** 18n, 10n ** 17n, 1000000000000000001n, 2n ** 96n - 1n]) {
    assert.deepEqual(parseLink(exactLink(value)), { kind: "amount", juels: value });
  }
});

test("a shown amount is cut, never rounded up, and says so", () => {
  const cases = [
    [0n, "0"],
    [1n, "<0.0001"],
    [10n ** 14n, "0.0001"],
    [199999999999999999n, "≈0.1999"],
    [1250500000000000000000n, "1,250.5"],
    [999999999999999999999999n, "≈999,999.9999"],
    [1000000000000000001n, "≈1"],
  ];
  for (const [value, expected] of cases) assert.equal(printLink(value), expected);
});

test("a header shortens large amounts downwards", () => {
  const link = 10n ** 18n;
  assert.equal(printLinkShort(99_999n * link), "99,999");
  assert.equal(printLinkShort(199_999n * link), "199.99K");
  assert.equal(printLinkShort(1_999_999n * link), "1.99M");
  assert.equal(printLinkShort(11_000_000n * link), "11M");
});

test("typing keeps what could become an amount and refuses the rest", () => {
  const cases = [
    ["1,5", "1.5"],
    [".", "0."],
    ["-5", "5"],
    ["007", "7"],
    ["0.100", "0.100"],
    ["1 000", "1000"],
    ["1,250,000", "1250000"],
    ["1,250.5", "1250.5"],
    ["1,000", null],
    ["1.2.3", null],
    ["abc", null],
    ["1e5", null],
    [`0.${"1".repeat(19)}`, null],
  ];
  for (const [raw, expected] of cases) assert.equal(acceptTyping(raw), expected, raw);
});

test("an API amount that is no whole number is refused", () => {
  assert.equal(juels("1000"), 1000n);
  for (const text of ["", "1.5", "0x1", "NaN", "1e18"]) assert.throws(() => juels(text), TypeError);
});
