import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transformWithOxc } from "vite";

export async function load(url, context, next) {
  if (/\.tsx?$/.test(url)) {
    const path = fileURLToPath(url);
    const { code } = await transformWithOxc(await readFile(path, "utf8"), path, {
      jsx: { runtime: "automatic", importSource: "preact" },
    });
    return { format: "module", source: code, shortCircuit: true };
  }
  if (url.endsWith(".json")) {
    const source = await readFile(fileURLToPath(url), "utf8");
    return { format: "module", source: `export default ${source}`, shortCircuit: true };
  }
  return next(url, context);
}
