import { useState } from "preact/hooks";
import { config, nodes, whyMissing } from "../api/store.ts";
import { NodesOnTheWay } from "./on-the-way.tsx";
import { ORDERS, type Order, arrange } from "./order.ts";
import { NodeRow } from "./row.tsx";

const FIRST_ROWS = 50;
/** Fewer nodes than this need no search field. */
const SEARCH_FROM = 8;

/** All nodes with search and order; with `most` only the first so many, and a link to the rest. */
export function NodeList({ most }: { most?: number }) {
  const [order, setOrder] = useState<Order>("newest");
  const [search, setSearch] = useState("");
  const [isAll, setAll] = useState(false);
  const known = nodes.value;
  const all = known?.data ?? [];
  const found = arrange(all, order, search);
  const shown = isAll ? found : found.slice(0, most ?? FIRST_ROWS);
  const Title = most ? "h2" : "h1";
  return (
    <section class="panel" aria-labelledby="nodes-title">
      <header class="panel-head">
        <Title id="nodes-title" class="panel-title">
          Nodes
        </Title>
        {all.length > 1 && (
          <div class="panel-tools">
            {all.length >= SEARCH_FROM && (
              <input
                type="search"
                class="field-small"
                placeholder="Find a node"
                aria-label="Find a node by name or address"
                value={search}
                onInput={(event) => setSearch(event.currentTarget.value)}
              />
            )}
            <select class="select field-small" aria-label="Order of the nodes" value={order} onChange={(event) => setOrder(event.currentTarget.value as Order)}>
              {ORDERS.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </div>
        )}
      </header>
      <NodesOnTheWay />
      {shown.length > 0 ? <Rows isBrief={most !== undefined}>{shown.map((node) => <NodeRow key={node.address} node={node} isBrief={most !== undefined} />)}</Rows> : <Empty isLoaded={known !== null} isSearch={search !== ""} />}
      {most && all.length > most && (
        <p class="more">
          <a href="/nodes">All {all.length} nodes</a>
        </p>
      )}
      {!most && found.length > shown.length && (
        <button type="button" class="button button-quiet button-wide" onClick={() => setAll(true)}>
          Show all {found.length} nodes
        </button>
      )}
    </section>
  );
}

function Rows({ isBrief, children }: { isBrief: boolean; children: preact.ComponentChildren }) {
  return (
    <table class="table nodes">
      <caption class="hidden">Nodes of the pool with their rate, stake and what is available, in LINK</caption>
      <thead>
        <tr>
          <th scope="col">Node</th>
          <th scope="col" class="number">
            Reward rate, a year
          </th>
          <th scope="col" class="number">
            Active stake
          </th>
          <th scope="col" class="number">
            Available
          </th>
          {!isBrief && (
            <th scope="col" class="number">
              Uptime
            </th>
          )}
          <th scope="col" class="number">
            Stakers
          </th>
          <th scope="col">
            <span class="hidden">Action</span>
          </th>
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

function Empty({ isLoaded, isSearch }: { isLoaded: boolean; isSearch: boolean }) {
  if (!isLoaded) return <p class="empty">{whyMissing("The list of nodes")}</p>;
  if (isSearch) return <p class="empty">No node's name or address holds that text.</p>;
  if (!config.value?.dev_mode) return <p class="empty">No nodes yet. The first one appears here by itself.</p>;
  return (
    <p class="empty">
      No nodes yet. Start one with <code>linkpool scale up 1</code>: it appears here within seconds.
    </p>
  );
}
