/** One stream of all that happens, opened anew whenever it ends. */
import { gatewayClient } from "./clients";
import { type Failure, failureOf } from "./failure";
import { connection, forget, info, place, take } from "./store";
import { token } from "./token";

/** A heartbeat comes every 4 s; after three that did not, the stream is dead though nobody said so. */
const SILENCE_MS = 13_000;
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 10_000;
/** Reasons after which the page has to pair again. */
const UNPAIRED: ReadonlySet<string> = new Set(["PAIRING_REQUIRED"]);

/** Milliseconds before try number `tries` (from 0): doubled each time, with jitter, never under what the gateway asks. */
export function waitBefore(tries: number, asked = 0, random: () => number = Math.random): number {
  const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
  return Math.max(asked, most * (0.5 + random() / 2));
}

/** Follow the gateway until `stopped` aborts, or the page is no longer paired. */
export async function follow(stopped: AbortSignal): Promise<void> {
  let tries = 0;
  while (!stopped.aborted) {
    const failure = await followOnce(stopped, () => {
      tries = 0;
    });
    if (stopped.aborted) return;
    if (UNPAIRED.has(failure.reason)) {
      token.value = "";
      return;
    }
    if (failure.reason === "SLOW_READER") forget();
    const wait = waitBefore(tries++, failure.retryMs);
    connection.value = { state: "lost", failure, retryAt: Date.now() + wait };
    await pause(wait, stopped);
  }
}

/** One stream to its end, and why it ended. */
async function followOnce(stopped: AbortSignal, alive: () => void): Promise<Failure> {
  const ended = new AbortController();
  const end = () => ended.abort();
  stopped.addEventListener("abort", end);
  let silence = setTimeout(end, SILENCE_MS);
  try {
    info.value = await gatewayClient.getInfo({}, { signal: ended.signal });
    const resumed = place.whole ? { fromSeq: place.seq, runId: place.runId } : {};
    if (!place.whole) forget();
    for await (const message of gatewayClient.watch(resumed, { signal: ended.signal })) {
      clearTimeout(silence);
      silence = setTimeout(end, SILENCE_MS);
      take(message);
      alive();
      if (connection.value.state !== "live") connection.value = { state: "live" };
    }
    return failureOf(new TypeError("the stream ended"));
  } catch (thrown) {
    return failureOf(thrown);
  } finally {
    clearTimeout(silence);
    stopped.removeEventListener("abort", end);
  }
}

/** Wait, but not longer than until the machine says that it has a network again or somebody looks at the page. */
function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stopped.removeEventListener("abort", done);
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("online", done);
      resolve();
    };
    const seen = () => {
      if (document.visibilityState === "visible") done();
    };
    const timer = setTimeout(done, ms);
    stopped.addEventListener("abort", done);
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("online", done);
  });
}
