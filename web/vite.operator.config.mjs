import { defineConfig } from "vite";
import { compressed } from "./vite.compressed.mjs";

/**
 * The operators' page, built apart: it shares sources with the holders' page and no file, so that it costs holders not a byte. The
 * operator's listener serves it, and the public one does not.
 */
export default defineConfig({
  root: "operator",
  publicDir: "../public",
  plugins: [compressed()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../dist/operator",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
  },
});
