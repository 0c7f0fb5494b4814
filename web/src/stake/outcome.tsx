import { config, pool } from "../api/store.ts";
import { exactLink, printLink } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";
import { printDuration } from "../format/time.ts";
import { nodeName } from "../nodes/name.ts";
import { holdings, stakeOn } from "../positions/holdings.ts";
import { Amount } from "../ui/amount.tsx";
import { account } from "../wallet/session.ts";
import { yearlyJuels } from "./estimate.ts";
import { isSpread, parts } from "./form.ts";
import { refusal } from "./verdict.ts";

/** "You will have …": what the holder has on each node afterwards, and what that would earn. */
export function Outcome() {
  const wanted = parts.value;
  // Before their stake is known, a sum with it would be wrong.
  if (!wanted || refusal.value || (account.value && !holdings.value)) return null;
  return (
    <div class="outcome">
      {wanted.map(({ node, amount }) => {
        const before = stakeOn(node.address);
        return (
          <p key={node.address}>
            {isSpread.value ? (
              <>
                <Amount juels={amount} /> on {nodeName(node)}
              </>
            ) : (
              <>
                You will have <strong title={`${exactLink(before + amount)} LINK`}>{printLink(before + amount)} LINK</strong> on {nodeName(node)}
              </>
            )}
            {before > 0n && <span class="muted"> ({printLink(before)} there already)</span>}
          </p>
        );
      })}
      <Prospect amount={wanted.reduce((sum, { amount }) => sum + amount, 0n)} />
    </div>
  );
}

function Prospect({ amount }: { amount: bigint }) {
  const rate = pool.value?.data.reward_rate.annual_bps ?? null;
  return (
    <p class="muted">
      {rate !== null && (
        <>
          About <Amount juels={yearlyJuels(amount, rate)} places={2} /> a year if the pool's {printBps(rate)} lasts, which nobody promises.{" "}
        </>
      )}
      Can leave {printDuration(config.value?.unbonding_seconds ?? 0)} after you ask.
    </p>
  );
}
