import { account, openConnect } from "../wallet/session.ts";
import { History } from "./history.tsx";
import { holdings } from "./holdings.ts";
import { PositionsPanel } from "./panel.tsx";
import { Timeline } from "./timeline.tsx";
import { WatchForm } from "./watch-form.tsx";

/** Everything about the connected holder's stake: what it is, what leaves when, and what happened. */
export function PositionsPage() {
  const owner = account.value;
  if (!owner) {
    return (
      <section class="panel" aria-labelledby="positions-title">
        <h1 id="positions-title" class="panel-title">
          Your stake
        </h1>
        <p class="empty">Connect the wallet that you staked with to see your positions, or look at any address without one.</p>
        <div class="stack">
          <button type="button" class="button button-primary" onClick={() => openConnect("account-menu")}>
            Connect wallet
          </button>
          <WatchForm />
        </div>
      </section>
    );
  }
  const known = holdings.value;
  return (
    <>
      <PositionsPanel />
      {known && <Timeline positions={known.data.positions} />}
      <History address={owner} block={known?.asOf.block_hash} />
    </>
  );
}
