import { defineConfig } from "vite";

/**
 * The page is served under a policy without inline script or style and without any other origin, so nothing may be
 * inlined: assets stay files, and the module preload polyfill (an inline script) is off.
 */
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
