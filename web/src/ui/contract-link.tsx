import { config } from "../api/store.ts";
import { type Address, shortHex } from "../format/address.ts";
import { CopyButton } from "./copy.tsx";

export function ContractLink({ address }: { address: Address }) {
  const explorer = config.value?.explorer_url;
  const text = <span class="hex">{shortHex(address)}</span>;
  return (
    <span class="address" title={address}>
      {explorer ? (
        <a href={`${explorer.replace(/\/$/, "")}/address/${address}`} target="_blank" rel="noopener noreferrer">
          {text}
        </a>
      ) : (
        text
      )}
      <CopyButton text={address} label="Copy the contract's address" />
    </span>
  );
}
