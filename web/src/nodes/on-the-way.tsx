import { nodes, phases } from "../api/store.ts";
import type { Phase } from "../api/types.ts";
import { sameAddress, shortHex } from "../format/address.ts";
import { clock } from "../ui/clock.ts";

/** A node that has not moved for this long is the operator's matter and no longer news for holders. */
const FORGOTTEN_AFTER_MS = 5 * 60_000;
const ENDED = new Set(["open", "retired", "failed", "stopped", "gone"]);

/** Nodes that the fleet is making right now: what will slide into the list next. */
export function NodesOnTheWay() {
  const listed = nodes.value?.data ?? [];
  const coming = [...phases.value.values()].filter(
    (phase) =>
      !ENDED.has(phase.phase) &&
      clock.value - Date.parse(phase.at) < FORGOTTEN_AFTER_MS &&
      !listed.some((node) => sameAddress(node.address, phase.wallet)),
  );
  if (coming.length === 0) return null;
  return (
    <ul class="on-the-way" aria-live="polite" aria-label="Nodes on their way">
      {coming.map((phase) => (
        <li key={phase.node_id}>
          <span class="spinner" aria-hidden="true" />
          {describe(phase)}
        </li>
      ))}
    </ul>
  );
}

function describe({ phase, wallet }: Phase): string {
  const name = wallet ? `Node ${shortHex(wallet)}` : "A new node";
  return `${name} is on its way: ${phase.replaceAll(/[-_]/g, " ")}`;
}
