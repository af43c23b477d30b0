import { defineConfig } from "vite";

/** The page that the gateway serves: no inline script or style, so that its policy can forbid them. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: "public",
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../gateway/web/page",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: false,
    license: { fileName: "licenses.md" }, // of the libraries inside, which ask that theirs go with them
    reportCompressedSize: true,
    rolldownOptions: {
      output: {
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
});
