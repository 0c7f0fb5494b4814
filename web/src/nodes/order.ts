import type { PoolNode } from "../api/types.ts";
import { nodeName } from "./name.ts";

export type Order = "newest" | "available" | "stake";

export const ORDERS: readonly [Order, string][] = [
  ["newest", "Newest first"],
  ["available", "Most available"],
  ["stake", "Most stake"],
];

/** Sorted copy of the nodes whose name or address holds `search`. Nodes that take stake come before those that do not. */
export function arrange(nodes: readonly PoolNode[], order: Order, search: string): PoolNode[] {
  const needle = search.trim().toLowerCase();
  return nodes.filter((node) => `${nodeName(node)} ${node.address}`.toLowerCase().includes(needle)).sort((a, b) => rank(a) - rank(b) || compare(a, b, order));
}

function rank({ status }: PoolNode): number {
  return status === "retired" ? 1 : 0;
}

function compare(a: PoolNode, b: PoolNode, order: Order): number {
  switch (order) {
    case "newest":
      return b.index - a.index;
    case "available":
      return descending(BigInt(a.available_juels), BigInt(b.available_juels)) || b.index - a.index;
    case "stake":
      return descending(BigInt(a.active_stake_juels), BigInt(b.active_stake_juels)) || b.index - a.index;
  }
}

function descending(a: bigint, b: bigint): number {
  return a < b ? 1 : a > b ? -1 : 0;
}
