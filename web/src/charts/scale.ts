/** Numbers for pixels: a chart's values become floating point here and nowhere else, and no figure that is read comes from them. */

import { JUELS_PER_LINK } from "../format/juels.ts";

const KEPT = 10_000n;

/** LINK, with four decimals. */
export function toPixels(juels: bigint): number {
  return Number((juels * KEPT) / JUELS_PER_LINK) / Number(KEPT);
}

/** A round number at or above the greatest value, whose half is round too. */
export function niceTop(values: readonly number[]): number {
  const most = Math.max(0, ...values);
  if (most === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= most) ?? 10) * power;
}

/** Points of a line through `values` in a box of `width` by `height`, as SVG wants them. */
export function linePath(values: readonly number[], top: number, width: number, height: number): string {
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values.map((value, index) => `${index === 0 ? "M" : "L"}${round(index * step)} ${round(height - (value / top) * height)}`).join("");
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
