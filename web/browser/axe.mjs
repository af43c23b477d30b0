// What axe-core finds on the page as it is.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Findings that are serious or critical, a line each. */
export async function serious(page, where) {
  await page.evaluate(source); // by the debugger: the page's own policy lets no script in
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }),
  );
  return violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .map((each) => `${where}: ${each.id}: ${each.nodes.map((node) => node.html).join(" ")}`.slice(0, 300));
}
