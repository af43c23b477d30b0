// Enrols synthetic persons. `desk.scenario` says how: "desk": one with the mouse alone, the same again with the keyboard alone,
// then one who is put aside and given up; "whole": everything that `desk.profile` asks for; "restart": while the
// gateway goes, and another front end mixes fingers up.
import { readFileSync } from "node:fs";
import { serious } from "./axe.mjs";
import { ask, atDesk, desk, pair, picture, run, TABLET, tell } from "./desk.mjs";

const found = [];

/** What axe-core finds that is serious or critical, beside a picture. */
async function looked(page, where) {
  await picture(page, `enrolment-${where}`);
  found.push(...(await serious(page, where)));
}

const part = (page, key) => page.locator(`.part-list [data-part="${key}"]`);
const status = (page, key, wanted) => page.locator(`.part-list [data-part="${key}"][data-status=${wanted}]`).waitFor();

/** Wait until a part is done; one that is not good enough is captured again, by `again`. */
async function good(page, key, again = () => page.locator("#retake").click()) {
  const ended = `.part-list [data-part="${key}"]:is([data-status=DONE], [data-status=BELOW_THRESHOLD])`;
  for (;;) {
    await page.locator(ended).waitFor();
    await page.locator("#next:enabled, #retake.primary:enabled").first().waitFor();
    if ((await part(page, key).getAttribute("data-status")) === "DONE") return;
    await again();
    await page.locator("#preview").waitFor();
    await page.locator("#preview").waitFor({ state: "detached" });
  }
}

/** Go on with Tab until an element has the focus, as somebody without a mouse does. */
async function tabTo(page, selector) {
  for (let each = 0; each < 80; each++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not come to ${selector}`);
}

/** Write with a pen that presses more and more, as a tablet's does. */
async function write(page) {
  const pen = await page.context().newCDPSession(page);
  const box = await page.locator("#pad").boundingBox();
  const send = (type, x, y, force) =>
    pen.send("Input.dispatchMouseEvent", {
      type,
      x: box.x + x * box.width,
      y: box.y + y * box.height,
      button: "left",
      buttons: type === "mouseReleased" ? 0 : 1,
      clickCount: 1,
      pointerType: "pen",
      force,
    });
  for (const [from, height] of [
    [0.15, 0.5],
    [0.55, 0.6],
  ]) {
    await send("mousePressed", from, height, 0.2);
    for (let step = 1; step <= 12; step++)
      await send("mouseMoved", from + step * 0.025, height + 0.25 * Math.sin(step), 0.2 + 0.05 * step);
    await send("mouseReleased", from + 0.3, height, 0);
  }
}

async function withTheMouse(page) {
  await page.locator("nav a[href='#/enrolment']").click();
  await page.locator("#nik").waitFor();
  await page.locator(`input[name=profile][value="${desk.profile}"]`).check();
  await page.locator("[data-field=operator]").fill("Sari");
  await page.locator("#nik").fill("3174056505850000");
  tell({ fault: await page.locator("#nik-said").innerText(), beginBefore: await page.locator("#begin").isDisabled() });
  await page.locator("#nik").fill("3174 0565 0585 0001");
  await page.locator("#birth-date").fill("1985-05-26");
  await page.locator("#birth-date-differs").waitFor();
  await looked(page, "begin");
  await page.locator("#begin").click();

  await page.locator(".enrolment[data-state=OPEN]").waitFor();
  await page.locator("#synthetic-open").click();
  await page.locator("#synthetic-person").fill("42/11");
  await page.locator("#start").waitFor();
  tell({ enrolment: await page.evaluate(() => location.hash.split("/").at(-1)) });
  await page.locator("#start").click();
  await page.locator("#preview[data-latency-ms]").waitFor();
  await looked(page, "portrait");
  await status(page, "portrait", "DONE");
  await page.locator(".result[data-outcome=CAPTURED]").waitFor();
  await looked(page, "portrait-result");

  await page.locator("#next").click();
  await page.locator("#pad").waitFor();
  const broken = { name: "scan.png", mimeType: "image/png", buffer: Buffer.from("no picture") };
  await page.locator("#signature-file").setInputFiles(broken);
  await page.locator(".stage .fault").waitFor();
  tell({ chosenStill: await page.locator("#signature-file").inputValue() }); // else the same file cannot be chosen again
  await write(page);
  await looked(page, "signature");
  await page.locator("#sign-save").click();
  await status(page, "signature", "DONE");
  await page.locator(".kept-picture").waitFor();

  // The page is loaded anew while a finger is captured: the gateway goes on, and the page adds what it made.
  await page.locator("#next").click();
  await page.locator("#preview[data-latency-ms]").waitFor();
  await page.reload();
  await good(page, "right-index");
  await looked(page, "finger");
  await page.locator("#retake").click();
  await page.locator("#preview").waitFor();
  await page.waitForFunction(() => !document.querySelector("#preview") && !document.querySelector("#add-again"));
  await status(page, "right-index", "DONE");

  await part(page, "left-index").click();
  await page.locator("#missing").click();
  await page.locator("[data-reason=BANDAGED]").check();
  await page.locator("#photo-camera").click();
  await page.locator(".small-picture").waitFor();
  await withoutThePhoto(page);
  await page.locator("#missing").click();
  await page.locator("[data-reason=BANDAGED]").check();
  await page.locator("#photo-camera").click();
  await page.locator(".small-picture").waitFor();
  await page.locator("#missing-approver").fill("Sari");
  tell({ ownApproval: await page.locator("#missing-do").isDisabled() });
  await page.locator("#missing-approver").fill("");
  await looked(page, "missing");
  await page.locator("#missing-do").click();
  await status(page, "left-index", "AWAITING_APPROVAL");
  await page.locator("[data-exception=left-index]").waitFor();
  await page.locator("#next").click();
  await page.locator("[data-lack=EXCEPTION_NOT_APPROVED]").waitFor();
  await looked(page, "lacks");
  tell({ sealBefore: await page.locator("#seal").isDisabled() });
  await page.locator("[data-lack] [data-approve]").click();
  await page.locator("[data-field=supervisor]").fill("Ibu Kepala");
  await page.locator("[data-do=approve]").click();
  await page.locator("#duplicates-found[data-hits='0']").waitFor();
  await page.locator("#seal:enabled").waitFor();
  await looked(page, "review");
  await page.locator("#seal").click();
  await page.locator("#sealed").waitFor();
  tell({ packet: await page.locator("#packet-id").innerText() });
  await slip(page);
  await page.locator("#next-person").click();
}

/** A photo goes with reasons that it can show alone: it is not sent where the operator does not see it. */
async function withoutThePhoto(page) {
  await page.locator("[data-reason=REFUSED]").check();
  await page.locator(".small-picture").waitFor({ state: "detached" });
  await page.locator("[data-reason=BANDAGED]").check();
  await page.locator(".small-picture").waitFor(); // it is there still
  await page.locator("[data-reason=REFUSED]").check();
  await page.locator("#missing-do").click();
  const excepted = page.locator("[data-exception=left-index]");
  await excepted.waitFor();
  tell({ unseen: await excepted.innerText() });
  await page.locator("[data-withdraw=left-index]").click();
  await excepted.waitFor({ state: "detached" });
}

async function slip(page) {
  await page.locator("#slip-make").click();
  await page.locator("#slip-open").waitFor();
  await looked(page, "sealed");
  const [opened] = await Promise.all([page.waitForEvent("popup"), page.locator("#slip-open").click()]);
  tell({ slipAt: opened.url().slice(0, 5) });
  await opened.close();
  const [saved] = await Promise.all([page.waitForEvent("download"), page.locator("#slip-save").click()]);
  const content = readFileSync(await saved.path());
  tell({
    slip: content.subarray(0, 5).toString(),
    slipNumber: await page.locator("#slip-number").innerText(),
    slipName: saved.suggestedFilename(),
  });
  await page.keyboard.press("l");
  await page.locator("#slip-make").waitFor(); // the slip that was made speaks the other language
  await page.keyboard.press("l");
  await page.locator("#slip-save").waitFor();
}

/** A file chooser by the keyboard; on a busy machine the browser may drop a key, which a person presses again. */
async function chooserOf(page, selector) {
  for (let tries = 0; tries < 4; tries++) {
    await tabTo(page, selector);
    const waited = page.waitForEvent("filechooser", { timeout: 15_000 }).catch(() => null);
    await page.keyboard.press("Space");
    const chooser = await waited;
    if (chooser !== null) return chooser;
  }
  throw new Error(`no file chooser came of ${selector}`);
}

async function withTheKeyboard(page) {
  await page.locator("#nik").waitFor();
  await page.evaluate(() => document.activeElement?.blur());
  await tabTo(page, "input[name=profile]");
  for (let each = 0; each < 9; each++) {
    if (await page.evaluate((wanted) => document.activeElement?.value === wanted, desk.profile)) break;
    await page.keyboard.press("ArrowDown");
  }
  await tabTo(page, "#nik");
  await page.keyboard.type("3174056505850001");
  await page.keyboard.press("Enter");
  await page.locator("#start:enabled").waitFor();
  await tabTo(page, "#synthetic-open");
  await page.keyboard.press("Enter");
  await tabTo(page, "#synthetic-person");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("42/12");
  await tabTo(page, "#start");
  await page.keyboard.press("Enter");
  await good(page, "portrait");
  await page.keyboard.press("Enter");
  await page.locator("#pad").waitFor();
  // What a scanner made of a form, for a desk without a pad.
  const scan = { name: "scan.png", mimeType: "image/png", buffer: await page.locator("#pad").screenshot() };
  await (await chooserOf(page, "#signature-file")).setFiles(scan);
  await status(page, "signature", "DONE");
  for (const key of ["right-index", "left-index"]) {
    await page.locator("#next:enabled").waitFor();
    await page.keyboard.press("Enter");
    await good(page, key, () => page.keyboard.press("r"));
  }
  await page.keyboard.press("Enter");
  await page.locator("[data-hit]").waitFor();
  tell({ duplicateOf: await page.locator("[data-hit]").first().getAttribute("data-hit") });
  tell({ duplicateBy: await page.locator("[data-hit] td").nth(1).innerText() });
  await page.locator("#seal:enabled").waitFor();
  await looked(page, "duplicate");
  await tabTo(page, "#seal");
  await page.keyboard.press("Enter");
  await page.locator("#sealed").waitFor();
  tell({ secondPacket: await page.locator("#packet-id").innerText() });
  await tabTo(page, "#next-person");
  await page.keyboard.press("Enter");
}

async function putAsideAndGivenUp(page) {
  await page.locator("#nik").fill("3174052505850002");
  await page.locator("#birth-date").fill("1985-05-25");
  await page.locator("#begin").click();
  await page.locator("#pause:enabled").click();
  await page.locator(".enrolment[data-state=PAUSED]").waitFor();
  await page.locator("#leave").click();
  await page.locator(".open-list a").waitFor();
  await page.waitForFunction(() => document.querySelector(".open-list")?.textContent.includes("0002"));
  await looked(page, "list");
  await page.locator(".open-list a").click();
  await page.locator("#resume").click();
  await page.locator(".enrolment[data-state=OPEN]").waitFor();
  // Another front end changes it: the page follows.
  await ask("except");
  await status(page, "signature", "EXCEPTED");
  await part(page, "signature").click();
  await page.locator("[data-withdraw=signature]").click();
  await status(page, "signature", "OPEN");
  await page.setViewportSize(TABLET);
  await looked(page, "tablet");
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  await page.locator("#abandon").click();
  await page.locator("#abandon-reason").fill("salah orang");
  await page.locator("#abandon-do").click();
  await page.locator("#abandoned").waitFor();
  tell({ overflow, abandoned: await page.locator("#abandoned").innerText() });
}

/** Begin with a person of whom the fields are typed, and bring a synthetic one before the devices. */
async function begun(page, profile) {
  await page.locator("nav a[href='#/enrolment']").click();
  await page.locator("#nik").waitFor();
  await page.locator(`input[name=profile][value="${profile}"]`).check();
  await page.locator("[data-field=operator]").fill("Sari");
  await page.locator("#nik").fill("3174056505850001");
  await page.locator("#begin").click();
  await page.locator("#synthetic-open").click();
  await page.locator("#synthetic-person").fill("42/11");
}

/** Whatever comes, one click for each part; a part that is not good enough is captured again. */
async function whole(page) {
  await begun(page, desk.profile);
  await page.locator("#start").click();
  const retaken = [];
  for (let each = 0; each < 40; each++) {
    await page.locator("#next:enabled, #retake.primary:enabled, #sign-save, #seal").first().waitFor();
    if (await page.locator("#seal").count()) break;
    if (await page.locator("#sign-save").count()) {
      await write(page);
      await page.locator("#sign-save").click();
      await status(page, "signature", "DONE");
    } else if (await page.locator("#next:enabled").count()) {
      const key = await page.locator(".part-list [aria-current=step]").getAttribute("data-part");
      if (["right-four", "right-iris"].includes(key)) await looked(page, key);
      await page.locator("#next").click();
    } else {
      retaken.push(await page.locator(".part-list [aria-current=step]").getAttribute("data-part"));
      await page.locator("#retake").click();
    }
  }
  const parts = page.locator(".part-list > li > [data-status=DONE]");
  tell({ done: await parts.evaluateAll((all) => all.map((one) => one.dataset.part)), retaken });
  await page.locator("#seal:enabled").click();
  await page.locator("#sealed").waitFor();
  tell({ packet: await page.locator("#packet-id").innerText() });
}

/** The gateway goes while an enrolment is under way; what is tried then is told, and goes on with the new one. */
async function restart(page) {
  await begun(page, "two-fingers");
  await page.locator("#start").click();
  await good(page, "right-index");
  await ask("stop");
  await page.locator("#connection[data-state=lost]").waitFor();
  await page.locator("#next").click();
  await page.locator(".stage [role=alert]").waitFor();
  tell({ told: await page.locator(".stage [role=alert]").innerText() });
  await ask("start");
  await page.locator("#connection[data-state=live]").waitFor();
  await status(page, "right-index", "DONE");
  // Another front end gives the right index finger as the left one: the page says so, and it is captured again.
  await ask("mix");
  await page.locator("[data-mix-up] button").nth(1).waitFor();
  await looked(page, "mix-up");
  tell({ mixUp: await page.locator("[data-mix-up]").getAttribute("data-mix-up") });
  await page.locator("[data-mix-up] button", { hasText: "telunjuk kiri" }).click();
  await page.locator("#start:enabled").click();
  await good(page, "left-index");
  await page.locator("#next:enabled").click();
  await page.locator("#seal:enabled").click();
  await page.locator("#sealed").waitFor();
  tell({ packet: await page.locator("#packet-id").innerText() });
}

const SCENARIOS = {
  desk: async (page) => {
    await withTheMouse(page);
    await withTheKeyboard(page);
    await putAsideAndGivenUp(page);
  },
  whole,
  restart,
};

await run(() =>
  atDesk(async (page) => {
    await pair(page);
    await SCENARIOS[desk.scenario](page);
    tell({ serious: found });
  }),
);
