import type { PoolNode } from "../api/types.ts";

export type Order = "newest" | "room" | "stake";

export const ORDERS: readonly [Order, string][] = [
  ["newest", "Newest first"],
  ["room", "Most room"],
  ["stake", "Most stake"],
];

/** Sorted copy of the nodes whose address holds `search`. Nodes that take stake come before those that do not. */
export function arrange(nodes: readonly PoolNode[], order: Order, search: string): PoolNode[] {
  const needle = search.trim().toLowerCase();
  return nodes.filter((node) => node.address.toLowerCase().includes(needle)).sort((a, b) => rank(a) - rank(b) || compare(a, b, order));
}

/** The open node with the most room, which is where a stake of any size most likely fits. */
export function roomiest(nodes: readonly PoolNode[]): PoolNode | null {
  return arrange(nodes, "room", "").find((node) => node.status === "active" && BigInt(node.room_juels) > 0n) ?? null;
}

function rank({ status }: PoolNode): number {
  return status === "retired" ? 1 : 0;
}

function compare(a: PoolNode, b: PoolNode, order: Order): number {
  switch (order) {
    case "newest":
      return b.index - a.index;
    case "room":
      return descending(BigInt(a.room_juels), BigInt(b.room_juels)) || b.index - a.index;
    case "stake":
      return descending(BigInt(a.active_stake_juels), BigInt(b.active_stake_juels)) || b.index - a.index;
  }
}

function descending(a: bigint, b: bigint): number {
  return a < b ? 1 : a > b ? -1 : 0;
}
