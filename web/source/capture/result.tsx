import { useEffect, useState } from "preact/hooks";
import { captureClient } from "../gateway/clients";
import { useLoaded } from "../gateway/hooks";
import { type Capture, CaptureOutcome, CapturePart, MissingReason } from "../generated/rekam/v1/capture_pb";
import { FailureNote } from "../parts/failure_note";
import { say, sayNumber } from "../text/language";
import { outcomeWords, reasonWords, text, verdictWords } from "../views/capture.text";

const TONES: Readonly<Partial<Record<CaptureOutcome, string>>> = {
  [CaptureOutcome.CAPTURED]: "good",
  [CaptureOutcome.BELOW_QUALITY]: "warn",
  [CaptureOutcome.MARKED_MISSING]: "plain",
  [CaptureOutcome.CANCELLED]: "plain",
};

/** How a capture ended: the outcome in large words, its quality, what to do better, and the picture for people. */
export function Result({ capture }: { capture: Capture }) {
  const tone = TONES[capture.outcome] ?? "bad";
  const score = capture.quality?.score;
  return (
    <div class="result" data-outcome={CaptureOutcome[capture.outcome]}>
      <div class={`instruction instruction-${tone}`} role="status">
        <div>
          <p class="large">{say(outcomeWords[capture.outcome])}</p>
          {capture.missingReason !== MissingReason.UNSPECIFIED && (
            <p>{say(reasonWords[capture.missingReason] ?? text.missing)}</p>
          )}
          {capture.error?.message && <p>{say(capture.error.message)}</p>}
          {capture.guidance.map((remark) => (
            <p key={remark.code}>
              {remark.fault && say(remark.fault)} {remark.remedy && say(remark.remedy)}
            </p>
          ))}
          {capture.liveness.map((each) => {
            const words = verdictWords[each.verdict];
            return words && <p key={each.eye}>{say(words)}</p>;
          })}
        </div>
        {score !== undefined && (
          <p class="score">
            <span class="score-number">{sayNumber(score)}</span>
            <span>{say(text.quality)}</span>
          </p>
        )}
      </div>
      {/* Of each capture one of its own: the one before must not stand for it while it is fetched. */}
      <Picture key={capture.captureId} capture={capture} />
      <p class="faint row">
        {capture.minutiaCount > 0 && <span>{say(text.minutiae, { n: sayNumber(capture.minutiaCount) })}</span>}
        {capture.sequence > 0n && <span>{say(text.record, { n: sayNumber(Number(capture.sequence)) })}</span>}
        {capture.fingers.map((finger) => (
          <span key={finger.position} class="pill">
            {say(text.fingerShort[finger.position] ?? text.finger)}{" "}
            {finger.quality ? sayNumber(finger.quality.score) : "×"}
          </span>
        ))}
      </p>
    </div>
  );
}

function Picture({ capture }: { capture: Capture }) {
  // It is drawn when it is asked for, of whatever has an image; a missing part has none.
  const has = capture.sequence > 0n && capture.outcome !== CaptureOutcome.MARKED_MISSING;
  const loaded = useLoaded(
    async (signal) => (has ? await download(capture.captureId, CapturePart.PREVIEW, signal) : undefined),
    [capture.captureId, has],
  );
  const [address, setAddress] = useState("");
  const blob = loaded.value;
  useEffect(() => {
    if (!blob) return;
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  if (!has) return null;
  return (
    <>
      <FailureNote failure={loaded.failure} />
      {blob && address && <img id="result-image" src={address} alt={say(text.resultImage)} />}
    </>
  );
}

/** One part of a capture, put together from its pieces. */
export async function download(captureId: string, part: CapturePart, signal: AbortSignal): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let type = "";
  for await (const chunk of captureClient.downloadCapture({ captureId, part }, { signal })) {
    pieces.push(chunk.data as Uint8Array<ArrayBuffer>);
    type = chunk.mediaType;
  }
  return new Blob(pieces, { type });
}
