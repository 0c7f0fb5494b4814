// The development chain under the page: JSON-RPC, and the few contract calls that stories prepare things with.

import { createPublicClient, createWalletClient, defineChain, encodeFunctionData, encodePacked, http, parseAbi, zeroHash } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";

export const LINK = 10n ** 18n;

const POOL_ABI = parseAbi([
  "function registerNode(address wallet, uint256 deadline, bytes proof)",
  "function setRoles(address account, uint8 roles)",
  "function reportNetwork(uint32 size)",
  "function setFee(uint16 feeBps)",
  "function owner() view returns (address)",
  "function claim(address node, address staker) returns (uint256 amount)",
  "function unbond(address node, uint256 shares) returns (uint32 ticket)",
  "struct Position { uint96 shares; int128 debt; uint32 tickets; }",
  "function positionOf(address node, address staker) view returns (Position)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
]);
const LINK_ABI = parseAbi([
  "function transferAndCall(address to, uint256 value, bytes data) returns (bool)",
  "function transfer(address to, uint256 value) returns (bool)",
  "function balanceOf(address owner) view returns (uint256)",
]);
const TIMELOCK_ABI = parseAbi([
  "function getMinDelay() view returns (uint256)",
  "function hashOperation(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt) view returns (bytes32)",
  "function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay)",
  "function cancel(bytes32 id)",
]);
const OPERATOR_ABI = parseAbi(["function owner() view returns (address)", "function setAuthorizedSenders(address[] senders)"]);
const REWARD_TAG = "0x52575244";
const REGISTRAR = 1;
const REPORTER = 8;
/** As the development chain's own report has it. */
const NETWORK_NODES = 19_000;
const ONE_ETHER = "0xde0b6b3a7640000";
/** More than any call here needs: what an estimate says can be too little by the block that it gets into, after another story's. */
const GAS = 1_000_000n;

export function openChain(rpcUrl, config) {
  const chain = defineChain({ id: config.chain_id, name: "development", nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 }, rpcUrls: { default: { http: [rpcUrl] } } });
  const reader = createPublicClient({ chain, transport: http(rpcUrl), pollingInterval: 100 });
  const sender = createWalletClient({ chain, transport: http(rpcUrl) });
  const { pool_address: pool, token_address: token } = config;

  const rpc = (method, params = []) => reader.request({ method, params });

  async function send(account, address, abi, functionName, args) {
    const hash = await sender.writeContract({ account, address, abi, functionName, args, gas: GAS });
    // What a story prepares need not wait for the next second's block.
    await rpc("evm_mine");
    const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 });
    if (receipt.status !== "success") throw new Error(`${functionName} reverted`);
    return receipt;
  }

  const word = (node, amount) => encodePacked(["address", "uint96"], [node, amount]);

  const balanceOf = (owner) => reader.readContract({ address: token, abi: LINK_ABI, functionName: "balanceOf", args: [owner] });

  /** The unlocked account with the most LINK: the stories' treasury. */
  async function richest() {
    const accounts = await sender.getAddresses();
    const balances = await Promise.all(accounts.map(balanceOf));
    const most = balances.reduce((a, b) => (a > b ? a : b));
    return accounts[balances.indexOf(most)];
  }

  /** A fresh address that the chain signs for, with ether for fees. */
  async function newAccount() {
    const { address } = privateKeyToAccount(generatePrivateKey());
    await rpc("anvil_impersonateAccount", [address]);
    await rpc("anvil_setBalance", [address, ONE_ETHER]);
    return address;
  }

  /** A fresh token holder with `amount` juels, so that no story sees another's stake. */
  async function newHolder(amount) {
    const holder = await newAccount();
    await send(await richest(), token, LINK_ABI, "transfer", [holder, amount]);
    return holder;
  }

  /** A registrar and reporter of its own, so that the pool's keep their nonces. */
  async function newRegistrar() {
    const registrar = await newAccount();
    const owner = await reader.readContract({ address: pool, abi: POOL_ABI, functionName: "owner" });
    await rpc("anvil_impersonateAccount", [owner]);
    await rpc("anvil_setBalance", [owner, ONE_ETHER]);
    await send(owner, pool, POOL_ABI, "setRoles", [registrar, REGISTRAR | REPORTER]);
    await rpc("anvil_stopImpersonatingAccount", [owner]);
    return registrar;
  }

  /** Has the owner, a timelock, announce another fee, and returns what takes it back. */
  async function announceFee(feeBps) {
    const timelock = await reader.readContract({ address: pool, abi: POOL_ABI, functionName: "owner" });
    // The development chain's first account deploys, and proposes to the timelock.
    const [proposer] = await sender.getAddresses();
    const of = (functionName, args = []) => reader.readContract({ address: timelock, abi: TIMELOCK_ABI, functionName, args });
    const call = [pool, 0n, encodeFunctionData({ abi: POOL_ABI, functionName: "setFee", args: [feeBps] }), zeroHash, generatePrivateKey()];
    await send(proposer, timelock, TIMELOCK_ABI, "schedule", [...call, await of("getMinDelay")]);
    const operation = await of("hashOperation", call);
    return () => send(proposer, timelock, TIMELOCK_ABI, "cancel", [operation]);
  }

  /** Says how large the network is, of which the pool may only be a part. */
  const reportNetwork = async (size = NETWORK_NODES) => send(await newRegistrar(), pool, POOL_ABI, "reportNetwork", [size]);

  /** Registers a new wallet with its own signature. */
  async function registerNode() {
    const registrar = await newRegistrar();
    // A story may have let a month pass, after which no report counts.
    await send(registrar, pool, POOL_ABI, "reportNetwork", [NETWORK_NODES]);
    const wallet = privateKeyToAccount(generatePrivateKey());
    const deadline = 2n ** 39n;
    const [, name, version, chainId, verifyingContract] = await reader.readContract({ address: pool, abi: POOL_ABI, functionName: "eip712Domain" });
    const proof = await wallet.signTypedData({
      domain: { name, version, chainId: Number(chainId), verifyingContract },
      types: {
        NodeRegistration: [
          { name: "wallet", type: "address" },
          { name: "deadline", type: "uint256" },
        ],
      },
      primaryType: "NodeRegistration",
      message: { wallet: wallet.address, deadline },
    });
    await send(registrar, pool, POOL_ABI, "registerNode", [wallet.address, deadline, proof]);
    return wallet.address;
  }

  /** Has an Operator's owner let these accounts answer there. */
  async function letAnswer(operator, senders) {
    const owner = await reader.readContract({ address: operator, abi: OPERATOR_ABI, functionName: "owner" });
    await rpc("anvil_impersonateAccount", [owner]);
    await rpc("anvil_setBalance", [owner, ONE_ETHER]);
    await send(owner, operator, OPERATOR_ABI, "setAuthorizedSenders", [senders]);
    await rpc("anvil_stopImpersonatingAccount", [owner]);
  }

  return {
    rpc,
    letAnswer,
    newAccount,
    newHolder,
    registerNode,
    reportNetwork,
    announceFee,
    stake: (account, node, amount) => send(account, token, LINK_ABI, "transferAndCall", [pool, amount, word(node, amount)]),
    reward: async (node, amount) => send(await richest(), token, LINK_ABI, "transferAndCall", [pool, amount, `${REWARD_TAG}${word(node, amount).slice(2)}`]),
    unbond: (account, node, shares) => send(account, pool, POOL_ABI, "unbond", [node, shares]),
    balanceOf,
    /** By somebody who has nothing to do with the staker. */
    claimFor: async (staker, node) => send(await newAccount(), pool, POOL_ABI, "claim", [node, staker]),
    transactionsOf: (account) => reader.getTransactionCount({ address: account }),
    positionOf: (node, staker) => reader.readContract({ address: pool, abi: POOL_ABI, functionName: "positionOf", args: [node, staker] }),
    blockNumber: () => reader.getBlockNumber({ cacheTime: 0 }),
  };
}
