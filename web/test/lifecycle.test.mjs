import assert from "node:assert/strict";
import { test } from "node:test";
import { SLOW_AFTER_MS, UNKNOWN_AFTER_MS, advance } from "../src/transactions/lifecycle.ts";
import { begin, isBusy, isFollowed } from "../src/transactions/transaction.ts";
import { describe } from "../src/transactions/describe.ts";

const sent = { ...begin("1", "Stake 1 LINK", "0x01", null), stage: "sent", hash: "0xaa", nonce: 7, sentAt_ms: 0 };
const nothing = { receipt: null, isDirect: true, record: null, nonce: null, accountNonce: 7, finalizedBlock: 2, now_ms: 1_000 };
const included = { blockNumber: 10, blockHash: "0xb10", isSuccess: true };
const held = (state, block_hash = "0xb10") => ({ state, events: state === "unknown" ? [] : [{ block_hash }] });
const run = (start, ...observations) => observations.reduce((state, seen) => advance(state, { ...nothing, ...seen }), start);

test("a transaction goes from sent to mined, indexed and final by what chain and index say", () => {
  assert.equal(run(sent, {}).stage, "sent");
  assert.equal(run(sent, { receipt: included }).stage, "mined");
  assert.equal(run(sent, { receipt: included, record: held("unknown") }).stage, "mined");
  assert.equal(run(sent, { receipt: included, record: held("indexed") }).stage, "indexed");
  assert.equal(run(sent, { receipt: included, record: held("finalized") }).stage, "final");
});

test("heights alone make nothing indexed or final: the index must hold it in the very block of the receipt", () => {
  assert.equal(run(sent, { receipt: included, record: held("unknown"), finalizedBlock: 80 }).stage, "mined");
  for (const state of ["indexed", "finalized"]) assert.equal(run(sent, { receipt: included, record: held(state, "0xc10"), finalizedBlock: 80 }).stage, "mined", state);
  assert.equal(run(sent, { receipt: included, record: held("indexed", "0xB10") }).stage, "indexed");
});

test("while the server does not answer, nothing more is claimed and nothing is taken back", () => {
  assert.equal(run(sent, { receipt: included, finalizedBlock: 80 }).stage, "mined");
  const indexed = run(sent, { receipt: included, record: held("indexed") });
  assert.equal(run(indexed, { receipt: included }).stage, "indexed");
  assert.equal(run(indexed, { receipt: { ...included, blockHash: "0xc10" } }).stage, "mined");
});

test("a refusal is never success, and is followed until its block is final", () => {
  const refused = { ...included, isSuccess: false };
  const state = run(sent, { receipt: refused, record: held("unknown") });
  assert.deepEqual([state.stage, isFollowed(state)], ["reverted", true]);
  assert.equal(run(state, { receipt: { ...included, blockHash: "0xc11" } }).stage, "mined");
  const settled = run(state, { receipt: refused, finalizedBlock: 10 });
  assert.deepEqual([settled.stage, isFollowed(settled)], ["reverted", false]);
});

test("a block that goes away takes the transaction back to sent and says so", () => {
  const back = run(sent, { receipt: included, record: held("indexed") }, {}, {});
  assert.deepEqual([back.stage, back.wasReorged, back.blockNumber], ["sent", true, null]);
  assert.match(describe(back), /replaced by another/);
  const again = run(back, { receipt: { ...included, blockNumber: 11, blockHash: "0xb11" }, record: held("indexed", "0xb11") });
  assert.deepEqual([again.stage, again.blockNumber, again.wasReorged], ["indexed", 11, true]);
});

test("a receipt that moves to another block is noticed", () => {
  const moved = run(sent, { receipt: included }, { receipt: { ...included, blockHash: "0xc10" } });
  assert.equal(moved.wasReorged, true);
});

test("one missing receipt, or an index that does not know it, is no reorg", () => {
  const indexed = run(sent, { receipt: included, record: held("indexed") });
  const once = run(indexed, {});
  assert.deepEqual([once.stage, once.wasReorged, once.blockNumber], ["indexed", false, 10]);
  const found = run(once, { receipt: included, record: held("indexed") }, {});
  assert.deepEqual([found.stage, found.wasReorged], ["indexed", false]);
  const unknown = { isDirect: false, record: held("unknown"), accountNonce: null };
  assert.deepEqual(run(indexed, unknown, unknown, unknown), { ...indexed, stage: "mined" });
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

test("a hash that the wallet's chain never knew is let go after some blocks, and followed again once it is known", () => {
  const unheard = { ...sent, nonce: null };
  const late = { now_ms: UNKNOWN_AFTER_MS };
  assert.equal(run(unheard, {}, {}, { now_ms: UNKNOWN_AFTER_MS - 1 }).stage, "sent");
  assert.equal(run(unheard, late).stage, "sent", "one look after a long sleep is not enough");
  const unknown = run(unheard, late, late);
  assert.deepEqual([unknown.stage, isBusy(unknown), isFollowed(unknown)], ["unknown", false, true]);
  assert.match(describe(unknown), /shared wallet \(Safe\)/);
  assert.equal(run(unknown, late).stage, "unknown");
  assert.equal(run(unknown, { nonce: 7 }).stage, "sent");
  assert.equal(run(unknown, { receipt: included, nonce: 7 }).stage, "mined");
});

test("only the wallet's own chain can say that it knows no such transaction", () => {
  const unheard = { ...sent, nonce: null };
  const index = { isDirect: false, record: held("unknown"), now_ms: UNKNOWN_AFTER_MS };
  assert.equal(run(unheard, index, index, index).stage, "sent");
  assert.equal(run(sent, { now_ms: UNKNOWN_AFTER_MS }, { now_ms: UNKNOWN_AFTER_MS }, { now_ms: UNKNOWN_AFTER_MS }).stage, "sent", "it was known once");
});

test("a wallet that has not answered for a minute is said to be silent", () => {
  const asked = { ...sent, stage: "confirm", askedAt_ms: 1_000 };
  assert.equal(describe(asked, 60_999), "Confirm in your wallet.");
  assert.match(describe(asked, 61_000), /has not answered for 60 s\. Open it and answer there, or stop waiting here/);
});

test("ended and unsent transactions never change", () => {
  for (const stage of ["checking", "confirm", "final", "rejected", "would-revert", "replaced", "failed", "abandoned"]) {
    const state = { ...sent, stage };
    assert.equal(advance(state, { ...nothing, receipt: included }), state, stage);
  }
});

test("every stage has words of its own, and a refusal says once that nothing was sent", () => {
  const refused = describe({ ...sent, stage: "would-revert", reason: "The contract refuses this, without saying why. Nothing was sent." });
  assert.equal(refused.match(/Nothing was sent/g).length, 1);
  const stages = ["checking", "confirm", "sent", "mined", "indexed", "final", "rejected", "would-revert", "reverted", "replaced", "failed", "abandoned", "unknown"];
  assert.equal(new Set(stages.map((stage) => describe({ ...sent, stage, blockNumber: 3 }))).size, stages.length);
});
