import { acceptTyping } from "../format/juels.ts";

interface Properties {
  id: string;
  label: string;
  text: string;
  onText(text: string): void;
  onMax?: (() => void) | null;
  describedBy?: string;
  isInvalid?: boolean;
}

/** An amount of LINK as text. The value is a string all the way to the parser; a number field would round it. */
export function AmountField({ id, label, text, onText, onMax, describedBy, isInvalid = false }: Properties) {
  const type = (event: InputEvent & { currentTarget: HTMLInputElement }) => {
    const field = event.currentTarget;
    const accepted = acceptTyping(field.value);
    if (accepted === null) {
      const caret = Math.max((field.selectionStart ?? 1) - (field.value.length - text.length), 0);
      field.value = text;
      field.setSelectionRange(caret, caret);
      return;
    }
    if (accepted !== field.value) field.value = accepted;
    onText(accepted);
  };
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
          maxLength={40}
          placeholder="0"
          value={text}
          onInput={type}
          aria-invalid={isInvalid}
          {...(describedBy ? { "aria-describedby": describedBy } : {})}
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
    </div>
  );
}
