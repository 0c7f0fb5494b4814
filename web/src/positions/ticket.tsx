import { useState } from "preact/hooks";
import { config } from "../api/store.ts";
import type { Position, Ticket } from "../api/types.ts";
import { juels } from "../format/juels.ts";
import { printDate, printRelative } from "../format/time.ts";
import { Amount } from "../ui/amount.tsx";
import { Bar } from "../ui/bar.tsx";
import { cancelUnbond, perform, withdraw } from "./actions.ts";
import { chainNow } from "./holdings.ts";
import { RestakeForm } from "./restake-form.tsx";
import { canKeep } from "./targets.ts";

interface Properties {
  position: Position;
  ticket: Ticket;
  canAct: boolean;
  isBlocked: boolean;
}

/** One unbonding ticket. Time is the chain's: whether it may leave is decided by a block, not by this computer's clock. */
export function TicketLine({ position, ticket, canAct, isBlocked }: Properties) {
  const [isMoving, setMoving] = useState(false);
  const value = juels(ticket.value_juels);
  return (
    <li class="ticket" data-ticket={ticket.index}>
      <div class="ticket-text">
        <Amount juels={value} />
        <span class="muted">{ticket.ready ? " is ready to withdraw" : ` can leave ${dateText(ticket)}`}</span>
        {!ticket.ready && <Progress ticket={ticket} />}
      </div>
      {canAct && ticket.ready && (
        <button type="button" class="button button-small button-primary" disabled={isBlocked} onClick={() => void perform(withdraw(position, ticket))}>
          Withdraw
        </button>
      )}
      {canAct && ticket.ready && (
        <button type="button" class="button button-small button-quiet" aria-expanded={isMoving} onClick={() => setMoving(!isMoving)}>
          Move to another node
        </button>
      )}
      {canAct && position.node_status === "active" && canKeep(value, position.node) && (
        <button
          type="button"
          class="button button-small button-quiet"
          disabled={isBlocked}
          onClick={() => void perform(cancelUnbond(position, ticket))}
          title="Makes this stake active again"
        >
          Keep staked
        </button>
      )}
      {canAct && ticket.ready && isMoving && <RestakeForm position={position} ticket={ticket} isBlocked={isBlocked} />}
    </li>
  );
}

function Progress({ ticket }: { ticket: Ticket }) {
  const whole_ms = (config.value?.unbonding_seconds ?? 0) * 1_000;
  const left_ms = Math.max(Date.parse(ticket.ready_at) - chainNow(), 0);
  const done_ms = Math.max(whole_ms - left_ms, 0);
  return <Bar part={BigInt(Math.trunc(done_ms))} whole={BigInt(whole_ms)} label="Part of the unbonding time that has passed" />;
}

function dateText(ticket: Ticket): string {
  return `${printDate(ticket.ready_at)} (${printRelative(ticket.ready_at, chainNow())})`;
}
