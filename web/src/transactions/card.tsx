import { useEffect, useRef } from "preact/hooks";
import { config, pool } from "../api/store.ts";
import { sameAddress, shortHex } from "../format/address.ts";
import { juels } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";
import { printDuration } from "../format/time.ts";
import { route } from "../router.ts";
import { yearlyJuels } from "../stake/estimate.ts";
import { Amount } from "../ui/amount.tsx";
import { clock } from "../ui/clock.ts";
import { Hash } from "../ui/hash.tsx";
import { CloseIcon } from "../ui/icons.tsx";
import { account } from "../wallet/session.ts";
import { describe, stepNames, stepsDone, summarise, toneOf } from "./describe.ts";
import { abandon, dismiss } from "./store.ts";
import { type Transaction, isAsking } from "./transaction.ts";

export function TransactionCard({ transaction }: { transaction: Transaction }) {
  const { id, stage, title, hash } = transaction;
  const tone = toneOf(stage);
  const card = useRef<HTMLElement>(null);
  // It grows when the wallet is asked.
  useEffect(() => {
    if (isAsking(transaction)) bringToView(card.current);
  }, [stage]);
  return (
    <article ref={card} tabIndex={-1} class={`transaction transaction-${tone}`} data-stage={stage}>
      <header>
        <h3>{title}</h3>
        <span class="transaction-summary">{summarise(transaction)}</span>
        <button type="button" class="icon-button" onClick={() => dismiss(id)} aria-label={`Hide: ${title}`}>
          <CloseIcon />
        </button>
      </header>
      {tone !== "calm" && tone !== "problem" && <Steps transaction={transaction} />}
      <p>{describe(transaction, isAsking(transaction) ? clock.value : 0)}</p>
      {!sameAddress(account.value, transaction.account) && <p class="muted">From account {shortHex(transaction.account)}.</p>}
      {transaction.staked && tone === "good" && <WhatComes staked={juels(transaction.staked)} />}
      {isAsking(transaction) && (
        <button type="button" class="button button-small" onClick={() => abandon(id)}>
          Stop waiting
        </button>
      )}
      {hash && (
        <p class="transaction-hash">
          <Hash hash={hash} />
        </p>
      )}
    </article>
  );
}

/** The button that was pressed is disabled by now, so the keyboard would have lost its place. */
function bringToView(card: HTMLElement | null): void {
  card?.scrollIntoView({ block: "nearest" });
  const focused = document.activeElement as HTMLButtonElement | null;
  if (!focused || focused === document.body || focused.disabled) card?.focus({ preventScroll: true });
}

function Steps({ transaction: { stage, isStake } }: { transaction: Transaction }) {
  const words = stepNames(isStake);
  const done = stepsDone(stage);
  const current = words[Math.min(done, words.length - 1)];
  return (
    <ol class="steps" aria-label={`Step ${Math.min(done + 1, words.length)} of ${words.length}: ${current}`}>
      {words.map((word, index) => (
        <li key={word} class={index < done ? "step-done" : index === done ? "step-now" : ""} aria-current={index === done ? "step" : undefined}>
          <span>{word}</span>
        </li>
      ))}
    </ol>
  );
}

/** When a stake earns, how much that may be, and when it can leave. */
function WhatComes({ staked }: { staked: bigint }) {
  const rate = pool.value?.data.reward_rate.annual_bps ?? null;
  return (
    <p>
      It earns since that block
      {rate !== null && (
        <>
          , about <Amount juels={yearlyJuels(staked, rate)} places={2} /> a year if the pool's {printBps(rate)} lasts
        </>
      )}
      . It can leave {printDuration(config.value?.unbonding_seconds ?? 0)} after you ask.{" "}
      {route.value.page !== "positions" && <a href="/positions">View my stake</a>}
    </p>
  );
}
