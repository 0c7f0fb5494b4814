import assert from "node:assert/strict";
import { test } from "node:test";
import { SLOW_AFTER_MS, advance, begin, isFollowed } from "../src/transactions/lifecycle.ts";
import { describe } from "../src/transactions/words.ts";

const sent = { ...begin("1", "Stake 1 LINK", "0x01", null), stage: "sent", hash: "0xaa", nonce: 7, sentAt_ms: 0 };
const nothing = { receipt: null, nonce: null, accountNonce: 7, indexedBlock: 9, finalizedBlock: 2, now_ms: 1_000 };
const included = { blockNumber: 10, blockHash: "0xb10", isSuccess: true };
const run = (start, ...observations) => observations.reduce((state, seen) => advance(state, { ...nothing, ...seen }), start);

test("a transaction goes from sent to mined, indexed and final by what chain and index say", () => {
  assert.equal(run(sent, {}).stage, "sent");
  assert.equal(run(sent, { receipt: included }).stage, "mined");
  assert.equal(run(sent, { receipt: included, indexedBlock: 10 }).stage, "indexed");
  assert.equal(run(sent, { receipt: included, indexedBlock: 80, finalizedBlock: 10 }).stage, "final");
});

test("it is not called final while the index is behind its block", () => {
  assert.equal(run(sent, { receipt: included, indexedBlock: 9, finalizedBlock: 10 }).stage, "mined");
});

test("a receipt that failed is reverted, never success", () => {
  const state = run(sent, { receipt: { ...included, isSuccess: false }, indexedBlock: 80, finalizedBlock: 80 });
  assert.equal(state.stage, "reverted");
  assert.equal(isFollowed(state), false);
});

test("a block that goes away takes the transaction back to sent and says so", () => {
  const back = run(sent, { receipt: included, indexedBlock: 10 }, {});
  assert.deepEqual([back.stage, back.wasReorged, back.blockNumber], ["sent", true, null]);
  assert.match(describe(back), /replaced by another/);
  const again = run(back, { receipt: { ...included, blockNumber: 11, blockHash: "0xb11" }, indexedBlock: 11 });
  assert.deepEqual([again.stage, again.blockNumber, again.wasReorged], ["indexed", 11, true]);
});

test("a receipt that moves to another block is noticed", () => {
  const moved = run(sent, { receipt: included }, { receipt: { ...included, blockHash: "0xc10" } });
  assert.equal(moved.wasReorged, true);
});

test("it is replaced only when its nonce was seen used twice without a receipt", () => {
  const once = run(sent, { accountNonce: 8 });
  assert.equal(once.stage, "sent");
  assert.equal(run(once, { accountNonce: 8 }).stage, "replaced");
  assert.equal(run(once, {}, { accountNonce: 8 }).stage, "sent");
});

test("the nonce is learned from the chain, and without it nothing is called replaced", () => {
  const unknown = { ...sent, nonce: null };
  assert.equal(run(unknown, { accountNonce: 99 }, { accountNonce: 99 }).stage, "sent");
  assert.equal(run(unknown, { nonce: 7 }).nonce, 7);
});

test("after a minute without a block it is slow, and no longer once included", () => {
  assert.equal(run(sent, { now_ms: SLOW_AFTER_MS - 1 }).isSlow, false);
  const slow = run(sent, { now_ms: SLOW_AFTER_MS });
  assert.equal(slow.isSlow, true);
  assert.match(describe(slow), /Not in a block after a minute/);
  assert.equal(run(slow, { receipt: included }).isSlow, false);
});

test("ended and unsent transactions never change", () => {
  for (const stage of ["checking", "confirm", "final", "rejected", "would-revert", "reverted", "replaced", "failed"]) {
    const state = { ...sent, stage };
    assert.equal(advance(state, { ...nothing, receipt: included }), state, stage);
  }
});

test("every stage has words of its own, and a refusal says once that nothing was sent", () => {
  const refused = describe({ ...sent, stage: "would-revert", reason: "The contract refuses this, without saying why. Nothing was sent." });
  assert.equal(refused.match(/Nothing was sent/g).length, 1);
  const stages = ["checking", "confirm", "sent", "mined", "indexed", "final", "rejected", "would-revert", "reverted", "replaced", "failed"];
  assert.equal(new Set(stages.map((stage) => describe({ ...sent, stage, blockNumber: 3 }))).size, stages.length);
});
