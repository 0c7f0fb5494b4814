import { signal } from "@preact/signals";
import { recall, remember } from "../storage.ts";
import { MoonIcon, SunIcon } from "./icons.tsx";

type Theme = "light" | "dark";

const KEY = "linkpool.theme";
const theme = signal<Theme>(document.documentElement.dataset.theme === "dark" ? "dark" : "light");

/** Follows the system until the person chooses. */
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ({ matches }) => {
  if (recall(KEY) === null) show(matches ? "dark" : "light");
});

/** Light or dark. `public/theme.js` restores the choice before the first paint. */
export function ThemeToggle() {
  const other: Theme = theme.value === "dark" ? "light" : "dark";
  const label = `Use the ${other} theme`;
  const toggle = () => {
    show(other);
    remember(KEY, other);
  };
  return (
    <button type="button" class="icon-button" onClick={toggle} aria-label={label} title={label}>
      {other === "light" ? <SunIcon /> : <MoonIcon />}
    </button>
  );
}

function show(next: Theme): void {
  document.documentElement.dataset.theme = next;
  theme.value = next;
}
