import { NodeList } from "./list.tsx";

export function NodesPage() {
  return (
    <>
      <NodeList />
      <p class="page-note">
        "Vesting now" is what the stakers of a node are getting just now, over a year: the rewards that have not vested yet, by the time until they will have, by
        the active stake. It ends when they have vested, and begins again with the next reward. <a href="/help#rate">More about rates</a>
      </p>
    </>
  );
}
