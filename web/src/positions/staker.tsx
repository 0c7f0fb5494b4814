import { useEffect } from "preact/hooks";
import { staker, stakerProblem, whyMissing } from "../api/store.ts";
import { type Address, sameAddress } from "../format/address.ts";
import { Tray } from "../transactions/tray.tsx";
import { AddressLabel } from "../ui/address.tsx";
import { account } from "../wallet/session.ts";
import { startContractReading } from "./contract-reading.ts";
import { History } from "./history.tsx";
import { holdings } from "./holdings.ts";
import { Holdings, isShownAbove } from "./panel.tsx";
import { Timeline } from "./timeline.tsx";

/** Any address's stake, for everybody to look at; no wallet needed and nothing to press, unless it is one's own. */
export function StakerPage({ address }: { address: Address }) {
  useEffect(startContractReading, []);
  const isOwn = sameAddress(account.value, address);
  const watched = staker.value && sameAddress(staker.value.data.address, address) ? staker.value : null;
  const known = isOwn ? holdings.value : watched;
  return (
    <>
      <section class="panel" aria-labelledby="staker-title">
        <header class="panel-head">
          <h1 id="staker-title" class="panel-title">
            <AddressLabel address={address} size={30} copy />
          </h1>
          <span class="badge">{isOwn ? "your address" : "watch only"}</span>
        </header>
        {known ? (
          <Holdings holder={known.data} canAct={isOwn} />
        ) : (
          <p class="empty">{stakerProblem.value ? `The pool's server does not know this address: ${stakerProblem.value}` : whyMissing("This address")}</p>
        )}
        {isOwn && <Tray shows={(transaction) => !isShownAbove(transaction, known?.data)} />}
      </section>
      {known && <Timeline positions={known.data.positions} />}
      {!stakerProblem.value && <History address={address} block={known?.asOf.block_hash} />}
    </>
  );
}
