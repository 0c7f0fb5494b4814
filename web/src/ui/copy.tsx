import { useState } from "preact/hooks";
import { CheckIcon, CopyIcon } from "./icons.tsx";

const SHOWN_MS = 1_500;

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), SHOWN_MS);
    } catch {
      // Without the permission the text can still be selected by hand.
    }
  };
  return (
    <button type="button" class="icon-button" onClick={copy} aria-label={isCopied ? "Copied" : label} title={isCopied ? "Copied" : label}>
      {isCopied ? <CheckIcon /> : <CopyIcon />}
    </button>
  );
}
