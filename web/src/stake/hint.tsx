import { config } from "../api/store.ts";
import { exactLink, printLink } from "../format/juels.ts";
import { TakeAmount } from "./amount-field.tsx";
import { AMOUNT_FIELD, typeAmount } from "./form.ts";
import { type Preview, preview } from "./preview.ts";
import type { Refusal } from "./refusal.ts";
import { refusal } from "./verdict.ts";

const WEI_DECIMALS_SHOWN = 6;

/** One line under the amount: what is wrong with it and what would fit, or what the network will charge. */
export function FormHint() {
  const problem = refusal.value;
  return (
    <p id="stake-hint" class={problem ? "hint hint-problem" : "hint"} aria-live="polite">
      {problem ? <Problem {...problem} /> : noteOf(preview.value)}
    </p>
  );
}

function Problem({ sentence, instead }: Refusal) {
  return (
    <>
      {sentence}
      {instead !== null && (
        <>
          {" "}
          Take <TakeAmount field={AMOUNT_FIELD} amount={exactLink(instead)} onTake={typeAmount} /> instead?
        </>
      )}
    </>
  );
}

function noteOf(verdict: Preview): string | null {
  if (verdict.kind === "unknown") return verdict.sentence;
  return verdict.kind === "accepted" ? feeText(verdict.fee.wei, verdict.fee.balance_wei) : null;
}

function feeText(fee: bigint, balance: bigint): string {
  const coin = config.value?.currency_symbol ?? "";
  const cost = `Network fee about ${printLink(fee, WEI_DECIMALS_SHOWN).replace(/^≈/, "")} ${coin}`.trimEnd();
  return balance < fee ? `${cost}, but this account has only ${printLink(balance, WEI_DECIMALS_SHOWN)} ${coin}`.trimEnd() + "." : `${cost}.`;
}
