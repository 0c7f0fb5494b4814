import type { PoolNode } from "../api/types.ts";
import { juels, printLink } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";
import { chooseNode } from "../stake/form.ts";
import { AddressLabel } from "../ui/address.tsx";
import { Amount } from "../ui/amount.tsx";
import { Bar } from "../ui/bar.tsx";
import { arrived } from "./arrivals.ts";
import { NewBadge, StatusBadge } from "./badge.tsx";

export function NodeRow({ node }: { node: PoolNode }) {
  const active = juels(node.active_stake_juels);
  const cap = juels(node.cap_juels);
  const available = juels(node.available_juels);
  const isFull = node.status === "active" && available === 0n;
  return (
    <tr class={arrived.value.has(node.address) ? "row-arrived" : ""} data-node={node.address}>
      <td class="node-cell">
        <AddressLabel address={node.address} href={`/nodes/${node.address}`} />
        <span class="badges">
          <StatusBadge status={node.status} />
          <NewBadge node={node} />
        </span>
      </td>
      <td class="number" data-label="Active stake">
        <Amount juels={active} bare />
        <span class="of-cap"> of {printLink(cap, 0)}</span>
        <Bar part={active} whole={cap} label={`${printBps(node.utilisation_bps)} of the stake cap is used`} />
      </td>
      <td class="number" data-label="Available">
        {node.status === "active" ? isFull ? "full" : <Amount juels={available} bare /> : "–"}
      </td>
      <td class="number" data-label="Stakers">
        {node.stakers}
      </td>
      <td class="row-action">
        {node.status === "active" && !isFull && (
          <button type="button" class="button button-small" onClick={() => chooseNode(node.address)} aria-label={`Stake on node ${node.address}`}>
            Stake
          </button>
        )}
      </td>
    </tr>
  );
}
