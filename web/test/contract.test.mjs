import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { encodeErrorResult, toFunctionSelector, toFunctionSignature } from "viem";
import { errorAbi, linkAbi, poolAbi, timelockAbi } from "../src/wallet/abi.ts";
import { openContract } from "../src/wallet/contract.ts";
import { describeFailure, isRevert, revertDataOf } from "../src/wallet/failure.ts";
import { sentenceOf } from "../src/wallet/revert.ts";

const read = async (name) => JSON.parse(await readFile(new URL(`../../abi/${name}.json`, import.meta.url), "utf8"));
const NODE = "0x1111111111111111111111111111111111111111";
const STAKER = "0x2222222222222222222222222222222222222222";
const POOL = "0x3333333333333333333333333333333333333333";
const LINK = "0x4444444444444444444444444444444444444444";

const outputsOf = (item) => JSON.stringify((item.outputs ?? []).map(shapeOf));
const shapeOf = (output) => (output.components ? [output.type, output.components.map(shapeOf)] : output.type);
const namesOf = (item) => item.inputs.map((input) => input.name);

test("every vendored fragment is one of the compiled contract's", async () => {
  for (const [fragments, artefact] of [
    [poolAbi, await read("StakingPool")],
    [errorAbi, await read("StakingPool")],
    [timelockAbi, await read("TimelockController")],
    [linkAbi, await read("LinkToken")],
  ]) {
    for (const item of fragments) {
      const real = artefact.abi.find((other) => other.type === item.type && other.name === item.name);
      assert.ok(real, `${artefact.contractName} has no ${item.type} ${item.name}`);
      assert.equal(toFunctionSignature(item), toFunctionSignature(real));
      if (item.type === "error") assert.deepEqual(namesOf(item), namesOf(real));
      else assert.equal(outputsOf(item), outputsOf(real), item.name);
    }
  }
});

test("one stake is one transferAndCall whose data is node << 96 | amount", () => {
  const amount = 1_000n * 10n ** 18n;
  const { to, data, explainBy } = openContract(POOL, LINK, 28 * 86_400).stake(STAKER, [{ node: NODE, amount }]);
  const word = ((BigInt(NODE) << 96n) | amount).toString(16).padStart(64, "0");
  assert.equal(to, LINK);
  assert.equal(data.slice(0, 10), toFunctionSelector("transferAndCall(address,uint256,bytes)"));
  assert.equal(data.slice(-64), word);
  assert.deepEqual([explainBy.from, explainBy.to], [LINK, POOL]);
});

test("a stake on several nodes is one transfer of the sum, with a word for each", () => {
  const parts = [{ node: NODE, amount: 7n }, { node: STAKER, amount: 5n }];
  const { data } = openContract(POOL, LINK, 28 * 86_400).stake(STAKER, parts);
  const words = parts.map(({ node, amount }) => ((BigInt(node) << 96n) | amount).toString(16).padStart(64, "0"));
  assert.ok(data.endsWith(words.join("")), data);
  assert.ok(data.includes((12n).toString(16).padStart(64, "0")), "the sum is not what is transferred");
});

test("each error a holder can meet has the contract's sentence with its own numbers", () => {
  const data = encodeErrorResult({ abi: errorAbi, errorName: "CapExceeded", args: [NODE, 60_000n * 10n ** 18n, 40_000n * 10n ** 18n] });
  assert.equal(sentenceOf(data), "The stake cap of node 0x1111…1111 leaves room for 40,000 LINK, fewer than the 60,000 LINK asked for.");
  for (const { name, inputs } of errorAbi) {
    const args = inputs.map(({ type }) => (type === "address" ? NODE : 1n));
    const sentence = sentenceOf(encodeErrorResult({ abi: errorAbi, errorName: name, args }));
    assert.ok(sentence, `${name} has no sentence`);
    assert.ok(!sentence.includes("`"), `${name} keeps a parameter unfilled: ${sentence}`);
  }
});

test("dates and shares in a sentence are printed as what they are", () => {
  const notReady = sentenceOf(encodeErrorResult({ abi: errorAbi, errorName: "NotReady", args: [1_800_000_000n] }));
  assert.match(notReady, /can leave at \d{1,2} Jan 2027/);
  const small = sentenceOf(encodeErrorResult({ abi: errorAbi, errorName: "PositionTooSmall", args: [5n * 10n ** 17n, 10n ** 18n] }));
  assert.equal(small, "The stake on this node would become too small: it must be nothing, or at least 1 LINK.");
});

test("no sentence that a holder can meet counts in shares", () => {
  for (const { name, inputs } of errorAbi) {
    const args = inputs.map(({ type }) => (type === "address" ? NODE : 1n));
    assert.doesNotMatch(sentenceOf(encodeErrorResult({ abi: errorAbi, errorName: name, args })), /shares/, name);
  }
});

test("what another contract says about itself is passed on", () => {
  const data = encodeErrorResult({ abi: [{ type: "error", name: "Error", inputs: [{ type: "string", name: "message" }] }], args: ["transfer amount exceeds balance"] });
  assert.equal(sentenceOf(data), "The contract refuses this: transfer amount exceeds balance.");
});

test("revert data and codes are found wherever a wallet nests them", () => {
  for (const error of [
    { code: 3, data: "0x1234" },
    { code: -32603, message: "Internal error", data: { code: 3, data: "0x1234" } },
    { code: -32000, data: { originalError: { code: 3, data: "0x1234" } } },
    { cause: { error: { data: "0x1234" } } },
    { code: -32603, data: { code: -32000, message: "no data here" }, cause: { data: "0x1234" } },
    { code: -32015, message: "VM execution error.", data: "Reverted 0x1234" },
    { error: { body: JSON.stringify({ error: { code: 3, data: "0x1234" } }) } },
    { code: -32603, message: `[ethjs-query] while formatting outputs from RPC '${JSON.stringify({ value: { code: -32603, data: { data: "0x1234" } } })}'` },
  ]) {
    assert.equal(revertDataOf(error), "0x1234", JSON.stringify(error));
    assert.equal(isRevert(error), true, JSON.stringify(error));
  }
  assert.equal(revertDataOf({ data: "Reverted" }), null);
  assert.equal(describeFailure({ code: -32603, data: { code: 4001 } }).kind, "rejected");
  assert.equal(describeFailure({ code: -32000, data: { originalError: { code: 4001 } } }).kind, "rejected");
  assert.equal(describeFailure({ code: 4001 }).kind, "rejected");
  assert.equal(describeFailure({ code: 4902 }).kind, "unknown-chain");
  assert.equal(describeFailure(new Error("boom")).text, "boom");
});

test("an internal error shows what is inside it, and one that wraps itself ends", () => {
  const inside = "insufficient funds for gas * price + value";
  for (const error of [
    { code: -32603, message: "Internal JSON-RPC error.", data: { code: -32000, message: inside } },
    { code: -32603, message: "Internal JSON-RPC error.", data: { cause: { message: inside } } },
    { code: -32603, message: "Internal error", data: { originalError: { code: -32000, message: inside } } },
    { message: "Internal JSON-RPC error.", error: { code: -32603, message: "Internal error", error: { message: inside } } },
  ]) {
    assert.equal(describeFailure(error).text, inside);
  }
  assert.equal(describeFailure({ code: -32603, message: "Internal JSON-RPC error." }).text, "Internal JSON-RPC error.");
  assert.equal(describeFailure({ code: -32603 }).text, "Your wallet reported an error without saying which.");
  const round = { code: -32603, message: "round" };
  round.cause = round;
  assert.equal(describeFailure(round).text, "round");
});

test("a rehearsal that fails without a reason asks the pool's callback for it", async () => {
  const contract = openContract(POOL, LINK, 28 * 86_400);
  const reason = encodeErrorResult({ abi: errorAbi, errorName: "InflowsPaused", args: [1_800_000_000n] });
  const calls = [];
  const provider = {
    async request({ params: [call] }) {
      calls.push([call.from, call.to]);
      throw call.to === LINK ? { code: 3, message: "execution reverted" } : { code: 3, message: "execution reverted", data: reason };
    },
  };
  const sentence = await contract.simulate(provider, STAKER, contract.stake(STAKER, [{ node: NODE, amount: 10n ** 18n }]));
  assert.match(sentence, /^New stake and new nodes are paused until /);
  assert.deepEqual(calls, [
    [STAKER, LINK],
    [LINK, POOL],
  ]);
});

test("a rehearsal that fails for another reason than a revert is the wallet's failure, not the contract's", async () => {
  const contract = openContract(POOL, LINK, 28 * 86_400);
  const provider = {
    async request() {
      throw { code: 4900, message: "disconnected" };
    },
  };
  await assert.rejects(contract.simulate(provider, STAKER, contract.claim(NODE, STAKER)), { code: 4900 });
});
