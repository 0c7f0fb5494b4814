import { useState } from "preact/hooks";
import { config } from "../api/store.ts";
import type { Position } from "../api/types.ts";
import { exactLink, juels, parseLink } from "../format/juels.ts";
import { printDuration } from "../format/time.ts";
import { AmountField } from "../stake/amount-field.tsx";
import { perform, unbond } from "./actions.ts";
import { sharesFor } from "./shares.ts";

/** Asks how much should leave. People think in LINK, the contract in shares: the difference ends here. */
export function UnbondForm({ position, isBlocked, onDone }: { position: Position; isBlocked: boolean; onDone(): void }) {
  const [text, setText] = useState("");
  const parsed = parseLink(text);
  const minimum = BigInt(config.value?.min_active_shares ?? "0");
  const result = parsed.kind === "amount" ? sharesFor(position, parsed.juels, minimum) : null;
  const problem = parsed.kind === "invalid" ? parsed.reason : result?.kind === "refused" && text ? result.reason : null;
  const id = `unbond-${position.node}`;
  const send = async () => {
    if (parsed.kind !== "amount" || result?.kind !== "shares") return;
    const sent = await perform(unbond(position, result.shares, parsed.juels));
    if (sent?.stage === "sent") onDone();
  };
  return (
    <form
      class="unbond-form"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <AmountField
        id={id}
        label="How much should leave"
        text={text}
        onText={setText}
        onMax={() => setText(exactLink(juels(position.active_stake_juels)))}
        describedBy={`${id}-hint`}
        isInvalid={problem !== null}
      />
      <p id={`${id}-hint`} class={problem ? "hint hint-problem" : "hint"} aria-live="polite">
        {problem ??
          `It stops earning now, stays at risk, and can be withdrawn after ${printDuration(config.value?.unbonding_seconds ?? 0)}. You can take it back while the node is open and has room.`}
      </p>
      <div class="button-row">
        <button type="submit" class="button button-primary button-small" disabled={isBlocked || result?.kind !== "shares"}>
          Start unbonding
        </button>
        <button type="button" class="button button-quiet button-small" onClick={onDone}>
          Not now
        </button>
      </div>
    </form>
  );
}
