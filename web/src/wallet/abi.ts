/** The fragments of the contract that this page speaks; a test holds them against abi/StakingPool.json. */

import { parseAbi } from "viem";

export const poolAbi = parseAbi([
  "struct Node { uint96 totalShares; uint96 assets; uint40 retiredAt; uint96 activeShares; uint128 accPerShare; uint96 unvested; uint40 vestEnd; uint40 lastUpdate; uint32 capLink; uint8 status; uint40 penaltyUntil; uint16 penaltyBps; uint8 penaltySlot; uint32 bucketLevel; uint40 bucketAt; }",
  "struct Position { uint96 shares; int128 debt; uint32 tickets; }",
  "struct Ticket { uint96 shares; uint40 readyAt; }",
  "struct Entry { address wallet; uint40 registeredAt; }",
  "function onTokenTransfer(address sender, uint256 amount, bytes data)",
  "function unbond(address node, uint256 shares) returns (uint32 ticket)",
  "function cancelUnbond(address node, uint32 ticket)",
  "function withdraw(address node, address staker, uint32 ticket) returns (uint256 amount)",
  "function withdrawRetired(address node, address staker) returns (uint256 amount)",
  "function claim(address node, address staker) returns (uint256 amount)",
  "function restake(address node, uint32 ticket, address target)",
  "function compound(address node, address target) returns (uint256 amount)",
  "function multicall(bytes[] calls)",
  "function nodeOf(address node) view returns (Node)",
  "function positionOf(address node, address staker) view returns (Position)",
  "function ticketOf(address node, address staker, uint32 ticket) view returns (Ticket)",
  "function nodeAt(uint256 index) view returns (Entry)",
  "function nodeCount() view returns (uint256)",
  "function owner() view returns (address)",
  "function pendingOwner() view returns (address)",
  "function rolesOf(address account) view returns (uint8)",
]);

/** The errors that a holder's own actions can meet. */
export const errorAbi = parseAbi([
  "error OnlyLink()",
  "error MalformedData(uint256 length)",
  "error AmountMismatch(uint256 stated, uint256 sent)",
  "error ZeroAmount()",
  "error TransferFailed()",
  "error UnknownNode(address node)",
  "error NodeNotOpen(address node)",
  "error PenaltyPending(address node, uint256 penaltyUntil)",
  "error NodeHasRetired(address node)",
  "error NodeNotRetired(address node)",
  "error CapExceeded(address node, uint256 requested, uint256 room)",
  "error PositionTooSmall(uint256 shares, uint256 minimum)",
  "error NotEnoughShares(uint256 requested, uint256 available)",
  "error UnknownTicket(address node, address staker, uint256 ticket)",
  "error NotReady(uint256 readyAt)",
  "error InflowsPaused(uint256 pausedUntil)",
]);

export const linkAbi = parseAbi([
  "function transferAndCall(address to, uint256 value, bytes data) returns (bool success)",
  "function balanceOf(address owner) view returns (uint256 balance)",
]);

/** The contract's owner is a timelock, which states how long it waits. */
export const timelockAbi = parseAbi(["function getMinDelay() view returns (uint256)"]);
