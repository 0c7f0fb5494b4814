import { config } from "../api/store.ts";
import { shortHex } from "../format/address.ts";
import { LogoMark } from "../ui/icons.tsx";
import { Identicon } from "../ui/identicon.tsx";
import { ThemeToggle } from "../ui/theme-toggle.tsx";
import { chainNameOf } from "../wallet/chain.ts";
import { account, disconnect, openConnect, wallet } from "../wallet/session.ts";

const ACCOUNT_MENU = "account-menu";

export function Header() {
  return (
    <header class="site-header">
      <div class="site-header-inner">
        <a class="logo" href="/">
          <LogoMark />
          <span>LinkPool</span>
        </a>
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
    <details class="menu" onBlur={closeOnLeave}>
      <summary id={ACCOUNT_MENU} class="button button-quiet" aria-label={`Connected as ${owner}`}>
        <Identicon address={owner} size={22} />
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
