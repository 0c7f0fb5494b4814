import type { Position } from "../api/types.ts";
import { juels } from "../format/juels.ts";

/** What to ask the contract for when somebody wants `amount` juels out of an active position. */
export type Unbonding = { kind: "shares"; shares: bigint } | { kind: "refused"; reason: string };

/**
 * Shares worth `amount`, rounded down so that never more leaves than was typed; an amount that is all there is
 * takes all of them. A position holds no active shares or at least `minimum`, so an amount that would leave a crumb is refused here.
 */
export function sharesFor(position: Position, amount: bigint, minimum: bigint): Unbonding {
  const active = BigInt(position.active_shares);
  const value = juels(position.active_stake_juels);
  if (amount === 0n) return { kind: "refused", reason: "Enter an amount." };
  if (amount > value) return { kind: "refused", reason: "That is more than is active on this node." };
  const shares = (amount * active) / value;
  if (shares === 0n) return { kind: "refused", reason: "That amount is too small to leave." };
  const left = active - shares;
  if (left > 0n && left < minimum) return { kind: "refused", reason: "This would leave less than the smallest position. Take all of it, or leave at least 1 LINK." };
  return { kind: "shares", shares };
}
