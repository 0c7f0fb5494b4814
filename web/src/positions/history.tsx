import { useState } from "preact/hooks";
import { ApiError, getAll } from "../api/client.ts";
import type { ChainEvent } from "../api/types.ts";
import { useRead } from "../api/use-read.ts";
import type { Address } from "../format/address.ts";
import { EventTable } from "../nodes/event-table.tsx";
import { asCsv } from "./csv.ts";

const SHOWN = 50;
const AT_ONCE = 500;

/** What an address did here, dated, the newest first; and all of it as a file. `block` names the state that it is read at. */
export function History({ address, block }: { address: Address; block: string | undefined }) {
  const events = useRead<ChainEvent[]>(block && `/events?staker=${address}&limit=${SHOWN}`, block);
  return <EventTable title="History" {...events} names="node" tools={<Download address={address} />} />;
}

function Download({ address }: { address: Address }) {
  const [note, setNote] = useState("");
  const download = async () => {
    setNote("Reading…");
    try {
      const { data } = await getAll<ChainEvent>(`/events?staker=${address}&limit=${AT_ONCE}`);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([asCsv(data)], { type: "text/csv" }));
      link.download = `linkpool-${address}.csv`;
      link.click();
      URL.revokeObjectURL(link.href);
      setNote("");
    } catch (error) {
      setNote(error instanceof ApiError ? error.message : "The history could not be read just now.");
    }
  };
  return (
    <span class="panel-tools">
      <span class="hint" aria-live="polite">
        {note}
      </span>
      <button type="button" class="button button-small button-quiet" onClick={() => void download()}>
        Download as CSV
      </button>
    </span>
  );
}
