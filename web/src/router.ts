import { signal } from "@preact/signals";
import { type Address, isAddress } from "./format/address.ts";

/** Pages without an address in their path. */
export type PlainPage = "home" | "nodes" | "positions" | "pool" | "status" | "help";
export type Route = { page: PlainPage } | { page: "node" | "staker"; address: Address } | { page: "missing"; path: string };

const PATHS: Record<string, PlainPage> = { "": "home", nodes: "nodes", positions: "positions", pool: "pool", status: "status", help: "help" };

export const route = signal<Route>({ page: "home" });

export function startRouter(): void {
  route.value = readRoute(location.pathname);
  window.addEventListener("popstate", () => {
    route.value = readRoute(location.pathname);
  });
  document.addEventListener("click", followInternalLink);
}

/** `path` may end in a query and a fragment, which the page itself looks at. */
export function navigate(path: string): void {
  history.pushState(null, "", path);
  route.value = readRoute(location.pathname);
  if (location.hash) return showFragment();
  scrollTo({ top: 0 });
  // A screen reader goes on from the new page's content, as after a real load.
  document.getElementById("main")?.focus({ preventScroll: true });
}

export function readRoute(path: string): Route {
  const [noun = "", address, ...rest] = path.split("/").filter(Boolean);
  const plain = PATHS[noun];
  if (plain && address === undefined) return { page: plain };
  if (address && isAddress(address) && rest.length === 0) {
    if (noun === "nodes") return { page: "node", address };
    if (noun === "stakers") return { page: "staker", address };
  }
  return { page: "missing", path };
}

/** Brings the part that the address names into view; a part whose code is still on its way calls this once it is there. */
export function showFragment(): void {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  target.scrollIntoView();
  target.focus({ preventScroll: true });
}

/** Plain clicks on links to pages of this application stay in it; everything else is the browser's. */
function followInternalLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest("a");
  if (!link || link.target || link.origin !== location.origin || link.hasAttribute("download")) return;
  if (link.pathname === location.pathname && link.hash) return;
  if (readRoute(link.pathname).page === "missing") return;
  event.preventDefault();
  navigate(link.pathname + link.search + link.hash);
}
