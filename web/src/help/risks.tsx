import type { ComponentChildren } from "preact";
import { config, indexed, nodes, pool } from "../api/store.ts";
import type { Announcement } from "../api/types.ts";
import { type Reading, useRead } from "../api/use-read.ts";
import type { Address } from "../format/address.ts";
import { juels } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";
import { printDate, printDuration } from "../format/time.ts";
import { nodeName } from "../nodes/name.ts";
import { holdings } from "../positions/holdings.ts";
import { Amount } from "../ui/amount.tsx";
import { ContractLink } from "../ui/contract-link.tsx";
import { KeyCheck } from "./key-check.tsx";
import { type Keys, type Role, holdersOf } from "./keys.ts";
import { useKeys } from "./use-keys.ts";

/**
 * What a holder can lose at worst before being out, in parts of 100,000: every key but the timelock hostile at once, and the holder
 * asking to leave at the first sign. A solver searched all schedules for it, and a test of the contract plays the worst one.
 */
const WORST_PER_100K = 24_832n;
const READ_AGAIN_BLOCKS = 64;

/** Who could do what to a stake, how fast, who stops it, and what that costs this holder at worst. */
export function Risks() {
  const at = indexed.value && Math.floor(indexed.value.block_number / READ_AGAIN_BLOCKS);
  const { keys, problem } = useKeys(at === null ? undefined : String(at));
  const block = indexed.value?.block_hash;
  const waiting = useRead<Announcement[]>("/pool/announcements?state=waiting&limit=500", block);
  const ready = useRead<Announcement[]>("/pool/announcements?state=ready&limit=500", block);
  return (
    <>
      <WorstLoss />
      <h3>Announced right now</h3>
      <Announced keys={keys} waiting={waiting} ready={ready} />
      <h3>Who holds which key</h3>
      {keys ? <KeyTable keys={keys} /> : <p class="empty">{problem ?? "Reading the contract's history…"}</p>}
      {keys && <KeyCheck keys={keys} />}
      <h3>Can anybody divert what a node earns?</h3>
      <p>
        Rewards that have arrived in the pool: no. They vest to whoever is staked, and no key can take them back. What a node is paid for its answers is another matter: it
        lies in the node's Operator contract first. Where that belongs to the node's own earnings contract, anybody may have it passed on to the node's stakers, and while the node
        is in service nobody can send it elsewhere; where somebody else owns it, you trust them to pass it on. Each reward that arrives is on the{" "}
        <a href="/pool">pool's page</a>.
      </p>
    </>
  );
}

function WorstLoss() {
  const stake = holdings.value && juels(holdings.value.data.stake_juels);
  return (
    <p>
      If every key but the timelock turned against you at once, and you asked to leave at the first sign, penalties could take 24.832 % of your stake
      {stake ? (
        <>
          : of yours, <strong><Amount juels={(stake * WORST_PER_100K) / 100_000n} /></strong>
        </>
      ) : null}
      . With an honest guardian it is nothing. Rewards that have vested are never taken.
    </p>
  );
}

interface AnnouncedProperties {
  keys: Keys | null;
  waiting: Reading<Announcement[]>;
  ready: Reading<Announcement[]>;
}

function Announced({ keys, waiting, ready }: AnnouncedProperties) {
  const pending = (nodes.value?.data ?? []).filter((node) => node.penalty_until);
  const paused = pool.value?.data.paused_until;
  if (!nodes.value) return <p>Not known just now.</p>;
  // What a former owner has announced the pool refuses.
  const scheduled = [...(ready.known?.data ?? []), ...(waiting.known?.data ?? [])].filter((announced) => announced.is_owner);
  const isKnown = waiting.known && ready.known;
  const unknown = "What the owner has scheduled is not known just now: its timelock's own events tell.";
  if (pending.length === 0 && scheduled.length === 0 && !paused && !keys?.offeredTo) {
    return (
      <p>
        No penalty is pending, new stake is not paused{keys ? ", and ownership is not offered to anybody" : ""}. {isKnown ? "The owner has scheduled nothing." : unknown}
      </p>
    );
  }
  return (
    <ul class="bullets">
      {scheduled.map((announced) => (
        <li key={announced.id}>
          {announced.state === "ready" ? "At any moment" : `From ${printDate(announced.ready_at)} on`} the owner may <strong>{announced.description}</strong>. It said so on{" "}
          {printDate(announced.block_timestamp)}, and who can't live with it leaves before.
        </li>
      ))}
      {!isKnown && <li>{unknown}</li>}
      {pending.map((node) => (
        <li key={node.address}>
          A penalty has been requested on <a href={`/nodes/${node.address}`}>{nodeName(node)}</a>; it is taken, vetoed or lapses before {printDate(node.penalty_until ?? "")}.
        </li>
      ))}
      {paused && <li>New stake is paused until {printDate(paused)}. Leaving and claiming work as always.</li>}
      {keys?.offeredTo && (
        <li>
          Ownership is offered to <ContractLink address={keys.offeredTo} />. Treat that as "leave now" unless you know why.
        </li>
      )}
    </ul>
  );
}

function KeyTable({ keys }: { keys: Keys }) {
  const notice = printDuration(config.value?.unbonding_seconds ?? 0);
  const most = printBps(config.value?.max_fee_bps ?? 0);
  const accounts = (role: Role) => holdersOf(keys, role);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Keys of the contract">
      <table class="table-plain keys">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">At worst</th>
            <th scope="col">How fast</th>
            <th scope="col">Who stops it</th>
          </tr>
        </thead>
        <tbody>
          <Key name="Owner, a timelock" accounts={keys.owner ? [keys.owner] : []} worst={`raises the fee to ${most}, retires every node, gives roles to thieves`} speed={`after at least ${notice}' notice: the contract takes no faster owner`} stop="you, by leaving when it is announced" />
          <Key name="Guardian" accounts={accounts("guardian")} worst="stops new stake for good, vetoes every penalty, retires nodes in their first 7 days" speed="at once" stop={`the owner, after ${notice}`} />
          <Key name="Slasher" accounts={accounts("slasher")} worst="takes up to 20 % of a node's stake in eight days, and 10.08 % more in each 28 days" speed="4 days after it asks in public" stop="the guardian, by a veto" />
          <Key name="Registrar" accounts={accounts("registrar")} worst="registers bad nodes up to the limits, closes nodes to new stake" speed="at once" stop="the guardian" />
          <Key name="Reporter" accounts={accounts("reporter")} worst="says the oracle network is larger or smaller than it is, which lets nodes in or keeps them out" speed="at once" stop="the guardian, and the next report" />
          <Key name="Fee recipient" accounts={keys.feeRecipient ? [keys.feeRecipient] : []} worst="nothing to a staker" speed="" stop="" />
          <Key name="Sink of penalties" accounts={keys.sink ? [keys.sink] : []} worst="nothing to a staker; can never change" speed="" stop="" />
        </tbody>
      </table>
    </div>
  );
}

interface KeyProperties {
  name: string;
  accounts: readonly Address[];
  worst: ComponentChildren;
  speed: string;
  stop: string;
}

function Key({ name, accounts, worst, speed, stop }: KeyProperties) {
  return (
    <tr>
      <th scope="row">
        {name}
        {accounts.length === 0 && <span class="fact-note">nobody</span>}
        {accounts.map((account) => (
          <span class="fact-note" key={account}>
            <ContractLink address={account} />
          </span>
        ))}
      </th>
      <td>{worst}</td>
      <td>{speed || "–"}</td>
      <td>{stop || "–"}</td>
    </tr>
  );
}
