// linkpool-demo-wallet
//
// A wallet for `linkpool dev` and nothing else: it announces the development chain's unlocked accounts as an EIP-6963
// wallet, so that a newcomer can stake with a click and no browser extension. It holds no key; the chain signs. Only an
// executable built with the feature `dev` contains this file, and a test looks for the first line in all others.
//
// The page's address chooses the account: `?demo=2` is the second one, and is remembered until another is chosen.
(function () {
  "use strict";

  var CHOICE = "linkpool-demo-wallet.account";
  var ICON =
    "data:image/svg+xml," +
    encodeURIComponent(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#12805c"/>' +
        '<path d="M8 12a3 3 0 0 1 3-3h10v4M8 12v9a3 3 0 0 0 3 3h11a2 2 0 0 0 2-2v-7a2 2 0 0 0-2-2H11" fill="none" ' +
        'stroke="#fff" stroke-width="2.2" stroke-linejoin="round"/><circle cx="20" cy="18.5" r="1.6" fill="#fff"/></svg>',
    );
  var listeners = {};
  var nextId = 1;

  function chosenIndex() {
    var asked = Number(new URLSearchParams(location.search).get("demo"));
    if (Number.isInteger(asked) && asked >= 1) localStorage.setItem(CHOICE, String(asked - 1));
    return Number(localStorage.getItem(CHOICE)) || 0;
  }

  function failure(code, message, data) {
    return Object.assign(new Error(message), { code: code, data: data });
  }

  async function accounts() {
    var response = await fetch("/dev/accounts");
    if (!response.ok) throw failure(4900, "The development chain does not answer.");
    var list = (await response.json()).data;
    var account = list[chosenIndex()] || list[0];
    return account ? [account.address] : [];
  }

  async function forward(method, params) {
    var response = await fetch("/dev/rpc", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: nextId++, method: method, params: params }),
    });
    var answer = await response.json().catch(function () {
      throw failure(4900, "The development chain does not answer.");
    });
    if (answer.error) throw failure(answer.error.code, answer.error.message, answer.error.data);
    return answer.result;
  }

  var provider = {
    request: async function (call) {
      switch (call.method) {
        case "eth_accounts":
        case "eth_requestAccounts":
          return accounts();
        case "wallet_switchEthereumChain":
        case "wallet_addEthereumChain":
          return null;
        default:
          return forward(call.method, call.params || []);
      }
    },
    on: function (event, listener) {
      (listeners[event] = listeners[event] || []).push(listener);
    },
    removeListener: function (event, listener) {
      listeners[event] = (listeners[event] || []).filter(function (known) {
        return known !== listener;
      });
    },
  };

  var detail = Object.freeze({
    info: Object.freeze({ uuid: crypto.randomUUID(), name: "Demo wallet", icon: ICON, rdns: "dev.linkpool.demo" }),
    provider: provider,
  });

  function announce() {
    window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: detail }));
  }

  window.addEventListener("eip6963:requestProvider", announce);
  announce();
})();
