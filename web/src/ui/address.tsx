import { type Address, shortHex } from "../format/address.ts";
import { CopyButton } from "./copy.tsx";
import { Identicon } from "./identicon.tsx";

interface Properties {
  address: Address;
  href?: string;
  size?: number;
  copy?: boolean;
  /** Shows all 40 digits. */
  isWhole?: boolean;
}

/** An address as picture and short text; the whole address is in the tooltip and on the clipboard. */
export function AddressLabel({ address, href, size = 28, copy = false, isWhole = false }: Properties) {
  const text = <span class={isWhole ? "hex break" : "hex"}>{isWhole ? address : shortHex(address)}</span>;
  return (
    <span class="address" title={address}>
      <Identicon address={address} size={size} />
      {href ? <a href={href}>{text}</a> : text}
      {copy && <CopyButton text={address} label="Copy the address" />}
    </span>
  );
}
