import { useEffect } from "preact/hooks";
import { config } from "../api/store.ts";
import { printBps } from "../format/ratio.ts";
import { printDuration } from "../format/time.ts";
import { showFragment } from "../router.ts";
import { ContractLink } from "../ui/contract-link.tsx";
import { Leave } from "./leave.tsx";
import { Risks } from "./risks.tsx";

const PARTS: readonly [id: string, title: string][] = [
  ["terms", "Terms in plain words"],
  ["rate", "How the rate is computed"],
  ["earnings", "What a node is paid, and who gets it"],
  ["risks", "What can go wrong with my stake"],
  ["leave", "Leaving without us"],
  ["questions", "Questions"],
];

export function HelpPage() {
  useEffect(showFragment, []);
  return (
    <article class="help">
      <h1>Help</h1>
      <nav aria-label="On this page">
        <ul class="help-parts">
          {PARTS.map(([id, title]) => (
            <li key={id}>
              <a href={`#${id}`}>{title}</a>
            </li>
          ))}
        </ul>
      </nav>
      <Part id="terms">
        <Terms />
      </Part>
      <Part id="rate">
        <p>
          The pool's rate is what vested to stakers in the last days that it names, after the pool's fee, over what was actively staked, times a year. It looks back, it does
          not compound, and nobody promises it: it follows what the nodes are paid.
        </p>
        <p>
          A node's rate is computed the same way from what vested on that node alone, in the last seven days or since it is there. "Vesting now" on a node's page is the other way
          round: what still vests there, over the time that it takes. A new stake gets its share of both from its first second on.
        </p>
      </Part>
      <Part id="earnings">
        <p>
          Whoever wants an answer pays LINK to the node's Operator, Chainlink's contract. A request counts when it names a job that the node runs, pays what that job asks for, and
          comes from who may ask; "missing" is one that was not answered before its payment could be taken back. Others need no answer, and are counted apart.
        </p>
        <p>
          "Nobody can divert what it earns from these requests" says: each job of the node is paid only at an Operator that is Chainlink's own code, belongs to the node's own
          contract, which can pass LINK on to this pool and do nothing else, and lets the node's wallet alone answer. It is read where no reorg reaches, and falls with the first
          event that says otherwise. It does not say that the answers are right, that there will be more requests, or that nobody has stolen the wallet; nor does it cover what the
          node is paid elsewhere, and what requests pay once the node has retired and everybody has left.
        </p>
      </Part>
      <Part id="risks">
        <Risks />
      </Part>
      <Part id="leave">
        <Leave />
      </Part>
      <Part id="questions">
        <Questions />
      </Part>
    </article>
  );
}

function Part({ id, children }: { id: string; children: preact.ComponentChildren }) {
  return (
    <section class="panel" aria-labelledby={id}>
      <h2 id={id} class="panel-title panel-head" tabIndex={-1}>
        {PARTS.find(([known]) => known === id)?.[1]}
      </h2>
      {children}
    </section>
  );
}

function Terms() {
  const terms = config.value;
  if (!terms) return <p class="empty">The contract's terms are not known just now.</p>;
  return (
    <dl class="words">
      <dt>Staking</dt>
      <dd>
        One transaction moves LINK from your wallet into the contract and backs the nodes you chose. You approve nothing, and leave no allowance behind. A position is at least 1
        LINK, and a node takes at most its stake cap.
      </dd>
      <dt>Rewards</dt>
      <dd>
        What arrives for a node is shared among its active stake and vests over {printDuration(terms.vest_seconds)}. You claim it to your wallet, or stake it. Vested rewards
        are yours whatever happens to the node.
      </dd>
      <dt>Fee</dt>
      <dd>
        The pool keeps {printBps(terms.fee_bps)} of rewards on arrival. It can never be more than {printBps(terms.max_fee_bps)}, and never touches stake.
      </dd>
      <dt>Leaving</dt>
      <dd>
        You ask ("unbond"), wait {printDuration(terms.unbonding_seconds)}, and withdraw. While it waits the stake earns nothing and is still at risk. You may keep it staked
        after all, or move it to another node when it is ready. There is no deadline.
      </dd>
      <dt>Penalties</dt>
      <dd>
        For a fault of a node everybody staked on it loses the same share, unbonding stake included: at most 10 % at once, asked for in public 4 days before.
      </dd>
      <dt>The contract</dt>
      <dd>
        <ContractLink address={terms.pool_address} /> has no proxy and can't be changed. Its source, the audit's findings, the proofs and their tests are in this project's
        repository, under contracts/, docs/contract.md and tests/contracts/.
      </dd>
    </dl>
  );
}

function Questions() {
  return (
    <dl class="words">
      <dt>Why is my amount asked about?</dt>
      <dd>"1,000" is a thousand to one reader and one to another. The page never guesses about money: it asks, and one press answers.</dd>
      <dt>Why does "Max" leave a tiny rest?</dt>
      <dd>One juel, the smallest unit, stays in your wallet. A balance that was emptied makes your next payout dearer, because it has to pay for a storage slot again.</dd>
      <dt>What does spreading do?</dt>
      <dd>
        It backs the nodes with the most room, three as a rule, in one transaction. A fiftieth of each node's room is left free, so that somebody who stakes a moment before
        you does not make yours fail.
      </dd>
      <dt>My wallet says it was sent, and nothing happens here.</dt>
      <dd>
        The page follows it: signed, confirmed, staked. If it is a shared wallet (Safe), the other owners sign there first. If your wallet cancelled or sped it up, the page says
        that another transaction took its place.
      </dd>
      <dt>The page says that the server does not answer.</dt>
      <dd>Your LINK is in the contract, not on that server. With your wallet connected, your positions are read from the contract, and unbonding, withdrawing and claiming work.</dd>
      <dt>Do you follow me?</dt>
      <dd>No. The page talks to this server and your wallet, to nobody else, and stores in your browser only what you sent and how you like it to look.</dd>
    </dl>
  );
}
