import { defineConfig } from "vite";
import { compressed } from "./vite.compressed.mjs";

/** What the first load needs in any case: in one file it compresses best. The parts that come later share it. */
function isBase(id) {
  return /\/node_modules\/@?preact|\/src\/(api|format|layout\/(header|footer|banners)|stake|ui)\/|\/src\/(router|storage)|\/src\/nodes\/(arrivals|badge|half-price|label|list|name|on-the-way|order|row)|\/src\/positions\/holdings\.|\/src\/transactions\/(store|stored|submit|tracker|transaction|tray|lifecycle)\.|\/src\/wallet\/(balances|chain|chunk|connect-dialog|discovery|eip1193|failure|session)\./.test(id);
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
