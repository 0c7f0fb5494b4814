import assert from "node:assert/strict";
import { test } from "node:test";
import { STEPS, doorOf, inputLines, isOpen, printGwei, describeReplica, stepsDone } from "../operator/words.ts";

test("only a replica that listens has the lease, and a word of a newer fleet is shown as it is", () => {
  const leases = ["starting", "waiting", "serving", "failing", "backing_off", "stopped", "new_word"].map((state) => describeReplica({ state }).hasLease);
  assert.deepEqual(leases, [false, false, true, true, false, false, false]);
  assert.equal(describeReplica({ state: "new_word" }).says, "new word");
});

test("a door is before a node until its old replicas end, and behind it from then on", () => {
  const at = (step, more = {}) => doorOf({ step, is_door: true, is_back: false, snapshot: null, ...more });
  for (const step of ["queued", "snapshot", "create", "wait"]) assert.equal(at(step), "Before its door: an abort deletes the new generation.", step);
  for (const step of ["stop", "check", "bake", "delete"]) assert.match(at(step), /^Behind its door: there is no way back but a restore/, step);
  assert.match(at("bake", { snapshot: "/kept/a.dump" }), /its database was kept in \/kept\/a\.dump/);
  for (const step of ["done", "aborted", "dropped"]) assert.equal(at(step), null, step);
  assert.match(at("failed"), /^It runs the new generation behind its door: forward-fix, or restore/);
  assert.equal(at("wait", { is_door: false }), "No door: there is a way back in every step.");
  assert.equal(at("bake", { is_door: false }), "No door: an abort takes it back.");
  assert.equal(at("create", { is_door: false, is_back: true }), "On its way back: the generations have changed places.");
});

test("steps count up to the end, and the ways back count none", () => {
  assert.deepEqual(["queued", "snapshot", "bake", "done", "aborted"].map((step) => stepsDone({ step })), [0, 0, 5, STEPS.length, 0]);
  assert.deepEqual(["running", "paused", "halted", "aborted", "done"].map(isOpen), [true, true, true, false, false]);
});

test("a decision's inputs are lines, nested ones with both names, and what is not known is said to be", () => {
  assert.deepEqual(inputLines({ in_flight: 1, is_fresh: true, guard: { max_share_bps: null, reported: 19_000 } }), [
    ["in flight", "1"],
    ["is fresh", "true"],
    ["guard: max share bps", "not known"],
    ["guard: reported", "19000"],
  ]);
});

test("gas prices are cut to three decimals of a gwei and never rounded up", () => {
  assert.deepEqual(["0", "1", "1999999", "1500000000", "x"].map(printGwei), ["0.000", "0.000", "0.001", "1.500", "x"]);
});
