import { useRead } from "../api/use-read.ts";
import { type AsOfValue, nodes, whyMissing } from "../api/store.ts";
import type { ChainEvent, PoolNode, Position } from "../api/types.ts";
import { type Address, sameAddress } from "../format/address.ts";
import { groupDigits, juels } from "../format/juels.ts";
import { printDate } from "../format/time.ts";
import { AddressLabel } from "../ui/address.tsx";
import { Amount } from "../ui/amount.tsx";
import { AsOf } from "../ui/as-of.tsx";
import { Bar } from "../ui/bar.tsx";
import { Fact } from "../ui/fact.tsx";
import { Hash } from "../ui/hash.tsx";
import { NewBadge, StatusBadge } from "./badge.tsx";
import { EventTable } from "./event-table.tsx";
import { halfPrice } from "./half-price.ts";

const SHOWN_STAKES = 20;
const SHOWN_EVENTS = 20;

export function NodeDetail({ address }: { address: Address }) {
  const known = nodes.value;
  const node = known?.data.find((candidate) => sameAddress(candidate.address, address));
  // Both are read again whenever the list of nodes moved on.
  const block = known?.asOf.block_hash;
  const stakes = useRead<Position[]>(node && `/nodes/${node.address}/stakes?limit=${SHOWN_STAKES}`, block);
  const events = useRead<ChainEvent[]>(node && `/nodes/${node.address}/events?limit=${SHOWN_EVENTS}`, block);
  if (!node) return <Unknown address={address} isLoaded={known !== null} />;
  return (
    <>
      <section class="panel" aria-labelledby="node-title">
        <header class="panel-head">
          <h1 id="node-title" class="panel-title">
            <AddressLabel address={node.address} size={36} copy />
          </h1>
          <StatusBadge status={node.status} />
          <NewBadge node={node} />
          <AsOf block={known?.asOf} source={`/nodes/${node.address}`} />
        </header>
        <NodeFacts node={node} />
      </section>
      {stakes.known && <Stakes {...stakes.known} />}
      <EventTable title="Latest events" {...events} names="staker" />
    </>
  );
}

function NodeFacts({ node }: { node: PoolNode }) {
  const active = juels(node.active_stake_juels);
  const cap = juels(node.cap_juels);
  return (
    <dl class="facts">
      <Fact name="Active stake">
        <Amount juels={active} /> of <Amount juels={cap} places={0} />
        <Bar part={active} whole={cap} label="Share of the stake cap that is used" />
      </Fact>
      <Fact name="Available">
        <Amount juels={juels(node.available_juels)} />
      </Fact>
      <Fact name="Unbonding">
        <Amount juels={juels(node.unbonding_stake_juels)} />
      </Fact>
      <Fact name="Stakers">{node.stakers}</Fact>
      <Fact name="Registered">
        {node.registered_block !== null && `block ${groupDigits(String(node.registered_block))}, `}
        {printDate(node.registered_at)}
      </Fact>
      {node.registered_tx && (
        <Fact name="Registered in">
          <Hash hash={node.registered_tx} />
        </Fact>
      )}
      <Fact name="Proof">{node.proof === "signature" ? "the node's wallet signed for this pool" : "none: registered without a signature"}</Fact>
      {node.penalty_until && <Fact name="Penalty pending">no new stake before {printDate(node.penalty_until)}</Fact>}
      {halfPrice(node) && <Fact name="Half price">{halfPrice(node)}</Fact>}
      {node.retired_at && <Fact name="Retired">{printDate(node.retired_at)}</Fact>}
    </dl>
  );
}

function Stakes({ data: positions, asOf }: AsOfValue<Position[]>) {
  return (
    <section class="panel" aria-labelledby="stakes-title">
      <header class="panel-head">
        <h2 id="stakes-title" class="panel-title">
          Largest stakes
        </h2>
        <AsOf block={asOf} />
      </header>
      {positions.length === 0 ? (
        <p class="empty">Nobody has staked on this node yet. Be the first: enter an amount beside or below.</p>
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
  const text = isLoaded ? "This pool has no node with this wallet." : whyMissing("The node");
  return (
    <section class="panel">
      <h1 class="panel-title">
        <AddressLabel address={address} size={36} copy />
      </h1>
      <p class="empty">
        {text} <a href="/">All nodes</a>
      </p>
    </section>
  );
}
