import type { NodeStatus, PoolNode } from "../api/types.ts";
import { finalizedBlock } from "../api/store.ts";
import { groupDigits } from "../format/juels.ts";

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

/** Shown until the block that registered the node is final: a reorg could still take it away. */
export function NewBadge({ node }: { node: PoolNode }) {
  if (node.registered_block === null || node.registered_block <= finalizedBlock.value || node.finalized) return null;
  return <span class="badge badge-new">new · block {groupDigits(String(node.registered_block))} · not final</span>;
}
