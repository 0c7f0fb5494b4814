import { useEffect } from "preact/hooks";
import { reach, stakerProblem } from "../api/store.ts";
import type { Position, Staker } from "../api/types.ts";
import { juels } from "../format/juels.ts";
import { type Transaction, isOfPosition } from "../transactions/transaction.ts";
import { Tray } from "../transactions/tray.tsx";
import { Amount } from "../ui/amount.tsx";
import { AllButtons } from "./all-buttons.tsx";
import { readingProblem, startContractReading } from "./contract-reading.ts";
import { fromContract, holdings } from "./holdings.ts";
import { PositionCard } from "./position.tsx";
import { SelfCheck } from "./self-check.tsx";

/** Positions on the first page; the page of one's own stake has them all. */
const BRIEF = 3;

/** The connected holder's own stake. */
export function PositionsPanel({ isBrief = false }: { isBrief?: boolean }) {
  useEffect(startContractReading, []);
  const known = holdings.value;
  const isDirect = known !== null && known === fromContract.value;
  const Title = isBrief ? "h2" : "h1";
  return (
    <section class="panel" aria-labelledby="positions-title">
      <header class="panel-head">
        <Title id="positions-title" class="panel-title">
          Your stake
        </Title>
        {isDirect && <span class="badge badge-new">read through your wallet</span>}
        {known && !isDirect && known.data.positions.length > 0 && <SelfCheck known={known} />}
      </header>
      {known ? <Holdings holder={known.data} canAct {...(isBrief ? { most: BRIEF } : {})} /> : <p class="empty">{waitingText()}</p>}
      <Tray shows={(transaction) => !transaction.isStake && !isShownAbove(transaction, known?.data, isBrief ? BRIEF : Infinity)} />
    </section>
  );
}

function waitingText(): string {
  if (reach.value !== "down") return stakerProblem.value ?? "Reading your stake…";
  return readingProblem.value ?? "Reading your stake from the contract…";
}

/** True for a transaction that the card of its own position shows. */
export function isShownAbove(transaction: Transaction, holder: Staker | undefined, most = Infinity): boolean {
  return held(holder?.positions ?? []).slice(0, most).some((position) => isOfPosition(transaction, position));
}

interface Properties {
  holder: Staker;
  canAct: boolean;
  /** Positions shown; the others are one link away. */
  most?: number;
}

export function Holdings({ holder, canAct, most = Infinity }: Properties) {
  const all = held(holder.positions);
  if (all.length === 0) {
    return <p class="empty">{canAct ? "No stake yet. Enter an amount and sign once: it earns from the next block on." : "This address has nothing staked here."}</p>;
  }
  return (
    <>
      <dl class="sums">
        <Sum name="Active" value={holder.active_stake_juels} />
        <Sum name="Rewards, estimated" value={holder.rewards_juels} />
        <Sum name="Unbonding" value={holder.unbonding_stake_juels} />
        <Sum name="Ready to withdraw" value={holder.withdrawable_juels} />
      </dl>
      {canAct && <AllButtons positions={all} />}
      <ul class="positions">
        {all.slice(0, most).map((position) => (
          <PositionCard key={position.staker + position.node} position={position} canAct={canAct} />
        ))}
      </ul>
      {Number.isFinite(most) && (
        <p class="more">
          <a href="/positions">{all.length > most ? `All ${all.length} positions, and your history` : "Timeline and history"}</a>
        </p>
      )}
    </>
  );
}

function Sum({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Amount juels={juels(value)} />
      </dd>
    </div>
  );
}

function held(positions: readonly Position[]): Position[] {
  return positions.filter((position) => BigInt(position.active_shares) > 0n || juels(position.rewards_juels) > 0n || position.tickets.length > 0);
}
