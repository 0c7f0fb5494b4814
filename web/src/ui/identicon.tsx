import type { Address } from "../format/address.ts";

const CELLS = 5;
const SIZE = 10;

/**
 * A small picture of an address, mirrored left to right and drawn from the address alone, so that a swapped address
 * catches the eye. It is a help for recognition, never a proof.
 */
export function Identicon({ address, size = 28 }: { address: Address; size?: number }) {
  const bytes = bytesOf(address);
  const hue = Math.round(((((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)) / 65_535) * 360);
  const cells = [];
  for (let row = 0; row < CELLS; row += 1) {
    for (let column = 0; column < Math.ceil(CELLS / 2); column += 1) {
      const value = bytes[2 + row * 3 + column] ?? 0;
      if (value < 92) continue;
      const tone = value > 188 ? "identicon-strong" : "identicon-soft";
      for (const x of new Set([column, CELLS - 1 - column])) {
        cells.push(<rect key={`${row}-${x}`} class={tone} x={x * SIZE} y={row * SIZE} width={SIZE} height={SIZE} />);
      }
    }
  }
  const side = CELLS * SIZE;
  return (
    <svg class="identicon" width={size} height={size} viewBox={`-6 -6 ${side + 12} ${side + 12}`} aria-hidden="true" style={{ "--hue": String(hue) }}>
      <rect class="identicon-back" x="-6" y="-6" width={side + 12} height={side + 12} />
      {cells}
    </svg>
  );
}

/** Addresses made by hand repeat bytes, so each byte is stirred with its place before it is drawn. */
function bytesOf(address: Address): number[] {
  let state = 2_166_136_261;
  const bytes: number[] = [];
  for (const character of address.toLowerCase().slice(2)) {
    state = Math.imul(state ^ character.charCodeAt(0), 16_777_619) >>> 0;
  }
  for (let index = 0; index < 2 + CELLS * 3; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    bytes.push(state & 255);
  }
  return bytes;
}
