import type { NodeStatus, PoolNode } from "../api/types.ts";
import { finalizedBlock } from "../api/store.ts";
import { groupDigits } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";
import { penalised } from "./half-price.ts";

const WORDS: Record<NodeStatus, [word: string, meaning: string]> = {
  active: ["Open", "Takes new stake"],
  closed: ["Closed", "Takes no new stake for now; leaving and claiming work"],
  retired: ["Retired", "Takes no stake and no rewards any more; stake can leave"],
};

export function StatusBadge({ status }: { status: NodeStatus }) {
  const [word, meaning] = WORDS[status];
  return (
    <span class={`badge badge-${status}`} title={meaning}>
      {word}
    </span>
  );
}

/** A penalty that was requested, or the part of each share that penalties have taken. */
export function PenaltyBadge({ node }: { node: PoolNode }) {
  if (node.penalty_until) return <span class="badge badge-closed">penalty pending</span>;
  const taken = penalised(node);
  return taken > 0 ? <span class="badge badge-closed">penalised {printBps(taken)}</span> : null;
}

/** Shown until the block that registered the node is final: a reorg could still take it away. */
export function NewBadge({ node }: { node: PoolNode }) {
  if (node.registered_block === null || node.registered_block <= finalizedBlock.value || node.finalized) return null;
  return <span class="badge badge-new">new · block {groupDigits(String(node.registered_block))} · not final</span>;
}
