import { parseLink } from "../format/typed.ts";

interface Properties {
  id: string;
  label: string;
  text: string;
  onText(text: string): void;
  onMax?: (() => void) | null;
  describedBy: string;
  /** What else is wrong with an amount that is written exactly; its sentence stands in the element `describedBy`. */
  isRefused: boolean;
}

/**
 * An amount of LINK as text, left exactly as it was typed or pasted: a field that mends what it does not understand changes
 * money. What is not exact is asked about, and taken only by a press.
 */
export function AmountField({ id, label, text, onText, onMax, describedBy, isRefused }: Properties) {
  const parsed = parseLink(text);
  const isInvalid = isRefused || parsed.kind === "invalid";
  return (
    <div class="amount-field">
      <label for={id}>{label}</label>
      <div class={isInvalid ? "amount-box amount-box-invalid" : "amount-box"}>
        <input
          id={id}
          type="text"
          inputMode="decimal"
          autocomplete="off"
          spellcheck={false}
          placeholder="0"
          value={text}
          onInput={(event) => onText(event.currentTarget.value)}
          aria-invalid={isInvalid}
          aria-describedby={`${id}-question ${describedBy}`}
        />
        <span class="amount-unit" aria-hidden="true">
          LINK
        </span>
        {onMax !== undefined && (
          <button type="button" class="button button-small" disabled={!onMax} onClick={() => onMax?.()}>
            Max
          </button>
        )}
      </div>
      <p id={`${id}-question`} class="hint hint-problem" aria-live="polite">
        {parsed.kind === "invalid" && (parsed.readings.length > 0 ? <Question field={id} readings={parsed.readings} onText={onText} /> : parsed.reason)}
      </p>
    </div>
  );
}

function Question({ field, readings, onText }: { field: string; readings: readonly string[]; onText(text: string): void }) {
  return (
    <>
      Did you mean{" "}
      {readings.map((reading, index) => (
        <>
          {index > 0 && " or "}
          <TakeAmount key={reading} field={field} amount={reading} onTake={onText} />
        </>
      ))}
      ?
    </>
  );
}

/** Puts an amount into a field and the person back into it: the button itself goes away by being pressed. */
export function TakeAmount({ field, amount, onTake }: { field: string; amount: string; onTake(amount: string): void }) {
  const take = () => {
    onTake(amount);
    document.getElementById(field)?.focus();
  };
  return (
    <button type="button" class="button button-small" onClick={take}>
      {amount}
    </button>
  );
}
