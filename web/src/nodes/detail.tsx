import { nodes, whyMissing } from "../api/store.ts";
import type { ChainEvent, PoolNode, Position } from "../api/types.ts";
import { useRead } from "../api/use-read.ts";
import { type Address, sameAddress } from "../format/address.ts";
import { groupDigits, juels } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";
import { printDate } from "../format/time.ts";
import { chainNow } from "../positions/holdings.ts";
import { AddressLabel } from "../ui/address.tsx";
import { Amount } from "../ui/amount.tsx";
import { Bar } from "../ui/bar.tsx";
import { Fact } from "../ui/fact.tsx";
import { Hash } from "../ui/hash.tsx";
import { NewBadge, PenaltyBadge, StatusBadge } from "./badge.tsx";
import { EventTable } from "./event-table.tsx";
import { halfPrice, penalised } from "./half-price.ts";
import { nodeName } from "./name.ts";
import { vestingRate } from "./rate.ts";
import { EarnedRate, Uptime } from "./earned.tsx";
import { Work } from "./work.tsx";

const SHOWN_STAKES = 20;
const SHOWN_EVENTS = 20;

function nodeAt(address: Address): PoolNode | undefined {
  return nodes.value?.data.find((candidate) => sameAddress(candidate.address, address));
}

export function NodeDetail({ address }: { address: Address }) {
  const node = nodeAt(address);
  if (!node) return <Unknown address={address} isLoaded={nodes.value !== null} />;
  return (
    <section class="panel" aria-labelledby="node-title">
      <header class="panel-head">
        <h1 id="node-title" class="panel-title">
          {nodeName(node)}
        </h1>
        <StatusBadge status={node.status} />
        <PenaltyBadge node={node} />
        <NewBadge node={node} />
      </header>
      <p class="node-address">
        <AddressLabel address={node.address} size={26} copy isWhole />
      </p>
      <NodeFacts node={node} />
    </section>
  );
}

function NodeFacts({ node }: { node: PoolNode }) {
  const [active, cap] = [juels(node.active_stake_juels), juels(node.cap_juels)];
  const rate = vestingRate(node, chainNow());
  return (
    <dl class="facts">
      <Fact name="Reward rate">
        <EarnedRate rate={node.reward_rate} />
      </Fact>
      <Fact name="Vesting now">{rate === null ? "nothing" : `${printBps(rate)} a year`}</Fact>
      <Fact name="Rewards still vesting">
        <Amount juels={juels(node.rewards_unvested_juels)} />
        {node.vest_end && <span class="fact-note">until {printDate(node.vest_end)}</span>}
      </Fact>
      <Fact name="Active stake">
        <Amount juels={active} /> of <Amount juels={cap} places={0} />
        <Bar part={active} whole={cap} label={`${printBps(node.utilisation_bps)} of the stake cap is used`} />
      </Fact>
      <Fact name="Available">
        <Amount juels={juels(node.available_juels)} />
      </Fact>
      <Fact name="Unbonding">
        <Amount juels={juels(node.unbonding_stake_juels)} />
      </Fact>
      <Fact name="Stakers">{node.stakers}</Fact>
      <Fact name="Penalties so far">{penalised(node) > 0 ? `${printBps(penalised(node))} of each share` : "none"}</Fact>
      <Fact name="Uptime">
        <Uptime uptime={node.uptime} />
      </Fact>
      <Fact name="Earned for its stakers, ever">
        <Amount juels={juels(node.rewards_earned_juels)} />
        <span class="fact-note">
          <Amount juels={juels(node.rewards_claimed_juels)} /> of it claimed
        </span>
      </Fact>
      <Work address={node.address} block={nodes.value?.asOf.block_hash} />
      <Fact name="Registered">
        {printDate(node.registered_at)}
        {node.registered_block !== null && <span class="fact-note">block {groupDigits(String(node.registered_block))}</span>}
        {node.registered_tx && (
          <span class="fact-note">
            <Hash hash={node.registered_tx} />
          </span>
        )}
      </Fact>
      <Fact name="Proof">{node.proof === "signature" ? "the node's wallet signed for this pool" : "none: registered without a signature"}</Fact>
      {node.penalty_until && <Fact name="Penalty pending">no new stake before {printDate(node.penalty_until)}</Fact>}
      {halfPrice(node) && <Fact name="Half price">{halfPrice(node)}</Fact>}
      {node.retired_at && <Fact name="Retired">{printDate(node.retired_at)}</Fact>}
    </dl>
  );
}

/** Who staked and what happened; both are read again whenever the list of nodes moved on. */
export function NodeActivity({ address }: { address: Address }) {
  const node = nodeAt(address);
  const block = nodes.value?.asOf.block_hash;
  const stakes = useRead<Position[]>(node && `/nodes/${node.address}/stakes?limit=${SHOWN_STAKES}`, block);
  const events = useRead<ChainEvent[]>(node && `/nodes/${node.address}/events?limit=${SHOWN_EVENTS}`, block);
  return (
    <>
      {stakes.known && <Stakes positions={stakes.known.data} />}
      <EventTable title="Latest events" {...events} names="staker" />
    </>
  );
}

function Stakes({ positions }: { positions: readonly Position[] }) {
  return (
    <section class="panel" aria-labelledby="stakes-title">
      <h2 id="stakes-title" class="panel-title panel-head">
        Largest stakes
      </h2>
      {positions.length === 0 ? (
        <p class="empty">Nobody has staked on this node yet.</p>
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Staker</th>
              <th scope="col" class="number">
                Active stake, LINK
              </th>
            </tr>
          </thead>
          <tbody>
            {positions.map((position) => (
              <tr key={position.staker}>
                <td>
                  <AddressLabel address={position.staker} href={`/stakers/${position.staker}`} size={22} />
                </td>
                <td class="number">
                  <Amount juels={juels(position.active_stake_juels)} bare />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Unknown({ address, isLoaded }: { address: Address; isLoaded: boolean }) {
  return (
    <section class="panel">
      <h1 class="panel-title">
        <AddressLabel address={address} size={30} copy />
      </h1>
      <p class="empty">
        {isLoaded ? "This pool has no node with this wallet." : whyMissing("The node")} <a href="/nodes">All nodes</a>
      </p>
    </section>
  );
}
