import { config, limitedUntil, outage, pool, reach, status } from "../api/store.ts";
import { useEffect } from "preact/hooks";
import { groupDigits } from "../format/juels.ts";
import { printDate } from "../format/time.ts";
import { clock } from "../ui/clock.ts";
import { Banner } from "../ui/banner.tsx";
import { changeChain, switchProblem, wrongChainText } from "../wallet/chain.ts";
import { account, isWrongChain, walletChain } from "../wallet/session.ts";

/** Blocks of lag from which the figures are called old. */
const STALE_BLOCKS = 5;

export function Banners() {
  return (
    <div class="banners">
      <WrongChain />
      <Outage />
      <Limited />
      <Stale />
      <Paused />
    </div>
  );
}

function WrongChain() {
  const target = config.value;
  const isShown = isWrongChain.value;
  useEffect(() => {
    switchProblem.value = null;
  }, [isShown]);
  if (!isShown || !target) return null;
  return (
    <Banner
      tone="warning"
      action={
        <button type="button" class="button button-small" onClick={() => void changeChain()}>
          Switch network
        </button>
      }
    >
      {wrongChainText(walletChain.value, target)} {switchProblem.value}
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
      {wayOut()} Trying again by itself.
    </Banner>
  );
}

function wayOut(): string {
  if (!config.value) return "This page does not know the contract's address yet, so it can't ask the contract either.";
  if (!account.value) return "Connect your wallet to read your positions from the contract itself.";
  if (isWrongChain.value) return "Switch your wallet's network to read your positions from the contract itself.";
  return "Your positions are read through your wallet, and unbonding, withdrawing and claiming still work.";
}

function Limited() {
  const until = limitedUntil.value;
  if (until === null) return null;
  const last = pool.value?.asOf.block_number;
  const left_s = Math.max(Math.ceil((until - clock.value) / 1_000), 0);
  return (
    <Banner tone="warning">
      The pool's server limits how often one network may ask, and yours has reached the limit. Asking again {left_s > 0 ? `in ${left_s} s` : "now"}.
      {last !== undefined && ` Until then the figures are from block ${groupDigits(String(last))}.`}
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
