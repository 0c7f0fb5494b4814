import { useState } from "preact/hooks";
import { printDuration } from "../format/time.ts";
import { loadContract } from "../wallet/chunk.ts";
import { isWrongChain, wallet } from "../wallet/session.ts";
import { type Keys, differences } from "./keys.ts";

/** Lets the holder's own wallet ask the contract's views who holds the keys. */
export function KeyCheck({ keys }: { keys: Keys }) {
  const [verdict, setVerdict] = useState<string | null>(null);
  const provider = wallet.value?.provider;
  if (!provider || isWrongChain.value) return <p class="hint">This table is folded from the contract's events. With a wallet connected, the contract itself can be asked.</p>;
  const check = async () => {
    setVerdict("Asking…");
    try {
      const read = await (await loadContract()).readKeys(provider, [...keys.roles.keys()]);
      const wrong = differences(keys, read);
      const delay = read.delay_s === null ? "The owner states no delay." : `The owner's delay is ${printDuration(read.delay_s)}.`;
      setVerdict(wrong.length === 0 ? `✓ The contract answers the same. ${delay}` : `The contract answers something else for ${wrong.join(", ")}. Trust your wallet, and tell us. ${delay}`);
    } catch {
      setVerdict("Your wallet could not read the contract.");
    }
  };
  return (
    <p>
      <button type="button" class="button button-small" onClick={() => void check()}>
        Ask the contract through your wallet
      </button>{" "}
      <span aria-live="polite">{verdict}</span>
    </p>
  );
}
