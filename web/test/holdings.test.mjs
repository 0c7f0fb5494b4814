import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFunctionData, encodeFunctionResult } from "viem";
import { poolAbi } from "../src/wallet/abi.ts";
import { openContract } from "../src/wallet/contract.ts";

const POOL = "0x3333333333333333333333333333333333333333";
const LINK = "0x4444444444444444444444444444444444444444";
const NODE = "0x1111111111111111111111111111111111111111";
const HOLDER = "0x2222222222222222222222222222222222222222";
const UNBONDING_SECONDS = 100;
const NOW = 1_800_000_000;
const ONE = 10n ** 18n;

const NODE_STATE = {
  totalShares: 1_000n * ONE, assets: 1_000n * ONE, retiredAt: 0, activeShares: 0n, accPerShare: 0n, unvested: 0n, vestEnd: 0, lastUpdate: 0,
  capLink: 0, status: 1, penaltyUntil: 0, penaltyBps: 0, penaltySlot: 0, bucketLevel: 0, bucketAt: 0,
};

/** A wallet on a chain where HOLDER has 10 LINK active and as many one-LINK tickets, all ready, on each of `nodes`. */
function chainWith({ tickets = 0, state = {} } = {}) {
  const asked = [];
  const views = {
    positionOf: () => ({ shares: 10n * ONE, debt: 0n, tickets }),
    nodeOf: () => ({ ...NODE_STATE, ...state }),
    ticketOf: ([, , index]) => (asked.push(index), { shares: ONE, readyAt: NOW - 1 }),
    claim: () => 0n,
  };
  const provider = {
    async request({ method, params }) {
      if (method === "eth_getBlockByNumber") return { number: "0x10", hash: "0xb10", timestamp: `0x${NOW.toString(16)}` };
      const { functionName, args } = decodeFunctionData({ abi: poolAbi, data: params[0].data });
      return encodeFunctionResult({ abi: poolAbi, functionName, result: views[functionName](args) });
    },
  };
  return { asked, read: (nodes = [NODE]) => openContract(POOL, LINK, UNBONDING_SECONDS).readStaker(provider, HOLDER, nodes) };
}

test("of many tickets the newest hundred are read, and the rest are told to be unread", async () => {
  const { asked, read } = chainWith({ tickets: 130 });
  const reading = await read();
  assert.deepEqual([asked.length, asked[0], asked.at(-1)], [100, 30, 129]);
  assert.deepEqual([...reading.unreadTickets], [[NODE, 30]]);
  assert.deepEqual([...(await chainWith({ tickets: 100 }).read()).unreadTickets], []);
});

test("nodes beyond the bound are told to be unread", async () => {
  const nodes = Array.from({ length: 203 }, (_, index) => `0x${index.toString(16).padStart(40, "0")}`);
  const reading = await chainWith().read(nodes);
  assert.equal(reading.data.positions.length, 200);
  assert.deepEqual(reading.unreadNodes, nodes.slice(200));
});

test("stake on a node that retired an unbonding time ago can be withdrawn, and its position says since when", async () => {
  const retired = (retiredAt) => chainWith({ tickets: 1, state: { retiredAt, status: 3 } }).read();
  const left = await retired(NOW - UNBONDING_SECONDS);
  assert.equal(left.data.positions[0].node_status, "retired");
  assert.equal(Date.parse(left.data.positions[0].retired_at), (NOW - UNBONDING_SECONDS) * 1_000);
  assert.equal(left.data.withdrawable_juels, String(11n * ONE));
  assert.equal((await retired(NOW - UNBONDING_SECONDS + 1)).data.withdrawable_juels, String(ONE));
  const open = await chainWith({ tickets: 1 }).read();
  assert.deepEqual([open.data.positions[0].retired_at, open.data.withdrawable_juels], [null, String(ONE)]);
});
