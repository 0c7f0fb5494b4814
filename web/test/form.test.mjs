import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { nodes } from "../src/api/store.ts";
import { chosenNode, fillFromLink, isSpread, missingPick, parts, pickNode, typeAmount, typedAmount } from "../src/stake/form.ts";

const FIRST = "0x1111111111111111111111111111111111111111";
const SECOND = "0x2222222222222222222222222222222222222222";
const LINK = 10n ** 18n;
const node = (address, index, available) => ({ address, index, status: "active", penalty_until: null, available_juels: String(available * LINK), active_stake_juels: "0" });
const list = (...data) => ({ data, asOf: { block_number: 1, block_hash: "0x01", block_timestamp: "2026-11-22T11:00:00Z" } });

beforeEach(() => {
  nodes.value = list(node(FIRST, 0, 90n), node(SECOND, 1, 50n));
  pickNode(null);
  typeAmount("");
});

test("without a pick an amount is spread, and a pick is kept when another node gets more room", () => {
  typeAmount("60");
  assert.equal(isSpread.value, true);
  assert.equal(chosenNode.value, null);
  assert.deepEqual(parts.value.map(({ node, amount }) => [node.address, amount / LINK]), [[FIRST, 30n], [SECOND, 30n]]);
  pickNode(SECOND);
  nodes.value = list(node(FIRST, 0, 900n), node(SECOND, 1, 70n));
  assert.equal(isSpread.value, false);
  assert.deepEqual(parts.value.map(({ node, amount }) => [node.address, amount / LINK]), [[SECOND, 60n]]);
});

test("nothing would go anywhere without an amount, without room, or on a node that is gone", () => {
  assert.equal(parts.value, null);
  typeAmount("0");
  assert.equal(parts.value, null);
  typeAmount("1,000");
  assert.equal(parts.value, null);
  typeAmount("200");
  assert.equal(parts.value, null);
  pickNode("0x3333333333333333333333333333333333333333");
  typeAmount("5");
  assert.equal(parts.value, null);
});

test("a link fills the form as if its reader had typed it; what is no address picks nothing", () => {
  fillFromLink(`?amount=250.5&node=${SECOND}`);
  assert.equal(typedAmount.value.juels, 2_505n * (LINK / 10n));
  assert.equal(chosenNode.value.address, SECOND);
  pickNode(null);
  fillFromLink("?amount=1,000&node=0x12");
  assert.equal(typedAmount.value.kind, "invalid");
  assert.equal(isSpread.value, true);
});

test("a picked node that goes away is replaced by no other, and is named missing until it is back", () => {
  pickNode(SECOND);
  typeAmount("5");
  assert.equal(missingPick.value, null);
  nodes.value = list(node(FIRST, 0, 90n));
  assert.equal(chosenNode.value, null);
  assert.equal(missingPick.value, SECOND);
  nodes.value = list(node(FIRST, 0, 90n), node(SECOND, 1, 50n));
  assert.equal(chosenNode.value.address, SECOND);
  assert.equal(missingPick.value, null);
});

test("no node is called missing before the list is known", () => {
  pickNode(SECOND);
  nodes.value = null;
  assert.equal(missingPick.value, null);
  assert.equal(typedAmount.value.kind, "empty");
});
