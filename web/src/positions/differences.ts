import type { Position } from "../api/types.ts";
import { sameAddress, shortHex } from "../format/address.ts";

/** What two readings of the same positions at the same block disagree on, in words; empty when on nothing. */
export function differences(shown: readonly Position[], read: readonly Position[]): string[] {
  return shown.flatMap((position) => {
    const other = read.find((candidate) => sameAddress(candidate.node, position.node));
    const name = shortHex(position.node);
    if (!other) return [`no stake on ${name}`];
    const found: string[] = [];
    if (other.active_shares !== position.active_shares) found.push(`active stake on ${name}`);
    if (other.active_stake_juels !== position.active_stake_juels) found.push(`worth of the stake on ${name}`);
    if (ticketsOf(other) !== ticketsOf(position)) found.push(`unbonding stake on ${name}`);
    return found;
  });
}

function ticketsOf(position: Position): string {
  return position.tickets.map(({ index, shares, value_juels }) => `${index}:${shares}:${value_juels}`).join();
}
