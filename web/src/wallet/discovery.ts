/** Which wallets are installed: EIP-6963 announcements, with `window.ethereum` only when nobody announces. */

import { signal } from "@preact/signals";
import type { Provider } from "./eip1193.ts";

export interface Wallet {
  /** Reverse domain name, the wallet's stable identity across visits. */
  rdns: string;
  name: string;
  /** A `data:image/…` URI, or null when the wallet offered none that the page's policy allows. */
  icon: string | null;
  provider: Provider;
}

interface Announcement {
  info?: { rdns?: unknown; name?: unknown; icon?: unknown };
  provider?: Provider;
}

export const BROWSER_WALLET = "window.ethereum";
const MAX_WALLETS = 30;

export const wallets = signal<readonly Wallet[]>([]);

/** Starts listening and asks installed wallets to announce themselves; `onFound` runs once for each. */
export function discoverWallets(onFound: (wallet: Wallet) => void): void {
  window.addEventListener("eip6963:announceProvider", (event) => {
    const wallet = readAnnouncement((event as CustomEvent<Announcement>).detail);
    if (!wallet || wallets.value.length >= MAX_WALLETS) return;
    if (wallets.value.some((known) => known.rdns === wallet.rdns)) return;
    wallets.value = [...wallets.value, wallet];
    onFound(wallet);
  });
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  if (document.readyState === "complete") offerBrowserWallet(onFound);
  else window.addEventListener("load", () => offerBrowserWallet(onFound), { once: true });
}

function readAnnouncement(detail: Announcement | undefined): Wallet | null {
  const info = detail?.info;
  if (!detail?.provider || typeof info?.rdns !== "string" || typeof info.name !== "string") return null;
  const icon = typeof info.icon === "string" && info.icon.trim().startsWith("data:image/") ? info.icon.trim() : null;
  return { rdns: info.rdns, name: info.name.slice(0, 40), icon, provider: detail.provider };
}

function offerBrowserWallet(onFound: (wallet: Wallet) => void): void {
  const provider = (window as { ethereum?: Provider }).ethereum;
  if (!provider || wallets.value.length > 0) return;
  const wallet: Wallet = { rdns: BROWSER_WALLET, name: "Browser wallet", icon: null, provider };
  wallets.value = [wallet];
  onFound(wallet);
}
