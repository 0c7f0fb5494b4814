import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { defineConfig } from "vite";

/** Writes each script and style a second time, compressed: the server only picks. As they are on disk, when nothing changes them any more. */
function compressed() {
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir }, bundle) {
      for (const file of Object.keys(bundle)) {
        if (/\.(js|css)$/.test(file)) writeFileSync(join(dir, `${file}.br`), brotliCompressSync(readFileSync(join(dir, file))));
      }
    },
  };
}

/** What the first load needs in any case: in one file it compresses best. The parts that come later share it. */
function isBase(id) {
  return /\/node_modules\/@?preact|\/src\/(api|format|layout\/(header|footer|banners)|stake|ui)\/|\/src\/(router|storage)|\/src\/nodes\/(arrivals|badge|half-price|label|list|name|on-the-way|order|rate|row)|\/src\/positions\/holdings\.|\/src\/transactions\/(store|stored|submit|tracker|transaction|tray|lifecycle)\.|\/src\/wallet\/(balances|chain|chunk|connect-dialog|discovery|eip1193|failure|session)\./.test(id);
}

/**
 * The page is served under a policy without inline script or style and without any other origin, so nothing may be
 * inlined: assets stay files, and the module preload polyfill (an inline script) is off.
 */
export default defineConfig({
  plugins: [compressed()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: { output: { advancedChunks: { groups: [{ name: "base", test: isBase }] } } },
  },
});
