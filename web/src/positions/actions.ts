/** What a holder can do with a position, as actions to submit. */

import { reach } from "../api/store.ts";
import type { Position, Ticket } from "../api/types.ts";
import { type Address, sameAddress, shortHex } from "../format/address.ts";
import { juels, printLink } from "../format/juels.ts";
import { type Transaction, isAsking, isBusy } from "../transactions/transaction.ts";
import { transactions } from "../transactions/store.ts";
import { type Action, submit } from "../transactions/submit.ts";
import { account, isWrongChain } from "../wallet/session.ts";

/** Why nothing may be sent for this node now; null when it may. Only the connected account's own transactions are in its way. */
export function whyBlocked(node: Address): string | null {
  return reasonOf((known) => known.node === null || sameAddress(known.node, node));
}

/** Why nothing may be sent now that concerns several nodes. */
export function whyAnyBlocked(): string | null {
  return reasonOf(() => true);
}

function reasonOf(concerns: (known: Transaction) => boolean): string | null {
  if (isWrongChain.value) return "Your wallet is on another network: switch it first.";
  const own = transactions.value.find((known) => isInTheWay(known) && sameAddress(known.account, account.value) && concerns(known));
  if (!own) return null;
  return isAsking(own) ? `Answer in your wallet first: ${own.title}.` : `${own.title} is on its way. The next one can follow once it is shown here.`;
}

/** What is in a block waits for the index to show it, except while the server is down: the figures then come from the chain. */
function isInTheWay(transaction: Transaction): boolean {
  return isBusy(transaction) && !(transaction.stage === "mined" && reach.value === "down");
}

/** Submits the action unless its node is blocked: a button can be pressed twice before the page is drawn again. */
export async function perform(action: Action): Promise<Transaction | null> {
  return (action.node ? whyBlocked(action.node) : whyAnyBlocked()) ? null : submit(action);
}

export function claim(position: Position): Action {
  return {
    title: `Claim rewards of ${shortHex(position.node)}`,
    node: position.node,
    encode: (contract) => contract.claim(position.node, position.staker),
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

export function restake(position: Position, ticket: Ticket, target: Address): Action {
  return {
    title: `Move ${printLink(juels(ticket.value_juels))} LINK from ${shortHex(position.node)} to ${shortHex(target)}`,
    node: position.node,
    encode: (contract) => contract.restake(position.node, ticket.index, target),
  };
}

export function compound(position: Position, target: Address): Action {
  return {
    title: `Stake the rewards of ${shortHex(position.node)}`,
    node: position.node,
    encode: (contract) => contract.compound(position.node, target),
  };
}

/** Each position with where its rewards are staked; all in one transaction. */
export function compoundAll(pairs: readonly (readonly [Position, Address])[]): Action {
  return {
    title: `Stake the rewards of ${pairs.length} nodes`,
    node: null,
    encode: (contract) => contract.multicall(pairs.map(([position, target]) => contract.compound(position.node, target))),
  };
}

/** All in one transaction. What somebody else claims for the holder meanwhile does not break it. */
export function claimAll(positions: readonly Position[]): Action {
  return {
    title: `Claim rewards of ${positions.length} nodes`,
    node: null,
    encode: (contract) => contract.multicall(positions.map((position) => contract.claim(position.node, position.staker))),
  };
}
