// Pairs; the gateway goes and comes again; the page says so, and goes on by itself, with its token and no reload.
import { ask, atDesk, pair, run, tell } from "./desk.mjs";

const scanners = (page) => page.locator("#device option").allTextContents();

await run(() =>
  atDesk(async (page) => {
    await pair(page);
    await page.locator("#device option").nth(1).waitFor({ state: "attached" });
    tell({ before: (await scanners(page)).join() });
    await ask("stop");
    await page.locator("#connection[data-state=lost]").waitFor();
    tell({ lost: await page.locator("[role=alert]").first().innerText() });
    await ask("start");
    await page.locator("#connection[data-state=live]").waitFor();
    await page.waitForFunction(() => document.querySelector("#device")?.textContent.includes("T-2"));
    tell({ after: (await scanners(page)).join() });
  }),
);
