import { lazy } from "../ui/lazy.tsx";
import type { Transaction } from "./transaction.ts";
import { transactions } from "./store.ts";

const SHOWN = 4;
const TransactionCard = lazy(() => import("./card.tsx").then((code) => code.TransactionCard));

interface Properties {
  /** Which transactions belong here; each is shown beside what it was sent from. */
  shows(transaction: Transaction): boolean;
}

/**
 * Transactions under way, in the flow of the page so that they never cover anything: the newest with its steps, settled and
 * older ones folded to a line.
 */
export function Tray({ shows }: Properties) {
  return (
    <section class="tray" aria-live="polite" aria-label="Your transactions">
      {transactions.value
        .filter(shows)
        .slice(0, SHOWN)
        .map((transaction, index) => (
          <TransactionCard key={transaction.id} transaction={transaction} isNewest={index === 0} />
        ))}
    </section>
  );
}
