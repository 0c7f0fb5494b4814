import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { READ_WITHIN_MS, WalletSilent, request } from "../src/wallet/eip1193.ts";
import { account, cancelConnect, connect, connectFailure, connecting, disconnect, isConnectOpen, wallet } from "../src/wallet/session.ts";

const [FIRST, SECOND] = ["0x1111111111111111111111111111111111111111", "0x2222222222222222222222222222222222222222"];

/** A wallet that answers when the test says so. */
function wallets(rdns, holder) {
  let answer;
  const answered = new Promise((resolve) => (answer = resolve));
  const provider = { request: async ({ method }) => (method === "eth_chainId" ? "0x1" : answered) };
  return { entry: { rdns, name: rdns, icon: null, provider }, approve: () => answer([holder]), fail: (error) => answer(Promise.reject(error)) };
}

beforeEach(() => {
  disconnect();
  cancelConnect();
  connectFailure.value = null;
  isConnectOpen.value = true;
});

test("a wallet that never answers does not keep another from being connected, and its late answer changes nothing", async () => {
  const [silent, good] = [wallets("silent", FIRST), wallets("good", SECOND)];
  const first = connect(silent.entry);
  assert.equal(connecting.value.wallet, silent.entry);
  const second = connect(good.entry);
  good.approve();
  await second;
  assert.deepEqual([wallet.value, account.value, connecting.value, isConnectOpen.value], [good.entry, SECOND, null, false]);
  silent.approve();
  await first;
  assert.deepEqual([wallet.value, account.value], [good.entry, SECOND]);
});

test("what was cancelled is not connected, and tells no failure later", async () => {
  for (const end of ["approve", "fail"]) {
    const late = wallets("late", FIRST);
    const asked = connect(late.entry);
    cancelConnect();
    late[end]({ code: 4001 });
    await asked;
    assert.deepEqual([wallet.value, connecting.value, connectFailure.value, isConnectOpen.value], [null, null, null, true], end);
  }
});

test("closing the dialog is no answer: an approval that comes then still connects", async () => {
  const slow = wallets("slow", FIRST);
  const asked = connect(slow.entry);
  isConnectOpen.value = false;
  slow.approve();
  await asked;
  assert.equal(account.value, FIRST);
});

test("a question that needs no person ends, with a sentence that says what to do", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = request({ request: () => new Promise(() => {}) }, "eth_chainId");
  const ended = assert.rejects(asked, (error) => error instanceof WalletSilent && /not answered for 15 s\. Open and unlock it, or connect another one/.test(error.message));
  context.mock.timers.tick(READ_WITHIN_MS);
  await ended;
  assert.equal(await request({ request: async () => "0x1" }, "eth_chainId"), "0x1");
});
