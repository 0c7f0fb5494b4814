import type { PoolNode } from "../api/types.ts";
import { juels, printLink } from "../format/juels.ts";
import { linkBalance } from "../wallet/balances.ts";
import { account } from "../wallet/session.ts";
import { missingPick, typedAmount } from "./form.ts";
import { preview } from "./preview.ts";

const WEI_DECIMALS_SHOWN = 6;

/** One line under the amount: what is wrong with it, or what the network will charge. The contract's word goes first. */
export function FormHint({ node }: { node: PoolNode | null }) {
  const problem = problemOf(node);
  const verdict = preview.value;
  return (
    <p id="stake-hint" class={problem ? "hint hint-problem" : "hint"} aria-live="polite">
      {problem ?? (verdict.kind === "accepted" ? feeText(verdict.fee.wei, verdict.fee.balance_wei) : "")}
    </p>
  );
}

function problemOf(node: PoolNode | null): string | null {
  if (missingPick.value) return "This node is not (or no longer) on the chain.";
  const amount = typedAmount.value;
  if (amount.kind === "invalid") return amount.reason;
  if (amount.kind !== "amount" || amount.juels === 0n) return null;
  const verdict = preview.value;
  if (verdict.kind === "refused") return verdict.sentence;
  const balance = linkBalance.value;
  if (balance !== null && amount.juels > balance) return `You have ${printLink(balance)} LINK.`;
  if (verdict.kind === "accepted") return null;
  if (node && node.status === "active" && amount.juels > juels(node.room_juels)) {
    return `This node has room for ${printLink(juels(node.room_juels))} LINK. Pick another node or a smaller amount.`;
  }
  if (!account.value && amount.juels < 10n ** 18n) return "The least a position can hold is 1 LINK.";
  return null;
}

function feeText(fee: bigint, balance: bigint): string {
  const cost = `Network fee about ${printLink(fee, WEI_DECIMALS_SHOWN).replace(/^≈/, "")} ETH`;
  return balance < fee ? `${cost}, but this account has only ${printLink(balance, WEI_DECIMALS_SHOWN)} ETH.` : `${cost}.`;
}
