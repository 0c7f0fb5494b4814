/** The answers of the operator's calls that this page reads (crates/api/src/operator). Times are RFC 3339 in UTC, and what is absent is null. */

export type ReplicaState = "starting" | "waiting" | "serving" | "failing" | "backing_off" | "stopped";

export interface Replica {
  generation: number;
  replica_id: string;
  state: ReplicaState;
  starts: number;
  detail: string | null;
  /** When what is said here was written down: when it changed. */
  seen_at: string;
}

export interface FleetNode {
  id: string;
  phase: string;
  phase_since: string;
  is_final: boolean;
  health: "down" | "degraded" | "healthy";
  wallet: string | null;
  contract_status: string | null;
  source: string;
  name: string | null;
  attempts: number;
  retry_at: string | null;
  last_error: string | null;
  waiting_for: string | null;
  version: string | null;
  public_name: string | null;
  ending: string | null;
  generation: number;
  replicas: Replica[];
}

export interface FleetEvent {
  number: number;
  happened_at: string;
  kind: string;
  detail: Record<string, unknown>;
}

/** What it was asked in the last 30 days, and what that has brought since it is there. Amounts are decimal integers in juels. */
export interface NodeWork {
  requests: number;
  answered: number;
  late: number;
  refunded: number;
  missing: number;
  open: number;
  others: number;
  earned_juels: string;
  passed_on_juels: string;
  waiting_juels: string;
  spent_wei: string;
  is_safe: boolean;
}

export interface NodeDetail extends FleetNode {
  events: FleetEvent[];
  work: NodeWork | null;
}

export type RolloutStep =
  | "queued"
  | "snapshot"
  | "create"
  | "wait"
  | "stop"
  | "check"
  | "bake"
  | "delete"
  | "undo"
  | "done"
  | "aborted"
  | "failed"
  | "dropped";

export interface RolloutNode {
  node_id: string;
  wave: number;
  step: RolloutStep;
  step_since: string;
  from_generation: number | null;
  to_generation: number | null;
  from_version: string | null;
  to_version: string | null;
  is_door: boolean;
  is_back: boolean;
  snapshot: string | null;
  error: string | null;
}

export interface Rollout {
  id: number;
  release: number;
  version: string | null;
  program: string | null;
  has_config: boolean;
  state: "running" | "paused" | "halted" | "aborted" | "superseded" | "done";
  state_since: string;
  why: string | null;
  wave: number;
  is_gated: boolean;
  parallel: number;
  bake_seconds: number;
  actor: string;
  reason: string;
  started_at: string;
  nodes: RolloutNode[];
}

export interface RolloutPlan {
  parallel: number;
  bake_seconds: number;
  waves: number[];
  seconds: number;
  nodes: { node_id: string; wave: number; version: string | null; is_door: boolean }[];
  supersedes: number | null;
}

export interface Guard {
  live_nodes: number;
  in_flight: number;
  reported: number;
  ceiling: number;
  /** Unix seconds, by the chain. */
  reported_at: number;
  now: number;
  max_share_bps: number | null;
  report_age_seconds: number | null;
  available: number | null;
  arithmetic: string;
  refusal: string | null;
}

export interface Decision {
  decided_at: string;
  block: number;
  decision: "add" | "hold" | "block" | "stop";
  why: string;
  inputs: Record<string, unknown>;
}

export interface Scale {
  guard: Guard | null;
  is_automatic: boolean;
  blocked_network: number | null;
  blocked_at: string | null;
  stopped_why: string | null;
  override_ends_at: string | null;
  override_reason: string | null;
  decisions: Decision[];
}

export interface ScalePlan {
  count: number;
  guard: Guard | null;
}

export interface Operation {
  operation_id: string;
  repeated?: boolean;
  nodes: { id: string }[];
}

export type TransactionAction = "bump" | "cancel" | "resend";

export interface Transaction {
  id: number;
  kind: string;
  state: string;
  signer: string;
  node_id: string | null;
  recipient: string | null;
  nonce: number | null;
  attempts: number;
  hash: string | null;
  block: number | null;
  succeeded: boolean | null;
  why: string | null;
  created_at: string;
  actions: TransactionAction[];
}

export interface TransactionDetail extends Transaction {
  signed: {
    nonce: number;
    number: number;
    hash: string;
    gas_limit: number;
    max_fee_wei: string;
    tip_wei: string;
    cancels: boolean;
    sends: number;
    last_answer: string | null;
    included: boolean;
  }[];
  requests: { action: TransactionAction; actor: string; requested_at: string; answer: string | null }[];
}

export interface Overview {
  read_at: string;
  nodes: FleetNode[];
  rollout: Rollout | null;
  scale: Scale;
  transactions: Transaction[];
}

/** What a call about a node, a roll-out or a transaction answers. */
export interface Answer {
  outcome: "asked" | "done" | "repeated";
  detail?: string;
  dry_run: boolean;
}
