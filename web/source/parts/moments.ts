/** Times and lengths of the API as the page shows them. */
import { type Duration, durationMs, type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { ClockQuality } from "../generated/rekam/v1/common_pb";
import { say, sayDuration, sayTime, type Words } from "../text/language";

const DOUBTFUL: Words = { id: "{at} (jam diragukan)", en: "{at} (clock in doubt)" };
const DASH = "–";

/** A length in seconds; undefined where the gateway gave none. */
export function secondsOf(length: Duration | undefined): number | undefined {
  return length && durationMs(length) / 1000;
}

/** A length in words; a dash where the gateway gave none. */
export function sayLength(length: Duration | undefined): string {
  const seconds = secondsOf(length);
  return seconds === undefined ? DASH : sayDuration(seconds);
}

/** A moment in words; a dash where the gateway gave none. */
export function sayMoment(at: Timestamp | undefined): string {
  return at ? sayTime(timestampDate(at)) : DASH;
}

/** A moment as `WallTime` and `EventTime` have it; one by a clock that nobody set right says so. */
export function sayClocked(at: { wall?: Timestamp | undefined; quality: ClockQuality } | undefined): string {
  const words = sayMoment(at?.wall);
  return at?.quality === ClockQuality.UNTRUSTED ? say(DOUBTFUL, { at: words }) : words;
}
