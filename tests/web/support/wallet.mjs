// A wallet for stories: announced by EIP-6963 in the page, answered here, so that a story can decline, delay, move and mute it.

export const TEST_WALLET = "Story wallet";

/** @param {import("playwright-core").Page} page */
export async function installWallet(page, chain, account, { name = TEST_WALLET, rdns = "test.linkpool.story" } = {}) {
  const seen = [];
  const state = { account, chainId: null, isRejecting: false, knowsChain: true, gate: null, mute: [], failure: null, hash: null };
  const bridge = `ask_${rdns.replaceAll(".", "_")}`;

  async function answer(method, params) {
    seen.push({ method, params });
    if (state.mute.includes(method)) await new Promise(() => {});
    switch (method) {
      case "eth_requestAccounts":
      case "eth_accounts":
        return [state.account];
      case "eth_chainId":
        return state.chainId ?? chain.rpc("eth_chainId");
      case "wallet_switchEthereumChain":
        if (state.failure) throw state.failure;
        if (!state.knowsChain) throw { code: 4902, message: "Unrecognized chain ID" };
        state.chainId = null;
        return null;
      case "wallet_addEthereumChain":
        state.knowsChain = true;
        state.chainId = null;
        return null;
      case "eth_sendTransaction":
        await state.gate?.promise;
        if (state.isRejecting) {
          state.isRejecting = false;
          throw { code: 4001, message: "User rejected the request." };
        }
        if (state.failure) throw state.failure;
        return state.hash ?? chain.rpc(method, params);
      default:
        return chain.rpc(method, params);
    }
  }

  await page.exposeFunction(bridge, async (method, params) => {
    try {
      return { result: await answer(method, params) };
    } catch (error) {
      const source = error.cause?.code !== undefined ? error.cause : error;
      return { error: { code: source.code ?? -32603, message: String(source.message ?? error), data: source.data } };
    }
  });
  await page.addInitScript(announceInPage, { name, rdns, bridge });

  return {
    seen,
    /** How many times the wallet was asked to sign. */
    prompts: () => seen.filter(({ method }) => method === "eth_sendTransaction").length,
    rejectNext: () => (state.isRejecting = true),
    /** Holds the next signature until the returned function is called. */
    delayNext() {
      const gate = {};
      gate.promise = new Promise((resolve) => (gate.open = resolve));
      state.gate = gate;
      return () => {
        state.gate = null;
        gate.open();
      };
    },
    /** From now on these methods are never answered; none of them ends it. */
    mute: (...methods) => (state.mute = methods),
    /** What signing and switching fail with; null ends it. */
    failWith: (failure) => (state.failure = failure),
    /** What signing answers instead of sending, as a shared wallet does. */
    answerWithHash: (hash) => (state.hash = hash),
    /** The person picks another account in the wallet. */
    async changeAccount(next) {
      state.account = next;
      await page.evaluate(([event, value]) => window.dispatchEvent(new CustomEvent(event, { detail: value })), [`${bridge}.accountsChanged`, [next]]);
    },
    wrongChain(chainId, { knowsOurs = true } = {}) {
      state.chainId = chainId;
      state.knowsChain = knowsOurs;
    },
  };
}

/** Runs in the page before its own scripts. */
function announceInPage({ name, rdns, bridge }) {
  const provider = {
    async request({ method, params = [] }) {
      const { result, error } = await window[bridge](method, params);
      if (error) throw Object.assign(new Error(error.message), error);
      return result;
    },
    on(event, listener) {
      window.addEventListener(`${bridge}.${event}`, ({ detail }) => listener(detail));
    },
    removeListener() {},
  };
  const icon = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Crect width='8' height='8' fill='%23a33'/%3E%3C/svg%3E";
  const detail = Object.freeze({ info: { uuid: "b52bd2b7-9f0c-4c93-b0a7-000000000001", name, icon, rdns }, provider });
  const announce = () => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
}
