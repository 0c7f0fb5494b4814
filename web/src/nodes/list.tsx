import { useState } from "preact/hooks";
import { config, nodes, whyMissing } from "../api/store.ts";
import { AsOf } from "../ui/as-of.tsx";
import { NodesOnTheWay } from "./on-the-way.tsx";
import { ORDERS, type Order, arrange } from "./order.ts";
import { NodeRow } from "./row.tsx";

const FIRST_ROWS = 50;
/** Fewer nodes than this need no search field. */
const SEARCH_FROM = 8;

export function NodeList() {
  const [order, setOrder] = useState<Order>("newest");
  const [search, setSearch] = useState("");
  const [isAll, setAll] = useState(false);
  const known = nodes.value;
  const all = known?.data ?? [];
  const found = arrange(all, order, search);
  const shown = isAll ? found : found.slice(0, FIRST_ROWS);
  return (
    <section class="panel" aria-labelledby="nodes-title">
      <header class="panel-head">
        <h2 id="nodes-title" class="panel-title">
          Nodes
        </h2>
        <AsOf block={known?.asOf} source="/nodes" />
        {all.length > 1 && (
          <div class="panel-tools">
            {all.length >= SEARCH_FROM && (
              <input
                type="search"
                class="field-small"
                placeholder="Find an address"
                aria-label="Find a node by address"
                value={search}
                onInput={(event) => setSearch(event.currentTarget.value)}
              />
            )}
            <select class="field-small" aria-label="Order of the nodes" value={order} onChange={(event) => setOrder(event.currentTarget.value as Order)}>
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
      {shown.length > 0 ? (
        <table class="table nodes">
          <caption class="hidden">Nodes of the pool with stake and what is available, in LINK</caption>
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col" class="number">
                Active stake
              </th>
              <th scope="col" class="number">
                Available
              </th>
              <th scope="col" class="number">
                Stakers
              </th>
              <th scope="col">
                <span class="hidden">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((node) => (
              <NodeRow key={node.address} node={node} />
            ))}
          </tbody>
        </table>
      ) : (
        <Empty isLoaded={known !== null} isSearch={search !== ""} />
      )}
      {found.length > shown.length && (
        <button type="button" class="button button-quiet button-wide" onClick={() => setAll(true)}>
          Show all {found.length} nodes
        </button>
      )}
    </section>
  );
}

function Empty({ isLoaded, isSearch }: { isLoaded: boolean; isSearch: boolean }) {
  if (!isLoaded) return <p class="empty">{whyMissing("The list of nodes")}</p>;
  if (isSearch) return <p class="empty">No node's address holds that text.</p>;
  if (!config.value?.dev_mode) return <p class="empty">No nodes yet. The first one appears here by itself.</p>;
  return (
    <p class="empty">
      No nodes yet. Start one with <code>linkpool scale up 1</code>: it appears here within seconds.
    </p>
  );
}
