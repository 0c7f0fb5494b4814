import type { Position } from "../api/types.ts";
import { juels } from "../format/juels.ts";
import { claimAll, compoundAll, perform, whyAnyBlocked } from "./actions.ts";
import { compoundTarget } from "./targets.ts";

/** What can be done with the rewards of several positions at once, each in one transaction. */
export function AllButtons({ positions }: { positions: readonly Position[] }) {
  const earning = positions.filter((position) => juels(position.rewards_juels) > 0n);
  const pairs = earning.flatMap((position) => {
    const target = compoundTarget(position, positions);
    return target ? [[position, target] as const] : [];
  });
  if (earning.length < 2) return null;
  const reason = whyAnyBlocked();
  return (
    <div class="all-buttons">
      <button type="button" class="button button-small" disabled={reason !== null} onClick={() => void perform(claimAll(earning))}>
        Claim all
      </button>
      {pairs.length > 1 && (
        <button type="button" class="button button-small" disabled={reason !== null} onClick={() => void perform(compoundAll(pairs))}>
          Stake all rewards
        </button>
      )}
      <span class="hint">{reason ?? `In one transaction${pairs.length > 1 && pairs.length < earning.length ? `; ${pairs.length} of ${earning.length} nodes can take more` : ""}.`}</span>
    </div>
  );
}
