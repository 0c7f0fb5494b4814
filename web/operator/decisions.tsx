import { groupDigits } from "../src/format/juels.ts";
import { Since } from "./since.tsx";
import type { Decision, Scale } from "./types.ts";
import { inputLines } from "./words.ts";

const WORDS: Record<Decision["decision"], [word: string, style: string]> = {
  add: ["adds", "badge badge-new"],
  hold: ["holds", "badge"],
  block: ["blocked", "badge badge-closed"],
  stop: ["stopped", "badge badge-closed"],
};

/** What automatic scaling has decided, the newest first, each with what it was made from: it can be made again on paper. */
export function Decisions({ scale }: { scale: Scale }) {
  return (
    <section class="panel operator-wide" id="decisions" aria-labelledby="decisions-title">
      <h2 id="decisions-title" class="panel-title panel-head">
        Decisions of automatic scaling
      </h2>
      {scale.decisions.length === 0 ? (
        <p class="empty">
          {scale.is_automatic ? (
            "None yet: it decides once a block is final."
          ) : (
            <>
              None: automatic scaling is off (<code>autoscale.enabled</code>).
            </>
          )}
        </p>
      ) : (
        <ol class="lines">
          {scale.decisions.map((decision) => (
            <li key={`${decision.decided_at}-${decision.block}`} class="line" data-decision={decision.decision}>
              <p class="line-head">
                <span class={(WORDS[decision.decision] ?? ["", "badge"])[1]}>{(WORDS[decision.decision] ?? [decision.decision])[0]}</span>
                <span>{decision.why}</span>
                <span class="line-end muted">
                  block {groupDigits(String(decision.block))}, <Since at={decision.decided_at} />
                </span>
              </p>
              <Inputs decision={decision} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function Inputs({ decision }: { decision: Decision }) {
  const lines = inputLines(decision.inputs);
  if (lines.length === 0) return null;
  return (
    <details class="inputs">
      <summary>
        Made from {lines.length} inputs<span class="hidden"> at block {decision.block}</span>
      </summary>
      <dl class="facts facts-narrow">
        {lines.map(([name, value]) => (
          <div class="fact" key={name}>
            <dt>{name}</dt>
            <dd class="break">{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
