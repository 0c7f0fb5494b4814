import { config } from "../api/store.ts";
import { printDuration } from "../format/time.ts";
import { ContractLink } from "../ui/contract-link.tsx";

/** The way out with any block explorer, for whoever finds nobody here any more. `docs/leave-without-us.md` has it whole. */
export function Leave() {
  const terms = config.value;
  const wait = printDuration(terms?.unbonding_seconds ?? 0);
  return (
    <>
      <p>
        If this site and everybody behind it are gone, your stake is still yours. Open the contract {terms && <ContractLink address={terms.pool_address} />} in a block explorer,
        or any page that can call a contract, with a little ether in your wallet. No key can stop these calls. The whole text is docs/leave-without-us.md in the repository:
        keep a copy.
      </p>
      <ol class="bullets bullets-numbered">
        <li>
          <strong>Look.</strong> <code>positionOf(node, you)</code> gives your <code>shares</code>, and how many <code>tickets</code> you ever made.{" "}
          <code>nodeOf(node)</code> with <code>retiredAt</code> other than 0 means that the node has retired: then skip the next step.
        </li>
        <li>
          <strong>Unbond.</strong> <code>unbond(node, shares)</code> with all of your shares. The new ticket has the number that <code>tickets</code> showed, and your {wait} begin.
        </li>
        <li>
          <strong>Claim.</strong> <code>claim(node, you)</code>, at any time.
        </li>
        <li>
          <strong>Withdraw.</strong> After {wait}: <code>withdraw(node, you, ticket)</code>. On a node that has retired: <code>withdrawRetired(node, you)</code>.
        </li>
      </ol>
    </>
  );
}
