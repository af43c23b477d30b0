// Goes through the self-test page as a person at the desk does; `desk.act` says how far, `desk.doctor` whose address it is.
import { ask, atDesk, desk, run, tell } from "./desk.mjs";

/** The start page sends the browser on by itself, so that its own load may never be told. */
const come = (page, address) => page.goto(address, { waitUntil: "commit" }).catch(() => {});

const acts = {
  async walk(page) {
    await come(page, desk.doctor);
    await page.waitForURL(/\.pair$/);
    await page.locator("#pairing").waitFor();
    tell({ links: await page.locator("li").evaluateAll((all) => all.map((each) => `${each.id} ${each.className}`)) });
    await page.locator("#ask").click();
    await page.waitForFunction(() => document.activeElement?.id === "code");
    await page.locator("#code").fill(await ask("code"));
    await page.locator("#trade").click();
    await page.waitForURL(/^http:.*\/ended\?/);
    tell({ shown: await page.locator("body").innerText() });
  },
  async meet(page) {
    await come(page, desk.doctor);
    await ask("end");
  },
  async skip(page) {
    await page.goto(`${desk.address}/selftest/`);
    await page.locator("#skip").click();
    await page.locator("#link-pairing").waitFor();
    const titles = {};
    for (let each = 0; each < 2; each++) {
      titles[await page.locator("html").getAttribute("lang")] = await page.locator("#title").textContent();
      await page.locator("#language").click();
    }
    tell({ pairing: await page.locator("#link-pairing").getAttribute("class"), titles });
  },
};

await run(() => atDesk(acts[desk.act]));
