/**
 * Amounts of LINK as text. An amount is a bigint of juels (1 LINK = 10^18 juels) everywhere in this page: no floating
 * point number ever holds money.
 */

export const DECIMALS = 18;
export const JUELS_PER_LINK = 10n ** 18n;
/** The most LINK a 96-bit amount of the contract can hold. */
export const MAX_AMOUNT = 2n ** 96n - 1n;

/** Every digit, without separators: "1250.5". It parses back to the same juels. */
export function exactLink(juels: bigint): string {
  const negative = juels < 0n;
  const absolute = negative ? -juels : juels;
  const whole = absolute / JUELS_PER_LINK;
  const fraction = (absolute % JUELS_PER_LINK).toString().padStart(DECIMALS, "0").replace(/0+$/, "");
  return `${negative ? "-" : ""}${whole}${fraction ? `.${fraction}` : ""}`;
}

/** What people read: at most `places` decimals, cut and never rounded up, with "≈" when digits were cut. */
export function printLink(juels: bigint, places = 4): string {
  const exact = exactLink(juels);
  const [whole = "0", fraction = ""] = exact.split(".");
  const shown = fraction.slice(0, places).replace(/0+$/, "");
  const isCut = /[1-9]/.test(fraction.slice(places));
  const smallest = places === 0 ? "1" : `0.${"0".repeat(places - 1)}1`;
  if (isCut && /^-?0$/.test(whole) && shown === "") return `<${smallest}`;
  return `${isCut ? "≈" : ""}${groupDigits(whole)}${shown ? `.${shown}` : ""}`;
}

/** For headers only: "1.2M", "60K", "999.5". Cut, never rounded up. */
export function printLinkShort(juels: bigint): string {
  const whole = juels / JUELS_PER_LINK;
  if (whole >= 1_000_000_000n) return scaled(whole, 1_000_000_000n, "B");
  if (whole >= 1_000_000n) return scaled(whole, 1_000_000n, "M");
  if (whole >= 100_000n) return scaled(whole, 1_000n, "K");
  return printLink(juels, 2).replace(/^≈/, "");
}

/** Reads a decimal string of juels from the API. Text that is no whole number is a broken answer and throws. */
export function juels(text: string): bigint {
  if (!/^-?\d{1,78}$/.test(text)) throw new TypeError(`not an amount of juels: ${text}`);
  return BigInt(text);
}

export function groupDigits(whole: string): string {
  return whole.replace(/\B(?=(\d{3})+$)/g, ",");
}

function scaled(whole: bigint, unit: bigint, suffix: string): string {
  const hundredths = (whole * 100n) / unit;
  const fraction = (hundredths % 100n).toString().padStart(2, "0").replace(/0+$/, "");
  return `${groupDigits((hundredths / 100n).toString())}${fraction ? `.${fraction}` : ""}${suffix}`;
}
