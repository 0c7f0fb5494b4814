/** Who holds the contract's keys, from its own views, through the wallet's provider. */

import { decodeFunctionResult, encodeFunctionData } from "viem/utils";
import { type Address } from "../format/address.ts";
import { poolAbi, timelockAbi } from "./abi.ts";
import { type Provider, requestText } from "./eip1193.ts";

/** Accounts with a role; each is asked by itself. */
const MAX_ACCOUNTS = 50;

export interface KeysRead {
  owner: Address;
  /** The timelock's delay in seconds; null for an owner that states none. */
  delay_s: number | null;
  offeredTo: Address | null;
  roles: Map<Address, number>;
}

export async function readKeys(provider: Provider, pool: Address, accounts: readonly Address[]): Promise<KeysRead> {
  const view = async (to: Address, data: `0x${string}`) => (await requestText(provider, "eth_call", [{ to, data }, "latest"])) as `0x${string}`;
  const named = async (functionName: "owner" | "pendingOwner") =>
    decodeFunctionResult({ abi: poolAbi, functionName, data: await view(pool, encodeFunctionData({ abi: poolAbi, functionName })) });
  const owner = await named("owner");
  const pending = await named("pendingOwner");
  const roles = new Map<Address, number>();
  for (const account of accounts.slice(0, MAX_ACCOUNTS)) {
    const data = await view(pool, encodeFunctionData({ abi: poolAbi, functionName: "rolesOf", args: [account] }));
    roles.set(account, decodeFunctionResult({ abi: poolAbi, functionName: "rolesOf", data }));
  }
  const delay_s = await view(owner, encodeFunctionData({ abi: timelockAbi, functionName: "getMinDelay" })).then(
    (data) => Number(decodeFunctionResult({ abi: timelockAbi, functionName: "getMinDelay", data })),
    () => null,
  );
  return { owner, delay_s, offeredTo: BigInt(pending) === 0n ? null : pending, roles };
}
