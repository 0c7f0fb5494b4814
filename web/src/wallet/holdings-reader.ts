/** A holder's stake straight from the contract's views, in the shape in which the API gives it. */

import { decodeFunctionResult, encodeFunctionData } from "viem/utils";
import type { AsOfValue } from "../api/store.ts";
import type { BlockReference, NodeStatus, Position, Staker, Ticket } from "../api/types.ts";
import type { Address } from "../format/address.ts";
import { poolAbi } from "./abi.ts";
import { type Provider, request, requestText } from "./eip1193.ts";

type Hex = `0x${string}`;

/** Views are asked one by one through the person's wallet, so both lists are bounded. */
const MAX_NODES = 200;
const MAX_TICKETS = 100;
const STATUSES: readonly NodeStatus[] = ["retired", "active", "closed", "retired"];

interface RpcBlock {
  number: Hex;
  hash: Hex;
  timestamp: Hex;
}

export interface Question {
  provider: Provider;
  pool: Address;
  holder: Address;
  /** Null asks the contract for the list of nodes. */
  nodes: readonly Address[] | null;
  /** Null is the newest block. */
  at: BlockReference | null;
  unbonding_seconds: number;
}

/** What the contract says of a holder, and what was left unread because of the bounds above. */
export interface ContractReading extends AsOfValue<Staker> {
  unreadNodes: readonly Address[];
  /** By node, how many of the holder's oldest tickets were left unread; nodes without such are absent. */
  unreadTickets: ReadonlyMap<Address, number>;
}

/** Everything is read at one block: the newest, or the one at the height of `at`. */
export async function readStaker({ provider, pool, holder, nodes, at, unbonding_seconds }: Question): Promise<ContractReading> {
  const height = at ? `0x${at.block_number.toString(16)}` : "latest";
  const block = (await request(provider, "eth_getBlockByNumber", [height, false])) as RpcBlock | null;
  if (!block) throw new Error("the wallet's chain has no such block");
  const reader = { provider, pool, at: block.number, now: Number(block.timestamp), unreadTickets: new Map<Address, number>() };
  const wallets = nodes ?? (await readNodes(reader));
  const positions: Position[] = [];
  for (const node of wallets.slice(0, MAX_NODES)) {
    const position = await readPosition(reader, node, holder);
    if (position) positions.push(position);
  }
  const asOf: BlockReference = {
    block_number: Number(block.number),
    block_hash: block.hash,
    block_timestamp: new Date(reader.now * 1_000).toISOString(),
  };
  const data = summarise(holder, positions, (reader.now - unbonding_seconds) * 1_000);
  return { data, asOf, unreadNodes: wallets.slice(MAX_NODES), unreadTickets: reader.unreadTickets };
}

interface Reader {
  provider: Provider;
  pool: Address;
  at: Hex;
  now: number;
  unreadTickets: Map<Address, number>;
}

async function readNodes(reader: Reader): Promise<Address[]> {
  const count = decodeFunctionResult({ abi: poolAbi, functionName: "nodeCount", data: await view(reader, encodeFunctionData({ abi: poolAbi, functionName: "nodeCount" })) });
  const wallets: Address[] = [];
  for (let index = 0n; index < count && index < BigInt(MAX_NODES); index += 1n) {
    const data = await view(reader, encodeFunctionData({ abi: poolAbi, functionName: "nodeAt", args: [index] }));
    wallets.push(decodeFunctionResult({ abi: poolAbi, functionName: "nodeAt", data }).wallet);
  }
  return wallets;
}

async function readPosition(reader: Reader, node: Address, holder: Address): Promise<Position | null> {
  const positionData = await view(reader, encodeFunctionData({ abi: poolAbi, functionName: "positionOf", args: [node, holder] }));
  const position = decodeFunctionResult({ abi: poolAbi, functionName: "positionOf", data: positionData });
  if (position.shares === 0n && position.tickets === 0) return null;
  const nodeData = await view(reader, encodeFunctionData({ abi: poolAbi, functionName: "nodeOf", args: [node] }));
  const { assets, totalShares, status, retiredAt } = decodeFunctionResult({ abi: poolAbi, functionName: "nodeOf", data: nodeData });
  const valueOf = (shares: bigint) => (totalShares === 0n ? 0n : (shares * assets) / totalShares);
  const tickets: Ticket[] = [];
  const unread = Math.max(position.tickets - MAX_TICKETS, 0);
  if (unread > 0) reader.unreadTickets.set(node, unread);
  for (let index = unread; index < position.tickets; index += 1) {
    const data = await view(reader, encodeFunctionData({ abi: poolAbi, functionName: "ticketOf", args: [node, holder, index] }));
    const ticket = decodeFunctionResult({ abi: poolAbi, functionName: "ticketOf", data });
    if (ticket.shares === 0n) continue;
    tickets.push({
      index,
      shares: ticket.shares.toString(),
      value_juels: valueOf(ticket.shares).toString(),
      ready_at: new Date(ticket.readyAt * 1_000).toISOString(),
      ready: ticket.readyAt <= reader.now,
    });
  }
  const rewards = await readRewards(reader, node, holder);
  return {
    node,
    staker: holder,
    active_shares: position.shares.toString(),
    active_stake_juels: valueOf(position.shares).toString(),
    rewards_juels: rewards.toString(),
    rewards_estimated: true,
    node_status: STATUSES[status] ?? "closed",
    retired_at: retiredAt > 0 ? new Date(retiredAt * 1_000).toISOString() : null,
    tickets,
    tickets_complete: unread === 0,
    updated_block: Number(reader.at),
  };
}

/** The contract itself says what a claim would pay: rehearsing one is exact. */
async function readRewards({ provider, pool, at }: Reader, node: Address, holder: Address): Promise<bigint> {
  const data = encodeFunctionData({ abi: poolAbi, functionName: "claim", args: [node, holder] });
  try {
    const paid = (await requestText(provider, "eth_call", [{ from: holder, to: pool, data }, at])) as Hex;
    return decodeFunctionResult({ abi: poolAbi, functionName: "claim", data: paid });
  } catch {
    return 0n;
  }
}

async function view({ provider, pool, at }: Reader, data: Hex): Promise<Hex> {
  return (await requestText(provider, "eth_call", [{ to: pool, data }, at])) as Hex;
}

/** `leftBefore_ms`: the active stake of nodes that retired by then can be withdrawn. */
function summarise(address: Address, positions: Position[], leftBefore_ms: number): Staker {
  const tickets = positions.flatMap((position) => position.tickets);
  const total = (amounts: string[]) => amounts.reduce((sum, amount) => sum + BigInt(amount), 0n);
  const left = positions.filter((position) => position.retired_at && Date.parse(position.retired_at) <= leftBefore_ms);
  const ready = tickets.filter((ticket) => ticket.ready).map((ticket) => ticket.value_juels);
  const active = total(positions.map((position) => position.active_stake_juels));
  const unbonding = total(tickets.map((ticket) => ticket.value_juels));
  return {
    address,
    stake_juels: (active + unbonding).toString(),
    active_stake_juels: active.toString(),
    unbonding_stake_juels: unbonding.toString(),
    withdrawable_juels: total([...ready, ...left.map((position) => position.active_stake_juels)]).toString(),
    rewards_juels: total(positions.map((position) => position.rewards_juels)).toString(),
    positions,
  };
}
