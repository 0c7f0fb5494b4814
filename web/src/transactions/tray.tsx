import { lazy } from "../ui/lazy.tsx";
import type { Transaction } from "./transaction.ts";
import { transactions } from "./store.ts";

const TransactionCard = lazy(() => import("./card.tsx").then((code) => code.TransactionCard));

interface Properties {
  /** Which transactions belong here; each is shown beside what it was sent from. */
  shows(transaction: Transaction): boolean;
}

/** The newest transaction with its steps, in the flow of the page so that it never covers anything; the ones before it in one line to open. */
export function Tray({ shows }: Properties) {
  const [newest, ...earlier] = transactions.value.filter(shows);
  return (
    <section class="tray" aria-live="polite" aria-label="Your transactions">
      {newest && <TransactionCard key={newest.id} transaction={newest} />}
      {earlier.length > 0 && (
        <details class="earlier">
          <summary>
            {earlier.length} earlier transaction{earlier.length === 1 ? "" : "s"}
          </summary>
          {earlier.map((transaction) => (
            <TransactionCard key={transaction.id} transaction={transaction} />
          ))}
        </details>
      )}
    </section>
  );
}
