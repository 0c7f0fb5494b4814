import { LogoMark } from "../src/ui/icons.tsx";
import { ThemeToggle } from "../src/ui/theme-toggle.tsx";
import { overview } from "./store.ts";
import { forgetToken, token } from "./token.ts";

const PARTS: readonly [id: string, name: string][] = [
  ["scale", "Scale"],
  ["rollout", "Roll-out"],
  ["nodes", "Nodes"],
  ["transactions", "Transactions"],
  ["decisions", "Decisions"],
];

export function Header() {
  const forget = () => {
    forgetToken();
    overview.value = null;
  };
  return (
    <header class="site-header">
      <div class="site-header-inner">
        <a class="logo" href="/" aria-label="LinkPool, the operators' page">
          <LogoMark />
          <span class="logo-word">LinkPool</span>
        </a>
        <span class="pill">operator</span>
        <nav class="places" aria-label="Parts of the page">
          {token.value &&
            PARTS.map(([id, name]) => (
              <a key={id} href={`#${id}`}>
                {name}
              </a>
            ))}
        </nav>
        <div class="site-header-end">
          <ThemeToggle />
          {token.value && (
            <button type="button" class="button button-quiet button-small" onClick={forget}>
              Forget the token
            </button>
          )}
        </div>
      </div>
    </header>
  );
}
