import assert from "node:assert/strict";
import { test } from "node:test";
import { linePath, niceTop, toPixels } from "../src/charts/scale.ts";
import { differences, holdersOf, keysFrom } from "../src/help/keys.ts";
import { vestingRate } from "../src/nodes/rate.ts";
import { sizesOf } from "../src/pool/sizes.ts";
import { asCsv } from "../src/positions/csv.ts";
import { yearlyJuels } from "../src/stake/estimate.ts";

const LINK = 10n ** 18n;
const [OWNER, GUARDIAN, OTHER] = ["11", "22", "33"].map((digits) => `0x${digits.repeat(20)}`);

test("a node's rate is what vests there over a year, by the active stake; none where nothing vests or nobody would get it", () => {
  const node = { rewards_unvested_juels: String(7n * LINK), active_stake_juels: String(1_000n * LINK), vest_end: "2026-12-08T00:00:00Z" };
  const now_ms = Date.parse("2026-12-01T00:00:00Z");
  assert.equal(vestingRate(node, now_ms), 3_650);
  assert.equal(vestingRate({ ...node, active_stake_juels: "0" }, now_ms), null);
  assert.equal(vestingRate({ ...node, rewards_unvested_juels: "0", vest_end: null }, now_ms), null);
  assert.equal(vestingRate(node, Date.parse(node.vest_end)), null);
});

test("stakers are counted by size, each once, and the parts are of the whole", () => {
  const stakers = (...amounts) => amounts.map((amount) => ({ active_stake_juels: String(amount) }));
  const sizes = sizesOf(stakers(100_000n * LINK, 100_000n * LINK - 1n, 1_000n * LINK, 1n));
  assert.deepEqual(sizes.bands.map(({ count }) => count), [1, 1, 1, 0, 1]);
  assert.equal(sizes.bands.reduce((sum, band) => sum + band.juels, 0n), 201_000n * LINK);
  assert.deepEqual([sizes.count, sizes.largest_bps, sizes.largest_ten_bps], [4, 4_975, 10_000]);
  assert.equal(sizesOf([]), null);
  assert.equal(sizesOf(stakers(0n)), null);
  const many = sizesOf(stakers(...Array(20).fill(5n * LINK)));
  assert.deepEqual([many.largest_bps, many.largest_ten_bps], [500, 5_000]);
});

test("a year's estimate is cut, never rounded up", () => {
  assert.equal(yearlyJuels(1_000n * LINK, 477), 477n * LINK / 10n);
  assert.equal(yearlyJuels(1n, 9_999), 0n);
});

test("the top of a chart is at or above its greatest value, and a line goes through all its points", () => {
  for (const most of [1, 7, 99, 252_000, 1_000_000]) assert.ok(niceTop([0, most]) >= most && niceTop([most]) <= most * 2);
  assert.equal(niceTop([]), 1);
  assert.equal(linePath([0, 5, 10], 10, 600, 100), "M0 100L300 50L600 0");
  assert.equal(toPixels(15n * LINK / 10n), 1.5);
});

test("the keys are what the last events left, and a difference to the contract is named", () => {
  const event = (type, account, after, detail = null) => ({ type, account, after, detail });
  const events = [
    event("RolesChanged", OTHER, { roles: 0 }),
    event("OwnershipTransferStarted", null, { pending_owner: OTHER }),
    event("OwnershipTransferred", OWNER, { owner: OWNER, pending_owner: `0x${"00".repeat(20)}` }),
    event("RolesChanged", OTHER, { roles: 4 }),
    event("RolesChanged", GUARDIAN, { roles: 3 }),
    event("PoolCreated", null, {}, { sink: OTHER }),
  ];
  const keys = keysFrom(events);
  assert.deepEqual([keys.owner, keys.offeredTo, keys.sink], [OWNER, OTHER, OTHER]);
  assert.deepEqual([holdersOf(keys, "guardian"), holdersOf(keys, "registrar"), holdersOf(keys, "slasher")], [[GUARDIAN], [GUARDIAN], []]);
  const read = { owner: OWNER, offeredTo: OTHER, roles: new Map([[GUARDIAN, 3]]) };
  assert.deepEqual(differences(keys, read), []);
  assert.deepEqual(differences(keys, { ...read, owner: OTHER, roles: new Map([[GUARDIAN, 7]]) }), ["the owner", `the roles of ${GUARDIAN}`]);
});

test("a history is a table with every digit, the oldest first", () => {
  const event = (block_number, amount_juels) => ({ block_timestamp: "2026-12-01T00:00:00Z", type: "Staked", node: OWNER, amount_juels, fee_juels: null, ticket: null, block_number, transaction_hash: "0xaa", finalized: true });
  const csv = asCsv([event(9, "1"), event(8, String(12_500n * LINK))]);
  assert.equal(csv, `time,event,node,link,fee_link,ticket,block,transaction,final\r\n2026-12-01T00:00:00Z,Staked,${OWNER},12500,,,8,0xaa,true\r\n2026-12-01T00:00:00Z,Staked,${OWNER},0.000000000000000001,,,9,0xaa,true\r\n`);
});
