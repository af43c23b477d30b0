/** One stream of all that happens, opened anew whenever it ends. */
import { gatewayClient } from "./clients";
import { type Failure, failureOf } from "./failure";
import { listened, SILENCE_MS } from "./listened";
import { connection, forget, givenBy, info, place, take } from "./store";
import { token, unpaired } from "./token";

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
  const held = token.value;
  connection.value = { state: "connecting" };
  while (!stopped.aborted) {
    const failure = await followOnce(stopped, () => {
      tries = 0;
    });
    if (stopped.aborted) return;
    if (UNPAIRED.has(failure.reason)) {
      unpaired(held);
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
  try {
    info.value = await gatewayClient.getInfo({}, { signal: stopped, timeoutMs: SILENCE_MS });
    givenBy.value ||= info.value.version;
    const resumed = place.whole ? { fromSeq: place.seq, runId: place.runId } : {};
    if (!place.whole) forget();
    for await (const message of listened((signal) => gatewayClient.watch(resumed, { signal }), stopped)) {
      take(message);
      alive();
      if (connection.value.state !== "live") connection.value = { state: "live" };
    }
    return failureOf(new TypeError("the stream ended"));
  } catch (thrown) {
    return failureOf(thrown);
  }
}

/** Ask anew what the gateway says of itself: its warnings come and go, of which no event tells. */
export async function refreshInfo(): Promise<void> {
  if (connection.value.state !== "live") return;
  try {
    const answer = await gatewayClient.getInfo({}, { timeoutMs: SILENCE_MS });
    if (answer.runId === place.runId) info.value = answer;
  } catch {
    // What there is to say of it, the stream says.
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
