import { Banner } from "../src/ui/banner.tsx";
import { clock } from "../src/ui/clock.ts";
import { overview, readAt_ms, trouble } from "./store.ts";

/** From this age on what is shown is called old. */
const OLD_MS = 10_000;

/** Whether what is shown is of now: in one line while it is, in a banner while it is not. */
export function Standing() {
  const [known, why] = [overview.value, trouble.value];
  const age_ms = Math.max(clock.value - readAt_ms.value, 0);
  const seconds = Math.round(age_ms / 1_000);
  if (!known) {
    return (
      <div class="banners">
        {why ? (
          <Banner tone="problem">{why} Trying again by itself. The nodes go on without this listener.</Banner>
        ) : (
          <p class="muted" role="status">
            Reading the fleet…
          </p>
        )}
      </div>
    );
  }
  if (why === null && age_ms < OLD_MS) return <p class="standing muted">Live: read every two seconds</p>;
  return (
    <div class="banners">
      <Banner tone="problem">
        {why ?? "The listener has not answered for a while."} What is shown is {seconds} s old. Trying again by itself; the nodes go on without this listener.
      </Banner>
    </div>
  );
}
