import type { PoolNode, RewardRate } from "../api/types.ts";
import { printBps } from "../format/ratio.ts";
import { printDuration } from "../format/time.ts";

/** What the stakers of a node or of the pool got, as a rate, with the window that it looks back and how it is computed. */
export function EarnedRate({ rate: { annual_bps: annual, window_seconds: seconds } }: { rate: RewardRate }) {
  return (
    <>
      {annual === null ? "not known yet" : `${printBps(annual)} a year`}
      <span class="fact-note">
        {annual === null ? "known after a first day with stake; " : `what vested in the last ${printDuration(seconds)}, after the fee, over the active stake; `}
        <a href="/help#rate">how it is computed</a>
      </span>
    </>
  );
}

/** How much of the last week a node ran, of the time in which its fleet looked. */
export function Uptime({ uptime }: { uptime: PoolNode["uptime"] }) {
  if (!uptime) return <>not known: nobody here looks at this node</>;
  return (
    <>
      {printBps(uptime.up_bps)}
      <span class="fact-note">of the {printDuration(uptime.seen_seconds)} of the last week in which its fleet looked</span>
    </>
  );
}
