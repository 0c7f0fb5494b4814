/** Times people read. Inputs are RFC 3339 texts or Unix milliseconds; the caller names "now" so that tests can too. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "28 days", "1 hour", "90 seconds": the largest unit that is still exact enough to promise. */
export function printDuration(seconds: number): string {
  const spans: [number, string][] = [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
  ];
  for (const [size, name] of spans) {
    if (seconds >= size && seconds % size === 0) return plural(seconds / size, name);
  }
  for (const [size, name] of spans) {
    if (seconds >= 2 * size) return plural(Math.round(seconds / size), name);
  }
  return plural(seconds, "second");
}

/** "3 s ago", "in 12 days". */
export function printRelative(at: string | number, now: number): string {
  const distance = (typeof at === "number" ? at : Date.parse(at)) - now;
  const span = Math.abs(distance);
  if (span < SECOND) return "now";
  const text =
    span < MINUTE ? `${Math.round(span / SECOND)} s`
    : span < HOUR ? `${Math.round(span / MINUTE)} min`
    : span < 2 * DAY ? plural(Math.round(span / HOUR), "hour")
    : plural(Math.round(span / DAY), "day");
  return distance > 0 ? `in ${text}` : `${text} ago`;
}

/** "12 Dec 2026, 11:00" in the reader's own zone. */
export function printDate(at: string | number): string {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }).format(
    typeof at === "number" ? at : Date.parse(at),
  );
}

/** "12 Dec 2026": the day in UTC, in which the index counts them. */
export function printDay(at: number): string {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(at);
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
