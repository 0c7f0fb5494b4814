import type { NodeWork, PoolNode } from "../api/types.ts";
import { useRead } from "../api/use-read.ts";
import type { Address } from "../format/address.ts";
import { groupDigits, juels, printLink } from "../format/juels.ts";
import { Amount } from "../ui/amount.tsx";
import { Fact } from "../ui/fact.tsx";

/** What a node was asked and answered, what that has brought, and whether somebody could divert it. */
export function Work({ address, block }: { address: Address; block: string | undefined }) {
  const { known, problem } = useRead<PoolNode>(`/nodes/${address}`, block);
  const work = known?.data.work;
  return (
    <>
      <Fact name="Requests answered">{work ? <Answered work={work} /> : (problem ?? (known ? "not known: no Operator is named for this node" : "…"))}</Fact>
      {work && (
        <Fact name="Earned by answering">
          <Earned work={work} />
        </Fact>
      )}
    </>
  );
}

function Answered({ work }: { work: NodeWork }) {
  const due = work.requests - work.open;
  const parts = [part(work.missing, "missing"), part(work.refunded, "taken back"), part(work.late, "late"), part(work.open, "still open")];
  return (
    <>
      {work.requests === 0 ? "nobody has asked it in 30 days" : `answered ${count(work.answered)} of ${count(due)} in 30 days`}
      <span class="fact-note">
        {parts.some(Boolean) && <>{parts.filter(Boolean).join(", ")}; </>}
        {work.others > 0 && <>{count(work.others)} more that it need not answer; </>}
        <a href="/help#earnings">what counts</a>
      </span>
    </>
  );
}

function Earned({ work }: { work: NodeWork }) {
  const [earned, passedOn, waiting, spent] = [juels(work.earned_juels), juels(work.passed_on_juels), juels(work.waiting_juels), juels(work.spent_wei)];
  return (
    <>
      <Amount juels={earned} />
      {earned > 0n && <>, {passedOn >= earned && waiting === 0n ? "all of it passed on" : <PassedOn {...{ passedOn, waiting }} />}</>}
      <span class="fact-note">
        {spent > 0n && <>its answers have cost {printLink(spent, 6)} ether of gas; </>}
        {work.is_safe ? <strong class="badge badge-active">nobody can divert what it earns from these requests</strong> : whyNot(work)}{" "}
        <a href="/help#earnings">{work.is_safe ? "what that does not cover" : "what that means"}</a>
      </span>
    </>
  );
}

function PassedOn({ passedOn, waiting }: { passedOn: bigint; waiting: bigint }) {
  return (
    <>
      <Amount juels={passedOn} /> passed on{waiting > 0n && <>, <Amount juels={waiting} /> waiting</>}
    </>
  );
}

/** The first condition that does not hold. */
function whyNot(work: NodeWork): string {
  const used = work.operators.filter((operator) => operator.has_jobs);
  const some = (test: (operator: NodeWork["operators"][number]) => boolean) => used.some(test);
  if (used.length === 0) return "it has no job that requests can name;";
  if (some(({ seen_block: block, has_changed: changed }) => block === null || changed)) return "where it is paid is being looked at;";
  if (some(({ is_known: known }) => !known)) return "it is paid at a contract that is not Chainlink's Operator;";
  if (some(({ is_owned: owned }) => !owned)) return "what it is paid can be withdrawn by somebody: its Operator is not its own contract's;";
  if (some(({ is_wallet_alone: alone }) => !alone)) return "somebody beside the node's wallet may answer in its place;";
  return "one of its jobs is paid elsewhere;";
}

function part(number: number, word: string): string {
  return number > 0 ? `${count(number)} ${word}` : "";
}

function count(number: number): string {
  return groupDigits(String(number));
}
