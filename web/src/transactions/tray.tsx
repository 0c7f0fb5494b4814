import { useEffect, useState } from "preact/hooks";
import { Hash } from "../ui/hash.tsx";
import { CloseIcon } from "../ui/icons.tsx";
import type { Transaction } from "./lifecycle.ts";
import { dismiss, transactions } from "./store.ts";
import { STEPS, describe, stepsDone, summarise, toneOf } from "./words.ts";

const SHOWN = 4;
const FINAL_SHOWN_MS = 15_000;
/** Once indexed there is nothing left to do but wait, so the card folds itself away. */
const INDEXED_OPEN_MS = 8_000;

/** The transactions under way at the edge of every page: the newest with its steps, settled and older ones folded to a line. */
export function Tray() {
  return (
    <section class="tray" aria-live="polite" aria-label="Your transactions">
      {transactions.value.slice(0, SHOWN).map((transaction, index) => (
        <TransactionCard key={transaction.id} transaction={transaction} isNewest={index === 0} />
      ))}
    </section>
  );
}

function TransactionCard({ transaction, isNewest }: { transaction: Transaction; isNewest: boolean }) {
  const { id, stage, title, hash } = transaction;
  const tone = toneOf(stage);
  const [isOpen, setOpen] = useState(true);
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
    <article class={`transaction transaction-${tone}`} data-stage={stage}>
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
      {isOpen && (
        <>
          {tone !== "calm" && tone !== "problem" && <Steps stage={stage} />}
          <p>{describe(transaction)}</p>
          {hash && (
            <p class="transaction-hash">
              <Hash hash={hash} />
            </p>
          )}
        </>
      )}
    </article>
  );
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
