import type { ComponentChildren } from "preact";
import type { AsOfValue } from "../api/store.ts";
import type { ChainEvent, EventType } from "../api/types.ts";
import type { Address } from "../format/address.ts";
import { groupDigits, juels } from "../format/juels.ts";
import { printDate } from "../format/time.ts";
import { AddressLabel } from "../ui/address.tsx";
import { Amount } from "../ui/amount.tsx";
import { Hash } from "../ui/hash.tsx";
import { nodeNameAt } from "./name.ts";

/** The contract's events, in words: all of them. A page from before an update shows one that came with it by its name. */
const WORDS: Record<EventType, string> = {
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
  FeesPaid: "Fees paid",
  SinkPaid: "Penalties paid out",
  PoolCreated: "Pool created",
  Paused: "Pause changed",
  FeeChanged: "Fee changed",
  FeeRecipientChanged: "Fee recipient changed",
  DefaultCapChanged: "Default cap changed",
  NetworkReported: "Network reported",
  CeilingChanged: "Network ceiling changed",
  ProoflessChanged: "Registration without proof changed",
  RolesChanged: "Roles changed",
  OwnershipTransferStarted: "Ownership offered",
  OwnershipTransferred: "Ownership accepted",
  Rescued: "Stray token sent on",
};

interface Properties {
  title: string;
  known: AsOfValue<ChainEvent[]> | null;
  /** Why they could not be read, or not again. */
  problem: string | null;
  /** Whom a row names: who acted on one node, on which node one staker acted, or both. */
  names: "staker" | "node" | "both";
  /** Beside the title. */
  tools?: ComponentChildren;
}

export function EventTable({ title, known, problem, names, tools }: Properties) {
  const events = known?.data ?? [];
  if (events.length === 0 && !problem) return null;
  return (
    <section class="panel" aria-labelledby="events-title">
      <header class="panel-head">
        <h2 id="events-title" class="panel-title">
          {title}
        </h2>
        {tools}
      </header>
      {problem && <p class="hint">{problem}</p>}
      {events.length > 0 && <Rows events={events} names={names} />}
    </section>
  );
}

function Rows({ events, names }: { events: readonly ChainEvent[]; names: Properties["names"] }) {
  return (
      <table class="table">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">What</th>
            {names !== "staker" && <th scope="col">Node</th>}
            {names !== "node" && <th scope="col">Who</th>}
            <th scope="col" class="number">
              LINK
            </th>
            <th scope="col">Transaction</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <EventRow key={event.id} event={event} names={names} />
          ))}
        </tbody>
      </table>
  );
}

function EventRow({ event, names }: { event: ChainEvent; names: Properties["names"] }) {
  return (
    <tr>
      <td data-label="When" title={`block ${groupDigits(String(event.block_number))}`}>
        <span>
          {printDate(event.block_timestamp)}
          {!event.finalized && <span class="muted"> · not final</span>}
        </span>
      </td>
      <td data-label="What">{WORDS[event.type] ?? event.type}</td>
      {names !== "staker" && <td data-label="Node">{event.node ? <a href={`/nodes/${event.node}`}>{nodeNameAt(event.node)}</a> : "–"}</td>}
      {names !== "node" && (
        <td data-label="Who">
          <Party address={event.staker ?? event.account} />
        </td>
      )}
      <td class="number" data-label="LINK">
        {event.amount_juels ? <Amount juels={juels(event.amount_juels)} bare /> : "–"}
      </td>
      <td data-label="Transaction">
        <Hash hash={event.transaction_hash} />
      </td>
    </tr>
  );
}

function Party({ address }: { address: Address | null }) {
  if (!address) return <>–</>;
  return <AddressLabel address={address} size={20} href={`/stakers/${address}`} />;
}
