import type { FleetNode } from "./types.ts";
import { PHASES, spaced } from "./words.ts";

/** How many nodes are how far, and how many of them are well. */
export function Phases({ nodes }: { nodes: readonly FleetNode[] }) {
  const counted = [...PHASES, ...nodes.map((node) => node.phase)].filter((phase, index, all) => all.indexOf(phase) === index);
  const tiles = counted.map((phase) => ({ phase, count: nodes.filter((node) => node.phase === phase).length })).filter(({ count }) => count > 0);
  const ours = nodes.filter((node) => node.source === "fleet");
  const well = ours.filter((node) => node.health === "healthy").length;
  return (
    <section class="panel operator-wide" aria-labelledby="phases-title">
      <h2 id="phases-title" class="panel-title panel-head">
        Fleet by phase
      </h2>
      {nodes.length === 0 ? (
        <p class="empty">No nodes yet. Ask for the first ones below.</p>
      ) : (
        <dl class="phases">
          <div class="phase">
            <dt>Run by this fleet</dt>
            <dd>{ours.length}</dd>
            <dd class="fact-note">
              {well} healthy{well < ours.length && `, ${ours.length - well} not`}
            </dd>
          </div>
          {tiles.map(({ phase, count }) => (
            <div class="phase" key={phase} data-phase={phase}>
              <dt>{spaced(phase)}</dt>
              <dd>{count}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
