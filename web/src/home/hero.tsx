import type { ComponentChildren } from "preact";
import { config, pool, reach } from "../api/store.ts";
import type { Pool } from "../api/types.ts";
import { exactLink, juels, printLink } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";
import { printDuration } from "../format/time.ts";
import { Bar } from "../ui/bar.tsx";
import { lazy } from "../ui/lazy.tsx";
import { account } from "../wallet/session.ts";

const StakeChart = lazy(() => import("../charts/stake-chart.tsx").then((code) => code.StakeChart));

/** What the pool is, what it earned, and how it grew. */
export function Hero() {
  const known = pool.value;
  return (
    <section class="hero" aria-labelledby="hero-title">
      <h1 id="hero-title">Stake LINK on oracle nodes we run for you</h1>
      {!account.value && <p class="lead">{leadOf()}</p>}
      <div class="hero-body">
        <dl class="statistics">{known ? <Statistics pool={known.data} /> : <Waiting />}</dl>
        <div class="hero-chart">
          <h2 class="chart-title">LINK staked, last 90 days</h2>
          <StakeChart hasTable={false} />
        </div>
      </div>
    </section>
  );
}

/** The whole deal in one sentence, with the contract's own numbers. */
function leadOf(): string {
  const terms = config.value;
  const leave = terms ? `${printDuration(terms.unbonding_seconds)} after you ask` : "after an unbonding time";
  return `One transaction, no approval. You earn what the nodes earn, and your LINK can leave ${leave}; nobody can stop it.`;
}

function Statistics({ pool: { reward_rate: rate, ...totals } }: { pool: Pool }) {
  const [stake, active, capacity] = [juels(totals.stake_juels), juels(totals.active_stake_juels), juels(totals.capacity_juels)];
  return (
    <>
      <div class="statistic statistic-rate">
        <dt>Reward rate</dt>
        <dd class="statistic-value" title={rate.formula}>
          {rate.annual_bps === null ? "–" : printBps(rate.annual_bps)} {rate.annual_bps !== null && <span class="unit">a year</span>}
        </dd>
        <dd class="statistic-note">
          {rate.annual_bps === null ? noRate(active) : `What stakers got in the last ${printDuration(rate.window_seconds)}, after the fee, over what was staked, times a year. Not a promise.`}{" "}
          <a href="/help#rate">How it is computed</a>
        </dd>
      </div>
      <Statistic name="Staked" amount={stake}>
        <Bar part={active} whole={capacity} label={`${printBps(totals.utilisation_bps)} of the pool's capacity is used`} />
        {printBps(totals.utilisation_bps)} full, {printLink(juels(totals.available_juels), 0)} available
      </Statistic>
      <div class="statistic">
        <dt>Stakers</dt>
        <dd class="statistic-value">{totals.stakers}</dd>
        <dd class="statistic-note">
          on {totals.nodes.active} open node{totals.nodes.active === 1 ? "" : "s"}
        </dd>
      </div>
    </>
  );
}

/** Rewards may vest already; what is missing is a stake to divide them by, or a day to go by. */
function noRate(active: bigint): string {
  return active === 0n ? "Nothing is staked yet." : "Known after a first day.";
}

function Statistic({ name, amount, children }: { name: string; amount: bigint; children: ComponentChildren }) {
  return (
    <div class="statistic">
      <dt>{name}</dt>
      <dd class="statistic-value" title={`${exactLink(amount)} LINK`}>
        {printLink(amount, 0)} <span class="unit">LINK</span>
      </dd>
      <dd class="statistic-note">{children}</dd>
    </div>
  );
}

function Waiting() {
  return (
    <>
      {["Reward rate", "Staked", "Stakers"].map((name) => (
        <div class="statistic" key={name}>
          <dt>{name}</dt>
          {reach.value === "down" ? <dd class="statistic-value">–</dd> : <dd class="statistic-value skeleton">&nbsp;</dd>}
          <dd class="statistic-note">{reach.value === "down" ? "Not known: the pool's server does not answer." : <>&nbsp;</>}</dd>
        </div>
      ))}
    </>
  );
}
