import type { PoolNode } from "../api/types.ts";
import { juels, printLink } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";
import { navigate, route } from "../router.ts";
import { chooseNode } from "../stake/form.ts";
import { Amount } from "../ui/amount.tsx";
import { Bar } from "../ui/bar.tsx";
import { arrived } from "./arrivals.ts";
import { NewBadge, PenaltyBadge, StatusBadge } from "./badge.tsx";
import { NodeLabel } from "./label.tsx";
import { nodeName } from "./name.ts";

export function NodeRow({ node, isBrief }: { node: PoolNode; isBrief: boolean }) {
  const [active, cap, available] = [juels(node.active_stake_juels), juels(node.cap_juels), juels(node.available_juels)];
  const isFull = node.status === "active" && available === 0n && !node.penalty_until;
  const rate = node.reward_rate.annual_bps;
  return (
    <tr class={arrived.value.has(node.address) ? "row-arrived" : ""} data-node={node.address}>
      <td class="node-cell">
        <NodeLabel address={node.address} />
        <span class="badges">
          {node.status !== "active" && <StatusBadge status={node.status} />}
          <PenaltyBadge node={node} />
          <NewBadge node={node} />
        </span>
      </td>
      <td class="number" data-label="Reward rate, a year">
        {rate === null ? <span class="muted">not known yet</span> : printBps(rate)}
      </td>
      <td class="number" data-label="Active stake">
        <Amount juels={active} places={0} bare />
        <span class="of-cap"> of {printLink(cap, 0)}</span>
        <Bar part={active} whole={cap} label={`${printBps(node.utilisation_bps)} of the stake cap is used`} />
      </td>
      <td class="number" data-label="Available">
        {node.status === "active" ? isFull ? "full" : <Amount juels={available} places={0} bare /> : "–"}
      </td>
      {!isBrief && (
        <td class="number" data-label="Uptime">
          {node.uptime ? printBps(node.uptime.up_bps) : <span class="muted">not known</span>}
        </td>
      )}
      <td class="number" data-label="Stakers">
        {node.stakers}
      </td>
      <td class="row-action">
        {node.status === "active" && available > 0n && (
          <button type="button" class="button button-small" onClick={() => stakeOn(node)}>
            Stake<span class="hidden"> on {nodeName(node)}</span>
          </button>
        )}
      </td>
    </tr>
  );
}

/** The form stands on the first page; from the list of all nodes the person is taken to it. */
function stakeOn({ address }: PoolNode): void {
  if (route.value.page !== "home") navigate("/");
  // The form is drawn before it can take the keyboard.
  requestAnimationFrame(() => chooseNode(address));
}
