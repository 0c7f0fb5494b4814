import { Decisions } from "./decisions.tsx";
import { Guard } from "./guard.tsx";
import { Header } from "./header.tsx";
import { Login } from "./login.tsx";
import { Nodes } from "./nodes.tsx";
import { Phases } from "./phases.tsx";
import { Rollout } from "./rollout.tsx";
import { Scale } from "./scale.tsx";
import { Standing } from "./standing.tsx";
import { overview } from "./store.ts";
import { token } from "./token.ts";
import { Transactions } from "./transactions.tsx";

/** The fleet on one page: what is, what was decided and why, and what an operator does about it. */
export function App() {
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <Header />
      <main id="main" tabIndex={-1}>{token.value ? <Fleet /> : <Login />}</main>
    </>
  );
}

function Fleet() {
  const known = overview.value;
  return (
    <>
      <h1 class="hidden">The fleet</h1>
      <Standing />
      {known && (
        <div class="operator-columns">
          <Phases nodes={known.nodes} />
          <Scale nodes={known.nodes} />
          <Guard scale={known.scale} />
          <Rollout rollout={known.rollout} />
          <Nodes nodes={known.nodes} />
          <Transactions transactions={known.transactions} />
          <Decisions scale={known.scale} />
        </div>
      )}
    </>
  );
}
