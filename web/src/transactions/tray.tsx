import { Hash } from "../ui/hash.tsx";
import { CloseIcon } from "../ui/icons.tsx";
import type { Transaction } from "./lifecycle.ts";
import { dismiss, transactions } from "./store.ts";
import { STEPS, describe, stepsDone, toneOf } from "./words.ts";

const SHOWN = 3;

/** The transactions under way, newest first, at the edge of every page. */
export function Tray() {
  return (
    <section class="tray" aria-live="polite" aria-label="Your transactions">
      {transactions.value.slice(0, SHOWN).map((transaction) => (
        <TransactionCard key={transaction.id} transaction={transaction} />
      ))}
    </section>
  );
}

function TransactionCard({ transaction }: { transaction: Transaction }) {
  const { stage, title, hash } = transaction;
  const tone = toneOf(stage);
  return (
    <article class={`transaction transaction-${tone}`} data-stage={stage}>
      <header>
        <h3>{title}</h3>
        <button type="button" class="icon-button" onClick={() => dismiss(transaction.id)} aria-label={`Hide: ${title}`}>
          <CloseIcon />
        </button>
      </header>
      {tone !== "calm" && tone !== "problem" && <Steps stage={stage} />}
      <p>{describe(transaction)}</p>
      {hash && (
        <p class="transaction-hash">
          <Hash hash={hash} />
        </p>
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
