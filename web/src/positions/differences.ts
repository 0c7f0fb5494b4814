import type { Position } from "../api/types.ts";
import { sameAddress, shortHex } from "../format/address.ts";
import type { ContractReading } from "../wallet/holdings-reader.ts";

/** What came of holding shown positions against a reading of the same block, in words; both empty when all was read and is the same. */
export interface Comparison {
  differences: string[];
  /** Beyond the bounds of the reading, so nothing can be said about it. */
  unchecked: string[];
}

export function compare(shown: readonly Position[], read: ContractReading): Comparison {
  const comparison: Comparison = { differences: [], unchecked: [] };
  for (const position of shown) comparePosition(position, read, comparison);
  return comparison;
}

function comparePosition(position: Position, read: ContractReading, { differences, unchecked }: Comparison): void {
  const name = shortHex(position.node);
  if (read.unreadNodes.some((node) => sameAddress(node, position.node))) {
    unchecked.push(`the stake on ${name}`);
    return;
  }
  const other = read.data.positions.find((candidate) => sameAddress(candidate.node, position.node));
  if (!other) {
    differences.push(`no stake on ${name}`);
    return;
  }
  const oldest = read.unreadTickets.get(other.node) ?? 0;
  if (other.active_shares !== position.active_shares) differences.push(`active stake on ${name}`);
  if (other.active_stake_juels !== position.active_stake_juels) differences.push(`worth of the stake on ${name}`);
  // The reading has the newest tickets, and the API lists the oldest: what both have is compared.
  const newest = position.tickets_complete ? Infinity : (position.tickets.at(-1)?.index ?? -1);
  if (ticketsOf(other, oldest, newest) !== ticketsOf(position, oldest, newest)) differences.push(`unbonding stake on ${name}`);
  if (position.tickets.some(({ index }) => index < oldest)) unchecked.push(`older unbonding stake on ${name}`);
  if (other.tickets.some(({ index }) => index > newest)) unchecked.push(`newer unbonding stake on ${name}`);
}

function ticketsOf(position: Position, oldest: number, newest: number): string {
  const read = position.tickets.filter(({ index }) => index >= oldest && index <= newest);
  return read.map(({ index, shares, value_juels }) => `${index}:${shares}:${value_juels}`).join();
}
