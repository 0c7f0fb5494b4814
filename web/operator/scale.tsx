import { useRef, useState } from "preact/hooks";
import { Reason } from "./act.tsx";
import { call, newKey, sentenceOf } from "./client.ts";
import { refresh } from "./store.ts";
import type { FleetNode, Operation, ScalePlan } from "./types.ts";
import { spaced } from "./words.ts";

const MAX_NODES = 50;
type Way = "count" | "to";

/** What was planned, and the key under which exactly that is done once. */
interface Preview {
  plan: ScalePlan;
  key: string;
}

/** More nodes: first what would be made and the guard's sum, then the press that makes them. */
export function Scale({ nodes }: { nodes: readonly FleetNode[] }) {
  const [way, setWay] = useState<Way>("count");
  const [number, setNumber] = useState("1");
  const [reason, setReason] = useState("");
  const [preview, setPreview] = useState<Preview | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [made, setMade] = useState<readonly string[]>([]);
  const maker = useRef<HTMLButtonElement>(null);
  const body = () => ({ [way]: Number(number), reason: reason.trim() });
  // What is changed has not been looked at.
  const changed = <T,>(set: (value: T) => void) => (value: T) => {
    set(value);
    setPreview(null);
    setProblem(null);
  };
  const attempt = async (what: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await what();
    } catch (error) {
      setProblem(sentenceOf(error));
    }
    setBusy(false);
  };
  const look = (event: SubmitEvent) => {
    event.preventDefault();
    setPreview(null);
    void attempt(async () => {
      const key = newKey();
      setPreview({ plan: await call<ScalePlan>("/nodes", { ...body(), dry_run: true }, key), key });
      requestAnimationFrame(() => maker.current?.focus());
    });
  };
  const make = ({ key }: Preview) =>
    attempt(async () => {
      const operation = await call<Operation>("/nodes", body(), key);
      setMade(operation.nodes.map(({ id }) => id));
      setPreview(null);
      refresh();
    });
  return (
    <section class="panel" id="scale" aria-labelledby="scale-title">
      <h2 id="scale-title" class="panel-title panel-head">
        Scale
      </h2>
      <form class="scale-form" onSubmit={look}>
        <div>
          <label class="label" for="scale-way">
            How many
          </label>
          <div class="scale-number">
            <input id="scale-number" class="field" type="number" min={way === "to" ? 0 : 1} max={way === "to" ? undefined : MAX_NODES} required aria-label="Number of nodes" value={number} onInput={(event) => changed(setNumber)(event.currentTarget.value)} />
            <select id="scale-way" class="select" value={way} onChange={(event) => changed(setWay)(event.currentTarget.value as Way)}>
              <option value="count">more nodes</option>
              <option value="to">nodes in all</option>
            </select>
          </div>
        </div>
        <Reason id="scale-reason" value={reason} onInput={changed(setReason)} />
        <button type="submit" class="button" disabled={isBusy}>
          Preview
        </button>
      </form>
      <div role="status">
        {problem && <p class="hint hint-problem refusal">{problem}</p>}
        {preview && <PlanOf plan={preview.plan} />}
      </div>
      {preview && preview.plan.count > 0 && (
        <button type="button" class="button button-primary" ref={maker} disabled={isBusy} onClick={() => void make(preview)}>
          Make {preview.plan.count} node{preview.plan.count === 1 ? "" : "s"}
        </button>
      )}
      {made.length > 0 && <Made ids={made} nodes={nodes} />}
    </section>
  );
}

function PlanOf({ plan: { count, guard } }: { plan: ScalePlan }) {
  return (
    <div class="outcome">
      <p>
        <strong>
          {count === 0 ? "Nothing would be made: there are as many already." : `${count} node${count === 1 ? "" : "s"} would be made, two replicas each.`}
        </strong>
      </p>
      {guard ? (
        <>
          <p class="sum">{guard.arithmetic}</p>
          {guard.available !== null && <p class="muted">The guard lets {guard.available} more through.</p>}
        </>
      ) : (
        <p class="muted">No contract is indexed yet: there is no sum to show.</p>
      )}
    </div>
  );
}

/** The nodes of the last call, as far as they are by now. */
function Made({ ids, nodes }: { ids: readonly string[]; nodes: readonly FleetNode[] }) {
  return (
    <ul class="made" aria-label="Nodes of the last call" aria-live="polite">
      {ids.map((id) => {
        const node = nodes.find((candidate) => candidate.id === id);
        return (
          <li key={id} data-made={id}>
            <a href={`#node-${id}`} class="hex">
              {id}
            </a>{" "}
            {node ? spaced(node.phase) : "asked for"}
            {node?.last_error && <span class="hint-problem">: {node.last_error}</span>}
          </li>
        );
      })}
    </ul>
  );
}
