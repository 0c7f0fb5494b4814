import { useEffect, useRef, useState } from "preact/hooks";
import { call, sentenceOf } from "./client.ts";
import { refresh } from "./store.ts";
import type { Answer } from "./types.ts";

const MAX_REASON = 500;
let made = 0;

interface Properties {
  /** What the button says. */
  label: string;
  /** For whoever hears the button without what stands around it. */
  about?: string;
  path: string;
  /** What goes with the reason. */
  body?: () => object;
  /** What follows from it, in a sentence. */
  explains: string;
  isGrave?: boolean;
  children?: preact.ComponentChildren;
}

/** A call that has a reason: pressed once it asks for the reason and says what follows, pressed again it is made, and its answer stays. */
export function Act({ label, about, path, body, explains, isGrave = false, children }: Properties) {
  const [id] = useState(() => `act-${(made += 1)}`);
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ text: string; isProblem: boolean } | null>(null);
  const opener = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isOpen) document.getElementById(`${id}-reason`)?.focus();
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    requestAnimationFrame(() => opener.current?.focus());
  };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const reason = new FormData(event.currentTarget as HTMLFormElement).get("reason");
    setBusy(true);
    setSaid(null);
    try {
      const answer = await call<Answer>(path, { ...body?.(), reason: String(reason ?? "").trim() });
      setSaid({ text: sentence(label, answer), isProblem: false });
      close();
    } catch (error) {
      setSaid({ text: sentenceOf(error), isProblem: true });
    }
    setBusy(false);
    refresh();
  };
  return (
    <div class="act">
      <button type="button" class="button button-small" ref={opener} aria-expanded={isOpen} aria-controls={id} onClick={() => setOpen(!isOpen)}>
        {label}
        {about && <span class="hidden"> {about}</span>}
      </button>
      {isOpen && (
        <form id={id} class="act-form" onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && close()}>
          <p class="hint">{explains}</p>
          {children}
          <Reason id={`${id}-reason`} />
          <div class="button-row">
            <button type="submit" class={isGrave ? "button button-small button-grave" : "button button-small button-primary"} disabled={isBusy}>
              {label} now
            </button>
            <button type="button" class="button button-small button-quiet" onClick={close}>
              Not now
            </button>
          </div>
        </form>
      )}
      <p class={said?.isProblem ? "hint hint-problem" : "hint"} role="status">
        {said?.text}
      </p>
    </div>
  );
}

/** Why an operator does something: it stays in the record of the call. */
export function Reason({ id, value, onInput }: { id: string; value?: string; onInput?: (text: string) => void }) {
  return (
    <div class="reason">
      <label class="label" for={id}>
        Reason, for the record
      </label>
      <input id={id} name="reason" class="field" required maxLength={MAX_REASON} autocomplete="off" {...(value !== undefined && { value })} onInput={(event) => onInput?.(event.currentTarget.value)} />
    </div>
  );
}

function sentence(label: string, { outcome, detail }: Answer): string {
  if (detail) return `${label}: ${detail}.`;
  if (outcome === "repeated") return `${label}: it was asked for before.`;
  return outcome === "asked" ? `${label}: asked for.` : `${label}: done.`;
}
