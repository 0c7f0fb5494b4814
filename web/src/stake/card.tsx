import { useEffect } from "preact/hooks";
import { nodes, whyMissing } from "../api/store.ts";
import { type Address, shortHex } from "../format/address.ts";
import { exactLink, juels, printLink } from "../format/juels.ts";
import { halfPrice } from "../nodes/half-price.ts";
import { nodeName } from "../nodes/name.ts";
import { Tray } from "../transactions/tray.tsx";
import { Amount } from "../ui/amount.tsx";
import { isBalanceUnread, linkBalance } from "../wallet/balances.ts";
import { account } from "../wallet/session.ts";
import { AmountField } from "./amount-field.tsx";
import { AMOUNT_FIELD, amountText, chosenNode, isSpread, missingPick, pickNode, typeAmount, typedAmount } from "./form.ts";
import { FormHint } from "./hint.tsx";
import { Outcome } from "./outcome.tsx";
import { startPreview } from "./preview.ts";
import { available, mostPossible } from "./refusal.ts";
import { StakeButton, pressStake } from "./stake-button.tsx";
import { Terms } from "./terms.tsx";
import { refusal } from "./verdict.ts";

export function StakeCard({ fixedNode }: { fixedNode?: Address }) {
  useEffect(startPreview, []);
  useEffect(() => {
    if (fixedNode) pickNode(fixedNode);
    return () => {
      if (fixedNode) pickNode(null);
    };
  }, [fixedNode]);
  const warning = chosenNode.value && halfPrice(chosenNode.value);
  return (
    <aside class="stake-column" aria-labelledby="stake-title">
      <form
        class="panel stake-card"
        onSubmit={(event) => {
          event.preventDefault();
          void pressStake();
        }}
      >
        <h2 id="stake-title" class="panel-title">
          Stake LINK
        </h2>
        <AmountField
          id={AMOUNT_FIELD}
          label="Amount"
          text={amountText.value}
          onText={typeAmount}
          onMax={mostPossible.value ? fillMost : null}
          describedBy="stake-limits stake-hint"
          isRefused={refusal.value !== null && typedAmount.value.kind === "amount"}
        />
        <Limits />
        <NodeChoice isFixed={fixedNode !== undefined} />
        {warning && <p class="outcome outcome-warning">{warning}</p>}
        <Outcome />
        <FormHint />
        <StakeButton />
        <Tray shows={({ isStake }) => isStake || !account.value || fixedNode !== undefined} />
        <Terms />
      </form>
    </aside>
  );
}

function fillMost() {
  if (mostPossible.value !== null) typeAmount(exactLink(mostPossible.value));
}

function NodeChoice({ isFixed }: { isFixed: boolean }) {
  const chosen = chosenNode.value;
  const open = (nodes.value?.data ?? []).filter((candidate) => candidate.status === "active" || candidate === chosen);
  const missing = missingPick.value;
  return (
    <div class="node-choice">
      <label for="stake-node">On node</label>
      <select
        id="stake-node"
        class="select"
        disabled={open.length === 0 || isFixed}
        value={missing ?? chosen?.address ?? ""}
        onChange={(event) => pickNode((event.currentTarget.value || null) as Address | null)}
      >
        {missing && <option value={missing}>{shortHex(missing)} · not on the chain</option>}
        <option value="">{open.length > 0 ? "Spread over the roomiest nodes" : nodes.value ? "No node is open" : whyMissing("The list of nodes")}</option>
        {open.map((candidate) => (
          <option key={candidate.address} value={candidate.address}>
            {nodeName(candidate)} · {shortHex(candidate.address)} · {printLink(juels(candidate.available_juels), 0)} free
          </option>
        ))}
      </select>
    </div>
  );
}

function Limits() {
  const balance = linkBalance.value;
  return (
    <p id="stake-limits" class="limits">
      <span>
        {balance !== null && <>You have {<Amount juels={balance} />}</>}
        {isBalanceUnread.value && "Your balance can't be read"}
      </span>
      <span>
        {available.value !== null && (
          <>
            {isSpread.value ? "Room for" : "Available"} <Amount juels={available.value} places={isSpread.value ? 0 : 4} />
          </>
        )}
      </span>
    </p>
  );
}
