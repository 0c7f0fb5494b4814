/** Follows sent transactions to their end: by the wallet's chain when one is connected, else by the index alone. */

import { effect } from "@preact/signals";
import { get } from "../api/client.ts";
import { config, finalizedBlock, indexed, refresh } from "../api/store.ts";
import type { TransactionRecord } from "../api/types.ts";
import { type Provider, WalletSilent, request, requestChainId } from "../wallet/eip1193.ts";
import { isWrongChain, wallet } from "../wallet/session.ts";
import { type Observation, advance } from "./lifecycle.ts";
import { type Transaction, isFollowed } from "./transaction.ts";
import { put, transactions } from "./store.ts";

const POLL_MS = 1_500;
let isLooking = false;
/** A wallet that did not answer in this round: the rest of the round goes by the index, or each would wait in turn. */
let silent: Provider | null = null;

export function startTracker(): void {
  setInterval(() => void look(), POLL_MS);
  effect(() => {
    void indexed.value;
    void look();
  });
}

async function look(): Promise<void> {
  if (isLooking) return;
  isLooking = true;
  try {
    for (const { id } of transactions.peek().filter(isFollowed)) await follow(id);
    silent = null;
  } finally {
    isLooking = false;
  }
}

async function follow(id: string): Promise<void> {
  const before = transactions.peek().find((known) => known.id === id);
  if (!before?.hash) return;
  const seen = await seeFrom(before).catch(() => null);
  const current = transactions.peek().find((known) => known.id === id);
  if (!seen || !current) return;
  const after = advance(current, seen);
  if (JSON.stringify(after) === JSON.stringify(current)) return;
  put(after);
  if (after.stage !== current.stage) refresh();
}

async function seeFrom(transaction: Transaction): Promise<Observation> {
  const provider = isWrongChain.peek() ? null : (wallet.peek()?.provider ?? null);
  if (!provider || provider === silent) return observeIndex(transaction);
  try {
    return await observe(provider, transaction);
  } catch (error) {
    if (error instanceof WalletSilent) silent = provider;
    return observeIndex(transaction);
  }
}

interface RpcReceipt {
  blockNumber: string;
  blockHash: string;
  status: string;
}

/** The wallet is asked where it is each time: on another chain, which it may not have told, every receipt is missing. */
async function observe(provider: Provider, transaction: Transaction): Promise<Observation> {
  if ((await requestChainId(provider)) !== config.peek()?.chain_id) return observeIndex(transaction);
  const accountNonce = await request(provider, "eth_getTransactionCount", [transaction.account, "latest"]);
  const receipt = (await request(provider, "eth_getTransactionReceipt", [transaction.hash])) as RpcReceipt | null;
  const known =
    transaction.nonce === null
      ? ((await request(provider, "eth_getTransactionByHash", [transaction.hash])) as { nonce: string } | null)
      : null;
  return {
    receipt: receipt && {
      blockNumber: Number(receipt.blockNumber),
      blockHash: receipt.blockHash,
      isSuccess: BigInt(receipt.status) === 1n,
    },
    isDirect: true,
    record: receipt && (await readRecord(transaction).catch(() => null)),
    nonce: known ? Number(known.nonce) : null,
    accountNonce: typeof accountNonce === "string" ? Number(accountNonce) : null,
    ...progress(),
  };
}

/** Without a wallet only successful transactions that touched the pool can be seen. */
async function observeIndex(transaction: Transaction): Promise<Observation> {
  const record = await readRecord(transaction);
  const event = record.events[0];
  return {
    receipt: event ? { blockNumber: event.block_number, blockHash: event.block_hash, isSuccess: true } : null,
    isDirect: false,
    record,
    nonce: null,
    accountNonce: null,
    ...progress(),
  };
}

async function readRecord({ hash }: Transaction): Promise<TransactionRecord> {
  return (await get<TransactionRecord>(`/transactions/${hash}`)).data;
}

function progress(): Pick<Observation, "finalizedBlock" | "now_ms"> {
  return { finalizedBlock: finalizedBlock.peek(), now_ms: Date.now() };
}
