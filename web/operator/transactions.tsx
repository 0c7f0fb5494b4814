import { useState } from "preact/hooks";
import { shortHex } from "../src/format/address.ts";
import { groupDigits } from "../src/format/juels.ts";
import { CopyButton } from "../src/ui/copy.tsx";
import { Act } from "./act.tsx";
import { Since } from "./since.tsx";
import type { TransactionAction, TransactionDetail, Transaction as Shown } from "./types.ts";
import { useRound } from "./use-round.ts";
import { printGwei, spaced } from "./words.ts";

const ACTIONS: Record<TransactionAction, [label: string, explains: string]> = {
  bump: ["Bump", "Its last bytes are replaced by some that pay at least an eighth more, with the same nonce."],
  cancel: ["Cancel", "Its nonce is used up for nothing, if it is not mined first: what is mined first counts."],
  resend: ["Resend", "Its last bytes are sent again."],
};

/** What was sent and is under way, and the newest that are settled. */
export function Transactions({ transactions }: { transactions: readonly Shown[] }) {
  const open = transactions.filter(({ actions }) => actions.length > 0);
  return (
    <section class="panel operator-wide" id="transactions" aria-labelledby="transactions-title">
      <header class="panel-head">
        <h2 id="transactions-title" class="panel-title">
          Transactions
        </h2>
        <span class="muted">{open.length === 0 ? "none under way" : `${open.length} under way`}</span>
      </header>
      {transactions.length === 0 && <p class="empty">Nothing was sent yet.</p>}
      <ul class="lines">
        {transactions.map((transaction) => (
          <Line key={transaction.id} transaction={transaction} />
        ))}
      </ul>
    </section>
  );
}

function Line({ transaction: it }: { transaction: Shown }) {
  const [isOpen, setOpen] = useState(false);
  const isUnderWay = it.actions.length > 0;
  const isBad = it.succeeded === false || ["failed", "refused"].includes(it.state);
  return (
    <li class="line" data-transaction={it.id} data-state={it.state} data-kind={it.kind}>
      <p class="line-head">
        <span class="muted">{it.id}</span>
        <strong>{spaced(it.kind)}</strong>
        <span class={isBad ? "badge badge-closed" : isUnderWay ? "badge badge-new" : "badge"}>{spaced(it.state)}</span>
        {it.node_id && (
          <a href={`#node-${it.node_id}`} class="hex">
            {it.node_id}
          </a>
        )}
        {it.hash && (
          <span class="address">
            <span class="hex" title={it.hash}>
              {shortHex(it.hash)}
            </span>
            <CopyButton text={it.hash} label="Copy the transaction hash" />
          </span>
        )}
        <span class="line-end muted">
          {it.nonce !== null && `nonce ${it.nonce}, `}
          {it.attempts > 0 && `signed ${it.attempts === 1 ? "once" : `${it.attempts} times`}, `}
          {it.block !== null && `block ${groupDigits(String(it.block))}, `}
          <Since at={it.created_at} />
        </span>
      </p>
      {it.why && <p class={isBad || isUnderWay ? "hint hint-problem" : "hint"}>{it.why}</p>}
      {isUnderWay && (
        <div class="acts">
          {it.actions.map((action) => (
            <Act key={action} label={ACTIONS[action]?.[0] ?? action} about={`transaction ${it.id}`} path={`/transactions/${it.id}/${action}`} explains={ACTIONS[action]?.[1] ?? ""} isGrave={action === "cancel"} />
          ))}
        </div>
      )}
      <details class="inputs" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          What was signed and asked for<span class="hidden"> about transaction {it.id}</span>
        </summary>
        {isOpen && <More id={it.id} />}
      </details>
    </li>
  );
}

function More({ id }: { id: number }) {
  const { known, problem } = useRound<TransactionDetail>(`/transactions/${id}`);
  return (
    <>
      {problem && <p class="hint hint-problem">{problem}</p>}
      {!known && !problem && <p class="hint">Reading it…</p>}
      {known && known.signed.length === 0 && <p class="hint">Nothing is signed for it yet.</p>}
      {known && (
        <ol class="history">
          {known.signed.map((attempt) => (
            <li key={attempt.hash} data-attempt={attempt.number}>
              attempt {attempt.number}{" "}
              <span class="hex" title={attempt.hash}>
                {shortHex(attempt.hash)}
              </span>{" "}
              <span class="muted">
                {groupDigits(String(attempt.gas_limit))} gas at {printGwei(attempt.max_fee_wei)} gwei (tip {printGwei(attempt.tip_wei)}), sent {attempt.sends} time{attempt.sends === 1 ? "" : "s"}
                {attempt.cancels && ", cancels"}
                {attempt.included && ", in a block"}
                {attempt.last_answer && `, last answer: ${spaced(attempt.last_answer)}`}
              </span>
            </li>
          ))}
          {known.requests.map((request) => (
            <li key={request.requested_at} data-request={request.action}>
              {request.action} <span class="muted">by {request.actor}</span>: {request.answer ?? "not done yet"}
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
