import { nodes, phases } from "../api/store.ts";
import type { Phase } from "../api/types.ts";
import { sameAddress, shortHex } from "../format/address.ts";
import { clock } from "../ui/clock.ts";

/** A node that has not moved for this long is the operator's matter and no longer news for holders. */
const FORGOTTEN_AFTER_MS = 5 * 60_000;

/** The fleet's phases before a node is open, in words. A phase that is not here is no news for holders. */
const WORDS: Record<string, string> = {
  requested: "it has been asked for",
  provisioning: "its two replicas are being made",
  booting: "its two replicas are starting",
  healthy: "its replicas are healthy",
  wallet_known: "its wallet is known",
  proven: "its wallet has signed for this pool",
  registering: "it is registering with the contract",
};

/** Nodes that the fleet is making right now: what will slide into the list next. */
export function NodesOnTheWay() {
  const listed = nodes.value?.data ?? [];
  const coming = [...phases.value.values()].filter(
    (phase) =>
      phase.phase in WORDS &&
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
  return `${wallet ? `Node ${shortHex(wallet)}` : "A new node"} is on its way: ${WORDS[phase]}.`;
}
