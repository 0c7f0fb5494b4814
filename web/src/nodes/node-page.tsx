import { useEffect } from "preact/hooks";
import { StakeChart } from "../charts/stake-chart.tsx";
import { RewardsChart } from "../charts/rewards-chart.tsx";
import { type Address, sameAddress } from "../format/address.ts";
import { PositionCard } from "../positions/position.tsx";
import { startContractReading } from "../positions/contract-reading.ts";
import { holdings } from "../positions/holdings.ts";
import { StakeCard } from "../stake/card.tsx";
import { account } from "../wallet/session.ts";
import { nodes } from "../api/store.ts";
import { NodeDetail, NodeActivity } from "./detail.tsx";

/** One node: what it is, one's own position with everything that can be done with it, the form, and what happened. */
export function NodePage({ address }: { address: Address }) {
  useEffect(startContractReading, []);
  const isKnown = nodes.value?.data.some((node) => sameAddress(node.address, address)) ?? false;
  const own = account.value ? holdings.value?.data.positions.find((position) => sameAddress(position.node, address)) : undefined;
  return (
    <div class="columns">
      <div class="column-main">
        <NodeDetail address={address} />
        {own && (
          <section class="panel" aria-labelledby="own-title">
            <h2 id="own-title" class="panel-title panel-head">
              Your position
            </h2>
            <ul class="positions">
              <PositionCard position={own} canAct />
            </ul>
          </section>
        )}
      </div>
      {isKnown && <StakeCard fixedNode={address} />}
      {isKnown && (
        <div class="column-main">
          <section class="panel" aria-labelledby="charts-title">
            <h2 id="charts-title" class="panel-title panel-head">
              Last 90 days
            </h2>
            <div class="charts">
              <div>
                <h3 class="chart-title">Stake against its cap</h3>
                <StakeChart node={address} hasCapacity />
              </div>
              <div>
                <h3 class="chart-title">Rewards, fees included</h3>
                <RewardsChart node={address} />
              </div>
            </div>
          </section>
          <NodeActivity address={address} />
        </div>
      )}
    </div>
  );
}
