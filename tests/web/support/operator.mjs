// The operators' page for stories: opened with the token, and asked without it.

import { newPage } from "./browser.mjs";

/** The page with its token given and the fleet on it. */
export async function openFleet({ browser, operator }, options) {
  const scene = await newPage(browser, operator.url, options);
  await scene.page.goto("/");
  await giveToken(scene.page, operator.token);
  await scene.page.locator("[data-fleet-node]").first().waitFor();
  return scene;
}

export async function giveToken(page, token) {
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.getByRole("button", { name: "Show the fleet" }).click();
}

/** Presses a button that wants a reason, gives one, and presses it again. */
export async function act(scope, name, about, reason = "a story") {
  await scope.getByRole("button", { name: `${name} ${about}`, exact: true }).click();
  const form = scope.locator(".act-form");
  await form.getByLabel("Reason, for the record").fill(reason);
  await form.getByRole("button", { name: `${name} now`, exact: true }).click();
}

/** What the listener says, as a program would ask it. */
export async function askOperator({ operator }, path) {
  const response = await fetch(`${operator.url}/api/v1/operator${path}`, { headers: { authorization: `Bearer ${operator.token}` } });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()).data;
}
