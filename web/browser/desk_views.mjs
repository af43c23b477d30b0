// Walks through the views beside capture and enrolment, and does in each what it is for; `desk.walk` says which of the walks.
import { atDesk, desk, pair, picture, run, tell } from "./desk.mjs";
import { look, seen } from "./look.mjs";

async function open(page, view) {
  await page.locator(`nav.navigation a[href="#/${view}"]`).click();
  await page.locator(`nav.navigation a[aria-current=page][href="#/${view}"]`).waitFor();
}

/** Until no part of the view is still on its way. */
async function settled(page) {
  await page.waitForFunction(
    () => ![...document.querySelectorAll("main [role=status]")].some((each) => /Memuat|Loading/.test(each.textContent)),
  );
}

async function link(page) {
  await open(page, "link");
  await page.locator("#link-now[data-state=OFFLINE]").waitFor();
  const held = page.locator(`[data-packet="${desk.packet}"]`);
  await held.waitFor();
  await settled(page);
  await look(page, "link");
  await page.locator("#operator").fill("Sari");
  await held.getByRole("button", { name: "Kirim lagi" }).click();
  await held.waitFor({ state: "detached" });
  await page.locator("#backlog-now").waitFor();
  tell({ link: "OFFLINE", forecast: await page.locator("#forecast").innerText() });

  await page.locator('.sections a[href="#/link/history"]').click();
  await page.locator("[data-outage]").first().waitFor();
  await settled(page);
  tell({ outages: await page.locator("[data-outage]").count() });
  await look(page, "link-history");

  await page.locator('.sections a[href="#/link/people"]').click();
  await page.locator("[data-callback]").waitFor();
  await page.locator("[name=callback-name]").fill("Pak Budi");
  await page.locator("[name=callback-phone]").fill("0812-0000-0002");
  await page.locator("[name=callback-consent]").check();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter"); // the button is next
  await page.locator("[data-callback]", { hasText: "Pak Budi" }).waitFor();
  await settled(page);
  await look(page, "link-people");
  const ratna = page.locator("[data-callback]", { hasText: "Ibu Ratna" });
  await ratna.getByRole("button", { name: "Hapus" }).click();
  await ratna.locator("[data-confirm]").click();
  await ratna.waitFor({ state: "detached" });

  await page.locator('.sections a[href="#/link/announcements"]').click();
  await page.locator("#announcement-file").setInputFiles(desk.announcement);
  await page.locator("#import-file").click();
  await page.locator("[data-announcement]").waitFor();
  tell({ imported: await page.locator("#imported").innerText() });
  await look(page, "link-announcements");
}

async function devices(page) {
  await open(page, "devices");
  await page.locator(`[data-device-link="${desk.device}"]`).click();
  const chosen = page.locator(`#device[data-device="${desk.device}"]`);
  await chosen.waitFor();
  await page.locator("#self-test").click();
  await page.locator("#self-test-steps[data-ended=true]").waitFor();
  tell({ selfTest: await page.locator("#self-test-steps li").count() });
  await page.locator("#reset").click();
  await page.locator("[data-confirm=reset]").click();
  await chosen.getByText("Sudah diatur ulang").waitFor();
  await settled(page);
  const captures = chosen.locator(".facts > div", { has: page.getByText("Pengambilan", { exact: true }) });
  tell({ captures: await captures.locator("dd").innerText() });
  await look(page, "devices");
}

async function audit(page) {
  await open(page, "audit");
  await page.locator("[data-sequence]").first().waitFor();
  await look(page, "audit");
  await page.locator("[name=audit-event]").fill("DeviceService.ResetDevice");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => {
    const rows = [...document.querySelectorAll("[data-event]")];
    return rows.length > 0 && rows.every((row) => row.dataset.event === "DeviceService.ResetDevice");
  });
  const events = await page.locator("[data-event]").evaluateAll((rows) => rows.map((row) => row.dataset.event));
  tell({ onlyResets: [...new Set(events)] });
  await page.locator("[name=audit-from]").fill("2031-01-01T00:00");
  await page.locator("#audit-show").click();
  await page.locator("#no-entries").waitFor();
  await page.locator("#verify").click();
  await page.locator("#verdict").waitFor();
  tell({
    verdict: await page.locator("#verdict").getAttribute("data-ok"),
    words: await page.locator("#verdict").innerText(),
  });
  await look(page, "audit-verified");
}

async function settings(page) {
  await open(page, "settings");
  await page.locator("#version").waitFor();
  await page.locator("[data-pairing]").first().waitFor();
  await look(page, "settings");
  const foreign = page.locator(`[data-pairing="${desk.foreign}"]`);
  await foreign.getByRole("button", { name: "Cabut" }).click();
  await foreign.locator("[data-confirm]").click();
  await foreign.waitFor({ state: "detached" });
  await page.locator("#large-text").check();
  tell({ large: await page.evaluate(() => getComputedStyle(document.documentElement).fontSize) });
  await look(page, "settings-large");
  await page.locator("#large-text").uncheck();
  await page.locator("input[name=language][value=en]").check();
}

async function openBench(page) {
  await open(page, "technician");
  await page.locator(`[data-bench="${desk.bench}"]`).click();
  await page.locator("[data-procedure]").first().waitFor();
  await page.locator("#operator").fill("Sri");
}

/** Choose what is to be measured, and nothing else. */
async function measure(page, ...procedures) {
  await page.locator("#no-procedures").click();
  for (const each of procedures) await page.locator(`[data-procedure="${each}"]`).check();
}

async function technician(page) {
  await openBench(page);
  await look(page, "technician");

  await measure(page, "dark", "flat_field", "bad_pixels", "resolution", "ctf_bars");
  await page.locator("[name=temperature]").fill("24.5");
  await page.locator("#start-calibration").click();
  await page.locator("#calibration-picture[data-seen=true]").waitFor();
  await page.locator("#go-on:enabled").waitFor();
  tell({ guided: await page.locator(".guidance .large").innerText() });
  await look(page, "technician-run");
  // A run is the gateway's: a page that is loaded anew finds it where it stands.
  await page.reload();
  await page.locator("#run[data-state=PLACING]").waitFor();
  const done = page.locator("#run[data-state=DONE]");
  for (let views = 0; views < 20; views++) {
    await page.locator("#go-on:enabled, #close-run").first().waitFor();
    if (await done.count()) break;
    const step = await page.locator(".guidance").innerText();
    await page.keyboard.press("Enter");
    await page.waitForFunction(
      (before) => document.querySelector(".guidance")?.innerText !== before || document.querySelector("#close-run"),
      step,
    );
  }
  await done.waitFor();
  await page.locator("#close-run").click();
  const record = page.locator("#record");
  await record.waitFor();
  const outcome = (limit) => page.locator(`[data-limit="${limit}"]`).getAttribute("data-outcome");
  tell({ first: await outcome("ppi_x"), curves: await page.locator(".plot").count() });

  await page.locator("#accept").click();
  await page.locator("#objections").waitFor();
  tell({ objections: await page.locator("#objections li").allInnerTexts() });
  await page.locator("[name=overrule-reason]").fill("Tidak ada pemindai lain minggu ini");
  await page.locator("#overrule").click();
  await page.locator("#in-use").waitFor();
  await settled(page);
  await record.scrollIntoViewIfNeeded();
  await look(page, "technician-result");
  await page.locator(".plots").scrollIntoViewIfNeeded();
  await picture(page, "technician-plots");
  // The page's policy lets nobody fetch what it made: it is looked at where it is made.
  await page.evaluate(() => {
    const make = URL.createObjectURL;
    URL.createObjectURL = (content) => {
      globalThis.made = content;
      return make.call(URL, content);
    };
  });
  const [tab] = await Promise.all([page.waitForEvent("popup"), page.locator("#open-report").click()]);
  await page.locator("#report").waitFor();
  const report = await page.evaluate(async () => {
    const { made } = globalThis;
    return [made.type, await made.slice(0, 5).text()];
  });
  tell({ report, tab: tab.url() });
  await tab.close();
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Simpan laporan (HTML)" }).click(),
  ]);
  tell({ saved: saved.suggestedFilename() });
}

/** Two records, the second in use: their trends, and back to the first. */
async function rollback(page) {
  await openBench(page);
  await page.locator("#in-use").waitFor();
  tell({ records: await page.locator("[data-entry=record]").count(), trends: await page.locator(".plot").count() });
  await page.locator(".plots").scrollIntoViewIfNeeded();
  await look(page, "technician-history");
  await page.locator("[name=rollback-reason]").fill("Target kotor");
  await page.locator("#rollback").click();
  await page.locator("[data-confirm=rollback]").click();
  await page.locator("#in-use").waitFor({ state: "detached" });
  await page.locator("[data-entry=decision]", { hasText: "Target kotor" }).waitFor();
}

/** A run that is cancelled in the middle, and gone on with. */
async function resumption(page) {
  await openBench(page);
  const done = page.locator("#run[data-state=DONE]");
  await measure(page, "dark", "resolution");
  await page.locator("#unattended").uncheck();
  await page.locator("#start-calibration").click();
  await page.locator("#go-on:enabled").click();
  await page.locator("#step", { hasText: /2 dari 2/ }).waitFor();
  await page.locator("#cancel-run").click();
  await page.locator("[data-confirm=cancel-run]").click();
  await page.locator("#run[data-state=CANCELLED]").waitFor();
  await page.locator("#close-run").click();
  await page.locator("#unattended").check();
  await page.locator("#resume").click();
  await done.waitFor();
  tell({ resumed: await page.locator("#run").getAttribute("data-state") });
}

/** The titles in English, each view once more: words that lack would show as they are in Indonesian. */
async function english(page) {
  const titles = [];
  for (const view of ["link", "devices", "audit", "settings"]) {
    await open(page, view);
    await settled(page);
    titles.push(await page.locator("h1").innerText());
  }
  tell({ english: titles });
}

/** What a page shows that has few roles. */
async function roles(page) {
  const shown = page.locator("nav.navigation a");
  await shown.first().waitFor();
  tell({ views: await shown.evaluateAll((links) => links.map((link) => link.getAttribute("href"))) });
  await page.keyboard.press("?");
  tell({ viewKeys: await page.locator("dialog[open] .keys kbd").first().innerText() });
  await page.keyboard.press("Escape");
  await open(page, "link");
  await page.locator("#link-now").waitFor();
  await settled(page);
  tell({ people: await page.locator('.sections a[href="#/link/people"]').count() });
  await page.evaluate(() => {
    location.hash = "#/technician";
  });
  await page.locator("main .note", { hasText: "Peran halaman ini" }).waitFor();
  await open(page, "devices");
  await page.locator("#device").waitFor();
  tell({ selfTest: await page.locator("#self-test").count() });
  await open(page, "settings");
  await page.locator("[data-pairing]").waitFor();
  tell({ revoke: await page.getByRole("button", { name: "Cabut" }).count() });
}

async function views(page) {
  await link(page);
  await devices(page);
  await audit(page);
  await settings(page);
  await english(page);
  await page.locator("#forget").click();
  await page.locator("[data-confirm=forget]").click();
  await page.locator("#ask-code").waitFor();
  tell({ forgotten: await page.locator("#ask-code").count() });
}

const WALKS = { views, technician, rollback, resumption, roles };

await run(() =>
  atDesk(async (page) => {
    await pair(page);
    await WALKS[desk.walk](page);
    tell(seen);
  }),
);
