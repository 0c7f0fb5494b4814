import { render } from "preact";
import { startStore } from "./api/store.ts";
import { App } from "./app.tsx";
import { noteArrivals } from "./nodes/arrivals.ts";
import { startRouter } from "./router.ts";
import "./styles/index.css";
import { keepTransactions } from "./transactions/store.ts";
import { fillFromLink } from "./stake/form.ts";
import { startTracker } from "./transactions/tracker.ts";
import { startBalances } from "./wallet/balances.ts";
import { prefetch } from "./wallet/chunk.ts";
import { startSession } from "./wallet/session.ts";

startRouter();
fillFromLink(location.search);
startStore();
startSession();
startBalances();
noteArrivals();
keepTransactions();
startTracker();
prefetch();

const root = document.getElementById("app");
if (root) render(<App />, root);
