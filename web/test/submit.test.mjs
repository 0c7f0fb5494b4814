import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { encodeErrorResult } from "viem";
import { config } from "../src/api/store.ts";
import { abandon, transactions } from "../src/transactions/store.ts";
import { submit } from "../src/transactions/submit.ts";
import { errorAbi } from "../src/wallet/abi.ts";
import { account, connect, isWrongChain, wallet, walletChain } from "../src/wallet/session.ts";

const POOL = "0x3333333333333333333333333333333333333333";
const LINK = "0x4444444444444444444444444444444444444444";
const NODE = "0x1111111111111111111111111111111111111111";
const STAKER = "0x2222222222222222222222222222222222222222";
const HASH = `0x${"a".repeat(64)}`;
const TRUE = `0x${"1".padStart(64, "0")}`;
const OURS = "0x7a69";
const OTHER = "0x1";

const stake = { title: "Stake 1 LINK", node: NODE, encode: (contract) => contract.stake(STAKER, [{ node: NODE, amount: 10n ** 18n }]) };
const keep = { title: "Keep 1 LINK", node: NODE, encode: (contract) => contract.cancelUnbond(NODE, 0) };

/** A wallet whose chain is the next of `chains` at each question, and the last of them for good. */
function useWallet({ chains = [OURS], rehearsal = TRUE, sign = () => HASH } = {}) {
  const seen = [];
  const listeners = {};
  const provider = {
    async request({ method, params = [] }) {
      seen.push({ method, params });
      if (method === "eth_requestAccounts") return [STAKER];
      if (method === "eth_chainId") return chains.length > 1 ? chains.shift() : chains[0];
      if (method === "eth_call") return rehearsal;
      if (method === "eth_sendTransaction") return sign();
      throw new Error(`unexpected ${method}`);
    },
    on: (event, listener) => (listeners[event] = listener),
  };
  return {
    entry: { rdns: "test", name: "Test", icon: null, provider },
    seen,
    emit: (event, value) => listeners[event]?.(value),
    sent: () => seen.filter(({ method }) => method === "eth_sendTransaction"),
  };
}

function adopt(used) {
  wallet.value = used.entry;
  account.value = STAKER;
  walletChain.value = Number(OURS);
}

beforeEach(() => {
  config.value = { chain_id: Number(OURS), pool_address: POOL, token_address: LINK };
  transactions.value = [];
});

test("a transaction names the chain that it is meant for", async () => {
  const used = useWallet();
  adopt(used);
  assert.equal((await submit(stake)).stage, "sent");
  assert.equal(used.sent()[0].params[0].chainId, OURS);
});

test("a wallet that moved to another chain unnoticed is asked before the rehearsal, and the switch is offered", async () => {
  const used = useWallet({ chains: [OTHER] });
  adopt(used);
  const refused = await submit(stake);
  assert.equal(refused.stage, "failed");
  assert.match(refused.reason, /Your wallet is on chain 1, .* Nothing was sent\./);
  assert.deepEqual(used.seen.map(({ method }) => method), ["eth_chainId"]);
  assert.equal(isWrongChain.value, true);
});

test("a wallet that moves to another chain during the rehearsal is not asked to sign", async () => {
  const used = useWallet({ chains: [OURS, OTHER] });
  adopt(used);
  assert.equal((await submit(stake)).stage, "failed");
  assert.equal(used.sent().length, 0);
  assert.equal(isWrongChain.value, true);
});

test("an empty answer to a rehearsal means that no contract is there, except where nothing is to be answered", async () => {
  const used = useWallet({ rehearsal: "0x" });
  adopt(used);
  const refused = await submit(stake);
  assert.equal(refused.stage, "would-revert");
  assert.match(refused.reason, /no contract/);
  assert.equal(used.sent().length, 0);
  assert.equal((await submit(keep)).stage, "sent");
});

test("a wallet that is given up in the rehearsal is never asked to sign", async () => {
  const used = useWallet();
  adopt(used);
  const asked = submit(stake);
  abandon(transactions.value[0].id);
  assert.equal((await asked).stage, "abandoned");
  assert.equal(used.sent().length, 0);
});

test("a signature that comes after it was given up is followed; a refusal then changes nothing", async () => {
  for (const [end, stage] of [[() => HASH, "sent"], [() => Promise.reject({ code: 4001 }), "abandoned"]]) {
    let answer;
    const used = useWallet({ sign: () => new Promise((resolve) => (answer = () => resolve(end()))) });
    adopt(used);
    const asked = submit(stake);
    while (used.sent().length === 0) await new Promise(setImmediate);
    abandon(transactions.value[0].id);
    answer();
    assert.equal((await asked).stage, stage);
    assert.equal(transactions.value[0].stage, stage);
    transactions.value = [];
  }
});

test("an answer that is no transaction's hash is no success", async () => {
  for (const answer of [null, "", "0x", "accepted", { hash: HASH }, `${HASH}00`]) {
    const used = useWallet({ sign: () => answer });
    adopt(used);
    const failed = await submit(stake);
    assert.equal(failed.stage, "failed");
    assert.match(failed.reason, /Look in its activity whether it was sent/);
  }
});

test("a wallet whose own rehearsal fails shows the contract's sentence from inside its error", async () => {
  const data = encodeErrorResult({ abi: errorAbi, errorName: "NodeNotOpen", args: [NODE] });
  const error = { code: -32603, message: "Internal JSON-RPC error.", data: { code: 3, message: "execution reverted", data } };
  adopt(useWallet({ sign: () => Promise.reject(error) }));
  assert.equal((await submit(stake)).reason, "Node 0x1111…1111 is closed to new stake.");
});

test("a wallet whose chain is not known counts as being on the wrong one, until it says where it is again", async () => {
  const used = useWallet();
  await connect(used.entry);
  assert.equal(isWrongChain.value, false);
  used.emit("disconnect", {});
  assert.equal(isWrongChain.value, true);
  used.emit("connect", { chainId: OURS });
  assert.equal(isWrongChain.value, false);
});
