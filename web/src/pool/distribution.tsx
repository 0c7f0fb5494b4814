import { nodes, pool, whyMissing } from "../api/store.ts";
import type { PoolNode } from "../api/types.ts";
import { juels } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";
import { nodeName } from "../nodes/name.ts";
import { Amount } from "../ui/amount.tsx";
import { Bar } from "../ui/bar.tsx";

const SHOWN = 10;
const BPS = 10_000n;

/** How full each node is, and what part of the pool's stake it has: the fullest first. */
export function Distribution() {
  if (!nodes.value) return <p class="empty">{whyMissing("The list of nodes")}</p>;
  const staked = [...nodes.value.data].filter((node) => juels(node.active_stake_juels) > 0n).sort(byStake);
  if (staked.length === 0) return <p class="empty">Nothing is staked yet.</p>;
  const whole = juels(pool.value?.data.active_stake_juels ?? "0");
  const rest = staked.slice(SHOWN);
  return (
    <table class="table-plain distribution">
      <thead>
        <tr>
          <th scope="col">Node</th>
          <th scope="col" class="number">
            Active stake, LINK
          </th>
          <th scope="col" class="number">
            Of the pool
          </th>
        </tr>
      </thead>
      <tbody>
        {staked.slice(0, SHOWN).map((node) => (
          <tr key={node.address}>
            <td>
              <a href={`/nodes/${node.address}`}>{nodeName(node)}</a>
              <Bar part={juels(node.active_stake_juels)} whole={juels(node.cap_juels)} label={`${printBps(node.utilisation_bps)} full`} />
            </td>
            <td class="number">
              <Amount juels={juels(node.active_stake_juels)} bare />
            </td>
            <td class="number">{partOf([node], whole)}</td>
          </tr>
        ))}
        {rest.length > 0 && (
          <tr>
            <td>{rest.length} more</td>
            <td class="number">
              <Amount juels={sumOf(rest)} bare />
            </td>
            <td class="number">{partOf(rest, whole)}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

function sumOf(some: readonly PoolNode[]): bigint {
  return some.reduce((sum, node) => sum + juels(node.active_stake_juels), 0n);
}

function partOf(some: readonly PoolNode[], whole: bigint): string {
  return whole > 0n ? printBps(Number((sumOf(some) * BPS) / whole)) : "–";
}

function byStake(a: PoolNode, b: PoolNode): number {
  const [left, right] = [juels(a.active_stake_juels), juels(b.active_stake_juels)];
  return left < right ? 1 : left > right ? -1 : a.index - b.index;
}
