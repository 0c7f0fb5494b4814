import type { BlockReference } from "../api/types.ts";
import { groupDigits } from "../format/juels.ts";
import { printDate, printRelative } from "../format/time.ts";
import { clock } from "./clock.ts";

/** Clocks differ by a little; a block this much ahead of the reader's clock is dated, not counted from now. */
const CLOCK_SKEW_MS = 5_000;

/** The block that the figures beside it hold at. */
export function AsOf({ block }: { block: BlockReference | null | undefined }) {
  if (!block) return null;
  const at = Date.parse(block.block_timestamp);
  const age = at > clock.value + CLOCK_SKEW_MS ? printDate(at) : printRelative(Math.min(at, clock.value), clock.value);
  return (
    <span class="as-of" title={`${block.block_hash}\n${printDate(at)}`}>
      as of block {groupDigits(String(block.block_number))} · {age}
    </span>
  );
}
