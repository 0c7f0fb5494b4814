import { NodeList } from "./list.tsx";

export function NodesPage() {
  return (
    <>
      <NodeList />
      <p class="page-note">
        The reward rate is what vested for a node's stakers in the last seven days, or since it is there, after the fee, over its active stake, times a year: the past, and
        no promise. The uptime is of the last seven days, of the time in which its fleet looked. <a href="/help#rate">More about rates</a>
      </p>
    </>
  );
}
