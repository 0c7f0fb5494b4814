import { groupDigits } from "./juels.ts";

/** Basis points (1/10,000) as a percentage: 450 is "4.5 %". */
export function printBps(bps: number): string {
  const sign = bps < 0 ? "-" : "";
  const absolute = Math.abs(Math.trunc(bps));
  const fraction = String(absolute % 100).padStart(2, "0").replace(/0+$/, "");
  return `${sign}${groupDigits(String((absolute - (absolute % 100)) / 100))}${fraction ? `.${fraction}` : ""} %`;
}
