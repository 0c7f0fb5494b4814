import { config } from "../api/store.ts";
import { shortHex } from "../format/address.ts";
import { printLink } from "../format/juels.ts";
import { transactions } from "../transactions/store.ts";
import { submit } from "../transactions/submit.ts";
import { switchChain } from "../wallet/chain.ts";
import { linkBalance } from "../wallet/balances.ts";
import { account, isConnectOpen, isWrongChain, wallet } from "../wallet/session.ts";
import { amountText, chosenNode, missingPick, typedAmount } from "./form.ts";

/** The one button of the form: it always says the next thing to do. */
export function StakeButton() {
  const amount = typedAmount.value;
  const isReady = amount.kind === "amount" && amount.juels > 0n && chosenNode.value !== null;
  const isShort = amount.kind === "amount" && linkBalance.value !== null && amount.juels > linkBalance.value;
  if (!account.value) {
    return (
      <button type="button" class="button button-primary button-wide" onClick={() => (isConnectOpen.value = true)}>
        Connect wallet to stake
      </button>
    );
  }
  if (isWrongChain.value) {
    return (
      <button type="button" class="button button-primary button-wide" onClick={() => void changeChain()}>
        Switch network
      </button>
    );
  }
  const asking = transactions.value.find((known) => known.title.startsWith(TITLE) && (known.stage === "checking" || known.stage === "confirm"));
  return (
    <button type="submit" class="button button-primary button-wide" disabled={!isReady || isShort || asking !== undefined}>
      {asking?.stage === "confirm" ? "Confirm in your wallet…" : asking ? "Checking…" : isReady && amount.kind === "amount" ? `Stake ${printLink(amount.juels)} LINK` : missingPick.value ? "Pick another node" : "Enter an amount"}
    </button>
  );
}

const TITLE = "Stake ";

export async function sendStake(): Promise<void> {
  const amount = typedAmount.value;
  const node = chosenNode.value;
  const staker = account.value;
  if (amount.kind !== "amount" || !node || !staker) return;
  const sent = await submit({
    title: `${TITLE}${printLink(amount.juels)} LINK on ${shortHex(node.address)}`,
    node: node.address,
    encode: (contract) => contract.stake(staker, node.address, amount.juels),
  });
  if (sent?.stage === "sent") amountText.value = "";
}

async function changeChain(): Promise<void> {
  if (wallet.value && config.value) await switchChain(wallet.value.provider, config.value);
}
