import { config, isLive, reach, status } from "../api/store.ts";
import type { Config, Status } from "../api/types.ts";
import { groupDigits } from "../format/juels.ts";
import { printDate } from "../format/time.ts";
import { ContractLink } from "../ui/contract-link.tsx";
import { Fact } from "../ui/fact.tsx";

export function StatusPage() {
  const current = status.value;
  const terms = config.value;
  return (
    <section class="panel" aria-labelledby="status-title">
      <header class="panel-head">
        <h1 id="status-title" class="panel-title">
          Status
        </h1>
      </header>
      <dl class="facts">
        <Fact name="Server">{reach.value === "up" ? "answers" : reach.value === "down" ? "can't be reached" : "asking…"}</Fact>
        <Fact name="Live updates">{isLive.value ? "connected" : "not connected; asking every few seconds"}</Fact>
        {current && <IndexFacts current={current} />}
        {terms && <ContractFacts terms={terms} />}
      </dl>
    </section>
  );
}

function IndexFacts({ current }: { current: Status }) {
  return (
    <>
      <Fact name="Index">{current.detail ? `${current.state}: ${current.detail}` : current.state}</Fact>
      <Fact name="Indexed block">{block(current.indexed.block_number)}</Fact>
      <Fact name="Newest block">{block(current.head_block)}</Fact>
      <Fact name="Safe block">{block(current.safe_block)}</Fact>
      <Fact name="Final block">{block(current.finalized_block)}</Fact>
      <Fact name="Behind the chain">{current.lag_blocks === null ? "unknown" : `${groupDigits(String(current.lag_blocks))} blocks`}</Fact>
      <Fact name="Last comparison with the contract">
        <Compared verification={current.verification} />
      </Fact>
      <Fact name="Events indexed">{groupDigits(String(current.events_indexed))}</Fact>
    </>
  );
}

function ContractFacts({ terms }: { terms: Config }) {
  return (
    <>
      <Fact name="Chain">
        {terms.chain_name ? `${terms.chain_name}, ` : ""}chain id {terms.chain_id}
      </Fact>
      <Fact name="Pool contract">
        <ContractLink address={terms.pool_address} /> since block {groupDigits(String(terms.deploy_block))}
      </Fact>
      <Fact name="LINK token">
        <ContractLink address={terms.token_address} />
      </Fact>
      <Fact name="Contract's ABI hash">
        <span class="hex break">{terms.abi_hash}</span>
      </Fact>
      <Fact name="Version">{terms.version}</Fact>
    </>
  );
}

/** The database against the contract, both at one block: what it was compared at, and what came of it. */
function Compared({ verification }: { verification: Status["verification"] }) {
  if (!verification) return <>none yet since the server began</>;
  const { differences, block_number, nodes, verified_at } = verification;
  return (
    <>
      {differences === 0 ? "everything equal" : `${groupDigits(String(differences))} differences`}
      <span class="fact-note">
        {nodes} nodes at block {block(block_number)}, {printDate(verified_at)}
      </span>
    </>
  );
}

function block(number: number | null): string {
  return number === null ? "unknown" : groupDigits(String(number));
}
