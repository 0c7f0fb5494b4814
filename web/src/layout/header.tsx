import { config } from "../api/store.ts";
import { shortHex } from "../format/address.ts";
import { type PlainPage, route } from "../router.ts";
import { Identicon } from "../ui/identicon.tsx";
import { LogoMark } from "../ui/icons.tsx";
import { ThemeToggle } from "../ui/theme-toggle.tsx";
import { chainNameOf } from "../wallet/chain.ts";
import { account, disconnect, openConnect, wallet } from "../wallet/session.ts";

const ACCOUNT_MENU = "account-menu";
const PAGES: readonly [PlainPage, path: string, name: string][] = [
  ["home", "/", "Stake"],
  ["positions", "/positions", "My stake"],
  ["nodes", "/nodes", "Nodes"],
  ["pool", "/pool", "Pool"],
  ["help", "/help", "Help"],
];

export function Header() {
  const current = route.value.page === "node" ? "nodes" : route.value.page;
  return (
    <header class="site-header">
      <div class="site-header-inner">
        <a class="logo" href="/" aria-label="LinkPool, to the first page">
          <LogoMark />
          <span class="logo-word">LinkPool</span>
        </a>
        <nav class="places" aria-label="Pages">
          {PAGES.map(([page, path, name]) => (
            <a key={page} href={path} aria-current={page === current ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <div class="site-header-end">
          {config.value && <span class="pill chain-pill">{chainNameOf(config.value)}</span>}
          <ThemeToggle />
          <WalletMenu />
        </div>
      </div>
    </header>
  );
}

function WalletMenu() {
  const owner = account.value;
  if (!owner) {
    return (
      <button type="button" class="button button-primary" onClick={() => openConnect(ACCOUNT_MENU)}>
        <span>
          Connect<span class="wide-only"> wallet</span>
        </span>
      </button>
    );
  }
  return (
    <details class="menu" onBlur={closeOnLeave} onKeyDown={closeOnEscape}>
      <summary id={ACCOUNT_MENU} class="button button-quiet">
        <Identicon address={owner} size={22} />
        <span class="hidden">Connected as</span>
        <span class="hex">{shortHex(owner)}</span>
      </summary>
      <div class="menu-panel">
        <p class="menu-note">{wallet.value?.name}</p>
        <a class="menu-item" href={`/stakers/${owner}`}>
          Your public page
        </a>
        <button type="button" class="menu-item" onClick={() => openConnect(ACCOUNT_MENU)}>
          Change wallet
        </button>
        <button type="button" class="menu-item" onClick={disconnect}>
          Disconnect
        </button>
      </div>
    </details>
  );
}

function closeOnLeave(event: FocusEvent) {
  const menu = event.currentTarget as HTMLDetailsElement;
  if (!menu.contains(event.relatedTarget as Node | null)) menu.open = false;
}

function closeOnEscape(event: KeyboardEvent) {
  const menu = event.currentTarget as HTMLDetailsElement;
  if (event.key !== "Escape" || !menu.open) return;
  menu.open = false;
  menu.querySelector("summary")?.focus();
}
