import { useState } from "preact/hooks";
import type { AsOfValue } from "../api/store.ts";
import type { Staker } from "../api/types.ts";
import { groupDigits } from "../format/juels.ts";
import { loadContract } from "../wallet/chunk.ts";
import type { ContractReading } from "../wallet/holdings-reader.ts";
import { isWrongChain, wallet } from "../wallet/session.ts";
import { compare } from "./differences.ts";

type Verdict = { kind: "none" } | { kind: "asking" } | { kind: "said"; text: string; isGood: boolean };

/** Lets a holder see that the figures are not this server's opinion: their own wallet reads the contract at the same block. */
export function SelfCheck({ known }: { known: AsOfValue<Staker> }) {
  const [verdict, setVerdict] = useState<Verdict>({ kind: "none" });
  const provider = wallet.value?.provider;
  if (!provider || isWrongChain.value) return null;
  const check = async () => {
    setVerdict({ kind: "asking" });
    try {
      const contract = await loadContract();
      const nodes = known.data.positions.map((position) => position.node);
      const read = await contract.readStaker(provider, known.data.address, nodes, known.asOf);
      setVerdict(judge(known, read));
    } catch {
      setVerdict({ kind: "said", text: "Your wallet could not read that block.", isGood: false });
    }
  };
  return (
    <>
      <button type="button" class="link-button" disabled={verdict.kind === "asking"} onClick={() => void check()}>
        {verdict.kind === "asking" ? "Checking…" : "Check it yourself"}
      </button>
      <p class={verdict.kind === "said" && verdict.isGood ? "verdict verdict-good" : "verdict"} aria-live="polite">
        {verdict.kind === "said" && verdict.text}
      </p>
    </>
  );
}

function judge(shown: AsOfValue<Staker>, read: ContractReading): Verdict {
  const block = groupDigits(String(shown.asOf.block_number));
  if (read.asOf.block_hash.toLowerCase() !== shown.asOf.block_hash.toLowerCase()) {
    return { kind: "said", text: `Your wallet knows another block ${block} than this server. It may have been replaced: try again.`, isGood: false };
  }
  const { differences, unchecked } = compare(shown.data.positions, read);
  const rest = unchecked.length > 0 ? ` Not checked: ${unchecked.join("; ")}.` : "";
  if (differences.length === 0) return { kind: "said", text: `✓ Your wallet reads the same from the contract at block ${block}.${rest}`, isGood: true };
  const text = `Your wallet reads something else at block ${block}: ${differences.join("; ")}. Trust your wallet, and tell us.${rest}`;
  return { kind: "said", text, isGood: false };
}
