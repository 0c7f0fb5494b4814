import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { config, nodes, pool, staker } from "../src/api/store.ts";
import { pickNode, typeAmount } from "../src/stake/form.ts";
import { leastOn, availableOn } from "../src/stake/limits.ts";
import { preview } from "../src/stake/preview.ts";
import { mostPossible } from "../src/stake/refusal.ts";
import { isReady, refusal } from "../src/stake/verdict.ts";
import { linkBalance } from "../src/wallet/balances.ts";
import { account } from "../src/wallet/session.ts";

const NODE = "0x1111111111111111111111111111111111111111";
const HOLDER = "0x2222222222222222222222222222222222222222";
const LINK = 10n ** 18n;
const AS_OF = { block_number: 1, block_hash: "0x01", block_timestamp: "2026-11-22T11:00:00Z" };
const LATER = "2026-12-22T11:00:00Z";

const node = (change = {}) => ({
  address: NODE, index: 0, status: "active", penalty_until: null, available_juels: String(90n * LINK), cap_juels: String(100n * LINK),
  active_stake_juels: String(10n * LINK), active_shares: String(10n * LINK), stake_juels: String(10n * LINK), total_shares: String(10n * LINK), ...change,
});
const show = (change) => (nodes.value = { data: [node(change)], asOf: AS_OF });
const hold = (juels) => (staker.value = { data: { address: HOLDER, positions: [{ node: NODE, active_stake_juels: String(juels) }] }, asOf: AS_OF });

beforeEach(() => {
  config.value = { chain_id: 1, min_active_shares: String(LINK) };
  pool.value = { data: { paused_until: null }, asOf: AS_OF };
  staker.value = { data: { address: HOLDER, positions: [] }, asOf: AS_OF };
  account.value = HOLDER;
  linkBalance.value = 200n * LINK;
  preview.value = { kind: "none" };
  show();
  pickNode(NODE);
  typeAmount("");
});

const verdict = (text) => {
  typeAmount(text);
  const { sentence = null, instead = null } = refusal.value ?? {};
  return [isReady.value, sentence, instead];
};

test("what fits is ready; what exceeds room or balance is not, and what would fit is offered", () => {
  assert.deepEqual(verdict("90"), [true, null, null]);
  assert.deepEqual(verdict("90.000000000000000001"), [false, "This node can take 90 LINK.", 90n * LINK]);
  linkBalance.value = 5n * LINK;
  assert.deepEqual(verdict("6"), [false, "You have 5 LINK.", 5n * LINK - 1n]);
  linkBalance.value = 0n;
  assert.deepEqual(verdict("6"), [false, "You have 0 LINK.", null]);
});

test("the most that can be staked is the smaller of room and balance, of which a juel stays", () => {
  assert.equal(mostPossible.value, 90n * LINK);
  linkBalance.value = 20n * LINK;
  assert.equal(mostPossible.value, 20n * LINK - 1n);
  linkBalance.value = null;
  assert.equal(mostPossible.value, null);
});

test("too little for a position is not ready, and the least is offered when it can be had", () => {
  assert.deepEqual(verdict("0.5"), [false, "The least that a new stake on this node can be is 1 LINK.", LINK]);
  linkBalance.value = LINK / 2n;
  assert.deepEqual(verdict("0.5"), [false, "The least that a new stake on this node can be is 1 LINK.", null]);
  staker.value = null;
  assert.deepEqual(verdict("0.5"), [true, null, null], "nobody is a newcomer before their stake is known");
  hold(3n * LINK);
  assert.deepEqual(verdict("0.5"), [true, null, null]);
  assert.deepEqual(verdict("0"), [false, "The amount must be more than zero.", null]);
});

test("after a penalty the least is what one share's worth costs, rounded up", () => {
  const penalised = node({ stake_juels: String(9n * LINK) });
  assert.equal(leastOn(penalised, LINK), (9n * LINK) / 10n);
  assert.equal(leastOn(node({ total_shares: "3", stake_juels: "2" }), 2n), 2n);
  assert.equal(leastOn(node({ total_shares: "0", stake_juels: "0" }), LINK), LINK);
});

test("a holder may fill a room that is too small for a newcomer", () => {
  const nearlyFull = node({ available_juels: "0", active_shares: String(99n * LINK + LINK / 2n), total_shares: String(200n * LINK), stake_juels: String(200n * LINK) });
  assert.equal(availableOn(nearlyFull, false), 0n);
  assert.equal(availableOn(nearlyFull, true), LINK / 2n);
  for (const change of [{ status: "closed" }, { penalty_until: LATER }]) assert.equal(availableOn({ ...nearlyFull, ...change }, true), 0n);
});

test("a node or pool that takes nothing says so before anything is typed", () => {
  for (const [change, sentence] of [
    [{ status: "retired" }, /has retired/],
    [{ status: "closed" }, /closed to new stake/],
    [{ penalty_until: LATER }, /penalty has been requested/],
  ]) {
    show(change);
    assert.match(verdict("")[1], sentence);
    assert.equal(verdict("5")[0], false);
  }
  show();
  pool.value = { data: { paused_until: LATER }, asOf: AS_OF };
  assert.match(verdict("5")[1], /paused until/);
  pool.value = { data: { paused_until: null }, asOf: AS_OF };
  show({ available_juels: "0" });
  assert.deepEqual(verdict("5"), [false, "This node is full. Pick another node.", null]);
});

test("the contract's refusal keeps the button off; an unreachable contract does not", () => {
  preview.value = { kind: "refused", sentence: "Not today." };
  assert.deepEqual(verdict("5"), [false, "Not today.", null]);
  preview.value = { kind: "unknown", sentence: "could not be asked" };
  assert.deepEqual(verdict("5"), [true, null, null]);
});

test("nothing is ready that is not written exactly", () => {
  for (const text of ["", "1,000", "12,500 LINK", "1e1", "1.5.5", "-5"]) assert.equal(verdict(text)[0], false, text);
});
