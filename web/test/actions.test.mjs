import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { config, reach } from "../src/api/store.ts";
import { claim, claimAll, perform, whyAnyBlocked, whyBlocked } from "../src/positions/actions.ts";
import { begin } from "../src/transactions/transaction.ts";
import { abandon, transactions } from "../src/transactions/store.ts";
import { account, wallet, walletChain } from "../src/wallet/session.ts";

const FIRST = "0x1111111111111111111111111111111111111111";
const SECOND = "0x2222222222222222222222222222222222222222";
const STAKER = "0x5555555555555555555555555555555555555555";
const AMOUNT = `0x${"1".padStart(64, "0")}`;
const position = (node) => ({ node, staker: STAKER });
const under = (stage, node, account = STAKER) => ({ ...begin(`${stage}-${node}`, "Claim", account, node), stage });
const blocked = (...reasons) => reasons.map((reason) => reason !== null);

let sent;
let limit;
beforeEach(() => {
  sent = 0;
  const answers = {
    eth_chainId: () => "0x1",
    eth_call: () => AMOUNT,
    eth_estimateGas: () => "0x10000",
    eth_sendTransaction: ([{ gas }]) => {
      limit = gas;
      return `0x${String((sent += 1)).padStart(64, "0")}`;
    },
  };
  config.value = { chain_id: 1, pool_address: FIRST, token_address: SECOND };
  wallet.value = { rdns: "test", name: "Test", icon: null, provider: { request: async ({ method, params }) => answers[method](params) } };
  account.value = STAKER;
  walletChain.value = 1;
  transactions.value = [];
  reach.value = "up";
});

test("a node is blocked while a transaction of it is on its way, and all nodes on a wrong chain", () => {
  for (const stage of ["checking", "confirm", "sent", "mined"]) {
    transactions.value = [under(stage, FIRST)];
    assert.deepEqual(blocked(whyBlocked(FIRST), whyBlocked(SECOND), whyAnyBlocked()), [true, false, true], stage);
  }
  for (const stage of ["indexed", "final", "rejected", "reverted", "abandoned", "unknown"]) {
    transactions.value = [under(stage, FIRST)];
    assert.deepEqual(blocked(whyBlocked(FIRST), whyAnyBlocked()), [false, false], stage);
  }
  walletChain.value = 5;
  assert.deepEqual(blocked(whyBlocked(SECOND), whyAnyBlocked()), [true, true]);
});

test("what another account of the same wallet sent is in nobody's way", () => {
  for (const stage of ["checking", "confirm", "sent", "mined"]) {
    transactions.value = [under(stage, FIRST, SECOND)];
    assert.deepEqual(blocked(whyBlocked(FIRST), whyAnyBlocked()), [false, false], stage);
  }
});

test("a blocked node always says why, by the name of what is in the way", () => {
  transactions.value = [under("confirm", FIRST)];
  assert.equal(whyBlocked(FIRST), "Answer in your wallet first: Claim.");
  transactions.value = [under("sent", FIRST)];
  assert.match(whyBlocked(FIRST), /^Claim is on its way\./);
  walletChain.value = 5;
  assert.match(whyBlocked(FIRST), /another network: switch it first/);
});

test("while the server is down nothing waits for the index", () => {
  reach.value = "down";
  transactions.value = [under("mined", FIRST)];
  assert.deepEqual(blocked(whyBlocked(FIRST), whyAnyBlocked()), [false, false]);
  transactions.value = [under("sent", FIRST)];
  assert.deepEqual(blocked(whyBlocked(FIRST), whyAnyBlocked()), [true, true]);
});

test("two presses before the page is drawn again send one transaction", async () => {
  await Promise.all([perform(claim(position(FIRST))), perform(claim(position(FIRST)))]);
  assert.equal(sent, 1);
});

test("claiming all is one transaction, however often it is pressed", async () => {
  const all = claimAll([position(FIRST), position(SECOND)]);
  await Promise.all([perform(all), perform(all)]);
  assert.equal(sent, 1);
  assert.equal(transactions.value[0].title, "Claim rewards of 2 nodes");
});

test("claiming all brings gas for rewards that come after the estimate, where somebody else claimed before it", async () => {
  await perform(claimAll([position(FIRST), position(SECOND)]));
  assert.equal(BigInt(limit), 0x10000n + 200_000n);
  transactions.value = [];
  await perform(claim(position(FIRST)));
  assert.equal(BigInt(limit), 0x10000n + 100_000n, "one as well");
});

test("while all is being claimed no node can be claimed, and while a node is, not all", async () => {
  await perform(claimAll([position(FIRST), position(SECOND)]));
  await perform(claim(position(SECOND)));
  assert.equal(sent, 1);
  assert.match(whyBlocked(FIRST), /^Claim rewards of 2 nodes is on its way\./);
  transactions.value = [];
  await perform(claim(position(SECOND)));
  await perform(claimAll([position(FIRST), position(SECOND)]));
  assert.equal(sent, 2);
});
