import { clock } from "../ui/clock.ts";
import { WalletIcon } from "../ui/icons.tsx";
import { type Wallet, wallets } from "./discovery.ts";
import { PROMPT_SLOW_MS } from "./eip1193.ts";
import { cancelConnect, connect, connectFailure, connecting } from "./session.ts";

export function WalletChoice() {
  if (wallets.value.length === 0) return <NoWallet />;
  const failure = connectFailure.value;
  return (
    <>
      <ul class="wallet-list">
        {wallets.value.map((wallet) => (
          <li key={wallet.rdns}>
            <WalletButton wallet={wallet} />
          </li>
        ))}
      </ul>
      <Waiting />
      <p class={failure?.kind === "rejected" ? "hint" : "hint hint-problem"} aria-live="polite">
        {failure?.text}
      </p>
    </>
  );
}

/** Only the wallet that is being asked waits: another one can be picked at any time. */
function WalletButton({ wallet }: { wallet: Wallet }) {
  const isAsking = connecting.value?.wallet.rdns === wallet.rdns;
  return (
    <button type="button" class="wallet-button" aria-disabled={isAsking} onClick={() => !isAsking && void connect(wallet)}>
      {wallet.icon ? <img src={wallet.icon} alt="" width="32" height="32" /> : <WalletIcon />}
      <span>{wallet.name}</span>
      {isAsking && <span class="wallet-state">Confirm in your wallet…</span>}
    </button>
  );
}

function Waiting() {
  const attempt = connecting.value;
  if (!attempt) return null;
  const isSlow = clock.value - attempt.since_ms >= PROMPT_SLOW_MS;
  return (
    <p class="hint waiting" aria-live="polite">
      {isSlow
        ? `${attempt.wallet.name} has not answered for ${PROMPT_SLOW_MS / 1_000} s. Open it and answer there, pick another wallet, or cancel here.`
        : "Or pick another wallet."}{" "}
      <button type="button" class="button button-small" onClick={cancelConnect}>
        Cancel
      </button>
    </p>
  );
}

/** Links that open this very page, with its amount and node, in the browser of a wallet on the phone. */
const PHONE_WALLETS: readonly [name: string, link: () => string][] = [
  ["MetaMask", () => `https://metamask.app.link/dapp/${location.host}${location.pathname}${location.search}`],
  ["Coinbase Wallet", () => `https://go.cb-w.com/dapp?cb_url=${encodeURIComponent(location.href)}`],
  ["Trust Wallet", () => `https://link.trustwallet.com/open_url?coin_id=60&url=${encodeURIComponent(location.href)}`],
];

function isPhone(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}

function NoWallet() {
  return (
    <div class="empty">
      <p>
        <strong>No wallet was found in this browser.</strong>
      </p>
      {isPhone() ? (
        <p>
          Open this page in your wallet's own browser:{" "}
          {PHONE_WALLETS.map(([name, link], index) => (
            <>
              {index > 0 && ", "}
              <a key={name} href={link()}>
                {name}
              </a>
            </>
          ))}
          .
        </p>
      ) : (
        <p>Install a wallet extension such as MetaMask, Rabby or Frame and reload.</p>
      )}
      <p>
        To only look, <a href="/positions">watch any address</a> without a wallet.
      </p>
    </div>
  );
}
