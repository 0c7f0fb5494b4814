/** A history as a table that accounting programs read (RFC 4180), the oldest first. */

import type { ChainEvent } from "../api/types.ts";
import { exactLink, juels } from "../format/juels.ts";

const COLUMNS = ["time", "event", "node", "link", "fee_link", "ticket", "block", "transaction", "final"];

export function asCsv(events: readonly ChainEvent[]): string {
  const rows = [...events].reverse().map((event) => [
    event.block_timestamp,
    event.type,
    event.node ?? "",
    event.amount_juels ? exactLink(juels(event.amount_juels)) : "",
    event.fee_juels ? exactLink(juels(event.fee_juels)) : "",
    String(event.ticket ?? ""),
    String(event.block_number),
    event.transaction_hash,
    String(event.finalized),
  ]);
  return [COLUMNS, ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}
