import { sameAddress, shortHex } from "../format/address.ts";
import { printLink } from "../format/juels.ts";
import { isAsking } from "../transactions/transaction.ts";
import { transactions } from "../transactions/store.ts";
import { isSent, submit } from "../transactions/submit.ts";
import { changeChain, switchProblem } from "../wallet/chain.ts";
import { account, isWrongChain, openConnect } from "../wallet/session.ts";
import { AMOUNT_FIELD, amountText, missingPick, parts, typedAmount } from "./form.ts";
import { encodable } from "./spread.ts";
import { isReady } from "./verdict.ts";

/** The one button of the form: it always says the next thing to do. */
export function StakeButton() {
  if (!account.value) {
    return (
      <button type="submit" class="button button-primary button-wide">
        Connect wallet to stake
      </button>
    );
  }
  if (isWrongChain.value) {
    return (
      <>
        <button type="submit" class="button button-primary button-wide">
          Switch network
        </button>
        <p class="hint" aria-live="polite">
          {switchProblem.value}
        </p>
      </>
    );
  }
  const asking = askingStake();
  return (
    <button type="submit" class="button button-primary button-wide" disabled={!isReady.value || asking !== undefined} aria-describedby="stake-hint">
      {asking?.stage === "confirm" ? "Confirm in your wallet…" : asking ? "Checking…" : nextStep()}
    </button>
  );
}

function nextStep(): string {
  const amount = typedAmount.value;
  if (missingPick.value) return "Pick another node";
  return amount.kind === "amount" && amount.juels > 0n ? `Stake ${printLink(amount.juels)} LINK` : "Enter an amount";
}

/** The connected account's stake that its wallet has not answered yet. */
function askingStake() {
  return transactions.value.find((known) => known.isStake && isAsking(known) && sameAddress(known.account, account.value));
}

/** What the form's button and the Enter key do. The button can be pressed twice before the page is drawn again. */
export async function pressStake(): Promise<void> {
  const wanted = parts.value;
  const staker = account.value;
  if (!staker) return openConnect(AMOUNT_FIELD);
  if (isWrongChain.value) return changeChain();
  if (!wanted || !isReady.value || askingStake()) return;
  const text = amountText.value;
  const only = wanted.length === 1 ? wanted[0]?.node : undefined;
  const total = wanted.reduce((sum, { amount }) => sum + amount, 0n);
  const sent = await submit({
    title: `Stake ${printLink(total)} LINK on ${only ? shortHex(only.address) : `${wanted.length} nodes`}`,
    node: only?.address ?? null,
    isStake: true,
    juels: total,
    encode: (contract) => contract.stake(staker, encodable(wanted)),
  });
  if (isSent(sent) && amountText.value === text) amountText.value = "";
}
