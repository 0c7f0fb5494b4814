import { useState } from "preact/hooks";
import { refresh, trouble } from "./store.ts";
import { keepToken } from "./token.ts";

/** Asks for the token. Nothing of the fleet is here before it. */
export function Login() {
  const [text, setText] = useState("");
  const [isEmpty, setEmpty] = useState(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = text.trim();
    setEmpty(given === "");
    if (given === "") return;
    trouble.value = null;
    keepToken(given);
    refresh();
  };
  const problem = isEmpty ? "Paste the token first." : trouble.value;
  return (
    <section class="panel login" aria-labelledby="login-title">
      <h1 id="login-title" class="panel-title panel-head">
        The operator's token
      </h1>
      <form onSubmit={submit}>
        <label class="label" for="token">
          Token
        </label>
        <input
          id="token"
          class="field"
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          aria-invalid={problem !== null}
          aria-describedby="token-problem token-note"
        />
        <p id="token-problem" class="hint hint-problem" role="status">
          {problem}
        </p>
        <p id="token-note" class="hint">
          It is the one line of the file that <code>operator.token_file</code> names; of a development stack, <code>.linkpool/operator-token</code>. It stays in
          this tab until you close it, and goes to this listener alone.
        </p>
        <button type="submit" class="button button-primary">
          Show the fleet
        </button>
      </form>
    </section>
  );
}
