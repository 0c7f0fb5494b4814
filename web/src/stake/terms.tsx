import { config, pool } from "../api/store.ts";
import { printBps } from "../format/ratio.ts";
import { printDuration } from "../format/time.ts";

/** The terms in plain words, with the contract's own numbers. */
export function Terms() {
  const current = config.value;
  if (!current) return null;
  const fee = pool.value?.data.fee_bps ?? current.fee_bps;
  return (
    <dl class="terms">
      <div>
        <dt>Maker fee</dt>
        <dd>
          {printBps(fee)} of rewards, never of your stake. It can't exceed {printBps(current.max_fee_bps)}.
        </dd>
      </div>
      <div>
        <dt>Leaving</dt>
        <dd>
          Takes {printDuration(current.unbonding_seconds)}. While it waits, your LINK earns nothing and is still at risk. Afterwards it's yours to withdraw, with
          no deadline.
        </dd>
      </div>
      <div>
        <dt>Penalties</dt>
        <dd>If a node misbehaves, everyone staked on it loses the same share. Earned rewards are not touched.</dd>
      </div>
    </dl>
  );
}
