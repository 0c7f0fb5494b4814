import type { Address } from "../format/address.ts";
import { shortHex } from "../format/address.ts";
import { Identicon } from "../ui/identicon.tsx";
import { nodeNameAt } from "./name.ts";

/** A node by name, with its address below, or beside it where there is one line only. */
export function NodeLabel({ address, isLink = true }: { address: Address; isLink?: boolean }) {
  const name = nodeNameAt(address);
  const short = shortHex(address);
  return (
    <span class="node-label" title={address}>
      <Identicon address={address} size={30} />
      <span>
        {isLink ? <a href={`/nodes/${address}`}>{name}</a> : <strong>{name}</strong>}
        {name !== short && <span class="hex muted">{short}</span>}
      </span>
    </span>
  );
}
