/** How the pool's stake is spread over those who hold it. */

import type { ListedStaker } from "../api/types.ts";
import { JUELS_PER_LINK, juels } from "../format/juels.ts";

/** From how many LINK on an address is in a band: the largest first, and the last takes what is below. */
const BANDS = [100_000n, 10_000n, 1_000n, 100n, 0n];
const MANY = 10;
const BPS = 10_000n;

export interface Band {
  from_link: bigint;
  count: number;
  juels: bigint;
  part_bps: number;
}

export interface Sizes {
  bands: Band[];
  /** What the largest address has of all, and the largest ten together. */
  largest_bps: number;
  largest_ten_bps: number;
  count: number;
}

/** Null where nobody has stake. */
export function sizesOf(stakers: readonly Pick<ListedStaker, "active_stake_juels">[]): Sizes | null {
  const stakes = stakers.map(({ active_stake_juels: stake }) => juels(stake)).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  const sum = (some: readonly bigint[]) => some.reduce((total, stake) => total + stake, 0n);
  const whole = sum(stakes);
  if (whole === 0n) return null;
  const part = (some: readonly bigint[]) => Number((sum(some) * BPS) / whole);
  const bands = BANDS.map((from_link, index) => {
    const below = index === 0 ? null : (BANDS[index - 1] as bigint) * JUELS_PER_LINK;
    const within = stakes.filter((stake) => stake >= from_link * JUELS_PER_LINK && (below === null || stake < below));
    return { from_link, count: within.length, juels: sum(within), part_bps: part(within) };
  });
  return { bands, largest_bps: part(stakes.slice(0, 1)), largest_ten_bps: part(stakes.slice(0, MANY)), count: stakes.length };
}
