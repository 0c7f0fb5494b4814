/** The answers of `/api/v1` that this page reads. Amounts and shares are decimal strings, times RFC 3339 in UTC. */

import type { Address } from "../format/address.ts";

export interface BlockReference {
  block_number: number;
  block_hash: string;
  block_timestamp: string;
}

export interface Answer<T> {
  data: T;
  meta: { as_of: BlockReference; finalized: boolean };
  page?: { limit: number; next: string | null };
}

/** RFC 9457. */
export interface Problem {
  title: string;
  status: number;
  detail?: string;
  code?: string;
}

export interface Config {
  chain_id: number;
  chain_name: string | null;
  pool_address: Address;
  token_address: Address;
  token_symbol: string;
  explorer_url: string | null;
  deploy_block: number;
  abi_hash: string;
  unbonding_seconds: number;
  vest_seconds: number;
  fee_bps: number;
  max_fee_bps: number;
  default_cap_juels: string;
  min_active_shares: string;
  dev_mode: boolean;
  version: string;
}

export interface Status {
  version: string;
  chain_id: number;
  state: string;
  detail: string | null;
  indexed: BlockReference;
  head_block: number | null;
  safe_block: number | null;
  finalized_block: number | null;
  lag_blocks: number | null;
  lag_seconds: number | null;
  events_indexed: number;
}

export interface Pool {
  stake_juels: string;
  active_stake_juels: string;
  unbonding_stake_juels: string;
  capacity_juels: string;
  room_juels: string;
  utilisation_bps: number;
  nodes: { active: number; closed: number; retired: number };
  stakers: number;
  fee_bps: number;
  paused_until: string | null;
  reward_rate: { annual_bps: number | null; window_seconds: number; formula: string };
}

export type NodeStatus = "active" | "closed" | "retired";

export interface PoolNode {
  address: Address;
  index: number;
  status: NodeStatus;
  stake_juels: string;
  active_stake_juels: string;
  unbonding_stake_juels: string;
  cap_juels: string;
  room_juels: string;
  utilisation_bps: number;
  stakers: number;
  registered_at: string;
  registered_block: number | null;
  registered_tx: string | null;
  proof: "none" | "signature";
  closed_until: string | null;
  retired_at: string | null;
  finalized: boolean;
  updated_block: number;
}

export interface Ticket {
  index: number;
  shares: string;
  value_juels: string;
  ready_at: string;
  ready: boolean;
}

export interface Position {
  node: Address;
  staker: Address;
  active_shares: string;
  active_stake_juels: string;
  rewards_juels: string;
  rewards_estimated: boolean;
  node_status: NodeStatus;
  tickets: Ticket[];
  updated_block: number;
}

export interface Staker {
  address: Address;
  stake_juels: string;
  active_stake_juels: string;
  unbonding_stake_juels: string;
  withdrawable_juels: string;
  rewards_juels: string;
  positions: Position[];
}

export interface ChainEvent {
  id: string;
  block_number: number;
  block_timestamp: string;
  transaction_hash: string;
  type: string;
  node: Address | null;
  staker: Address | null;
  account: Address | null;
  amount_juels: string | null;
  shares: string | null;
  finalized: boolean;
}

export interface TransactionRecord {
  hash: string;
  state: "unknown" | "indexed" | "finalized";
  block_number: number | null;
}

/** A step of a node on its way into the pool, from the fleet. */
export interface Phase {
  node_id: string;
  phase: string;
  wallet: Address | null;
  at: string;
  detail: string | null;
}
