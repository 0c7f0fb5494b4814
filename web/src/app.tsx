import { useEffect } from "preact/hooks";
import { watchStaker } from "./api/store.ts";
import { shortHex } from "./format/address.ts";
import { Banners } from "./layout/banners.tsx";
import { Footer } from "./layout/footer.tsx";
import { Header } from "./layout/header.tsx";
import { MissingPage } from "./layout/missing.tsx";
import { Totals } from "./layout/totals.tsx";
import { NodeDetail } from "./nodes/detail.tsx";
import { NodeList } from "./nodes/list.tsx";
import { PositionsPanel } from "./positions/panel.tsx";
import { WatchPage } from "./positions/watch.tsx";
import { type Route, route } from "./router.ts";
import { StakeCard } from "./stake/card.tsx";
import { StatusPage } from "./status/page.tsx";
import { Tray } from "./transactions/tray.tsx";
import { ConnectDialog } from "./wallet/connect-dialog.tsx";
import { account } from "./wallet/session.ts";

export function App() {
  const current = route.value;
  const shown = current.page === "staker" ? current.address : account.value;
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
        <Page current={current} />
      </main>
      <Footer />
      <Tray />
      <ConnectDialog />
    </>
  );
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
              <PositionsPanel />
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
      return <WatchPage address={current.address} />;
    case "status":
      return <StatusPage />;
    case "missing":
      return <MissingPage path={current.path} />;
  }
}
