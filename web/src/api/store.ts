/** What the page knows of the pool, kept current by the stream. Every figure keeps the block it was read at. */

import { computed, signal } from "@preact/signals";
import { type Address, isAddress } from "../format/address.ts";
import { recall, remember } from "../storage.ts";
import { ApiError, get, getAll } from "./client.ts";
import { createRefresher } from "./refresher.ts";
import { openStream } from "./stream.ts";
import type { Answer, BlockReference, Config, Phase, Pool, PoolNode, Staker, Status } from "./types.ts";

/** A figure and the block it holds at. */
export interface AsOfValue<T> {
  data: T;
  asOf: BlockReference;
}

export const config = signal<Config | null>(null);
export const status = signal<Status | null>(null);
export const pool = signal<AsOfValue<Pool> | null>(null);
export const nodes = signal<AsOfValue<PoolNode[]> | null>(null);
export const staker = signal<AsOfValue<Staker> | null>(null);
/** Why the server gives nothing for the watched address, in its own words. */
export const stakerProblem = signal<string | null>(null);
/** The newest block that the index is known to have applied. */
export const indexed = signal<BlockReference | null>(null);
/** `starting` until the first answer; `down` once the server fails to answer. */
export const reach = signal<"starting" | "up" | "down">("starting");
/** Why it is down, in the server's own words where it has some. */
export const outage = signal<string | null>(null);
/** Until when the server wants no questions from this network; null while it takes them. */
export const limitedUntil = signal<number | null>(null);
export const isLive = signal(false);
/** Nodes that the fleet is making, by fleet id. */
export const phases = signal<ReadonlyMap<string, Phase>>(new Map());

/** The newest final block as far as the index knows; -1 when it knows none. */
export const finalizedBlock = computed(() => status.value?.finalized_block ?? -1);

const POLL_MS = 5_000;
const TIME_PASSES_MS = 4_000;
const STATUS_MS = 3_000;
/** A stream without a head for this long says nothing of the index behind it. */
const QUIET_MS = 20_000;
const LAST_CONFIG = "linkpool.config";

let wasLive = false;
let watched: Address | null = null;
let isConfigCurrent = false;
let headAt_ms = 0;
let limitTimer: ReturnType<typeof setTimeout> | undefined;

const statistics = createRefresher(() => guarded(loadStatistics), TIME_PASSES_MS);
const position = createRefresher(() => guarded(loadStaker), TIME_PASSES_MS);
const health = createRefresher(() => guarded(loadStatus), STATUS_MS);

export function startStore(): void {
  void guarded(loadConfig);
  statistics.now();
  health.now();
  openStream({
    onHead(head) {
      headAt_ms = Date.now();
      noteIndexed(head);
      statistics.eventually();
      position.eventually();
      health.eventually();
    },
    onChange: refresh,
    onPhase(phase) {
      phases.value = new Map(phases.value).set(phase.node_id, phase);
    },
    onLive(live) {
      isLive.value = live;
      // The first one opens while the page is being filled anyway: nothing is asked twice.
      if (live && wasLive) refresh();
      wasLive ||= live;
    },
  });
  setInterval(poll, POLL_MS);
}

/** Fetches everything again: something changed. */
export function refresh(): void {
  statistics.now();
  position.now();
  health.now();
}

/** Whose positions to keep loaded; null for nobody's. */
export function watchStaker(address: Address | null): void {
  if (watched === address) return;
  watched = address;
  staker.value = null;
  stakerProblem.value = null;
  if (address) position.now();
}

/** Keeps the page current without a stream, and notices when a failed server is back. */
function poll(): void {
  if (!isConfigCurrent) void guarded(loadConfig);
  if (isLive.value && reach.value === "up") {
    if (Date.now() - headAt_ms >= QUIET_MS) health.eventually();
    return;
  }
  statistics.eventually();
  position.eventually();
  health.eventually();
}

/** The contract's addresses are kept, so that a later visit can act through the wallet while the server is down. */
async function loadConfig(): Promise<void> {
  try {
    config.value = (await get<Config>("/config")).data;
    isConfigCurrent = true;
    remember(LAST_CONFIG, JSON.stringify(config.value));
  } catch (error) {
    config.value ??= readConfig(recall(LAST_CONFIG));
    throw error;
  }
}

function readConfig(stored: string | null): Config | null {
  try {
    const config = JSON.parse(stored ?? "null") as Config | null;
    return config && isAddress(config.pool_address) && isAddress(config.token_address) ? config : null;
  } catch {
    return null;
  }
}

async function loadStatistics(): Promise<void> {
  const [poolAnswer, nodeAnswer] = await Promise.all([get<Pool>("/pool"), getAll<PoolNode>("/nodes?limit=500")]);
  pool.value = asOfValue(poolAnswer);
  nodes.value = asOfValue(nodeAnswer);
}

async function loadStaker(): Promise<void> {
  const address = watched;
  if (!address) return;
  try {
    const answer = await get<Staker>(`/stakers/${address}?limit=500`);
    if (address !== watched) return;
    staker.value = asOfValue(answer);
    stakerProblem.value = null;
  } catch (error) {
    if (!(error instanceof ApiError && error.isRefusal)) throw error;
    if (address === watched) stakerProblem.value = error.message;
  }
}

async function loadStatus(): Promise<void> {
  const answer = await get<Status>("/status");
  status.value = answer.data;
  noteIndexed(answer.data.indexed);
}

export function asOfValue<T>(answer: Answer<T>): AsOfValue<T> {
  noteIndexed(answer.meta.as_of);
  return { data: answer.data, asOf: answer.meta.as_of };
}

function noteIndexed(block: BlockReference): void {
  const known = indexed.value;
  if (!known || block.block_number !== known.block_number || block.block_hash !== known.block_hash) indexed.value = block;
}

async function guarded(load: () => Promise<void>): Promise<void> {
  try {
    await load();
    reach.value = "up";
    outage.value = null;
    // What was under way when the limit was reached still comes in; it does not end the wait.
    if (limitedUntil.value !== null && Date.now() >= limitedUntil.value) limitedUntil.value = null;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.isLimit) return waitOut(error.retryAt_ms);
    reach.value = "down";
    outage.value = error.message;
  }
}

function waitOut(until_ms: number): void {
  limitedUntil.value = until_ms;
  clearTimeout(limitTimer);
  limitTimer = setTimeout(refresh, Math.max(until_ms - Date.now(), 0));
}

/** Why figures are not there yet, for a place that has nothing to show. */
export function whyMissing(what: string): string {
  if (limitedUntil.value !== null) return `${what}: waiting until the pool's server may be asked again.`;
  return reach.value === "down" ? `${what}: not available, because the pool's server does not answer.` : `${what}: being read…`;
}
