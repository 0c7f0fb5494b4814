import { useState } from "preact/hooks";
import { config } from "../api/store.ts";
import type { Position } from "../api/types.ts";
import { exactLink, juels } from "../format/juels.ts";
import { parseLink } from "../format/typed.ts";
import { printDuration } from "../format/time.ts";
import { AmountField, TakeAmount } from "../stake/amount-field.tsx";
import { isSent } from "../transactions/submit.ts";
import { perform, unbond } from "./actions.ts";
import { sharesFor } from "./shares.ts";

interface Properties {
  position: Position;
  isBlocked: boolean;
  onSent(): void;
  onClose(): void;
}

/** Asks how much should leave. People think in LINK, the contract in shares: the difference ends here. */
export function UnbondForm({ position, isBlocked, onSent, onClose }: Properties) {
  const [text, setText] = useState("");
  const parsed = parseLink(text);
  const minimum = BigInt(config.value?.min_active_shares ?? "0");
  const result = parsed.kind === "amount" ? sharesFor(position, parsed.juels, minimum) : null;
  const problem = result?.kind === "refused" ? result.reason : null;
  const all = exactLink(juels(position.active_stake_juels));
  const id = `unbond-${position.node}`;
  const send = async () => {
    if (parsed.kind !== "amount" || result?.kind !== "shares") return;
    if (isSent(await perform(unbond(position, result.shares, parsed.juels)))) onSent();
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
        onMax={() => setText(all)}
        describedBy={`${id}-hint`}
        isRefused={problem !== null}
      />
      <p id={`${id}-hint`} class={problem ? "hint hint-problem" : "hint"} aria-live="polite">
        {problem ? (
          <>
            {problem} Take <TakeAmount field={id} amount={all} onTake={setText} /> instead?
          </>
        ) : (
          `It stops earning now, stays at risk, and can be withdrawn after ${printDuration(config.value?.unbonding_seconds ?? 0)}. You can take it back while the node is open and has room.`
        )}
      </p>
      <div class="button-row">
        <button type="submit" class="button button-primary button-small" disabled={isBlocked || result?.kind !== "shares"}>
          Start unbonding
        </button>
        <button type="button" class="button button-quiet button-small" onClick={onClose}>
          Not now
        </button>
      </div>
    </form>
  );
}
