// Captures with the mouse alone, then with the keyboard alone: a finger, a retake, a missing one, an eye; cancels one.
import { serious } from "./axe.mjs";
import { atDesk, pair, picture, run, TABLET, tell } from "./desk.mjs";

const part = (page, key) => page.locator(`[data-part="${key}"]`);
const outcome = (page, name) => page.locator(`.result[data-outcome=${name}]`).waitFor();

/** Go on with Tab until an element has the focus, as somebody without a mouse does. */
async function tabTo(page, selector) {
  for (let each = 0; each < 60; each++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not come to ${selector}`);
}

/** Seconds from asking for the page to being able to use it. */
async function interactive(page) {
  return page.evaluate(() => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd / 1000);
}

/** Milliseconds that an answer of the gateway takes on its way, as half of the fastest of twenty calls. */
async function transit(page) {
  return page.evaluate(async () => {
    const took = [];
    for (let each = 0; each < 20; each++) {
      const from = performance.now();
      await fetch("/rekam.v1.GatewayService/GetInfo", {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          Authorization: `Bearer ${JSON.parse(localStorage["rekam.token"])}`,
        },
        body: "{}",
      });
      took.push(performance.now() - from);
    }
    return Math.min(...took) / 2;
  });
}

await run(() =>
  atDesk(async (page) => {
    // Always the same drawn person: the page takes a number from the transaction.
    await page.evaluate(() => {
      sessionStorage["rekam.person"] = JSON.stringify({ transaction: "page-000011", captured: {} });
    });
    await page.reload();
    const found = [...(await serious(page, "pairing"))];
    await pair(page);
    tell({ interactiveS: await interactive(page), role: await page.locator("nav a").count() });
    found.push(...(await serious(page, "capture")));
    await picture(page, "capture-ready");

    await part(page, "finger-2").click();
    await page.locator("#start").click();
    await page.locator("#preview[data-latency-ms]").waitFor();
    const seen = () => performance.getEntriesByName("rekam.preview").length >= 30 || document.querySelector(".result");
    await page.waitForFunction(seen);
    await picture(page, "capture-live");
    found.push(...(await serious(page, "live")));
    await outcome(page, "CAPTURED");
    await page.locator("#result-image").waitFor();
    await page.waitForFunction(() => document.querySelector("#result-image").naturalWidth > 0);
    await picture(page, "capture-result");
    found.push(...(await serious(page, "result")));
    const latencies = await page.evaluate(() =>
      performance.getEntriesByName("rekam.preview").map((each) => each.duration),
    );
    tell({
      latencies,
      transitMs: await transit(page),
      finger: await part(page, "finger-2").getAttribute("data-state"),
    });

    await page.locator("#retake").click();
    await page.locator("#cancel").click();
    await outcome(page, "CANCELLED");

    await tabTo(page, '[role=radio][aria-checked="true"]');
    await page.keyboard.press("ArrowRight");
    await page.locator("#start").waitFor();
    await page.keyboard.press("Enter");
    await page.locator("#preview[data-latency-ms]").waitFor();
    await page.keyboard.press("Enter");
    await outcome(page, "CAPTURED");
    tell({ byKeyboard: await part(page, "finger-3").getAttribute("data-state") });
    await page.keyboard.press("ArrowRight");
    await page.locator("#start").waitFor();
    await page.keyboard.press("m");
    await page.locator("dialog[open] [data-reason=AMPUTATED]").waitFor();
    await tabTo(page, "[data-reason=AMPUTATED]");
    await page.keyboard.press("Enter");
    await outcome(page, "MARKED_MISSING");
    tell({ missing: await part(page, "finger-4").getAttribute("data-state") });

    await part(page, "iris-1").click();
    await page.locator("#start").click();
    await outcome(page, "CAPTURED");
    tell({ eye: await part(page, "iris-1").getAttribute("data-state") });
    await picture(page, "capture-eye");

    await page.reload();
    await page.locator("#connection[data-state=live]").waitFor();
    await page.locator('[data-part="iris-1"][data-state=good]').waitFor();
    await page.setViewportSize(TABLET);
    await picture(page, "capture-tablet");
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    tell({ overflow: await overflow(), serious: found });
  }),
);
