import { nodes } from "../api/store.ts";
import type { PoolNode } from "../api/types.ts";
import { sameAddress, shortHex } from "../format/address.ts";

/** What people call a node: the name its operator gave it, else its number in the contract's list, counted from one. */
export function nodeName(node: Pick<PoolNode, "index"> & { name?: string | null }): string {
  return node.name || `Node ${node.index + 1}`;
}

/** By its address; while the list of nodes is not known, the address itself. */
export function nodeNameAt(address: string): string {
  const node = nodes.value?.data.find((candidate) => sameAddress(candidate.address, address));
  return node ? nodeName(node) : shortHex(address);
}
