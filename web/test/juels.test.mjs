import assert from "node:assert/strict";
import { test } from "node:test";
import { juels, printLink, printLinkShort } from "../src/format/juels.ts";

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

test("an API amount that is no whole number is refused", () => {
  assert.equal(juels("1000"), 1000n);
  for (const text of ["", "1.5", "0x1", "NaN", "1e18"]) assert.throws(() => juels(text), TypeError);
});
