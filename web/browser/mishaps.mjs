// What happens at a desk beside the plan. `desk.scenario` says what: "tabs": a wrong code, then two tabs whose token is
// taken back; "capture": another finger's picture, the focus after questions, and a gateway that is restarted;
// "queue": more persons under way than a screen shows, by somebody with a
// long name, and large text.
import { ask, atDesk, desk, pair, run, tell } from "./desk.mjs";

const part = (page, key) => page.locator(`[data-part="${key}"]`);
const happens = (waited) =>
  waited.then(
    () => true,
    () => false,
  );
const SOON = { timeout: 20_000 };
const focused = (page, id) => happens(page.waitForFunction((each) => document.activeElement?.id === each, id, SOON));

async function tabs(page, context) {
  await page.locator("#ask-code").click();
  await page.locator("#code").fill("00000000");
  await page.locator("[role=alert]").waitFor();
  tell({ wrongCode: await page.locator("#code").inputValue() });
  await page.locator("#code").fill(await ask("code"));
  await page.locator("#connection[data-state=live]").waitFor();

  const other = await context.newPage();
  await other.goto(desk.address);
  await other.locator("#connection[data-state=live]").waitFor();
  await ask("revoke");
  await other.locator("#ask-code").waitFor();
  await pair(page);
  tell({ together: await happens(other.locator("#connection[data-state=live]").waitFor(SOON)) });
  await other.close();
}

/** Capture a finger to its end, with its picture. */
async function captured(page, key) {
  await part(page, key).click();
  await page.locator("#start").click();
  await page.locator("#result-image").waitFor();
}

async function captures(page) {
  await pair(page);
  await captured(page, "finger-2");
  await captured(page, "finger-3");
  tell({ devices: await page.locator("#device option").allTextContents() });

  let fetched = () => {};
  await page.route("**/DownloadCapture", (route) => {
    fetched = () => route.continue();
  });
  await part(page, "finger-2").click();
  await page.locator('[data-part="finger-2"][aria-checked=true]').waitFor();
  tell({ picturesOfAnother: await page.locator("#result-image").count() });
  fetched();
  await page.unroute("**/DownloadCapture");
  await page.locator("#result-image").waitFor();

  await part(page, "finger-4").click();
  await page.locator("#missing").click();
  await page.locator("dialog[open] .quiet").click();
  tell({ afterDialog: await focused(page, "missing") });
  await page.locator("#new-person").click();
  await page.locator("[data-confirm=new-person] + button").click();
  tell({ afterQuestion: await focused(page, "new-person") });

  await ask("stop");
  await page.locator("#connection[data-state=lost]").waitFor();
  await ask("start");
  await page.locator("#connection[data-state=live]").waitFor();
  tell({ outdated: await page.locator("#outdated").innerText() });
  const kept = page.locator('[data-part="finger-2"]:is([data-state=good], [data-state=poor])');
  tell({ kept: await happens(kept.waitFor(SOON)) });
  await part(page, "finger-2").click();
  await page.locator("#retake:enabled").click();
  const twice = () => JSON.parse(sessionStorage["rekam.person"]).captured["finger-2"].length === 2;
  tell({ takenAgain: await happens(page.waitForFunction(twice, null, SOON)) });
}

/** Many persons were put aside; the oldest is reached too. */
async function queue(page) {
  await pair(page);
  await page.locator("nav a[href='#/enrolment']").click();
  const lines = page.locator(".open-list a");
  await lines.nth(11).waitFor();
  await page.locator("#more").click();
  await lines.nth(12).waitFor();
  const masked = () => !document.querySelector(".open-list")?.textContent.includes("tanpa nomor");
  await page.waitForFunction(masked);
  tell({ shown: await lines.evaluateAll((all) => all.map((each) => each.href.split("/").at(-1))) });
  tell({ wide: await wideWithLargeText(page) });
}

/** Views that are wider than a small screen with large text, and by how much. */
async function wideWithLargeText(page) {
  await page.evaluate(() => {
    localStorage["rekam.large-text"] = "true";
  });
  await page.setViewportSize({ width: 1024, height: 700 });
  await page.reload();
  const wide = [];
  for (const [view, shown] of [
    ["capture", "#start"],
    ["enrolment", ".open-list a"],
    ["devices", "#device"],
    ["technician", "#start-calibration"],
  ]) {
    await page.locator(`nav.navigation a[href="#/${view}"]`).click();
    await page.locator(shown).first().waitFor();
    const by = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (by > 0) wide.push(`${view}: ${by}`);
  }
  return wide;
}

const SCENARIOS = { tabs, capture: captures, queue };

await run(() => atDesk(SCENARIOS[desk.scenario]));
