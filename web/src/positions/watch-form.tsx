import { useState } from "preact/hooks";
import { isAddress } from "../format/address.ts";
import { navigate } from "../router.ts";

/** Opens the public page of an address, for whoever only wants to look. */
export function WatchForm() {
  const [text, setText] = useState("");
  const [isWrong, setWrong] = useState(false);
  const open = (event: Event) => {
    event.preventDefault();
    const address = text.trim();
    if (isAddress(address)) navigate(`/stakers/${address}`);
    else setWrong(true);
  };
  return (
    <form class="watch-form" onSubmit={open}>
      <label for="watch-address">Watch an address</label>
      <span class="button-row">
        <input
          id="watch-address"
          class="field-small hex"
          placeholder="0x…"
          autocomplete="off"
          spellcheck={false}
          value={text}
          aria-invalid={isWrong}
          aria-describedby="watch-hint"
          onInput={(event) => {
            setText(event.currentTarget.value);
            setWrong(false);
          }}
        />
        <button type="submit" class="button button-small">
          Look
        </button>
      </span>
      <p id="watch-hint" class="hint hint-problem" aria-live="polite">
        {isWrong && "An address is 0x and 40 digits from 0 to 9 and a to f."}
      </p>
    </form>
  );
}
