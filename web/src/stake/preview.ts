/** Rehearses the stake while it is being typed: the network fee if the contract would accept it, its sentence if not. */

import { effect, signal } from "@preact/signals";
import type { Address } from "../format/address.ts";
import { loadContract } from "../wallet/chunk.ts";
import type { Fee } from "../wallet/contract.ts";
import type { Provider } from "../wallet/eip1193.ts";
import { describeFailure } from "../wallet/failure.ts";
import { linkBalance } from "../wallet/balances.ts";
import { account, isWrongChain, wallet } from "../wallet/session.ts";
import { parts } from "./form.ts";
import { type Part, encodable } from "./spread.ts";
import { knownRefusal } from "./refusal.ts";

export type Preview =
  | { kind: "none" }
  | { kind: "accepted"; fee: Fee }
  | { kind: "refused"; sentence: string }
  /** The contract could not be asked. It is asked again before anything is signed, so this stops nobody. */
  | { kind: "unknown"; sentence: string };

export const preview = signal<Preview>({ kind: "none" });

const TYPING_PAUSE_MS = 350;
/** The contract may have changed its mind, and the figures that would say so may not come. */
const ASK_AGAIN_MS = 12_000;
const NONE: Preview = { kind: "none" };

/** Runs until the returned function is called. Every new figure asks again. */
export function startPreview(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let round = 0;
  let asked = "";
  const stop = effect(() => {
    clearTimeout(timer);
    round += 1;
    const mine = round;
    const provider = wallet.value?.provider;
    const staker = account.value;
    const wanted = parts.value;
    const isAsked = !isWrongChain.value && linkBalance.value !== null && knownRefusal.value === null;
    const question = isAsked && wanted ? `${staker} ${wanted.map(({ node, amount }) => `${node.address} ${amount}`).join()}` : "";
    // New figures ask the same again; until then the last answer stands.
    if (question !== asked) preview.value = NONE;
    asked = question;
    if (!provider || !staker || !wanted || !isAsked) return;
    const ask = async () => {
      const result = await rehearse(provider, staker, wanted);
      if (mine !== round) return;
      preview.value = result;
      if (result.kind !== "accepted") timer = setTimeout(() => void ask(), ASK_AGAIN_MS);
    };
    timer = setTimeout(() => void ask(), TYPING_PAUSE_MS);
  });
  return () => {
    clearTimeout(timer);
    round += 1;
    stop();
  };
}

async function rehearse(provider: Provider, staker: Address, wanted: readonly Part[]): Promise<Preview> {
  try {
    const contract = await loadContract();
    const call = contract.stake(staker, encodable(wanted));
    const sentence = await contract.simulate(provider, staker, call);
    if (sentence) return { kind: "refused", sentence };
    return { kind: "accepted", fee: await contract.estimateFee(provider, staker, call) };
  } catch (error) {
    return { kind: "unknown", sentence: `The contract could not be asked yet. ${describeFailure(error).text}` };
  }
}
