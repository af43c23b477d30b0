// Pairs, goes through all views by mouse and by keyboard, in both languages, and on a tablet.
import { atDesk, pair, picture, run, TABLET, tell } from "./desk.mjs";

await run(() =>
  atDesk(async (page) => {
    await picture(page, "pairing");
    await pair(page);
    const names = [];
    for (const link of await page.locator("nav a").all()) {
      await link.click();
      await page.locator(`nav a[aria-current=page][href="${await link.getAttribute("href")}"]`).waitFor();
      names.push(await page.locator("h1").innerText());
    }
    tell({ views: names });
    await page.keyboard.press("2");
    await page.locator("nav a[aria-current=page][href='#/enrolment']").waitFor();
    await page.keyboard.press("l");
    tell({ english: await page.locator("h1").innerText(), language: await page.locator("html").getAttribute("lang") });
    await page.reload();
    await page.locator("#connection[data-state=live]").waitFor();
    tell({ afterReload: await page.locator("h1").innerText() });
    await page.setViewportSize(TABLET);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    tell({ overflow: wide });
  }),
);
