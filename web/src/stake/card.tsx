import { useEffect } from "preact/hooks";
import { nodes, whyMissing } from "../api/store.ts";
import type { PoolNode } from "../api/types.ts";
import { type Address, shortHex } from "../format/address.ts";
import { exactLink, juels, printLink, printLinkShort } from "../format/juels.ts";
import { halfPrice } from "../nodes/half-price.ts";
import { holdings, stakeOn } from "../positions/holdings.ts";
import { Amount } from "../ui/amount.tsx";
import { Identicon } from "../ui/identicon.tsx";
import { Tray } from "../transactions/tray.tsx";
import { isBalanceUnread, linkBalance } from "../wallet/balances.ts";
import { account } from "../wallet/session.ts";
import { AmountField } from "./amount-field.tsx";
import { FormHint } from "./hint.tsx";
import { AMOUNT_FIELD, amountText, chosenNode, missingPick, pickNode, typeAmount, typedAmount } from "./form.ts";
import { startPreview } from "./preview.ts";
import { mostPossible, available } from "./refusal.ts";
import { StakeButton, pressStake } from "./stake-button.tsx";
import { Terms } from "./terms.tsx";
import { refusal } from "./verdict.ts";

export function StakeCard({ fixedNode }: { fixedNode?: Address }) {
  useEffect(startPreview, []);
  useEffect(() => {
    if (fixedNode) pickNode(fixedNode);
  }, [fixedNode]);
  const node = chosenNode.value;
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
        <NodeChoice node={node} isFixed={fixedNode !== undefined} />
        {node && halfPrice(node) && <p class="outcome">{halfPrice(node)}</p>}
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
        <Outcome node={node} />
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

function NodeChoice({ node, isFixed }: { node: PoolNode | null; isFixed: boolean }) {
  const open = (nodes.value?.data ?? []).filter((candidate) => candidate.status === "active" || candidate === node);
  return (
    <div class="node-choice">
      <label for="stake-node">On node</label>
      <div class="select-box">
        {node && <Identicon address={node.address} size={26} />}
        <select
          id="stake-node"
          disabled={open.length === 0 || isFixed}
          value={node?.address ?? ""}
          onChange={(event) => pickNode(event.currentTarget.value as Address)}
        >
          {missingPick.value ? <option value="">{shortHex(missingPick.value)} · not on the chain</option> : open.length === 0 && <option value="">{nodes.value ? "No node is open" : whyMissing("The list of nodes")}</option>}
          {open.map((candidate) => (
            <option key={candidate.address} value={candidate.address}>
              {shortHex(candidate.address)} · {printLinkShort(juels(candidate.available_juels))} free
            </option>
          ))}
        </select>
      </div>
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
      <span>{available.value !== null && <>Available {<Amount juels={available.value} />}</>}</span>
    </p>
  );
}

/** "You will have …": what the position on this node holds afterwards, with what is there already. */
function Outcome({ node }: { node: PoolNode | null }) {
  const amount = typedAmount.value;
  const before = node ? stakeOn(node.address) : 0n;
  // Before their stake is known, a sum with it would be wrong.
  if (!node || amount.kind !== "amount" || amount.juels === 0n || (account.value && !holdings.value)) return null;
  return (
    <p class="outcome">
      You will have <strong title={`${exactLink(before + amount.juels)} LINK`}>{printLink(before + amount.juels)} LINK</strong> on <span class="hex">{shortHex(node.address)}</span>
      {before > 0n && <span class="muted"> ({printLink(before)} there already)</span>}.
    </p>
  );
}
