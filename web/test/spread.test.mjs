import assert from "node:assert/strict";
import { test } from "node:test";
import { mostSpread, spread } from "../src/stake/spread.ts";

const LINK = 10n ** 18n;
const node = (index, room, change = {}) => ({ index, address: `0x${String(index).padStart(40, "0")}`, status: "active", penalty_until: null, available_juels: String(room * LINK), ...change });
const nobody = () => false;
const told = (parts) => parts?.map((part) => [part.node.index, Number(part.amount) / 1e18]) ?? null;
const sum = (parts) => parts.reduce((total, { amount }) => total + amount, 0n);

test("an amount goes to the three roomiest nodes in equal parts of whole LINK, and adds up to the juel", () => {
  const nodes = [node(0, 500n), node(1, 9_000n), node(2, 8_000n), node(3, 7_000n)];
  assert.deepEqual(told(spread(1_000n * LINK, nodes, nobody)), [[1, 334], [2, 333], [3, 333]]);
  const odd = 1_000n * LINK + 7n;
  assert.equal(sum(spread(odd, nodes, nobody)), odd);
});

test("a small amount is not split below ten LINK", () => {
  const nodes = [node(0, 500n), node(1, 400n), node(2, 300n)];
  assert.deepEqual(told(spread(9n * LINK, nodes, nobody)), [[0, 9]]);
  assert.deepEqual(told(spread(20n * LINK, nodes, nobody)), [[0, 10], [1, 10]]);
});

test("what three nodes have no room for goes to more of them, and no part is more than its node's room less a fiftieth", () => {
  const nodes = [node(0, 1_000n), node(1, 100n), node(2, 100n), node(3, 100n)];
  assert.deepEqual(told(spread(1_200n * LINK, nodes, nobody)), [[0, 906], [1, 98], [2, 98], [3, 98]]);
  const most = mostSpread(nodes, nobody);
  assert.equal(most, (980n + 3n * 98n) * LINK);
  for (const amount of [most, most - 1n, most / 2n + 1n, 30n * LINK, 1n]) {
    const parts = spread(amount, nodes, nobody);
    assert.equal(sum(parts), amount);
    for (const part of parts) assert.ok(part.amount > 0n && part.amount * 50n <= BigInt(part.node.available_juels) * 49n, told(parts).join(" "));
  }
  assert.equal(spread(most + 1n, nodes, nobody), null);
});

test("somebody's juel on each node does not make the whole fail", () => {
  const nodes = [node(0, 60n), node(1, 50n)];
  for (const part of spread(mostSpread(nodes, nobody), nodes, nobody)) assert.ok(part.amount <= BigInt(part.node.available_juels) - LINK);
});

test("closed, retired, full and threatened nodes get nothing", () => {
  const nodes = [node(0, 900n, { status: "closed" }), node(1, 900n, { status: "retired" }), node(2, 0n), node(3, 900n, { penalty_until: "2026-12-22T11:00:00Z" }), node(4, 40n)];
  assert.deepEqual(told(spread(30n * LINK, nodes, nobody)), [[4, 30]]);
  assert.equal(spread(40n * LINK, nodes, nobody), null);
  assert.equal(spread(LINK, [], nobody), null);
});
