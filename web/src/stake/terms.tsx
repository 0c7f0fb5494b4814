import { config, pool } from "../api/store.ts";
import { printBps } from "../format/ratio.ts";
import { printDuration } from "../format/time.ts";

/** The terms in plain words, with the contract's own numbers. */
export function Terms() {
  const current = config.value;
  if (!current) return null;
  const fee = pool.value?.data.fee_bps ?? current.fee_bps;
  return (
    <ul class="terms">
      <li>
        The pool keeps {printBps(fee)} of rewards, never of your stake, and can't take more than {printBps(current.max_fee_bps)}.
      </li>
      <li>Leaving takes {printDuration(current.unbonding_seconds)}. While it waits your LINK earns nothing and is still at risk.</li>
      <li>
        If a node misbehaves, everyone staked on it loses the same share. <a href="/help#risks">What can go wrong</a>
      </li>
    </ul>
  );
}
