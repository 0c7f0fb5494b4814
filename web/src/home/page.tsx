import { NodeList } from "../nodes/list.tsx";
import { StakeCard } from "../stake/card.tsx";
import { account } from "../wallet/session.ts";
import { lazy } from "../ui/lazy.tsx";
import { Hero } from "./hero.tsx";

const PositionsPanel = lazy(() => import("../positions/panel.tsx").then((code) => code.PositionsPanel));

/** Nodes on the first page: the newest, so that one that arrives is seen to. */
const NODES_SHOWN = 8;

/** In the order in which a phone shows it; beside each other the form stands to the right. */
export function HomePage() {
  return (
    <div class="home">
      {account.value && (
        <div class="home-own">
          <PositionsPanel isBrief />
        </div>
      )}
      <div class="home-hero">
        <Hero />
      </div>
      <StakeCard />
      <div class="home-nodes">
        <NodeList most={NODES_SHOWN} />
      </div>
    </div>
  );
}
