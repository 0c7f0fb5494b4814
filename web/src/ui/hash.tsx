import { config } from "../api/store.ts";
import { shortHex } from "../format/address.ts";
import { CopyButton } from "./copy.tsx";

/** A transaction hash: a link where the chain has an explorer, always copyable. */
export function Hash({ hash }: { hash: string }) {
  const explorer = config.value?.explorer_url;
  return (
    <span class="address" title={hash}>
      {explorer ? (
        <a href={`${explorer.replace(/\/$/, "")}/tx/${hash}`} target="_blank" rel="noopener noreferrer">
          <span class="hex">{shortHex(hash)}</span>
        </a>
      ) : (
        <span class="hex">{shortHex(hash)}</span>
      )}
      <CopyButton text={hash} label="Copy the transaction hash" />
    </span>
  );
}
