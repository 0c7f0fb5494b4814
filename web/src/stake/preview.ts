/** Rehearses the stake while it is being typed: the network fee if the contract would accept it, its sentence if not. */

import { effect, signal } from "@preact/signals";
import { loadContract } from "../wallet/chunk.ts";
import type { Fee } from "../wallet/contract.ts";
import { linkBalance } from "../wallet/balances.ts";
import { account, isWrongChain, wallet } from "../wallet/session.ts";
import { chosenNode, typedAmount } from "./form.ts";

export type Preview = { kind: "none" } | { kind: "accepted"; fee: Fee } | { kind: "refused"; sentence: string };

export const preview = signal<Preview>({ kind: "none" });

const TYPING_PAUSE_MS = 350;
const NONE: Preview = { kind: "none" };

/** Runs until the returned function is called. */
export function startPreview(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let round = 0;
  const stop = effect(() => {
    clearTimeout(timer);
    round += 1;
    const mine = round;
    preview.value = NONE;
    const provider = wallet.value?.provider;
    const staker = account.value;
    const node = chosenNode.value?.address;
    const amount = typedAmount.value;
    const balance = linkBalance.value;
    if (!provider || !staker || !node || isWrongChain.value || amount.kind !== "amount" || amount.juels === 0n) return;
    if (balance === null || balance < amount.juels) return;
    timer = setTimeout(async () => {
      const result = await rehearse(provider, staker, node, amount.juels).catch(() => NONE);
      if (mine === round) preview.value = result;
    }, TYPING_PAUSE_MS);
  });
  return () => {
    clearTimeout(timer);
    round += 1;
    stop();
  };
}

async function rehearse(
  provider: Parameters<Awaited<ReturnType<typeof loadContract>>["simulate"]>[0],
  staker: `0x${string}`,
  node: `0x${string}`,
  amount: bigint,
): Promise<Preview> {
  const contract = await loadContract();
  const call = contract.stake(staker, node, amount);
  const sentence = await contract.simulate(provider, staker, call);
  if (sentence) return { kind: "refused", sentence };
  return { kind: "accepted", fee: await contract.estimateFee(provider, staker, call) };
}
