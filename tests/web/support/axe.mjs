// What a machine can find of what keeps people from using a page. The page's own policy forbids foreign scripts, so the browser is told to run it.

import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";

const path = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const source = await readFile(path, "utf8");

/** The rules that the page breaks as it stands, each with the elements that break it. */
export async function violations(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(source);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.slice(0, 5).map(({ html, failureSummary }) => `${html} ${failureSummary}`) }));
  });
  return found;
}
