import { useEffect } from "preact/hooks";
import { watchStaker } from "./api/store.ts";
import { type Address, sameAddress, shortHex } from "./format/address.ts";
import { Banners } from "./layout/banners.tsx";
import { Footer } from "./layout/footer.tsx";
import { Header } from "./layout/header.tsx";
import { Totals } from "./layout/totals.tsx";
import { NodeList } from "./nodes/list.tsx";
import { type Route, route } from "./router.ts";
import { StakeCard } from "./stake/card.tsx";
import { Tray } from "./transactions/tray.tsx";
import { lazy } from "./ui/lazy.tsx";
import { ConnectDialog } from "./wallet/connect-dialog.tsx";
import { account } from "./wallet/session.ts";

const MissingPage = lazy(() => import("./layout/missing.tsx").then((code) => code.MissingPage));
const NodeDetail = lazy(() => import("./nodes/detail.tsx").then((code) => code.NodeDetail));
const PositionsPanel = lazy(() => import("./positions/panel.tsx").then((code) => code.PositionsPanel));
const StatusPage = lazy(() => import("./status/page.tsx").then((code) => code.StatusPage));
const StakerPage = lazy(() => import("./positions/staker.tsx").then((code) => code.StakerPage));

export function App() {
  const current = route.value;
  // Some wallets write the account with another checksum than EIP-55, which the server would refuse.
  const shown = current.page === "staker" ? current.address : ((account.value?.toLowerCase() ?? null) as Address | null);
  useEffect(() => watchStaker(shown), [shown]);
  useEffect(() => {
    document.title = titleOf(current);
  }, [current]);
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <Header />
      <Banners />
      <main id="main" tabIndex={-1}>
        {hasNoTray(current) && <Tray shows={() => true} />}
        <Page current={current} />
      </main>
      <Footer />
      <ConnectDialog />
    </>
  );
}

/** True for pages with neither the form nor the person's own positions, where what they sent is shown first. */
function hasNoTray(current: Route): boolean {
  if (current.page === "staker") return !sameAddress(current.address, account.value);
  return current.page === "status" || current.page === "missing";
}

function titleOf(current: Route): string {
  switch (current.page) {
    case "home":
      return "LinkPool: stake LINK on oracle nodes";
    case "node":
      return `Node ${shortHex(current.address)} · LinkPool`;
    case "staker":
      return `Staker ${shortHex(current.address)} · LinkPool`;
    case "status":
      return "Status · LinkPool";
    case "missing":
      return "No such page · LinkPool";
  }
}

function Page({ current }: { current: Route }) {
  switch (current.page) {
    case "home":
      return (
        <>
          <Totals />
          <div class="columns">
            <div class="column-main">
              {account.value && <PositionsPanel />}
              <NodeList />
            </div>
            <StakeCard />
          </div>
        </>
      );
    case "node":
      return (
        <div class="columns">
          <div class="column-main">
            <NodeDetail address={current.address} />
          </div>
          <StakeCard fixedNode={current.address} />
        </div>
      );
    case "staker":
      return <StakerPage address={current.address} />;
    case "status":
      return <StatusPage />;
    case "missing":
      return <MissingPage path={current.path} />;
  }
}
