import { sameAddress, shortHex } from "../format/address.ts";
import { printLink } from "../format/juels.ts";
import { isAsking } from "../transactions/transaction.ts";
import { transactions } from "../transactions/store.ts";
import { isSent, submit } from "../transactions/submit.ts";
import { changeChain, switchProblem } from "../wallet/chain.ts";
import { account, isWrongChain, openConnect } from "../wallet/session.ts";
import { AMOUNT_FIELD, amountText, chosenNode, missingPick, typedAmount } from "./form.ts";
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
  return amount.kind === "amount" && amount.juels > 0n && chosenNode.value ? `Stake ${printLink(amount.juels)} LINK` : "Enter an amount";
}

/** The connected account's stake that its wallet has not answered yet. */
function askingStake() {
  return transactions.value.find((known) => known.isStake && isAsking(known) && sameAddress(known.account, account.value));
}

/** What the form's button and the Enter key do. The button can be pressed twice before the page is drawn again. */
export async function pressStake(): Promise<void> {
  const amount = typedAmount.value;
  const node = chosenNode.value;
  const staker = account.value;
  if (!staker) return openConnect(AMOUNT_FIELD);
  if (isWrongChain.value) return changeChain();
  if (amount.kind !== "amount" || !node || !isReady.value || askingStake()) return;
  const text = amountText.value;
  const sent = await submit({
    title: `Stake ${printLink(amount.juels)} LINK on ${shortHex(node.address)}`,
    node: node.address,
    isStake: true,
    encode: (contract) => contract.stake(staker, node.address, amount.juels),
  });
  if (isSent(sent) && amountText.value === text) amountText.value = "";
}
