/** What a holder can do with a position, as actions to submit. */

import { reach } from "../api/store.ts";
import type { Position, Ticket } from "../api/types.ts";
import { type Address, sameAddress, shortHex } from "../format/address.ts";
import { juels, printLink } from "../format/juels.ts";
import { type Transaction, isBusy } from "../transactions/lifecycle.ts";
import { transactions } from "../transactions/store.ts";
import { type Action, submit } from "../transactions/submit.ts";
import { isWrongChain } from "../wallet/session.ts";

/** True while nothing may be sent for this node: a transaction of it is on its way, or the wallet is on another chain. */
export function isNodeBlocked(node: Address): boolean {
  return isWrongChain.value || transactions.value.some((known) => isInTheWay(known) && sameAddress(known.node, node));
}

/** True while nothing may be sent that concerns several nodes. */
export function isAnyBlocked(): boolean {
  return isWrongChain.value || transactions.value.some(isInTheWay);
}

/** What is in a block waits for the index to show it, except while the server is down: the figures then come from the chain. */
function isInTheWay(transaction: Transaction): boolean {
  return isBusy(transaction) && !(transaction.stage === "mined" && reach.value === "down");
}

/** Submits the action unless its node is blocked: a button can be pressed twice before the page is drawn again. */
export async function perform(action: Action): Promise<Transaction | null> {
  return action.node && isNodeBlocked(action.node) ? null : submit(action);
}

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

/** Claims node by node, one wallet question each; stops at the first that is not sent, leaves out what is busy by then. */
export async function claimAll(positions: readonly Position[]): Promise<void> {
  if (isAnyBlocked()) return;
  for (const position of positions) {
    if (isNodeBlocked(position.node)) continue;
    const sent = await submit(claim(position));
    if (sent?.stage !== "sent") return;
  }
}
