import { staker, stakerProblem, whyMissing } from "../api/store.ts";
import type { ChainEvent } from "../api/types.ts";
import { useRead } from "../api/use-read.ts";
import { type Address, sameAddress } from "../format/address.ts";
import { EventTable } from "../nodes/event-table.tsx";
import { Tray } from "../transactions/tray.tsx";
import { AddressLabel } from "../ui/address.tsx";
import { AsOf } from "../ui/as-of.tsx";
import { account } from "../wallet/session.ts";
import { Holdings, isShownAbove } from "./panel.tsx";

const SHOWN_EVENTS = 50;

/** Any address's stake, for everybody to look at; no wallet needed and nothing to press, unless it is one's own. */
export function StakerPage({ address }: { address: Address }) {
  const known = staker.value && sameAddress(staker.value.data.address, address) ? staker.value : null;
  const isOwn = sameAddress(account.value, address);
  const events = useRead<ChainEvent[]>(stakerProblem.value ? undefined : `/events?staker=${address}&limit=${SHOWN_EVENTS}`, known?.asOf.block_hash);
  return (
    <>
      <section class="panel" aria-labelledby="staker-title">
        <header class="panel-head">
          <h1 id="staker-title" class="panel-title">
            <AddressLabel address={address} size={36} copy />
          </h1>
          <span class="badge">{isOwn ? "your address" : "watch only"}</span>
          <AsOf block={known?.asOf} source={`/stakers/${address}`} />
        </header>
        {known ? (
          <Holdings holder={known.data} canAct={isOwn} />
        ) : (
          <p class="empty">{stakerProblem.value ? `The pool's server does not know this address: ${stakerProblem.value}` : whyMissing("This address")}</p>
        )}
        {isOwn && <Tray shows={(transaction) => !isShownAbove(transaction, known?.data)} />}
      </section>
      <EventTable title="History" {...events} names="node" />
    </>
  );
}
