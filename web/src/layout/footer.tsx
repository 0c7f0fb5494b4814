import { config, indexed } from "../api/store.ts";
import { type Route, route } from "../router.ts";
import { AsOf } from "../ui/as-of.tsx";
import { ContractLink } from "../ui/contract-link.tsx";

export function Footer() {
  const current = config.value;
  return (
    <footer class="site-footer">
      <div class="site-footer-inner">
        <p class="risk">
          Staked LINK is at risk: if a node misbehaves, everybody staked on it loses the same share. The contract can't be changed, and nobody can stop you
          from leaving. Stake only what you can do without. <a href="/help#risks">What can go wrong</a>
        </p>
        <ul class="footer-links">
          {current && (
            <>
              <li>
                Pool <ContractLink address={current.pool_address} />
              </li>
              <li>
                LINK <ContractLink address={current.token_address} />
              </li>
            </>
          )}
          <li>
            <a href="/help#leave">Leave without us</a>
          </li>
          <li>
            <a href="/status">Status</a>
          </li>
          <li>
            <a href="/api/v1/openapi.json" target="_blank" rel="noopener">
              Public API
            </a>
          </li>
        </ul>
        <p class="footer-as-of">
          <AsOf block={indexed.value} source={sourceOf(route.value)} />
        </p>
      </div>
    </footer>
  );
}

/** Where the figures of a page come from; anybody may open it. */
function sourceOf(current: Route): string {
  switch (current.page) {
    case "node":
      return `/nodes/${current.address}`;
    case "staker":
      return `/stakers/${current.address}`;
    case "nodes":
      return "/nodes";
    case "status":
      return "/status";
    default:
      return "/pool";
  }
}
