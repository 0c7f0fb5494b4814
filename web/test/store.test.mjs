import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { config } from "../src/api/store.ts";
import { abandon, dismiss, keepTransactions, put, transactions } from "../src/transactions/store.ts";
import { readStored, storedText } from "../src/transactions/stored.ts";
import { begin } from "../src/transactions/transaction.ts";

const ACCOUNT = "0x5555555555555555555555555555555555555555";
const POOL = "0x3333333333333333333333333333333333333333";
const PREFIX = `linkpool.transaction.1.${POOL}.`;
const WEEK_MS = 7 * 24 * 60 * 60_000;
const sent = (id, change = {}) => ({ ...begin(id, `Stake ${id}`, ACCOUNT, null, true), stage: "sent", hash: `0x${id.padStart(64, "0")}`, sentAt_ms: 5, ...change });

/** What this tab writes, and the events by which another tab's writing reaches it. */
const storage = Object.create({
  getItem: (key) => storage[key] ?? null,
  setItem: (key, value) => (storage[key] = value),
  removeItem: (key) => delete storage[key],
});
globalThis.localStorage = storage;
globalThis.window = new EventTarget();
const otherTab = (id, newValue) => window.dispatchEvent(Object.assign(new Event("storage"), { key: PREFIX + id, newValue }));
const kept = () => Object.keys(storage).map((key) => key.slice(PREFIX.length)).sort();
const ids = () => transactions.value.map(({ id }) => id);

storage[`${PREFIX}earlier`] = storedText(sent("earlier", { sentAt_ms: 1 }));
storage[`${PREFIX}later`] = storedText(sent("later", { sentAt_ms: 2 }));
storage[`${PREFIX}broken`] = "{";
storage[`linkpool.transaction.2.${POOL}.other-chain`] = storedText(sent("other-chain"));
keepTransactions();
config.value = { chain_id: 1, pool_address: POOL };
const found = ids();
for (const key of Object.keys(storage)) delete storage[key];

beforeEach(() => {
  transactions.value = [];
});

test("an earlier visit's transactions of this chain and pool are found, newest first", () => {
  assert.deepEqual(found, ["later", "earlier"]);
});

test("each transaction is kept under a key of its own, from its hash to its end", () => {
  put(begin("1", "Stake", ACCOUNT, null));
  assert.deepEqual(kept(), [], "nothing is kept before there is a hash");
  put(sent("1"));
  put(sent("2"));
  assert.deepEqual(kept(), ["1", "2"]);
  put(sent("1", { stage: "final" }));
  assert.deepEqual(kept(), ["2"]);
  dismiss("2");
  assert.deepEqual(kept(), []);
});

test("another tab's transaction joins the list, and this tab's writing leaves it alone", () => {
  storage[`${PREFIX}theirs`] = storedText(sent("theirs"));
  put(sent("ours"));
  assert.deepEqual(kept(), ["ours", "theirs"]);
  otherTab("theirs", storage[`${PREFIX}theirs`]);
  assert.deepEqual(ids().sort(), ["ours", "theirs"]);
  put(sent("ours", { stage: "mined", blockNumber: 3, blockHash: "0xb3" }));
  assert.deepEqual(kept(), ["ours", "theirs"]);
});

test("what another tab saw is taken over, its end stays on the screen, and what it hid goes", () => {
  put(sent("1"));
  otherTab("1", storedText(sent("1", { stage: "final", blockNumber: 3 })));
  otherTab("1", null);
  assert.deepEqual(transactions.value.map(({ stage }) => stage), ["final"]);
  put(sent("2"));
  storage.removeItem(`${PREFIX}2`);
  otherTab("2", null);
  assert.deepEqual(ids(), ["1"]);
});

test("two tabs' single sightings are no second one", () => {
  put(sent("1", { usedNonceSeen: 1, missingSeen: 1, unknownSeen: 1 }));
  const { usedNonceSeen, missingSeen, unknownSeen } = JSON.parse(storage[`${PREFIX}1`]);
  assert.deepEqual([usedNonceSeen, missingSeen, unknownSeen], [0, 0, 0]);
  otherTab("1", storedText(sent("1", { nonce: 7 })));
  assert.deepEqual([transactions.value[0].nonce, transactions.value[0].usedNonceSeen], [7, 1]);
});

test("what is under way never makes room for what is newer, and ended ones do", () => {
  for (let index = 0; index < 12; index += 1) put(sent(`s${index}`));
  for (let index = 0; index < 12; index += 1) put({ ...begin(`r${index}`, "Claim", ACCOUNT, null), stage: "rejected" });
  assert.equal(ids().filter((id) => id.startsWith("s")).length, 12);
  assert.equal(ids().filter((id) => id.startsWith("r")).length, 8);
  assert.equal(kept().length, 12);
});

test("text of another version, another id or no transaction at all is passed over", () => {
  const good = sent("1");
  assert.deepEqual(readStored("1", storedText(good), undefined), good);
  for (const broken of ["", "null", "[]", "7", "{", JSON.stringify({ ...good, title: 7 }), JSON.stringify({ ...good, hash: null }), JSON.stringify({ ...good, node: {} }), JSON.stringify({ id: "1" })]) {
    assert.equal(readStored("1", broken, undefined), null, broken);
  }
  assert.equal(readStored("2", storedText(good), undefined), null);
});

test("a hash that no transaction has is forgotten after a week", () => {
  const unknown = storedText(sent("1", { stage: "unknown", sentAt_ms: 0 }));
  assert.equal(readStored("1", unknown, undefined, WEEK_MS)?.stage, "unknown");
  assert.equal(readStored("1", unknown, undefined, WEEK_MS + 1), null);
});

test("the page is not left without a question while the wallet still has to answer it", () => {
  const leave = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  const at = (stage) => (transactions.value = [{ ...sent("1"), stage }]);
  at("confirm");
  assert.equal(leave(), true);
  for (const stage of ["checking", "sent", "mined", "final", "abandoned", "rejected"]) {
    at(stage);
    assert.equal(leave(), false, stage);
  }
});

test("giving up on a wallet changes only what it was asked for", () => {
  put({ ...begin("1", "Stake", ACCOUNT, null), stage: "confirm" });
  abandon("1");
  abandon("none");
  assert.deepEqual(transactions.value.map(({ stage }) => stage), ["abandoned"]);
});
