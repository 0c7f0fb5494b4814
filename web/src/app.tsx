import { useEffect } from "preact/hooks";
import { watchStaker } from "./api/store.ts";
import { type Address, sameAddress, shortHex } from "./format/address.ts";
import { HomePage } from "./home/page.tsx";
import { Banners } from "./layout/banners.tsx";
import { Footer } from "./layout/footer.tsx";
import { Header } from "./layout/header.tsx";
import { nodeNameAt } from "./nodes/name.ts";
import { type Route, route } from "./router.ts";
import { Tray } from "./transactions/tray.tsx";
import { lazy } from "./ui/lazy.tsx";
import { ConnectDialog } from "./wallet/connect-dialog.tsx";
import { account } from "./wallet/session.ts";

const HelpPage = lazy(() => import("./help/page.tsx").then((code) => code.HelpPage));
const MissingPage = lazy(() => import("./layout/missing.tsx").then((code) => code.MissingPage));
const NodePage = lazy(() => import("./nodes/node-page.tsx").then((code) => code.NodePage));
const NodesPage = lazy(() => import("./nodes/page.tsx").then((code) => code.NodesPage));
const PoolPage = lazy(() => import("./pool/page.tsx").then((code) => code.PoolPage));
const PositionsPage = lazy(() => import("./positions/page.tsx").then((code) => code.PositionsPage));
const StatusPage = lazy(() => import("./status/page.tsx").then((code) => code.StatusPage));
const StakerPage = lazy(() => import("./positions/staker.tsx").then((code) => code.StakerPage));

export function App() {
  const current = route.value;
  // Some wallets write the account with another checksum than EIP-55, which the server would refuse.
  const shown = current.page === "staker" ? current.address : ((account.value?.toLowerCase() ?? null) as Address | null);
  useEffect(() => watchStaker(shown), [shown]);
  const title = titleOf(current);
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <Header />
      <main id="main" tabIndex={-1}>
        <Banners />
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
  return current.page !== "home" && current.page !== "node" && current.page !== "positions";
}

function titleOf(current: Route): string {
  switch (current.page) {
    case "home":
      return "LinkPool: stake LINK on oracle nodes";
    case "nodes":
      return "Nodes · LinkPool";
    case "node":
      return `${nodeNameAt(current.address)} · LinkPool`;
    case "positions":
      return "My stake · LinkPool";
    case "staker":
      return `Staker ${shortHex(current.address)} · LinkPool`;
    case "pool":
      return "The pool · LinkPool";
    case "status":
      return "Status · LinkPool";
    case "help":
      return "Help · LinkPool";
    case "missing":
      return "No such page · LinkPool";
  }
}

function Page({ current }: { current: Route }) {
  switch (current.page) {
    case "home":
      return <HomePage />;
    case "nodes":
      return <NodesPage />;
    case "node":
      return <NodePage address={current.address} />;
    case "positions":
      return <PositionsPage />;
    case "staker":
      return <StakerPage address={current.address} />;
    case "pool":
      return <PoolPage />;
    case "status":
      return <StatusPage />;
    case "help":
      return <HelpPage />;
    case "missing":
      return <MissingPage path={current.path} />;
  }
}
