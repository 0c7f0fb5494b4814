import { printDuration } from "../src/format/time.ts";
import { Fact } from "../src/ui/fact.tsx";
import { Act } from "./act.tsx";
import { RolloutStart } from "./rollout-start.tsx";
import { Since } from "./since.tsx";
import type { RolloutNode, Rollout as Shown } from "./types.ts";
import { STEPS, doorOf, isOpen, stepsDone } from "./words.ts";

const FIRST_NODES = 50;
const WAVES = ["one node", "a tenth of them", "all others"];
const GOOD = new Set<string>(["running", "done"]);

/** The newest roll-out with each node's step and door, and what can be done with it. */
export function Rollout({ rollout }: { rollout: Shown | null }) {
  return (
    <section class="panel operator-wide" id="rollout" aria-labelledby="rollout-title">
      <header class="panel-head">
        <h2 id="rollout-title" class="panel-title">
          Roll-out
        </h2>
        {rollout && (
          <span class={GOOD.has(rollout.state) ? "badge badge-active" : "badge badge-closed"} data-rollout-state={rollout.state}>
            {rollout.state}
          </span>
        )}
        {rollout && (
          <span class="muted">
            number {rollout.id}, <Since at={rollout.state_since} />
          </span>
        )}
      </header>
      {rollout ? <Newest rollout={rollout} /> : <p class="empty">There was none yet. Every node runs what the settings say.</p>}
      <RolloutStart />
    </section>
  );
}

function Newest({ rollout }: { rollout: Shown }) {
  return (
    <>
      {rollout.why && <p class="hint hint-problem refusal">{rollout.why}</p>}
      <dl class="facts facts-narrow">
        <Fact name="To">
          {rollout.version ?? "any version"}
          <span class="fact-note break">
            {rollout.program ?? "the settings' program"}
            {rollout.has_config && ", a configuration of its own"}
          </span>
        </Fact>
        <Fact name="Wave">
          {rollout.wave} of 3, {WAVES[rollout.wave - 1] ?? "all"}
          {rollout.is_gated && <span class="fact-note">waits before each further wave</span>}
        </Fact>
        <Fact name="Watched for">{printDuration(rollout.bake_seconds)}</Fact>
        <Fact name="At once">{rollout.parallel} nodes at most</Fact>
        <Fact name="Asked for">
          {rollout.reason}
          <span class="fact-note">
            by {rollout.actor}, <Since at={rollout.started_at} />
          </span>
        </Fact>
      </dl>
      {isOpen(rollout.state) && <Control rollout={rollout} />}
      <Nodes rollout={rollout} />
    </>
  );
}

function Control({ rollout }: { rollout: Shown }) {
  const behind = rollout.nodes.filter((node) => node.is_door && ["stop", "check", "bake", "delete"].includes(node.step)).length;
  return (
    <div class="acts">
      {rollout.state !== "paused" && <Act label="Pause" about="the roll-out" path="/rollout/pause" explains="No node takes its next step to the door; those behind it go on." />}
      <Act
        label={rollout.state === "running" ? "Promote" : "Go on"}
        about="the roll-out"
        path="/rollout/promote"
        explains={rollout.state === "running" ? "All nodes follow, without further waves or gates." : "It goes on; what waited has as much time left as it had."}
      />
      <Act
        label="Abort"
        about="the roll-out"
        path="/rollout/abort"
        isGrave
        explains={`What can go back goes back, and no further node begins. ${behind > 0 ? `${behind} behind their door go on to their end: there is no way back for them.` : "No node is behind a door now."}`}
      />
    </div>
  );
}

function Nodes({ rollout }: { rollout: Shown }) {
  const shown = rollout.nodes.slice(0, FIRST_NODES);
  const done = rollout.nodes.filter(({ step }) => step === "done").length;
  return (
    <>
      <p class="muted" role="status">
        {done} of {rollout.nodes.length} nodes done
      </p>
      <ul class="lines">
        {shown.map((node) => (
          <Line key={node.node_id} node={node} />
        ))}
      </ul>
      {rollout.nodes.length > shown.length && <p class="hint">{rollout.nodes.length - shown.length} more wait behind these.</p>}
    </>
  );
}

function Line({ node }: { node: RolloutNode }) {
  const behind = stepsDone(node);
  const meaning = STEPS.find(([step]) => step === node.step)?.[1];
  return (
    <li class="line" data-rollout-node={node.node_id} data-step={node.step}>
      <p class="line-head">
        <a href={`#node-${node.node_id}`} class="hex">
          {node.node_id}
        </a>
        <strong>{node.step}</strong>
        <span class="muted">
          {meaning && `${meaning}, `}
          <Since at={node.step_since} />
        </span>
        <span class="line-end muted">
          wave {node.wave}
          {node.to_generation !== null && `, generation ${node.from_generation} to ${node.to_generation}`}
          {node.to_version && `, ${node.from_version ?? "?"} to ${node.to_version}`}
        </span>
      </p>
      <ol class="way" aria-label={`Steps of node ${node.node_id}`}>
        {STEPS.map(([step, what], index) => (
          <li key={step} class={index < behind ? "way-done" : step === node.step ? "way-now" : ""} title={what} aria-current={step === node.step ? "step" : undefined}>
            {step}
          </li>
        ))}
      </ol>
      {doorOf(node) && <p class="hint">{doorOf(node)}</p>}
      {node.error && <p class="hint hint-problem">{node.error}</p>}
    </li>
  );
}
