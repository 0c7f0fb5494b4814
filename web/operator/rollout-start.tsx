import { useState } from "preact/hooks";
import { printDuration } from "../src/format/time.ts";
import { Reason } from "./act.tsx";
import { call, newKey, sentenceOf } from "./client.ts";
import { refresh } from "./store.ts";
import type { Rollout, RolloutPlan } from "./types.ts";

/** A new roll-out: what it would do to which node, then the press that begins exactly that. */
export function RolloutStart() {
  const [planned, setPlanned] = useState<{ plan: RolloutPlan; body: object; key: string } | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ text: string; isProblem: boolean } | null>(null);
  const attempt = async (what: () => Promise<void>) => {
    setBusy(true);
    setSaid(null);
    try {
      await what();
    } catch (error) {
      setSaid({ text: sentenceOf(error), isProblem: true });
    }
    setBusy(false);
  };
  const plan = (event: SubmitEvent) => {
    event.preventDefault();
    const body = bodyOf(new FormData(event.currentTarget as HTMLFormElement));
    setPlanned(null);
    void attempt(async () => setPlanned({ plan: await call<RolloutPlan>("/rollouts", { ...body, dry_run: true }), body, key: newKey() }));
  };
  const start = () =>
    attempt(async () => {
      if (!planned) return;
      const begun = await call<Rollout>("/rollouts", planned.body, planned.key);
      setPlanned(null);
      setSaid({ text: `Roll-out ${begun.id} has begun.`, isProblem: false });
      refresh();
    });
  return (
    <details class="start">
      <summary>Begin a roll-out</summary>
      <form class="start-form" onSubmit={plan} onInput={() => setPlanned(null)}>
        <Field name="version" label="Version" note="that the program must have; empty for any" />
        <Field name="program" label="Program" note="an absolute path on the fleet's machine; empty for the settings'" />
        <Field name="bake_seconds" label="Watched for, seconds" note="empty for the settings'" isNumber />
        <Field name="parallel" label="Nodes at once" note="empty for the settings'" isNumber />
        <div class="start-wide">
          <label class="label" for="rollout-config">
            Configuration, TOML (empty for the settings')
          </label>
          <textarea id="rollout-config" name="config" class="field" rows={3} spellcheck={false} />
        </div>
        <label class="check start-wide">
          <input type="checkbox" name="gated" /> Wait for me before each further wave
        </label>
        <div class="start-wide">
          <Reason id="rollout-reason" />
        </div>
        <button type="submit" class="button" disabled={isBusy}>
          Plan
        </button>
      </form>
      <div role="status">
        {said && <p class={said.isProblem ? "hint hint-problem refusal" : "hint"}>{said.text}</p>}
        {planned && <PlanOf plan={planned.plan} />}
      </div>
      {planned && (
        <button type="button" class="button button-primary" disabled={isBusy} onClick={() => void start()}>
          Begin it
        </button>
      )}
    </details>
  );
}

function Field({ name, label, note, isNumber = false }: { name: string; label: string; note: string; isNumber?: boolean }) {
  const common = { id: `rollout-${name}`, name, class: "field", autocomplete: "off", "aria-describedby": `rollout-${name}-note` } as const;
  return (
    <div>
      <label class="label" for={`rollout-${name}`}>
        {label}
      </label>
      {isNumber ? <input {...common} type="number" min={0} /> : <input {...common} type="text" spellcheck={false} />}
      <p id={`rollout-${name}-note`} class="fact-note">
        {note}
      </p>
    </div>
  );
}

/** What is left empty is left out: the settings then say. */
function bodyOf(form: FormData): object {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const texts = Object.fromEntries(["version", "program", "config"].filter((name) => text(name) !== "").map((name) => [name, text(name)]));
  const numbers = Object.fromEntries(["bake_seconds", "parallel"].filter((name) => text(name) !== "").map((name) => [name, Number(text(name))]));
  return { ...texts, ...numbers, gated: form.get("gated") !== null, reason: text("reason") };
}

function PlanOf({ plan }: { plan: RolloutPlan }) {
  const doors = plan.nodes.filter(({ is_door }) => is_door).length;
  return (
    <div class="outcome" data-plan>
      <p>
        <strong>
          {plan.nodes.length} node{plan.nodes.length === 1 ? "" : "s"} in waves of {plan.waves.join(", ")}, about {printDuration(plan.seconds)}.
        </strong>
      </p>
      <p>
        {doors === 0
          ? "No node passes a door: there is a way back in every step."
          : `${doors} of them pass a door at "stop": behind it there is no way back but a restore of what was kept.`}
      </p>
      {plan.supersedes !== null && <p>Roll-out {plan.supersedes} is under way and is superseded.</p>}
      <p class="muted">
        {plan.parallel} at once, each watched for {printDuration(plan.bake_seconds)}.
      </p>
    </div>
  );
}
