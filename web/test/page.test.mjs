import assert from "node:assert/strict";
import { test } from "node:test";
import { createRefresher } from "../src/api/refresher.ts";
import { printBps } from "../src/format/ratio.ts";
import { printDuration, printRelative } from "../src/format/time.ts";
import { arrange } from "../src/nodes/order.ts";
import { compare } from "../src/positions/differences.ts";
import { sharesFor } from "../src/positions/shares.ts";
import { readRoute } from "../src/router.ts";

const ADDRESS = "0x1111111111111111111111111111111111111111";
const LINK = 10n ** 18n;

test("paths lead to their pages and nothing else does", () => {
  assert.deepEqual(readRoute("/"), { page: "home" });
  assert.deepEqual(readRoute("/status"), { page: "status" });
  assert.deepEqual(readRoute(`/nodes/${ADDRESS}`), { page: "node", address: ADDRESS });
  assert.deepEqual(readRoute(`/stakers/${ADDRESS}/`), { page: "staker", address: ADDRESS });
  for (const path of ["/nodes/0x12", "/stakers/", `/nodes/${ADDRESS}/x`, "/operator"]) {
    assert.equal(readRoute(path).page, "missing", path);
  }
});

test("unbonding never takes more shares than the amount is worth, and all of them for all of it", () => {
  const penalised = { active_shares: String(100n * LINK), active_stake_juels: String(90n * LINK) };
  assert.deepEqual(sharesFor(penalised, 90n * LINK, LINK), { kind: "shares", shares: 100n * LINK });
  const some = sharesFor(penalised, 10n * LINK, LINK);
  assert.equal(some.shares, (10n * LINK * 100n) / 90n);
  assert.ok((some.shares * 90n) / 100n <= 10n * LINK);
  for (const amount of [0n, 91n * LINK, 90n * LINK - 1n]) assert.equal(sharesFor(penalised, amount, LINK).kind, "refused");
});

test("a self-check names what two readings of the same block disagree on", () => {
  const ticket = { index: 0, shares: "5", value_juels: "5", ready_at: "2026-12-20T11:00:00Z", ready: false };
  const position = { node: ADDRESS, active_shares: "10", active_stake_juels: "9", tickets: [ticket], tickets_complete: true };
  const against = (...positions) => compare([position], { data: { positions }, unreadNodes: [], unreadTickets: new Map() }).differences;
  assert.deepEqual(against({ ...position, tickets: [{ ...ticket, ready: true }] }), []);
  assert.deepEqual(against(), ["no stake on 0x1111…1111"]);
  assert.deepEqual(against({ ...position, active_shares: "11" }), ["active stake on 0x1111…1111"]);
  assert.deepEqual(against({ ...position, tickets: [] }), ["unbonding stake on 0x1111…1111"]);
});

test("what a self-check did not read is named unchecked, not different", () => {
  const ticket = (index, shares) => ({ index, shares, value_juels: shares });
  const position = { node: ADDRESS, active_shares: "10", active_stake_juels: "9", tickets: [ticket(0, "5"), ticket(60, "7")], tickets_complete: true };
  const unread = compare([position], { data: { positions: [] }, unreadNodes: [ADDRESS], unreadTickets: new Map() });
  assert.deepEqual(unread, { differences: [], unchecked: ["the stake on 0x1111…1111"] });
  const bounded = (tickets) => compare([position], { data: { positions: [{ ...position, tickets }] }, unreadNodes: [], unreadTickets: new Map([[ADDRESS, 50]]) });
  assert.deepEqual(bounded([ticket(60, "7")]), { differences: [], unchecked: ["older unbonding stake on 0x1111…1111"] });
  assert.deepEqual(bounded([ticket(60, "8")]).differences, ["unbonding stake on 0x1111…1111"]);
  const listed = { ...position, tickets_complete: false };
  const whole = [ticket(0, "5"), ticket(60, "7"), ticket(61, "9")];
  const cut = (tickets) => compare([listed], { data: { positions: [{ ...position, tickets }] }, unreadNodes: [], unreadTickets: new Map() });
  assert.deepEqual(cut(whole), { differences: [], unchecked: ["newer unbonding stake on 0x1111…1111"] });
  assert.deepEqual(cut(whole.with(0, ticket(0, "6"))).differences, ["unbonding stake on 0x1111…1111"]);
});

test("nodes that take stake come before those that have retired, and are found by name or address", () => {
  const node = (index, status, name = null) => ({ index, status, name, address: ADDRESS, available_juels: "1", active_stake_juels: "0" });
  const all = [node(0, "active"), node(1, "retired"), node(2, "active", "Frankfurt")];
  const found = (search) => arrange(all, "newest", search).map((one) => one.index);
  assert.deepEqual(found(""), [2, 0, 1]);
  assert.deepEqual(found("node 1"), [0]);
  assert.deepEqual(found("FRANK"), [2]);
  assert.deepEqual(found(ADDRESS.slice(4, 12)), [2, 0, 1]);
});

test("ratios and times read as people write them", () => {
  assert.deepEqual([printBps(400), printBps(455), printBps(10_000), printBps(5)], ["4 %", "4.55 %", "100 %", "0.05 %"]);
  assert.deepEqual([printDuration(28 * 86_400), printDuration(86_400), printDuration(5_400), printDuration(59)], ["28 days", "1 day", "90 minutes", "59 seconds"]);
  assert.deepEqual([printRelative(0, 400), printRelative(0, 3_000), printRelative(90 * 60_000, 0), printRelative(3 * 86_400_000, 0)], ["now", "3 s ago", "in 2 hours", "in 3 days"]);
});

test("a burst of changes is fetched at once, then once more, never side by side", async () => {
  let running = 0;
  let runs = 0;
  let release = () => {};
  const started = [];
  const refresher = createRefresher(
    async () => {
      running += 1;
      runs += 1;
      assert.equal(running, 1);
      started.splice(0).forEach((tell) => tell());
      await new Promise((resolve) => (release = resolve));
      running -= 1;
    },
    1_000,
    0,
  );
  const next = () => new Promise((resolve) => started.push(resolve));
  const first = next();
  for (let count = 0; count < 10; count += 1) refresher.now();
  await first;
  const second = next();
  for (let count = 0; count < 10; count += 1) refresher.now();
  release();
  await second;
  release();
  await new Promise(setImmediate);
  assert.equal(runs, 2);
});

test("time alone fetches again only after the interval, a change at once", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  let runs = 0;
  const refresher = createRefresher(
    async () => {
      runs += 1;
    },
    1_000,
    0,
  );
  const settle = async (passing_ms) => {
    context.mock.timers.tick(passing_ms);
    await new Promise(setImmediate);
  };
  refresher.eventually();
  await settle(1);
  refresher.eventually();
  await settle(500);
  assert.equal(runs, 1, "the interval has not passed");
  refresher.now();
  await settle(1);
  assert.equal(runs, 2);
  await settle(1_000);
  refresher.eventually();
  await settle(1);
  assert.equal(runs, 3);
});
