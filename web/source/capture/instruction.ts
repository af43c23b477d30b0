/** What the operator is told just now, in large words. */
import { type Capture, CaptureState, type LiveQuality } from "../generated/rekam/v1/capture_pb";
import { say, type Words } from "../text/language";
import { text } from "../views/capture.text";
import { nameOf, type Part } from "./part";
import { isPresent } from "./steadiness";

export interface Instruction {
  /** What to do; the largest words on the page. */
  readonly words: string;
  /** What is wrong, where something is. */
  readonly fault: string;
  /** For the picture: a guidance code of the gateway, or "hold", "lift", "". */
  readonly code: string;
  readonly tone: "plain" | "good" | "warn";
}

/** The instruction for a running capture, or for the part that is chosen while none runs. */
export function instructionFor(part: Part, capture: Capture | undefined, live: LiveQuality | undefined): Instruction {
  const name = say(nameOf(part));
  switch (capture?.state) {
    case undefined:
    case CaptureState.DONE:
      return plain(text.ready, { part: name.charAt(0).toUpperCase() + name.slice(1) }, text.pressStart);
    case CaptureState.QUEUED:
      return plain(text.queued);
    case CaptureState.PROCESSING:
      return { ...plain(text.processing), code: "hold", tone: "good" };
    case CaptureState.RECOVERING:
      return { ...plain(text.recovering), tone: "warn" };
    default:
  }
  const remark = live?.guidance[0];
  if (remark?.remedy && (live === undefined || isPresent(live) || remark.code !== "no_finger"))
    return { words: say(remark.remedy), fault: remark.fault ? say(remark.fault) : "", code: remark.code, tone: "warn" };
  if (live && isPresent(live)) return { ...plain(text.hold), code: "hold", tone: "good" };
  return plain(part.kind === "finger" ? text.place : text.look, { part: name });
}

function plain(words: Words, fields: Record<string, string> = {}, more?: Words): Instruction {
  return { words: say(words, fields), fault: more ? say(more) : "", code: "", tone: "plain" };
}
