// Makes a card, verifies its holder, reads it, counts the blanks: what the view of cards is for.
import { ask, atDesk, desk, pair, run, tell } from "./desk.mjs";
import { look, seen } from "./look.mjs";

const section = (page, name) => page.locator(`.sections a[href="#/cards/${name}"]`).click();

async function make(page) {
  await page.locator('nav.navigation a[href="#/cards"]').click();
  await page.locator(`[data-reader="${desk.reader}"]`).waitFor();
  await page.locator("#operator").fill("Sari");
  await page.locator("[name=card-enrolment]").selectOption(desk.enrolment);
  await page.locator("[name=card-profile]").selectOption("sample-id");
  await page.locator("#card-name").fill("  SITI   CONTOH ");
  await page.locator("#card-birthDate").fill("1987-11-12");
  await page.locator("[name=card-sex]").selectOption("female");
  await look(page, "cards-make");
  await page.locator("#make-card").click();
  await page.locator("#making[data-state=done]").waitFor();
  tell({ made: await page.locator("#making [role=status]").last().innerText() });
  await look(page, "cards-made");
  // What was typed is the gateway's now, and no longer in the page.
  await page.locator("#close-making").click();
  await page.locator("#card-name").waitFor();
  tell({
    left: await page.locator("#card-name").inputValue(),
    again: await page.locator(`[name=card-enrolment] option[value="${desk.enrolment}"]`).innerText(),
  });
}

async function holder(page) {
  await section(page, "holder");
  await page.locator("#verify-holder").waitFor();
  for (const [name, person] of [
    ["stranger", desk.stranger],
    ["matched", desk.person],
  ]) {
    await ask(`finger-${person}`);
    await page.locator("[name=holder-finger]").selectOption("2");
    await page.locator("#verify-holder").click();
    const wanted = name === "matched";
    await page.locator(`#decision[data-hands-over=${wanted}]`).waitFor();
    tell({ [name]: await page.locator("#decision [role=status]").innerText() });
    await look(page, `cards-holder-${name}`);
  }
}

async function read(page) {
  await section(page, "read");
  await page.locator("#read-card").waitFor(); // the section before has a field for the PIN too
  await page.locator("[name=card-pin]").fill(desk.pin);
  await page.keyboard.press("Enter");
  await page.locator("#reading").waitFor();
  await page.waitForFunction(() => document.querySelector("img.card-picture")?.naturalWidth > 0);
  tell({
    genuine: await page.locator("#genuine").innerText(),
    words: await page.locator("#reading").innerText(),
    pictures: await page.locator("img.card-picture").count(),
    pin: await page.locator("[name=card-pin]").inputValue(),
  });
  await look(page, "cards-read");
  await page.locator("[name=card-pin]").fill("000000");
  await page.keyboard.press("Enter");
  await page.locator(".note-bad .reason").waitFor();
  tell({ wrongPin: await page.locator(".note-bad .reason").first().innerText() });
}

async function stock(page) {
  await section(page, "stock");
  await page.locator("#blanks").waitFor();
  await page.locator("[name=stock-first]").fill(desk.range[0]);
  await page.locator("[name=stock-last]").fill(desk.range[1]);
  await page.locator("#add-blanks").click();
  await page.locator("[data-range]").waitFor();
  const blanks = await page.locator("#blanks").getAttribute("data-blanks");
  await page.locator("[name=stock-counted]").fill(String(Number(blanks) - 1));
  await page.locator("[name=stock-note]").fill("satu jatuh");
  await page.locator("#count-blanks").click();
  await page.locator("#reconciled").waitFor();
  tell({ blanks: Number(blanks), agrees: await page.locator("#reconciled").getAttribute("data-agrees") });
  await look(page, "cards-stock");
}

await run(() =>
  atDesk(async (page) => {
    await pair(page);
    await make(page);
    await holder(page);
    await read(page);
    await stock(page);
    tell(seen);
  }),
);
