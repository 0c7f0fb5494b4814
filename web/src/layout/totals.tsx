import type { ComponentChildren } from "preact";
import { config, pool, reach } from "../api/store.ts";
import type { Pool } from "../api/types.ts";
import { exactLink, juels, printLinkShort } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";
import { printDuration } from "../format/time.ts";
import { AsOf } from "../ui/as-of.tsx";
import { Bar } from "../ui/bar.tsx";

export function Totals() {
  const known = pool.value;
  return (
    <section class="totals" aria-label="The pool">
      <div class="intro">
        <h1>Stake LINK on oracle nodes we run for you.</h1>
        <p class="lead">{leadOf()}</p>
      </div>
      <dl class="statistics">{known ? <Statistics pool={known.data} /> : <Waiting />}</dl>
      <p class="totals-foot">
        <AsOf block={known?.asOf} source="/pool" />
      </p>
    </section>
  );
}

/** The whole deal in one sentence, with the contract's own numbers. */
function leadOf(): string {
  const terms = config.value;
  const leave = terms ? `${printDuration(terms.unbonding_seconds)} after you ask` : "after an unbonding time";
  return `Choose a node, enter an amount, sign once. You earn that node's rewards and your LINK can leave ${leave}.`;
}

function Statistics({ pool: { reward_rate: rate, ...totals } }: { pool: Pool }) {
  const active = juels(totals.active_stake_juels);
  const capacity = juels(totals.capacity_juels);
  const nodeCount = totals.nodes.active + totals.nodes.closed;
  return (
    <>
      <Statistic name="Staked" exact={`${exactLink(juels(totals.stake_juels))} LINK`} value={printLinkShort(juels(totals.stake_juels))} unit="LINK">
        <Bar part={active} whole={capacity} label={`${printBps(totals.utilisation_bps)} of the pool's capacity is used`} />
      </Statistic>
      <Statistic name="Available" exact={`${exactLink(juels(totals.available_juels))} LINK`} value={printLinkShort(juels(totals.available_juels))} unit="LINK">
        of {printLinkShort(capacity)} LINK
      </Statistic>
      <Statistic
        name="Reward rate"
        value={rate.annual_bps === null ? "–" : printBps(rate.annual_bps)}
        unit={rate.annual_bps === null ? "" : "a year"}
        exact={rate.formula}
      >
        {rate.annual_bps === null ? noRate(active) : `from the last ${printDuration(rate.window_seconds)}, after the fee`}
      </Statistic>
      <Statistic name="Nodes" value={String(nodeCount)} unit="">
        {totals.nodes.active} open for stake
      </Statistic>
      <Statistic name="Stakers" value={String(totals.stakers)} unit="">
        {totals.stakers === 1 ? "address" : "addresses"}
      </Statistic>
    </>
  );
}

/** Rewards may vest already; what is missing is a stake to divide them by, or a day to go by. */
function noRate(active: bigint): string {
  return active === 0n ? "nothing is staked yet" : "known after a first day";
}

interface StatisticProperties {
  name: string;
  value: string;
  unit: string;
  exact?: string;
  children: ComponentChildren;
}

function Statistic({ name, value, unit, exact, children }: StatisticProperties) {
  return (
    <div class="statistic">
      <dt>{name}</dt>
      <dd class="statistic-value" title={exact}>
        {value} {unit && <span class="unit">{unit}</span>}
      </dd>
      <dd class="statistic-note">{children}</dd>
    </div>
  );
}

function Waiting() {
  return (
    <>
      {["Staked", "Available", "Reward rate", "Nodes", "Stakers"].map((name) => (
        <div class="statistic" key={name}>
          <dt>{name}</dt>
          {reach.value === "down" ? <dd class="statistic-value">–</dd> : <dd class="statistic-value skeleton">&nbsp;</dd>}
          <dd class="statistic-note">&nbsp;</dd>
        </div>
      ))}
    </>
  );
}
