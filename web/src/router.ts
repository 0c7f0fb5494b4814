import { signal } from "@preact/signals";
import { type Address, isAddress } from "./format/address.ts";

export type Route =
  | { page: "home" }
  | { page: "node"; address: Address }
  | { page: "staker"; address: Address }
  | { page: "status" }
  | { page: "missing"; path: string };

export const route = signal<Route>({ page: "home" });

export function startRouter(): void {
  route.value = readRoute(location.pathname);
  window.addEventListener("popstate", () => {
    route.value = readRoute(location.pathname);
  });
  document.addEventListener("click", followInternalLink);
}

export function navigate(path: string): void {
  history.pushState(null, "", path);
  route.value = readRoute(path);
  scrollTo({ top: 0 });
  // A screen reader goes on from the new page's content, as after a real load.
  document.getElementById("main")?.focus({ preventScroll: true });
}

export function readRoute(path: string): Route {
  const parts = path.split("/").filter(Boolean);
  const [noun, address, ...rest] = parts;
  if (parts.length === 0) return { page: "home" };
  if (noun === "status" && parts.length === 1) return { page: "status" };
  if (address && isAddress(address) && rest.length === 0) {
    if (noun === "nodes") return { page: "node", address };
    if (noun === "stakers") return { page: "staker", address };
  }
  return { page: "missing", path };
}

/** Plain clicks on links to pages of this application stay in it; everything else is the browser's. */
function followInternalLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest("a");
  if (!link || link.target || link.origin !== location.origin || link.hasAttribute("download")) return;
  if (readRoute(link.pathname).page === "missing") return;
  event.preventDefault();
  navigate(link.pathname);
}
