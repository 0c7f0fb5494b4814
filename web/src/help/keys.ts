/** Who holds which key of the contract, folded from its events; the holder's wallet can ask the contract the same. */

import type { ChainEvent, EventType } from "../api/types.ts";
import { type Address, isAddress, sameAddress } from "../format/address.ts";

/** What has to be read for it. */
export const KEY_EVENTS: readonly EventType[] = ["RolesChanged", "OwnershipTransferred", "OwnershipTransferStarted", "FeeRecipientChanged", "PoolCreated"];

/** Bits of the contract's roles. */
const ROLES = { registrar: 1, guardian: 2, slasher: 4, reporter: 8 } as const;
export type Role = keyof typeof ROLES;

export interface Keys {
  owner: Address | null;
  /** To whom ownership is offered; null while it is not. */
  offeredTo: Address | null;
  feeRecipient: Address | null;
  sink: Address | null;
  /** Roles by account; accounts that have none any more are absent. */
  roles: ReadonlyMap<Address, number>;
}

/** `events` is the newest first, as the API gives them. */
export function keysFrom(events: readonly ChainEvent[]): Keys {
  const roles = new Map<Address, number>();
  const keys = { owner: null, offeredTo: null, feeRecipient: null, sink: null } as { -readonly [Name in keyof Omit<Keys, "roles">]: Keys[Name] };
  for (const { type, account, after, detail } of [...events].reverse()) {
    const state = after as Record<string, unknown>;
    if (type === "RolesChanged" && account) {
      const bits = Number(state["roles"] ?? 0);
      if (bits > 0) roles.set(account, bits);
      else roles.delete(account);
    }
    if (type === "PoolCreated") keys.sink = addressOf((detail as Record<string, unknown> | null)?.["sink"]);
    if (type === "FeeRecipientChanged") keys.feeRecipient = account ?? addressOf(state["fee_recipient"]);
    if (type === "OwnershipTransferred") keys.owner = addressOf(state["owner"]) ?? account;
    if (type === "OwnershipTransferred" || type === "OwnershipTransferStarted") keys.offeredTo = addressOf(state["pending_owner"]);
  }
  return { ...keys, roles };
}

export function holdersOf(keys: Keys, role: Role): Address[] {
  return [...keys.roles].filter(([, bits]) => bits & ROLES[role]).map(([account]) => account);
}

/** What differs between what the index says and what the contract answered, in words. */
export function differences(keys: Keys, read: { owner: Address; offeredTo: Address | null; roles: ReadonlyMap<Address, number> }): string[] {
  const found: string[] = [];
  if (!sameAddress(keys.owner, read.owner)) found.push("the owner");
  if ((keys.offeredTo ?? read.offeredTo) && !sameAddress(keys.offeredTo, read.offeredTo)) found.push("to whom ownership is offered");
  for (const [account, bits] of keys.roles) if (read.roles.get(account) !== bits) found.push(`the roles of ${account}`);
  return found;
}

/** Null for what is no address, and for the address of nobody. */
function addressOf(value: unknown): Address | null {
  return typeof value === "string" && isAddress(value) && BigInt(value) !== 0n ? value : null;
}
