import { useEffect, useRef } from "preact/hooks";
import { CloseIcon } from "../ui/icons.tsx";
import { fetchParts, lazy } from "../ui/lazy.tsx";
import { account, connectFailure, focusAfterConnect, isConnectOpen } from "./session.ts";

const WalletChoice = lazy(() => import("./wallet-choice.tsx").then((code) => code.WalletChoice));

export function ConnectDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = isConnectOpen.value;
  useEffect(() => {
    if (isOpen) {
      connectFailure.value = null;
      fetchParts();
      dialog.current?.showModal();
    } else if (dialog.current?.open) {
      dialog.current.close();
      if (account.peek()) document.getElementById(focusAfterConnect.peek())?.focus();
    }
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
        {isOpen && <WalletChoice />}
        <p class="dialog-note">Connecting only shares your address. Nothing moves until you sign a transaction.</p>
      </div>
    </dialog>
  );
}
