import { useEffect, useState } from "preact/hooks";
import { get } from "../api/client.ts";
import { type Figure, figureOf, reach, staker } from "../api/store.ts";
import type { ChainEvent } from "../api/types.ts";
import { type Address, sameAddress } from "../format/address.ts";
import { EventTable } from "../nodes/event-table.tsx";
import { AddressLabel } from "../ui/address.tsx";
import { AsOf } from "../ui/as-of.tsx";
import { account } from "../wallet/session.ts";
import { Holdings } from "./panel.tsx";

const SHOWN_EVENTS = 50;

/** Any address's stake, for everybody to look at; no wallet needed and nothing to press, unless it is one's own. */
export function WatchPage({ address }: { address: Address }) {
  const figure = staker.value && sameAddress(staker.value.data.address, address) ? staker.value : null;
  const isOwn = sameAddress(account.value, address);
  const events = useEvents(address, figure?.asOf.block_hash);
  return (
    <>
      <section class="panel" aria-labelledby="watch-title">
        <header class="panel-head">
          <h1 id="watch-title" class="panel-title">
            <AddressLabel address={address} size={36} copy />
          </h1>
          <span class="badge">{isOwn ? "your address" : "watch only"}</span>
          <AsOf block={figure?.asOf} source={`/stakers/${address}`} />
        </header>
        {figure ? (
          <Holdings holder={figure.data} canAct={isOwn} />
        ) : (
          <p class="empty">{reach.value === "down" ? "The pool's server can't be reached, so this address can't be shown." : "Reading this address…"}</p>
        )}
      </section>
      {events && <EventTable title="History" events={events.data} asOf={events.asOf} names="node" />}
    </>
  );
}

function useEvents(address: Address, block: string | undefined): Figure<ChainEvent[]> | null {
  const [events, setEvents] = useState<Figure<ChainEvent[]> | null>(null);
  useEffect(() => {
    let isCurrent = true;
    get<ChainEvent[]>(`/events?staker=${address}&limit=${SHOWN_EVENTS}`)
      .then((answer) => isCurrent && setEvents(figureOf(answer)))
      .catch(() => undefined);
    return () => {
      isCurrent = false;
    };
  }, [address, block]);
  return events;
}
