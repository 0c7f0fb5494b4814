import { indexed, pool, whyMissing } from "../api/store.ts";
import type { ChainEvent, Pool } from "../api/types.ts";
import { useHistory } from "../api/use-history.ts";
import { useRead } from "../api/use-read.ts";
import { RewardsChart } from "../charts/rewards-chart.tsx";
import { StakeChart } from "../charts/stake-chart.tsx";
import { Chart } from "../charts/chart.tsx";
import { timesOf } from "../charts/stake-chart.tsx";
import { juels } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";
import { EarnedRate } from "../nodes/earned.tsx";
import { EventTable } from "../nodes/event-table.tsx";
import { Amount } from "../ui/amount.tsx";
import { Bar } from "../ui/bar.tsx";
import { Fact } from "../ui/fact.tsx";
import { Distribution } from "./distribution.tsx";
import { StakerSizes } from "./staker-sizes.tsx";

const SHOWN_EVENTS = 20;

export function PoolPage() {
  const known = pool.value;
  const block = indexed.value && Math.floor(indexed.value.block_number / 4);
  const events = useRead<ChainEvent[]>(block === null ? undefined : `/events?limit=${SHOWN_EVENTS}`, String(block));
  return (
    <>
      <section class="panel" aria-labelledby="pool-title">
        <h1 id="pool-title" class="panel-title panel-head">
          The pool
        </h1>
        {known ? <PoolFacts pool={known.data} /> : <p class="empty">{whyMissing("The pool's figures")}</p>}
      </section>
      <div class="charts charts-panels">
        <Panel title="Stake against capacity">
          <StakeChart hasCapacity />
        </Panel>
        <Panel title="Rewards by day, fees included">
          <RewardsChart />
        </Panel>
        <Panel title="Stakers">
          <StakersChart />
        </Panel>
        <Panel title="Stake against capacity, by node">
          <Distribution />
        </Panel>
        <Panel title="Stakers by size">
          <StakerSizes />
        </Panel>
      </div>
      <EventTable title="Latest events" {...events} names="both" />
    </>
  );
}

function Panel({ title, children }: { title: string; children: preact.ComponentChildren }) {
  return (
    <section class="panel">
      <h2 class="panel-title panel-head">{title}</h2>
      {children}
    </section>
  );
}

function PoolFacts({ pool: { reward_rate: rate, ...totals } }: { pool: Pool }) {
  const [active, capacity] = [juels(totals.active_stake_juels), juels(totals.capacity_juels)];
  return (
    <dl class="facts">
      <Fact name="Staked">
        <Amount juels={juels(totals.stake_juels)} />
      </Fact>
      <Fact name="Active">
        <Amount juels={active} /> of <Amount juels={capacity} places={0} />
        <Bar part={active} whole={capacity} label={`${printBps(totals.utilisation_bps)} of the pool's capacity is used`} />
      </Fact>
      <Fact name="Unbonding">
        <Amount juels={juels(totals.unbonding_stake_juels)} />
      </Fact>
      <Fact name="Available">
        <Amount juels={juels(totals.available_juels)} />
      </Fact>
      <Fact name="Reward rate">
        <EarnedRate rate={rate} />
      </Fact>
      <Fact name="Rewards that arrived, ever">
        <Amount juels={juels(totals.rewards_deposited_juels)} />
      </Fact>
      <Fact name="Rewards still vesting">
        <Amount juels={juels(totals.rewards_vesting_juels)} />
      </Fact>
      <Fact name="Fee of the pool">
        {printBps(totals.fee_bps)} of rewards
        <span class="fact-note">
          <Amount juels={juels(totals.fees_owed_juels)} /> not paid out yet
        </span>
      </Fact>
      <Fact name="Nodes">
        {totals.nodes.active} open, {totals.nodes.closed} closed, {totals.nodes.retired} retired
      </Fact>
      <Fact name="Stakers">{totals.stakers}</Fact>
    </dl>
  );
}

function StakersChart() {
  const { known, problem } = useHistory();
  const points = known?.data ?? [];
  if (points.length < 2) return <p class="empty">{problem ?? (known ? "The chart begins on the second day." : "Reading the last 90 days…")}</p>;
  const counts = points.map(({ stakers }) => stakers);
  return <Chart title="Addresses with active stake, by day" unit="" times={timesOf(points)} series={[{ name: "Stakers", heights: counts, texts: counts.map(String) }]} />;
}
