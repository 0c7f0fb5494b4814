/** What a holder can do with a position, as actions to submit. */

import type { Position, Ticket } from "../api/types.ts";
import { shortHex } from "../format/address.ts";
import { juels, printLink } from "../format/juels.ts";
import { type Action, submit } from "../transactions/submit.ts";

export function claim(position: Position): Action {
  return {
    title: `Claim rewards of ${shortHex(position.node)}`,
    node: position.node,
    encode: (contract) => contract.claim(position.node),
  };
}

export function unbond(position: Position, shares: bigint, amount: bigint): Action {
  return {
    title: `Unbond ${printLink(amount)} LINK from ${shortHex(position.node)}`,
    node: position.node,
    encode: (contract) => contract.unbond(position.node, shares),
  };
}

export function cancelUnbond(position: Position, ticket: Ticket): Action {
  return {
    title: `Keep ${printLink(juels(ticket.value_juels))} LINK on ${shortHex(position.node)}`,
    node: position.node,
    encode: (contract) => contract.cancelUnbond(position.node, ticket.index),
  };
}

export function withdraw(position: Position, ticket: Ticket): Action {
  return {
    title: `Withdraw ${printLink(juels(ticket.value_juels))} LINK from ${shortHex(position.node)}`,
    node: position.node,
    encode: (contract) => contract.withdraw(position.node, position.staker, ticket.index),
  };
}

export function withdrawRetired(position: Position): Action {
  return {
    title: `Withdraw ${printLink(juels(position.active_stake_juels))} LINK from ${shortHex(position.node)}`,
    node: position.node,
    encode: (contract) => contract.withdrawRetired(position.node, position.staker),
  };
}

/** Claims node by node, one wallet question each; stops at the first that is not sent. */
export async function claimAll(positions: readonly Position[]): Promise<void> {
  for (const position of positions) {
    const sent = await submit(claim(position));
    if (sent?.stage !== "sent") return;
  }
}
