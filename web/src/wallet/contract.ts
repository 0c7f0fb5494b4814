/** Calls of the pool, their rehearsal, and its views, all through the wallet's own provider. */

import { concat, decodeFunctionResult, encodeFunctionData, encodePacked } from "viem/utils";
import type { BlockReference } from "../api/types.ts";
import type { Address } from "../format/address.ts";
import { linkAbi, poolAbi } from "./abi.ts";
import { type Provider, requestText } from "./eip1193.ts";
import { isRevert, revertDataOf } from "./failure.ts";
import { readStaker } from "./holdings-reader.ts";
import { readKeys } from "./keys-reader.ts";
import { sentenceOf } from "./revert.ts";

type Hex = `0x${string}`;

export interface Call {
  to: Address;
  data: Hex;
  /** What to rehearse when the call itself fails without saying why. */
  explainBy?: { from: Address; to: Address; data: Hex };
  /** The function returns no value, so an empty answer to its rehearsal is a success. */
  returnsNothing?: true;
  /** What it may need beyond its estimate in the block that it gets into. */
  spareGas: bigint;
}

export interface Fee {
  /** Upper estimate in wei: gas limit times the gas price asked now. */
  wei: bigint;
  /** The account's ether, in wei. */
  balance_wei: bigint;
}

export type PoolContract = ReturnType<typeof openContract>;

/** A call to an address without code succeeds and answers nothing. */
const NO_CONTRACT = "Your wallet's network has no contract at this pool's address. Check which network it uses. Nothing was sent.";
/** A node whose reward has not moved when the call is estimated may have one that has a block later: a payment, and two words written. A wallet whose
 * estimate has no margin of its own would lose the call and its fee. */
const SPARE_GAS_PER_CALL = 100_000n;
const UNEXPLAINED = "The contract refuses this, without saying why. Nothing was sent.";

export function openContract(pool: Address, token: Address, unbonding_seconds: number) {
  const call = (data: Hex): Call => ({ to: pool, data, spareGas: SPARE_GAS_PER_CALL });
  const read = async (provider: Provider, to: Address, data: Hex): Promise<Hex> =>
    (await requestText(provider, "eth_call", [{ to, data }, "latest"])) as Hex;

  return {
    pool,

    /** One transaction: LINK moves and the stakes are made in the token's callback (ERC-677), without an approval. */
    stake(staker: Address, parts: readonly { node: Address; amount: bigint }[]): Call {
      const amount = parts.reduce((sum, part) => sum + part.amount, 0n);
      const words = concat(parts.map((part) => encodePacked(["address", "uint96"], [part.node, part.amount])));
      return {
        to: token,
        data: encodeFunctionData({ abi: linkAbi, functionName: "transferAndCall", args: [pool, amount, words] }),
        spareGas: SPARE_GAS_PER_CALL * BigInt(parts.length),
        // The LINK token swallows the reason of a failed callback, so the reason comes from the callback itself.
        explainBy: {
          from: token,
          to: pool,
          data: encodeFunctionData({ abi: poolAbi, functionName: "onTokenTransfer", args: [staker, amount, words] }),
        },
      };
    },
    unbond: (node: Address, shares: bigint) => call(encodeFunctionData({ abi: poolAbi, functionName: "unbond", args: [node, shares] })),
    cancelUnbond: (node: Address, ticket: number): Call => ({
      ...call(encodeFunctionData({ abi: poolAbi, functionName: "cancelUnbond", args: [node, ticket] })),
      returnsNothing: true,
    }),
    withdraw: (node: Address, staker: Address, ticket: number) =>
      call(encodeFunctionData({ abi: poolAbi, functionName: "withdraw", args: [node, staker, ticket] })),
    withdrawRetired: (node: Address, staker: Address) =>
      call(encodeFunctionData({ abi: poolAbi, functionName: "withdrawRetired", args: [node, staker] })),
    restake: (node: Address, ticket: number, target: Address): Call => ({
      ...call(encodeFunctionData({ abi: poolAbi, functionName: "restake", args: [node, ticket, target] })),
      returnsNothing: true,
    }),
    compound: (node: Address, target: Address) => call(encodeFunctionData({ abi: poolAbi, functionName: "compound", args: [node, target] })),
    claim: (node: Address, staker: Address) => call(encodeFunctionData({ abi: poolAbi, functionName: "claim", args: [node, staker] })),
    /** Several calls of the holder's own in one transaction: all of them, or none. */
    multicall: (calls: readonly Call[]): Call => ({
      ...call(encodeFunctionData({ abi: poolAbi, functionName: "multicall", args: [calls.map(({ data }) => data)] })),
      returnsNothing: true,
      spareGas: SPARE_GAS_PER_CALL * BigInt(calls.length),
    }),

    /** Rehearses the call on the newest block. Null when it would succeed, else the contract's own sentence. */
    async simulate(provider: Provider, from: Address, { to, data, explainBy, returnsNothing }: Call): Promise<string | null> {
      try {
        const answer = await requestText(provider, "eth_call", [{ from, to, data }, "latest"]);
        return answer === "0x" && !returnsNothing ? NO_CONTRACT : null;
      } catch (error) {
        const sentence = sentenceOf(revertDataOf(error)) ?? (explainBy ? await explain(provider, explainBy) : null);
        if (sentence) return sentence;
        if (isRevert(error)) return UNEXPLAINED;
        throw error;
      }
    },

    /** The gas limit to ask the wallet for; nothing where nobody gives an estimate. What is left over costs nothing. */
    async gasLimit(provider: Provider, from: Address, { to, data, spareGas }: Call): Promise<{ gas?: string }> {
      const estimate = await requestText(provider, "eth_estimateGas", [{ from, to, data }]).catch(() => null);
      return estimate ? { gas: `0x${(BigInt(estimate) + spareGas).toString(16)}` } : {};
    },

    async estimateFee(provider: Provider, from: Address, { to, data }: Call): Promise<Fee> {
      const [gas, price, balance] = await Promise.all([
        requestText(provider, "eth_estimateGas", [{ from, to, data }]),
        requestText(provider, "eth_gasPrice"),
        requestText(provider, "eth_getBalance", [from, "latest"]),
      ]);
      return { wei: BigInt(gas) * BigInt(price), balance_wei: BigInt(balance) };
    },

    async balance(provider: Provider, owner: Address): Promise<bigint> {
      const data = encodeFunctionData({ abi: linkAbi, functionName: "balanceOf", args: [owner] });
      return decodeFunctionResult({ abi: linkAbi, functionName: "balanceOf", data: await read(provider, token, data) });
    },

    /** What the contract itself says inside an error of the wallet; null when it says nothing. */
    sentenceIn: (error: unknown): string | null => sentenceOf(revertDataOf(error)),

    readKeys: (provider: Provider, accounts: readonly Address[]) => readKeys(provider, pool, accounts),

    readStaker: (provider: Provider, holder: Address, nodes: readonly Address[] | null, at: BlockReference | null = null) =>
      readStaker({ provider, pool, holder, nodes, at, unbonding_seconds }),
  };
}

async function explain(provider: Provider, callback: { from: Address; to: Address; data: Hex }): Promise<string | null> {
  try {
    await requestText(provider, "eth_call", [callback, "latest"]);
    return null;
  } catch (error) {
    return sentenceOf(revertDataOf(error));
  }
}
