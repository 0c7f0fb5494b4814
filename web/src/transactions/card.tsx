import { useEffect, useRef, useState } from "preact/hooks";
import { sameAddress, shortHex } from "../format/address.ts";
import { clock } from "../ui/clock.ts";
import { Hash } from "../ui/hash.tsx";
import { CloseIcon } from "../ui/icons.tsx";
import { account } from "../wallet/session.ts";
import { type Transaction, isAsking } from "./transaction.ts";
import { abandon, dismiss } from "./store.ts";
import { STEPS, describe, stepsDone, summarise, toneOf } from "./describe.ts";

const FINAL_SHOWN_MS = 15_000;
/** Once indexed there is nothing left to do but wait, so the card folds itself away. */
const INDEXED_OPEN_MS = 8_000;

export function TransactionCard({ transaction, isNewest }: { transaction: Transaction; isNewest: boolean }) {
  const { id, stage, title } = transaction;
  const tone = toneOf(stage);
  const [isOpen, setOpen] = useState(true);
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isAsking(transaction)) bringToView(card.current);
  }, []);
  useEffect(() => {
    if (!isNewest) setOpen(false);
  }, [isNewest]);
  useEffect(() => {
    if (stage !== "indexed") return undefined;
    const timer = setTimeout(() => setOpen(false), INDEXED_OPEN_MS);
    return () => clearTimeout(timer);
  }, [stage]);
  useEffect(() => {
    if (stage !== "final") return undefined;
    const timer = setTimeout(() => dismiss(id), FINAL_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, stage]);
  return (
    <article ref={card} tabIndex={-1} class={`transaction transaction-${tone}`} data-stage={stage}>
      <header>
        <h3>
          <button type="button" class="transaction-title" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {title}
          </button>
        </h3>
        {!isOpen && <span class="transaction-summary">{summarise(transaction)}</span>}
        <button type="button" class="icon-button" onClick={() => dismiss(id)} aria-label={`Hide: ${title}`}>
          <CloseIcon />
        </button>
      </header>
      {isOpen && <Details transaction={transaction} />}
    </article>
  );
}

function Details({ transaction }: { transaction: Transaction }) {
  const { id, stage, hash } = transaction;
  const tone = toneOf(stage);
  const isAnothers = !sameAddress(account.value, transaction.account);
  return (
    <>
      {tone !== "calm" && tone !== "problem" && <Steps stage={stage} />}
      <p>{describe(transaction, isAsking(transaction) ? clock.value : 0)}</p>
      {isAnothers && <p class="muted">From account {shortHex(transaction.account)}.</p>}
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
    </>
  );
}

/** The button that was pressed is disabled by now, so the keyboard would have lost its place. */
function bringToView(card: HTMLElement | null): void {
  card?.scrollIntoView({ block: "nearest" });
  const focused = document.activeElement as HTMLButtonElement | null;
  if (!focused || focused === document.body || focused.disabled) card?.focus({ preventScroll: true });
}

function Steps({ stage }: { stage: Transaction["stage"] }) {
  const done = stepsDone(stage);
  const current = STEPS[Math.min(done, STEPS.length - 1)];
  return (
    <ol class="steps" aria-label={`Step ${Math.min(done + 1, STEPS.length)} of ${STEPS.length}: ${current?.[1]}`}>
      {STEPS.map(([name, word], index) => (
        <li key={name} class={index < done ? "step-done" : index === done ? "step-now" : ""} aria-current={index === done ? "step" : undefined}>
          <span>{word}</span>
        </li>
      ))}
    </ol>
  );
}
