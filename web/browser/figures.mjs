// What the page costs and how soon it is there: loads without and with a token; a capture's preview, looked at and not.
import { ask, atDesk, desk, run, SCREEN, tell } from "./desk.mjs";

const KEY = "rekam.token";

/** Seconds from the start of a load with an empty cache until the page can be used. */
async function loaded(browser, token, usable) {
  const context = await browser.newContext({ viewport: SCREEN, locale: "id-ID" });
  try {
    await context.addInitScript(
      ([key, value, selector]) => {
        if (value) localStorage[key] = JSON.stringify(value);
        const look = () => {
          if (document.querySelector(selector)) performance.mark("usable");
          else requestAnimationFrame(look);
        };
        look();
      },
      [KEY, token, usable],
    );
    const page = await context.newPage();
    await page.goto(desk.address);
    await page.waitForFunction(() => performance.getEntriesByName("usable").length > 0);
    return await page.evaluate(() => performance.getEntriesByName("usable")[0].startTime / 1000);
  } finally {
    await context.close();
  }
}

const drawn = (page) => page.evaluate(() => performance.getEntriesByName("rekam.preview").map((each) => each.duration));

/** What is drawn in one window of time, each frame's age at the moment that it was on the screen. */
async function window(page, name) {
  await ask("begin");
  await page.evaluate(() => performance.clearMeasures("rekam.preview"));
  await page.waitForTimeout(desk.windowMs);
  const ages = await drawn(page);
  await ask(name);
  return ages;
}

await run(() =>
  atDesk(async (page, context) => {
    const browser = context.browser();
    const unpaired = [];
    const paired = [];
    for (let each = 0; each < desk.loads; each++) {
      unpaired.push(await loaded(browser, "", "#ask-code:enabled"));
      paired.push(await loaded(browser, desk.token, "#start:enabled"));
    }
    tell({ unpaired, paired });

    // The page goes on with a capture that was begun before it was loaded: as long as it may take, unlike one of its own.
    await page.evaluate(
      ([key, token, id]) => {
        localStorage[key] = JSON.stringify(token);
        sessionStorage["rekam.person"] = JSON.stringify({ transaction: "figures", captured: { "iris-1": [id] } });
      },
      [KEY, desk.token, desk.captureId],
    );
    await page.reload();
    await page.locator("#connection[data-state=live]").waitFor();
    await page.locator('[data-part="iris-1"][data-state=running][aria-checked=true]').waitFor();
    const ages = [];
    for (let each = 0; each < desk.windows; each++) {
      await page.locator("nav a[href='#/capture']").click();
      await page.locator("#preview[data-latency-ms]").waitFor();
      ages.push(await window(page, "looked"));
      await page.locator("nav a[href='#/settings']").click();
      await page.locator("#preview").waitFor({ state: "detached" });
      if ((await window(page, "away")).length) throw new Error("frames are drawn where none is shown");
    }
    tell({ ages });
  }),
);
