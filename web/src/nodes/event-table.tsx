import type { ChainEvent } from "../api/types.ts";
import { groupDigits, juels } from "../format/juels.ts";
import { printDate } from "../format/time.ts";
import { AddressLabel } from "../ui/address.tsx";
import { Amount } from "../ui/amount.tsx";
import { Hash } from "../ui/hash.tsx";

/** The contract's events, in words. An event without words here is shown by its name. */
const WORDS: Record<string, string> = {
  NodeRegistered: "Node registered",
  NodeClosed: "Closed to new stake",
  NodeReopened: "Opened again",
  NodeRetired: "Node retired",
  CapChanged: "Stake cap changed",
  Staked: "Staked",
  Unbonded: "Unbonding asked",
  UnbondCancelled: "Unbonding cancelled",
  Withdrawn: "Withdrawn",
  Restaked: "Moved to another node",
  RewardDeposited: "Reward arrived",
  RewardClaimed: "Reward claimed",
  RewardSwept: "Reward swept",
  PenaltyRequested: "Penalty requested",
  PenaltyVetoed: "Penalty vetoed",
  PenaltyExecuted: "Penalty taken",
};

export function EventTable({ events, title }: { events: ChainEvent[]; title: string }) {
  if (events.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="events-title">
      <header class="panel-head">
        <h2 id="events-title" class="panel-title">
          {title}
        </h2>
      </header>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Who</th>
            <th scope="col" class="number">
              LINK
            </th>
            <th scope="col">Block</th>
            <th scope="col">Transaction</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <EventRow key={event.id} event={event} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function EventRow({ event }: { event: ChainEvent }) {
  const who = event.staker ?? event.account;
  return (
    <tr>
      <td data-label="What">{WORDS[event.type] ?? event.type}</td>
      <td data-label="Who">{who ? <AddressLabel address={who} size={20} {...(event.staker ? { href: `/stakers/${who}` } : {})} /> : "–"}</td>
      <td class="number" data-label="LINK">
        {event.amount_juels ? <Amount juels={juels(event.amount_juels)} bare /> : "–"}
      </td>
      <td data-label="Block" title={printDate(event.block_timestamp)}>
        {groupDigits(String(event.block_number))}
        {!event.finalized && <span class="muted"> · not final</span>}
      </td>
      <td data-label="Transaction">
        <Hash hash={event.transaction_hash} />
      </td>
    </tr>
  );
}
