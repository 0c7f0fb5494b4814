import type { Position, Ticket } from "../api/types.ts";
import { juels } from "../format/juels.ts";
import { printDate, printRelative } from "../format/time.ts";
import { nodeNameAt } from "../nodes/name.ts";
import { Amount } from "../ui/amount.tsx";
import { chainNow } from "./holdings.ts";

/** What is leaving, on all nodes, in the order in which it can go. */
export function Timeline({ positions }: { positions: readonly Position[] }) {
  const leaving = positions.flatMap((position) => position.tickets.map((ticket) => ({ position, ticket })));
  if (leaving.length === 0) return null;
  leaving.sort((a, b) => a.ticket.ready_at.localeCompare(b.ticket.ready_at));
  return (
    <section class="panel" aria-labelledby="timeline-title">
      <h2 id="timeline-title" class="panel-title panel-head">
        On its way out
      </h2>
      <ol class="timeline">
        {leaving.map(({ position, ticket }) => (
          <li key={`${position.node} ${ticket.index}`} class={ticket.ready ? "timeline-ready" : ""}>
            <span class="timeline-when">{whenOf(ticket)}</span>
            <span>
              <Amount juels={juels(ticket.value_juels)} /> from <a href={`/nodes/${position.node}`}>{nodeNameAt(position.node)}</a>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function whenOf(ticket: Ticket): string {
  return ticket.ready ? "Ready now" : `${printDate(ticket.ready_at)}, ${printRelative(ticket.ready_at, chainNow())}`;
}
