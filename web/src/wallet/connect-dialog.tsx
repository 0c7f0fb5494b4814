import { useEffect, useRef } from "preact/hooks";
import { CloseIcon, WalletIcon } from "../ui/icons.tsx";
import { prefetchContract } from "./chunk.ts";
import { type Wallet, wallets } from "./discovery.ts";
import { connect, connectFailure, connecting, isConnectOpen } from "./session.ts";

export function ConnectDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = isConnectOpen.value;
  useEffect(() => {
    if (isOpen) {
      connectFailure.value = null;
      prefetchContract();
      dialog.current?.showModal();
    } else dialog.current?.close();
  }, [isOpen]);
  const close = () => {
    isConnectOpen.value = false;
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="connect-title" onClose={close} onClick={(event) => event.target === dialog.current && close()}>
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id="connect-title">Connect a wallet</h2>
          <button type="button" class="icon-button" onClick={close} aria-label="Close">
            <CloseIcon />
          </button>
        </header>
        {wallets.value.length > 0 ? <WalletList /> : <NoWallet />}
        <p class="dialog-note">Connecting only shares your address. Nothing moves until you sign a transaction.</p>
      </div>
    </dialog>
  );
}

function WalletList() {
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
      <p class={failure?.kind === "rejected" ? "hint" : "hint hint-problem"} aria-live="polite">
        {failure?.text}
      </p>
    </>
  );
}

function WalletButton({ wallet }: { wallet: Wallet }) {
  const isAsking = connecting.value?.rdns === wallet.rdns;
  return (
    <button type="button" class="wallet-button" disabled={connecting.value !== null} onClick={() => void connect(wallet)}>
      {wallet.icon ? <img src={wallet.icon} alt="" width="32" height="32" /> : <WalletIcon />}
      <span>{wallet.name}</span>
      {isAsking && <span class="wallet-state">Confirm in your wallet…</span>}
    </button>
  );
}

function NoWallet() {
  return (
    <div class="empty">
      <p>
        <strong>No wallet was found in this browser.</strong>
      </p>
      <p>
        Install a wallet extension such as MetaMask, Rabby or Frame and reload, or open this page in the browser of your phone's
        wallet app. To only look, open <span class="hex">/stakers/0x…</span> with any address.
      </p>
    </div>
  );
}
