// A browser before the page of a gateway, as a person at a desk has it.
import { chromium } from "playwright-core";

/** Of a laptop at an enrolment desk. */
export const SCREEN = { width: 1366, height: 768 };
export const TABLET = { width: 820, height: 1180 };

/** What a test hands over: `REKAM_DESK` holds it as JSON. */
export const desk = JSON.parse(process.env.REKAM_DESK ?? "{}");

const FLAGS = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
  "--no-sandbox", // tests run as root in containers, where Chromium's sandbox cannot be made
];

/**
 * Open the gateway's page, run `act(page)`, close.
 *
 * `desk.address` is `https://HOST:PORT`, `desk.key` the digest of the door's key (base64 of SHA-256 of its
 * SubjectPublicKeyInfo): that door alone is believed. `desk.page` is another page to open. Whatever the page complains of fails the run: an exception, an error on the console,
 * a request to another host, a refusal by the content policy.
 */
export async function atDesk(act, viewport = SCREEN) {
  const browser = await chromium.launch({
    executablePath: desk.chromium,
    headless: true,
    args: [...FLAGS, `--ignore-certificate-errors-spki-list=${desk.key}`, ...(desk.flags ?? [])],
  });
  const complaints = [];
  try {
    const context = await browser.newContext({ viewport, locale: "id-ID" });
    const page = await context.newPage();
    page.setDefaultTimeout(desk.patienceMs ?? 60_000);
    page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
    page.on("console", (line) => {
      if (line.type() === "error" && !desk.expected?.some((each) => line.text().includes(each)))
        complaints.push(`console: ${line.text()} ${line.location().url}`);
    });
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol === "https:" && origin !== desk.address) complaints.push(`request to ${origin}`);
    });
    await page.goto(desk.page ?? desk.address);
    try {
      await act(page, context);
    } catch (error) {
      await picture(page, "failure");
      throw complaints.length ? new AggregateError([error], `${error.message}\n${complaints.join("\n")}`) : error;
    }
  } finally {
    await browser.close();
  }
  if (complaints.length) throw new Error(`The page complained:\n${complaints.join("\n")}`);
}

/** Pair by the code that the gateway shows on its terminal: the test answers a line on our output with the code. */
export async function pair(page) {
  await page.locator("#ask-code").click();
  const field = page.locator("#code");
  await field.waitFor();
  await field.fill(await ask("code"));
  await page.locator("#connection[data-state=live]").waitFor();
}

/** Keep a picture of the page where the test asked for pictures. */
export async function picture(page, name) {
  if (desk.pictures) await page.screenshot({ path: `${desk.pictures}/page-${name}.png` });
}

/** Tell the test something: one line of JSON. */
export function tell(told) {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

/** Ask the test for something; its answer is one line on our input. */
export async function ask(what) {
  tell({ ask: what });
  const { createInterface } = await import("node:readline");
  lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  if (done) throw new Error(`The test gave no ${what}.`);
  return value;
}

let lines;

/** Run a script's `main`; what it throws is told, and is the exit status. */
export async function run(main) {
  try {
    await main();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error?.stack ?? error}\n`);
    process.exit(1);
  }
}
