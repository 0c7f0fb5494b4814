/** Ethereum addresses as text. EIP-55 case comes from the API or the wallet chunk; comparison ignores case. */

export type Address = `0x${string}`;

export function isAddress(text: string): text is Address {
  return /^0x[0-9a-fA-F]{40}$/.test(text);
}

export function sameAddress(left: string | null | undefined, right: string | null | undefined): boolean {
  return !!left && !!right && left.toLowerCase() === right.toLowerCase();
}

/** "0x1234…cdef", for addresses and hashes. */
export function shortHex(hex: string): string {
  return hex.length <= 13 ? hex : `${hex.slice(0, 6)}…${hex.slice(-4)}`;
}
