import { useRef, useState } from "preact/hooks";
import { config, nodes } from "../api/store.ts";
import type { Position } from "../api/types.ts";
import { sameAddress } from "../format/address.ts";
import { juels } from "../format/juels.ts";
import { printDate } from "../format/time.ts";
import { StatusBadge } from "../nodes/badge.tsx";
import { NodeLabel } from "../nodes/label.tsx";
import { isOfPosition } from "../transactions/transaction.ts";
import { Tray } from "../transactions/tray.tsx";
import { Amount } from "../ui/amount.tsx";
import { claim, compound, perform, whyBlocked, withdrawRetired } from "./actions.ts";
import { chainNow, holdings } from "./holdings.ts";
import { compoundTarget } from "./targets.ts";
import { TicketLine } from "./ticket.tsx";
import { UnbondForm } from "./unbond-form.tsx";

export function PositionCard({ position, canAct }: { position: Position; canAct: boolean }) {
  const [isLeaving, setLeaving] = useState(false);
  const reason = canAct ? whyBlocked(position.node) : null;
  const isBlocked = reason !== null;
  const leaveButton = useRef<HTMLButtonElement>(null);
  const closeForm = () => {
    setLeaving(false);
    leaveButton.current?.focus();
  };
  const hasActive = BigInt(position.active_shares) > 0n;
  return (
    <li class="position" data-position={position.node}>
      <div class="position-head">
        <NodeLabel address={position.node} />
        {position.node_status !== "active" && <StatusBadge status={position.node_status} />}
      </div>
      <div class="position-statistics">
        <div class="position-part">
          <p class="label">Active stake</p>
          <p class="value">
            <Amount juels={juels(position.active_stake_juels)} />
          </p>
          {canAct && hasActive && position.node_status !== "retired" && (
            <button ref={leaveButton} type="button" class="button button-small" aria-expanded={isLeaving} onClick={() => setLeaving(!isLeaving)}>
              Unbond
            </button>
          )}
          {canAct && hasActive && position.node_status === "retired" && <LeaveRetired position={position} isBlocked={isBlocked} />}
        </div>
        <Rewards position={position} canAct={canAct} isBlocked={isBlocked} />
      </div>
      {reason && <p class="hint">{reason}</p>}
      {isLeaving && hasActive && <UnbondForm position={position} isBlocked={isBlocked} onSent={() => setLeaving(false)} onClose={closeForm} />}
      {position.tickets.length > 0 && (
        <ul class="tickets" aria-label="Stake that is leaving">
          {position.tickets.map((ticket) => (
            <TicketLine key={ticket.index} position={position} ticket={ticket} canAct={canAct} isBlocked={isBlocked} />
          ))}
        </ul>
      )}
      {!position.tickets_complete && <p class="hint">Only a hundred of your unbonding tickets on this node are listed.</p>}
      {canAct && <Tray shows={(transaction) => isOfPosition(transaction, position)} />}
    </li>
  );
}

function Rewards({ position, canAct, isBlocked }: { position: Position; canAct: boolean; isBlocked: boolean }) {
  const rewards = juels(position.rewards_juels);
  const target = canAct && rewards > 0n ? compoundTarget(position, holdings.value?.data.positions ?? []) : null;
  return (
    <div class="position-part">
      <p class="label">Rewards{position.rewards_estimated ? ", estimated" : ""}</p>
      <p class="value">
        <Amount juels={rewards} />
      </p>
      {canAct && rewards > 0n && (
        <span class="button-row">
          <button type="button" class="button button-small" disabled={isBlocked} onClick={() => void perform(claim(position))}>
            Claim
          </button>
          {target && (
            <button type="button" class="button button-small" disabled={isBlocked} onClick={() => void perform(compound(position, target))}>
              {sameAddress(target, position.node) ? "Stake it" : "Stake it elsewhere"}
            </button>
          )}
        </span>
      )}
    </div>
  );
}

/** On a retired node the clock of everybody started at its retirement; no request is needed. */
function LeaveRetired({ position, isBlocked }: { position: Position; isBlocked: boolean }) {
  const retiredAt = position.retired_at ?? nodes.value?.data.find((node) => sameAddress(node.address, position.node))?.retired_at;
  const unbonding_ms = (config.value?.unbonding_seconds ?? 0) * 1_000;
  if (!retiredAt) return null;
  const readyAt = Date.parse(retiredAt) + unbonding_ms;
  if (readyAt > chainNow()) return <span class="muted">can leave from {printDate(readyAt)}</span>;
  return (
    <button type="button" class="button button-small" disabled={isBlocked} onClick={() => void perform(withdrawRetired(position))}>
      Withdraw
    </button>
  );
}
