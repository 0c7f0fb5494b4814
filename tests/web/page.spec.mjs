// The page in a real browser, over a real chain, index and API. Stories run one after the other on one stack.
//
//   LINKPOOL_URL=… LINKPOOL_RPC=… LINKPOOL_OPERATOR=… node --test tests/web/page.spec.mjs      against a running `linkpool dev`
//   LINKPOOL_BIN=target/debug/linkpool node --test tests/web/page.spec.mjs  starts one of its own

import { after, before, test } from "node:test";
import { launchBrowser, scenes } from "./support/browser.mjs";
import { openChain } from "./support/chain.mjs";
import { eventually } from "./support/eventually.mjs";
import { openStack } from "./support/stack.mjs";
import * as access from "./stories/access.mjs";
import * as accounts from "./stories/accounts.mjs";
import * as amounts from "./stories/amounts.mjs";
import * as announced from "./stories/announced.mjs";
import * as earned from "./stories/earned.mjs";
import * as fits from "./stories/fits.mjs";
import * as leave from "./stories/leave.mjs";
import * as live from "./stories/live.mjs";
import * as lost from "./stories/lost.mjs";
import * as operator from "./stories/operator.mjs";
import * as operatorActs from "./stories/operator-acts.mjs";
import * as operatorRollout from "./stories/operator-rollout.mjs";
import * as outage from "./stories/outage.mjs";
import * as pages from "./stories/pages.mjs";
import * as places from "./stories/places.mjs";
import * as reorg from "./stories/reorg.mjs";
import * as silence from "./stories/silence.mjs";
import * as spread from "./stories/spread.mjs";
import * as stake from "./stories/stake.mjs";
import * as tabs from "./stories/tabs.mjs";
import * as truth from "./stories/truth.mjs";
import * as wallets from "./stories/wallets.mjs";
import * as watch from "./stories/watch.mjs";
import * as withdraw from "./stories/withdraw.mjs";

const NODES_WITHIN_MS = 60_000;
const STORY_WITHIN_MS = 300_000;
/** Shorter than an operator would have them (30, 15 and 120 s): a story sees the steps, not the patience between them. */
const SETTINGS = { LINKPOOL__ROLLOUT__WAITING_SECONDS: "4", LINKPOOL__ROLLOUT__READY_SECONDS: "1", LINKPOOL__ROLLOUT__BAKE_SECONDS: "2", LINKPOOL__AUTOSCALE__ENABLED: "true" };
/** What every story gets. `node` is an open node that stories share: each brings a holder of its own. */
const world = {};

before(async () => {
  world.stack = await openStack([], SETTINGS);
  world.url = world.stack.url;
  world.operator = world.stack.operator;
  world.api = async (path) => {
    const response = await fetch(`${world.url}/api/v1${path}`);
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return (await response.json()).data;
  };
  const accounts = (await (await fetch(`${world.url}/dev/accounts`)).json()).data;
  world.accounts = accounts.map(({ address }) => address);
  world.config = await world.api("/config");
  world.chain = openChain(world.stack.rpcUrl, world.config);
  const open = () => world.api("/nodes?status=active&sort=-available&limit=1");
  world.node = (await eventually("the stack has an open node", async () => (await open())[0], NODES_WITHIN_MS)).address;
  world.browser = await launchBrowser();
});

after(async () => {
  await world.browser?.close();
  await world.stack?.stop();
});

for (const stories of [pages, stake, spread, access, amounts, wallets, silence, accounts, tabs, live, announced, watch, leave, fits, places, truth, operator, operatorRollout, operatorActs, earned, outage, lost, reorg, withdraw]) {
  for (const [name, story] of Object.entries(stories.default)) {
    test(name, { timeout: STORY_WITHIN_MS }, async (context) => {
      const left = await story(world).then(() => null, (error) => ({ error }));
      // What the page said is most of the reason, and a story that failed has not closed its page.
      for (const scene of await scenes(world.browser)) if (left) context.diagnostic(scene);
      if (left) throw left.error;
    });
  }
}
