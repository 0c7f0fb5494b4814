import { useState } from "preact/hooks";
import { shortHex } from "../src/format/address.ts";
import { NodeMore } from "./node-more.tsx";
import { Since } from "./since.tsx";
import type { FleetNode, Replica } from "./types.ts";
import { describeReplica, spaced } from "./words.ts";

const FIRST_NODES = 50;
/** Fewer nodes than this need no search field. */
const SEARCH_FROM = 8;
const RANK: Record<FleetNode["health"], number> = { down: 0, degraded: 1, healthy: 2 };

/** Each node with its pair: those that are not well come first. */
export function Nodes({ nodes }: { nodes: readonly FleetNode[] }) {
  const [search, setSearch] = useState("");
  const [isAll, setAll] = useState(false);
  const needle = search.trim().toLowerCase();
  const found = nodes.filter((node) => `${node.id} ${node.public_name ?? ""} ${node.name ?? ""} ${node.wallet ?? ""} ${spaced(node.phase)}`.toLowerCase().includes(needle)).sort(byNeed);
  const shown = isAll ? found : found.slice(0, FIRST_NODES);
  return (
    <section class="panel operator-wide" id="nodes" aria-labelledby="nodes-title">
      <header class="panel-head">
        <h2 id="nodes-title" class="panel-title">
          Nodes
        </h2>
        {nodes.length >= SEARCH_FROM && (
          <div class="panel-tools">
            <input type="search" class="field-small" placeholder="Find a node" aria-label="Find a node by id, name, wallet or phase" value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
          </div>
        )}
      </header>
      {shown.length === 0 && <p class="empty">{nodes.length === 0 ? "No nodes yet." : "No node's id, name, wallet or phase holds that text."}</p>}
      <ul class="lines">
        {shown.map((node) => (
          <Line key={node.id} node={node} />
        ))}
      </ul>
      {found.length > shown.length && (
        <button type="button" class="button button-quiet button-wide" onClick={() => setAll(true)}>
          Show all {found.length} nodes
        </button>
      )}
    </section>
  );
}

function byNeed(a: FleetNode, b: FleetNode): number {
  return need(a) - need(b) || a.id.localeCompare(b.id);
}

/** Quarantined ones and those that are down first, those that others run last. */
function need({ phase, source, health, ending }: FleetNode): number {
  if (phase === "quarantined") return -1;
  return (source === "fleet" ? 0 : 10) + (ending === "stopped" ? 5 : 0) + (RANK[health] ?? 0);
}

function Line({ node }: { node: FleetNode }) {
  const [isOpen, setOpen] = useState(false);
  const name = node.public_name ?? node.name;
  return (
    <li class="line" id={`node-${node.id}`} data-fleet-node={node.id} data-phase={node.phase} data-health={node.health} tabIndex={-1}>
      <p class="line-head">
        <strong class="hex">{node.id}</strong>
        {name && <span>{name}</span>}
        <span class={node.phase === "open" ? "badge badge-active" : node.phase === "quarantined" ? "badge badge-closed" : "badge badge-new"}>{spaced(node.phase)}</span>
        {node.source === "fleet" ? (
          <span class={node.health === "healthy" ? "badge badge-active" : "badge badge-closed"}>{node.health}</span>
        ) : (
          <span class="badge">run by others</span>
        )}
        {node.ending && <span class="badge badge-closed">{node.ending}</span>}
        <span class="line-end muted">
          {node.version && `${node.version}, `}generation {node.generation}
          {node.wallet && (
            <>
              ,{" "}
              <span class="hex" title={node.wallet}>
                {shortHex(node.wallet)}
              </span>
            </>
          )}
          {node.contract_status && `, ${node.contract_status} on chain`}
          {node.phase === "open" && !node.is_final && ", not final"}
        </span>
      </p>
      <Pair replicas={node.replicas} isOurs={node.source === "fleet"} generation={node.generation} />
      {node.last_error && (
        <p class="hint hint-problem">
          {node.last_error}
          {node.attempts > 1 && ` (${node.attempts} times in a row)`}
        </p>
      )}
      {node.waiting_for && <p class="hint">Waits for {node.waiting_for}</p>}
      <details class="inputs" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          History and actions<span class="hidden"> of node {node.id}</span>
        </summary>
        {isOpen && <NodeMore node={node} />}
      </details>
    </li>
  );
}

/** Its replicas, with who holds the lease and what each answered. */
function Pair({ replicas, isOurs, generation }: { replicas: readonly Replica[]; isOurs: boolean; generation: number }) {
  if (replicas.length === 0) return <p class="hint">{isOurs ? "No replica was seen yet." : "Its replicas are not this fleet's."}</p>;
  return (
    <ul class="pair">
      {replicas.map((replica) => {
        const { says, hasLease, tone } = describeReplica(replica);
        return (
          <li key={replica.replica_id} class={`replica replica-${tone}`} data-replica={replica.state}>
            <span class="hex">{replica.replica_id}</span>
            {hasLease && <span class="badge badge-new">has the lease</span>}
            <span>{says}</span>
            {replica.generation !== generation && <span class="muted">generation {replica.generation}</span>}
            {replica.detail && <span class="muted">{replica.detail}</span>}
            <span class="line-end">
              {replica.starts > 1 && <span class="muted">{replica.starts} starts, </span>}
              <Since at={replica.seen_at} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}
