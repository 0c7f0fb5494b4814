import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { nodes } from "../src/api/store.ts";
import { chosenNode, missingPick, pickNode, typeAmount, typedAmount } from "../src/stake/form.ts";

const FIRST = "0x1111111111111111111111111111111111111111";
const SECOND = "0x2222222222222222222222222222222222222222";
const LINK = 10n ** 18n;
const node = (address, index, available) => ({ address, index, status: "active", available_juels: String(available * LINK), active_stake_juels: "0" });
const list = (...data) => ({ data, asOf: { block_number: 1, block_hash: "0x01", block_timestamp: "2026-11-22T11:00:00Z" } });

beforeEach(() => {
  nodes.value = list(node(FIRST, 0, 90n), node(SECOND, 1, 50n));
  pickNode(null);
  typeAmount("");
});

test("an amount stays with the node it was typed for when another gets more room", () => {
  assert.equal(chosenNode.value.address, FIRST);
  typeAmount("5");
  nodes.value = list(node(FIRST, 0, 10n), node(SECOND, 1, 50n));
  assert.equal(chosenNode.value.address, FIRST);
  pickNode(SECOND);
  assert.equal(chosenNode.value.address, SECOND);
});

test("without an amount the proposal follows the room", () => {
  nodes.value = list(node(FIRST, 0, 10n), node(SECOND, 1, 50n));
  assert.equal(chosenNode.value.address, SECOND);
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
