import { printDate, printRelative } from "../src/format/time.ts";
import { clock } from "../src/ui/clock.ts";
import { listenersNow } from "./store.ts";

/** How long ago something was, by the listener's clock; the date is in the tooltip. */
export function Since({ at }: { at: string }) {
  const now = listenersNow(clock.value);
  return (
    <span class="muted" title={printDate(at)}>
      {printRelative(Math.min(Date.parse(at), now), now)}
    </span>
  );
}
