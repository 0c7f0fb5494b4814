import { useEffect } from "preact/hooks";
import type { Position, Staker } from "../api/types.ts";
import { reach, stakerProblem } from "../api/store.ts";
import { juels } from "../format/juels.ts";
import { type Transaction, isOfPosition } from "../transactions/transaction.ts";
import { Tray } from "../transactions/tray.tsx";
import { Amount } from "../ui/amount.tsx";
import { AsOf } from "../ui/as-of.tsx";
import { account } from "../wallet/session.ts";
import { claimAll, perform, whyAnyBlocked } from "./actions.ts";
import { readingProblem, startContractReading } from "./contract-reading.ts";
import { fromContract, holdings } from "./holdings.ts";
import { PositionCard } from "./position.tsx";
import { SelfCheck } from "./self-check.tsx";

/** The connected holder's own stake. */
export function PositionsPanel() {
  useEffect(startContractReading, []);
  const known = holdings.value;
  const isDirect = known !== null && known === fromContract.value;
  return (
    <section class="panel" aria-labelledby="positions-title">
      <header class="panel-head">
        <h2 id="positions-title" class="panel-title">
          Your stake
        </h2>
        <AsOf block={known?.asOf} {...(isDirect ? {} : { source: `/stakers/${account.value}` })} />
        {isDirect && <span class="badge badge-new">read through your wallet</span>}
        {known && !isDirect && known.data.positions.length > 0 && <SelfCheck known={known} />}
      </header>
      {known ? <Holdings holder={known.data} canAct /> : <p class="empty">{waitingText()}</p>}
      <Tray shows={(transaction) => !transaction.isStake && !isShownAbove(transaction, known?.data)} />
    </section>
  );
}

function waitingText(): string {
  if (reach.value !== "down") return stakerProblem.value ?? "Reading your stake…";
  return readingProblem.value ?? "Reading your stake from the contract…";
}

/** True for a transaction that the card of its own position shows. */
export function isShownAbove(transaction: Transaction, holder: Staker | undefined): boolean {
  return (holder?.positions ?? []).some((position) => !isEmpty(position) && isOfPosition(transaction, position));
}

export function Holdings({ holder, canAct }: { holder: Staker; canAct: boolean }) {
  const held = holder.positions.filter((position) => !isEmpty(position));
  if (held.length === 0) {
    return <p class="empty">{canAct ? "No stake yet. Pick a node, enter an amount, and sign once." : "This address has nothing staked here."}</p>;
  }
  const claimable = held.filter((position) => juels(position.rewards_juels) > 0n);
  const reason = canAct ? whyAnyBlocked() : null;
  return (
    <>
      <dl class="sums">
        <Sum name="Active" value={holder.active_stake_juels} />
        <Sum name="Rewards, estimated" value={holder.rewards_juels} />
        <Sum name="Unbonding" value={holder.unbonding_stake_juels} />
        <Sum name="Ready to withdraw" value={holder.withdrawable_juels} />
        {canAct && claimable.length > 1 && (
          <button type="button" class="button button-small" disabled={reason !== null} onClick={() => void perform(claimAll(claimable))}>
            Claim all
          </button>
        )}
      </dl>
      {reason && claimable.length > 1 && <p class="hint sums-reason">{reason}</p>}
      <ul class="positions">
        {held.map((position) => (
          <PositionCard key={position.staker + position.node} position={position} canAct={canAct} />
        ))}
      </ul>
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

function isEmpty(position: Position): boolean {
  return BigInt(position.active_shares) === 0n && juels(position.rewards_juels) === 0n && position.tickets.length === 0;
}
