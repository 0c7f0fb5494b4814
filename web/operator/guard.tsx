import { groupDigits } from "../src/format/juels.ts";
import { printBps } from "../src/format/ratio.ts";
import { printDuration } from "../src/format/time.ts";
import { Fact } from "../src/ui/fact.tsx";
import { Act } from "./act.tsx";
import { Since } from "./since.tsx";
import type { Guard as GuardNumbers, Scale } from "./types.ts";

const BPS = 10_000;
const DEFAULT_MINUTES = 60;
const MAX_MINUTES = 1_440;

/** The guard's sum with everything that it is made of, and what automatic scaling is kept from. */
export function Guard({ scale }: { scale: Scale }) {
  const { guard } = scale;
  return (
    <section class="panel" id="guard" aria-labelledby="guard-title">
      <header class="panel-head">
        <h2 id="guard-title" class="panel-title">
          Guard
        </h2>
        {guard && <span class={guard.refusal ? "badge badge-closed" : "badge badge-active"}>{guard.refusal ? "blocks another node" : "open"}</span>}
      </header>
      {guard ? <Sum guard={guard} /> : <p class="empty">No contract is indexed yet: there is nothing to count by.</p>}
      <Automatic scale={scale} />
    </section>
  );
}

function Sum({ guard }: { guard: GuardNumbers }) {
  const { max_share_bps: share, report_age_seconds: age } = guard;
  const network = Math.min(guard.reported, guard.ceiling);
  return (
    <>
      <dl class="facts facts-narrow">
        <Fact name="Registered">{guard.live_nodes}</Fact>
        <Fact name="On their way">{guard.in_flight}</Fact>
        <Fact name="Network">
          {groupDigits(String(network))} nodes
          <span class="fact-note">
            {groupDigits(String(guard.reported))} reported, ceiling {groupDigits(String(guard.ceiling))}
          </span>
        </Fact>
        <Fact name="Share allowed">
          {share === null ? "not read yet" : printBps(share)}
          {share !== null && <span class="fact-note">{groupDigits(String(Math.floor((share * network) / BPS)))} nodes</span>}
        </Fact>
        <Fact name="More allowed">{guard.available === null ? "not known" : groupDigits(String(guard.available))}</Fact>
        <Fact name="Report's age">
          {printDuration(Math.max(guard.now - guard.reported_at, 0))}
          {age !== null && <span class="fact-note">counted for {printDuration(age)}</span>}
        </Fact>
      </dl>
      <p class="sum" data-sum>
        {guard.arithmetic}
      </p>
      {guard.refusal && <p class="hint hint-problem refusal">{guard.refusal}</p>}
    </>
  );
}

function Automatic({ scale }: { scale: Scale }) {
  return (
    <div class="automatic">
      <h3>Automatic scaling</h3>
      <p class="hint">
        {scale.is_automatic ? "On: it decides once a finalized block." : "Off in this fleet's settings: nodes are made by calls alone."}
        {scale.blocked_network !== null && scale.blocked_at && (
          <>
            {" "}
            Blocked by the guard <Since at={scale.blocked_at} />, when the network had {groupDigits(String(scale.blocked_network))} nodes; it opens when the
            network has grown.
          </>
        )}
      </p>
      {scale.stopped_why && <p class="hint hint-problem">Stopped: {scale.stopped_why}</p>}
      {scale.override_ends_at && (
        <p class="hint">
          Hysteresis, dwell and budgets are lifted until {new Date(scale.override_ends_at).toLocaleTimeString()}: {scale.override_reason}
        </p>
      )}
      <div class="acts">
        {scale.stopped_why && <Act label="Resume" about="automatic scaling" path="/scale/resume" explains="It goes on by itself again. Look first at why the nodes did not open." />}
        <Override />
      </div>
    </div>
  );
}

function Override() {
  const minutes = () => Number((document.getElementById("override-minutes") as HTMLInputElement | null)?.value);
  return (
    <Act
      label="Lift its limits"
      path="/scale/override"
      body={() => ({ minutes: minutes() })}
      explains="Hysteresis, dwell and budgets are lifted for a time. The contract's own sum is lifted by nobody."
      isGrave
    >
      <div class="reason">
        <label class="label" for="override-minutes">
          For how many minutes
        </label>
        <input id="override-minutes" class="field" type="number" min={1} max={MAX_MINUTES} defaultValue={String(DEFAULT_MINUTES)} required />
      </div>
    </Act>
  );
}
