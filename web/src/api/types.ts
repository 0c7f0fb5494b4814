/**
 * The answers of `/api/v1` by the names that this page uses, taken from the API's own description (`openapi.d.ts` is
 * generated). Amounts and shares are decimal strings, times RFC 3339 in UTC, and what is absent is null.
 */

import type { Address } from "../format/address.ts";
import type { components } from "./openapi.d.ts";

type Schemas = components["schemas"];

/**
 * The API always writes a nullable field; `Addresses` names the fields that hold an EIP-55 address. The rounded numbers beside amounts
 * are for charts elsewhere: here amounts are exact.
 */
type Answered<T, Addresses extends keyof T = never> = {
  [Field in keyof T as Field extends `${string}_link` ? never : Field]-?: Field extends Addresses ? Address | Extract<T[Field], null> : Exclude<T[Field], undefined>;
};

export type BlockReference = Schemas["Block"];

export interface Answer<T> {
  data: T;
  meta: { as_of: BlockReference; finalized: boolean };
  page?: { limit: number; next?: string | null };
}

/** RFC 9457. */
export type Problem = Schemas["Problem"];

export type Config = Answered<Schemas["Config"], "pool_address" | "token_address">;
export type Status = Answered<Schemas["Status"]>;
export type RewardRate = Answered<Schemas["RewardRate"]>;
export type Pool = Answered<Omit<Schemas["Pool"], "reward_rate">> & { reward_rate: RewardRate };
export type NodeStatus = Schemas["NodeStatus"];
/** Every event of the contract, by its name there. */
export type EventType = Schemas["EventType"];
/** What a node was asked and has earned; in the answer about one node alone. */
export type NodeWork = Answered<Omit<Schemas["NodeWork"], "operators">> & { operators: Answered<Schemas["NodeOperator"], "operator">[] };
export type PoolNode = Answered<Omit<Schemas["Node"], "reward_rate" | "work">, "address"> & { reward_rate: RewardRate; work: NodeWork | null };
export type Ticket = Answered<Schemas["Ticket"]>;
/** What was claimed is the API's alone to know: the contract does not keep it. */
type OfTheApi = "rewards_claimed_juels" | "rewards_earned_juels";
export type Position = Answered<Omit<Schemas["Position"], OfTheApi | "tickets">, "node" | "staker"> & {
  tickets: Ticket[];
  /** Only in a reading straight from the contract; the API gives it with the node. Null while the node has not retired. */
  retired_at?: string | null;
};
/** A line of the list of stakers. */
export type ListedStaker = Answered<Schemas["ListedStaker"], "address">;
export type Staker = Answered<Omit<Schemas["Staker"], OfTheApi | "nodes" | "reward_rate" | "positions">, "address"> & {
  positions: Position[];
};
export type ChainEvent = Answered<Schemas["Event"], "node" | "staker" | "account">;
/** Something that the pool's owner, a timelock, has scheduled. */
export type Announcement = Answered<Schemas["Announcement"], "timelock">;
export type TransactionRecord = Answered<Schemas["Transaction"]>;

/** A step of a node on its way into the pool, from the fleet; it comes by the stream alone. */
export interface Phase {
  node_id: string;
  phase: string;
  wallet: Address | null;
  at: string;
  detail: string | null;
}

/** A day of the pool or of one node. */
export type HistoryPoint = Schemas["HistoryPoint"];
