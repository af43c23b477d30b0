import { readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vite";

const folder = join(import.meta.dirname, "tests");
const tests = readdirSync(folder).filter((name) => name.endsWith(".test.ts") || name.endsWith(".test.tsx"));

/** The unit tests as modules for Node, which cannot read TypeScript by itself in every version that we build with. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    ssr: true,
    outDir: ".tests",
    emptyOutDir: true,
    target: "node20",
    rolldownOptions: { input: tests.map((name) => join(folder, name)) },
  },
  logLevel: "warn",
});
