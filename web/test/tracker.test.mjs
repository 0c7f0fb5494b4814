import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { config, indexed } from "../src/api/store.ts";
import { begin } from "../src/transactions/transaction.ts";
import { transactions } from "../src/transactions/store.ts";
import { startTracker } from "../src/transactions/tracker.ts";
import { account, wallet, walletChain } from "../src/wallet/session.ts";

const ACCOUNT = "0x5555555555555555555555555555555555555555";
const AS_OF = { block_number: 10, block_hash: "0xb10", block_timestamp: "2026-11-22T11:00:00Z" };
const DEADLINE_TURNS = 200;

const chain = {};
const server = {};
const provider = {
  async request({ method }) {
    chain.asked += 1;
    if (chain.isSilent) return new Promise(() => {});
    if (method === "eth_chainId") return chain.id;
    if (method === "eth_getTransactionCount") return "0x8";
    if (method === "eth_getTransactionReceipt") return chain.receipt;
    throw new Error(`unexpected ${method}`);
  },
};

mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
mock.method(globalThis, "fetch", async (path) => {
  if (!path.includes("/transactions/")) return Response.json({}, { status: 404 });
  server.asked += 1;
  return server.record ? Response.json({ data: server.record, meta: { as_of: AS_OF, finalized: false } }) : Response.json({}, { status: 503 });
});
startTracker();

beforeEach(() => {
  Object.assign(chain, { asked: 0, id: "0x1", receipt: { blockNumber: "0xa", blockHash: "0xb10", status: "0x1" } });
  Object.assign(server, { asked: 0, record: null });
  config.value = { chain_id: 1 };
  wallet.value = { rdns: "test", name: "Test", icon: null, provider };
  account.value = ACCOUNT;
  walletChain.value = 1;
  transactions.value = [{ ...begin("1", "Stake", ACCOUNT, null), stage: "sent", hash: "0xaa", nonce: 7 }];
});

const newest = () => transactions.value[0];
async function look(condition) {
  for (let turn = 0; turn < DEADLINE_TURNS && !condition(); turn += 1) {
    mock.timers.tick(1_500);
    await new Promise(setImmediate);
  }
  assert.ok(condition(), JSON.stringify(newest()));
}

test("height alone indexes nothing: the server is asked for the transaction itself", async () => {
  indexed.value = { ...AS_OF, block_number: 99 };
  server.record = { hash: "0xaa", state: "unknown", block_number: null, events: [] };
  await look(() => newest().stage === "mined");
  server.record = { hash: "0xaa", state: "indexed", block_number: 10, events: [{ block_number: 10, block_hash: "0xb10" }] };
  await look(() => newest().stage === "indexed");
});

test("a wallet that falls silent holds nothing up: the index is asked instead", async () => {
  transactions.value = ["1", "2"].map((id) => ({ ...newest(), id }));
  chain.isSilent = true;
  server.record = { hash: "0xaa", state: "indexed", block_number: 10, events: [{ block_number: 10, block_hash: "0xb10" }] };
  await look(() => transactions.value.every(({ stage }) => stage === "indexed"));
  assert.equal(chain.asked, 1, "each transaction waited for the silent wallet");
  chain.isSilent = false;
});

test("a wallet that moved to another chain unnoticed is not believed about receipts", async () => {
  transactions.value = [{ ...newest(), stage: "mined", blockNumber: 10, blockHash: "0xb10" }];
  Object.assign(chain, { asked: 0, id: "0x2", receipt: null });
  server.record = { hash: "0xaa", state: "unknown", block_number: null, events: [] };
  for (let round = 1; round <= 3; round += 1) await look(() => server.asked >= round);
  assert.deepEqual([newest().stage, newest().wasReorged], ["mined", false]);
});
