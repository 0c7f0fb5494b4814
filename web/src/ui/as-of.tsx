import type { BlockReference } from "../api/types.ts";
import { groupDigits } from "../format/juels.ts";
import { printDate, printRelative } from "../format/time.ts";
import { clock } from "./clock.ts";

/** Clocks differ by a little; a block this much ahead of the reader's clock is dated, not counted from now. */
const CLOCK_SKEW_MS = 5_000;

interface Properties {
  block: BlockReference | null | undefined;
  /** The path in the public API that gave the figures; anybody may open it. */
  source?: string;
}

/** The block that the figures of the page hold at: once a page, in its footer. */
export function AsOf({ block, source }: Properties) {
  if (!block) return null;
  const at = Date.parse(block.block_timestamp);
  const age = at > clock.value + CLOCK_SKEW_MS ? printDate(at) : printRelative(Math.min(at, clock.value), clock.value);
  return (
    <span class="as-of">
      <span title={`${block.block_hash}\n${printDate(at)}`}>
        Figures as of block {groupDigits(String(block.block_number))}, {age}
      </span>
      {source && (
        <a class="source" href={`/api/v1${source}`} target="_blank" rel="noopener">
          these figures as JSON
        </a>
      )}
    </span>
  );
}
