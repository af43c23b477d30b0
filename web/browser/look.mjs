// A view looked at on both screens, and what was wrong with any.
import { serious } from "./axe.mjs";
import { picture, SCREEN, TABLET } from "./desk.mjs";

/** What the looks so far found: serious findings of axe, and what is wider than its screen. */
export const seen = { serious: [], overflow: [] };

/** Look at a view: what axe finds, whether it is wider than the screen, and a picture. */
export async function look(page, name) {
  seen.serious.push(...(await serious(page, name)));
  await picture(page, name);
  for (const screen of [TABLET, SCREEN]) {
    await page.setViewportSize(screen);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) seen.overflow.push(`${name} at ${screen.width}: ${wide}`);
  }
}
