// The example of a foreign page: refused until it is paired, then it captures a finger.
import { ask, atDesk, picture, run, tell } from "./desk.mjs";

await run(() =>
  atDesk(async (page) => {
    let typed = false;
    page.on("dialog", async (dialog) => (typed ? dialog.accept(await ask("code")) : dialog.dismiss()));
    const advice = page.locator("#advice");
    const told = async (button, end) => {
      await page.locator(button).click();
      await advice.filter({ hasText: end }).waitFor();
      return advice.innerText();
    };
    tell({ before: await told("#capture", /.../) });
    if ((await page.evaluate(() => new URLSearchParams(location.search).get("paired"))) === "never") return;
    tell({ withoutCode: await told("#pair", /hubung/) });
    typed = true;
    tell({ paired: await told("#pair", /^Terhubung/) });
    const signed = page.waitForEvent("console", (line) => line.text().startsWith("the signed manifest"));
    tell({ after: await told("#capture", "CAPTURE_OUTCOME_") });
    tell({ manifest: (await signed).text().split(" ").pop() });
    const width = await page.locator("#picture").evaluate(async (image) => {
      await image.decode();
      return image.naturalWidth;
    });
    tell({ width });
    await picture(page, "foreign");
  }),
);
