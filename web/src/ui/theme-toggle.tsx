import { signal } from "@preact/signals";
import { remember } from "../storage.ts";
import { MoonIcon, SunIcon } from "./icons.tsx";

const KEY = "linkpool.theme";
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const chosen = signal(document.documentElement.dataset.theme ?? null);
const isSystemDark = signal(systemDark.matches);
systemDark.addEventListener("change", (event) => {
  isSystemDark.value = event.matches;
});

/** Light or dark. Until it is used the system's preference applies; `public/theme.js` restores the choice before paint. */
export function ThemeToggle() {
  const isDark = chosen.value ? chosen.value === "dark" : isSystemDark.value;
  const toggle = () => {
    const next = isDark ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    chosen.value = next;
    remember(KEY, next);
  };
  const label = isDark ? "Use the light theme" : "Use the dark theme";
  return (
    <button type="button" class="icon-button" onClick={toggle} aria-label={label} title={label}>
      {isDark ? <SunIcon /> : <MoonIcon />}
    </button>
  );
}
