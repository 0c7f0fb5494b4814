import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { get } from "../src/api/client.ts";
import { limitedUntil, outage, reach, refresh, staker, stakerProblem, watchStaker, whyMissing } from "../src/api/store.ts";

const HOLDER = "0x2222222222222222222222222222222222222222";
const AS_OF = { block_number: 10, block_hash: "0xb10", block_timestamp: "2026-11-22T11:00:00Z" };
const NOW = 1_800_000_000_000;

const server = {};
mock.timers.enable({ apis: ["setTimeout", "Date"], now: NOW });
mock.method(globalThis, "fetch", async (path) => {
  server.asked.push(path);
  if (server.refusal) return Response.json(server.refusal.problem, { status: server.refusal.status, headers: server.refusal.headers ?? {} });
  return Response.json({ data: path.includes("/nodes") ? [] : { indexed: AS_OF }, meta: { as_of: AS_OF, finalized: false } });
});

const LIMIT = { status: 429, headers: { "retry-after": "7" }, problem: { detail: "this client has used up its requests", code: "rate-limited" } };
const settle = async (passing_ms) => {
  mock.timers.tick(passing_ms);
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
};

beforeEach(async () => {
  watchStaker(null);
  Object.assign(server, { asked: [], refusal: null });
  await settle(400_000);
  server.asked = [];
});

test("while the server wants no questions none is asked, and then all figures are, by the page itself", async () => {
  server.refusal = LIMIT;
  refresh();
  await settle(200);
  const asked = server.asked.length;
  assert.ok(asked >= 1);
  assert.equal(limitedUntil.value - Date.now(), 7_000);
  assert.match(whyMissing("The list of nodes"), /waiting until the pool's server may be asked again/);
  await assert.rejects(get("/pool"), { status: 429 });
  await settle(6_000);
  assert.equal(server.asked.length, asked, "asked while it was told to wait");
  server.refusal = null;
  await settle(2_000);
  await settle(200);
  assert.ok(server.asked.length > asked);
  assert.deepEqual([limitedUntil.value, reach.value], [null, "up"]);
});

test("a limit is never waited for without an end", async () => {
  server.refusal = { ...LIMIT, headers: { "retry-after": "99999999" } };
  await assert.rejects(get("/pool"), (error) => error.retryAt_ms - Date.now() === 300_000);
  await settle(300_000);
  server.refusal = null;
  await get("/pool");
});

test("what the server refuses for one address is said of that address, and is no outage", async () => {
  server.refusal = { status: 400, problem: { detail: "the checksum of the address is wrong", code: "invalid-parameter" } };
  watchStaker(HOLDER);
  await settle(200);
  assert.deepEqual([staker.value, stakerProblem.value], [null, "the checksum of the address is wrong"]);
  watchStaker(null);
  assert.equal(stakerProblem.value, null);
});

test("a server that refuses the page's own questions is named so, instead of being waited for", async () => {
  server.refusal = { status: 406, problem: { detail: "this format is not offered", code: "not-acceptable" } };
  refresh();
  await settle(200);
  assert.deepEqual([reach.value, outage.value], ["down", "this format is not offered"]);
  server.refusal = null;
  refresh();
  await settle(200);
  assert.deepEqual([reach.value, outage.value], ["up", null]);
});
