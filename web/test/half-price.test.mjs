import assert from "node:assert/strict";
import { test } from "node:test";
import { halfPrice } from "../src/nodes/half-price.ts";

const LINK = 10n ** 18n;
const SHARES = 1_000n * LINK;

const node = (stake, change = {}) => ({ status: "active", stake_juels: String(stake), total_shares: String(SHARES), ...change });
/** What is left after penalties of these basis points, rounded as the contract does. */
const penalised = (...bps) => bps.reduce((stake, each) => stake - (stake * BigInt(each)) / 10_000n, SHARES);
const needed = (stake, shares = SHARES) => Math.round(100 * Number(/another ([\d.]+) %/.exec(halfPrice(node(stake, { total_shares: String(shares) })))[1]));

test("after six penalties of 10 % the page says that one of 5.92 % is enough", () => {
  assert.equal(
    halfPrice(node(penalised(1_000, 1_000, 1_000, 1_000, 1_000, 1_000))),
    "Penalties have taken 46.86 % of each share. When more than 50 % is gone the node retires itself: another 5.92 % of its stake is enough.",
  );
});

test("the penalty that the page names retires the node, and one basis point less does not", () => {
  for (const [stake, shares] of [[penalised(1_000), SHARES], [penalised(1_000, 1_000, 720), SHARES], [SHARES / 2n, SHARES], [3n, 5n], [2n, 3n]]) {
    const bps = BigInt(needed(stake, shares));
    const retires = (taken) => (stake - (stake * taken) / 10_000n) * 2n < shares;
    assert.ok(retires(bps), `${stake} of ${shares}: ${bps}`);
    assert.ok(!retires(bps - 1n), `${stake} of ${shares}: ${bps - 1n}`);
  }
});

test("a node that was never penalised, one without stake and one that has retired say nothing", () => {
  assert.equal(halfPrice(node(SHARES)), null);
  assert.equal(halfPrice(node(0n, { total_shares: "0" })), null);
  assert.equal(halfPrice(node(penalised(1_000), { status: "retired" })), null);
});
