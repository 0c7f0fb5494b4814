import { config, outage, pool, reach, status } from "../api/store.ts";
import { useState } from "preact/hooks";
import { groupDigits } from "../format/juels.ts";
import { printDate } from "../format/time.ts";
import { Banner } from "../ui/banner.tsx";
import { switchChain, wrongChainText } from "../wallet/chain.ts";
import { account, isWrongChain, wallet, walletChain } from "../wallet/session.ts";

/** Blocks of lag from which the figures are called old. */
const STALE_BLOCKS = 5;

export function Banners() {
  return (
    <div class="banners">
      <WrongChain />
      <Outage />
      <Stale />
      <Paused />
    </div>
  );
}

function WrongChain() {
  const [problem, setProblem] = useState<string | null>(null);
  const target = config.value;
  const provider = wallet.value?.provider;
  if (!isWrongChain.value || !target || !provider) return null;
  const change = async () => setProblem((await switchChain(provider, target))?.text ?? null);
  return (
    <Banner
      tone="warning"
      action={
        <button type="button" class="button button-small" onClick={() => void change()}>
          Switch network
        </button>
      }
    >
      {wrongChainText(walletChain.value, target)} {problem}
    </Banner>
  );
}

function Outage() {
  if (reach.value !== "down") return null;
  const last = pool.value?.asOf.block_number;
  return (
    <Banner tone="problem">
      {outage.value} {last !== undefined && `The figures here are from block ${groupDigits(String(last))}.`} Your LINK is in the contract, not on that
      server.{" "}
      {account.value
        ? "Your positions are read through your wallet, and unbonding, withdrawing and claiming still work."
        : "Connect your wallet to read your positions from the contract itself."}{" "}
      Trying again by itself.
    </Banner>
  );
}

function Stale() {
  const current = status.value;
  if (!current || reach.value !== "up") return null;
  const lag = current.lag_blocks ?? 0;
  if (lag <= STALE_BLOCKS && current.state === "ok") return null;
  return (
    <Banner tone="warning">
      {lag > STALE_BLOCKS
        ? `The figures are ${groupDigits(String(lag))} blocks behind the chain and catching up.`
        : `The index reports: ${current.detail ?? current.state}.`}{" "}
      The contract always decides by its newest block.
    </Banner>
  );
}

function Paused() {
  const until = pool.value?.data.paused_until;
  const asOf = pool.value?.asOf.block_timestamp;
  if (!until || !asOf || Date.parse(until) <= Date.parse(asOf)) return null;
  return <Banner tone="note">New stake is paused until {printDate(until)}. Leaving and claiming work as always.</Banner>;
}
