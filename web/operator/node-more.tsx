import { juels, printLink } from "../src/format/juels.ts";
import { printDate } from "../src/format/time.ts";
import { Act } from "./act.tsx";
import type { FleetEvent, FleetNode, NodeDetail, NodeWork } from "./types.ts";
import { useRound } from "./use-round.ts";
import { UNKNOWN, inputLines, spaced } from "./words.ts";

const SHOWN_EVENTS = 30;
const MAX_NAME = 40;

/** What can be done with a node, and everything that happened to it. */
export function NodeMore({ node }: { node: FleetNode }) {
  const { known, problem } = useRound<NodeDetail>(`/nodes/${node.id}`);
  const events = [...(known?.events ?? [])].reverse();
  return (
    <>
      <Actions node={node} />
      {problem && <p class="hint hint-problem">{problem}</p>}
      {!known && !problem && <p class="hint">Reading its history…</p>}
      {known?.work && <Work work={known.work} />}
      {known && (
        <ol class="history" aria-label={`History of node ${node.id}, the newest first`}>
          {events.slice(0, SHOWN_EVENTS).map((event) => (
            <Event key={event.number} event={event} />
          ))}
        </ol>
      )}
      {events.length > SHOWN_EVENTS && <p class="hint">{events.length - SHOWN_EVENTS} older ones: `linkpool node show {node.id}`</p>}
    </>
  );
}

/** What it answers and earns, in two lines. */
function Work({ work }: { work: NodeWork }) {
  const { requests, open, answered, missing, refunded, late, others } = work;
  const parts = [
    [missing, "missing"],
    [refunded, "taken back"],
    [late, "late"],
    [open, "still open"],
    [others, "that it need not answer"],
  ] as const;
  const rest = parts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  const [earned, passedOn, waiting] = [work.earned_juels, work.passed_on_juels, work.waiting_juels].map((text) => printLink(juels(text)));
  return (
    <p class="hint" data-work>
      Answered {answered} of {requests - open} requests in 30 days{rest.length > 0 && ` (${rest.join(", ")})`}. Earned {earned} LINK: {passedOn} passed on, {waiting} waiting at its Operators; its answers have cost{" "}
      {printLink(juels(work.spent_wei), 6)} ether of gas.{" "}
      {work.is_safe ? "Nobody can divert it." : "Somebody can divert it, or it is not known yet: `linkpool doctor` tells."}
    </p>
  );
}

function Event({ event }: { event: FleetEvent }) {
  return (
    <li>
      <span class="muted">{printDate(event.happened_at)}</span> <strong>{spaced(event.kind)}</strong>{" "}
      <span class="muted break">
        {inputLines(event.detail)
          .filter(([, value]) => value !== UNKNOWN)
          .map(([name, value]) => `${name} ${value}`)
          .join(", ")}
      </span>
    </li>
  );
}

/** Those that make sense as the node is; what the state of it or of the contract refuses, the listener says. */
function Actions({ node }: { node: FleetNode }) {
  const act = (action: string, label: string, explains: string, isGrave = false) => (
    <Act key={action} label={label} about={`node ${node.id}`} path={`/nodes/${node.id}/${action}`} explains={explains} isGrave={isGrave} />
  );
  const [isOurs, isStopped, isOut] = [node.source === "fleet", node.ending === "stopped", node.ending !== null];
  return (
    <div class="acts">
      {node.contract_status === "active" && act("close", "Close", "The registrar closes it on chain: it takes no new stake. Leaving and claiming work.")}
      {node.contract_status === "closed" && !isOut && act("reopen", "Reopen", "The registrar opens it on chain again, where its account is a guardian's too.")}
      {node.phase !== "quarantined" && act("quarantine", "Quarantine", "It is kept out of every automatic step until it is released. Its replicas go on.", true)}
      {node.phase === "quarantined" && act("release", "Release", "It takes part in the automatic steps again.")}
      {isOurs && !isOut && node.contract_status !== null && act("drain", "Drain", "It is closed on chain, retired by the owner's or guardian's transaction, and stopped once nobody has stake on it. Its keys and database are kept.", true)}
      {isOurs && !isStopped && act("stop", "Stop", "Its replicas end. Refused while people have stake on it.", true)}
      {isOurs && isStopped && act("start", "Start", "Its replicas run again.")}
      <Name node={node} />
    </div>
  );
}

/** What holders read in the place of its number. */
function Name({ node }: { node: FleetNode }) {
  const id = `name-${node.id}`;
  const typed = () => (document.getElementById(id) as HTMLInputElement | null)?.value.trim() || null;
  return (
    <Act label="Name" about={`node ${node.id}`} path={`/nodes/${node.id}/name`} body={() => ({ name: typed() })} explains="Everybody reads it on the holders' page. Empty takes it away.">
      <div class="reason">
        <label class="label" for={id}>
          Public name
        </label>
        <input id={id} class="field" maxLength={MAX_NAME} autocomplete="off" defaultValue={node.public_name ?? ""} />
      </div>
    </Act>
  );
}
