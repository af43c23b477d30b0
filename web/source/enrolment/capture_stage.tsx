import { GuidancePicture } from "../capture/guidance_picture";
import { instructionFor } from "../capture/instruction";
import { LiveView } from "../capture/live_view";
import { frame } from "../capture/previews";
import { Result } from "../capture/result";
import { CaptureAction } from "../generated/rekam/v1/capture_pb";
import { type EnrolmentPart, EnrolmentPartStatus } from "../generated/rekam/v1/enrolment_pb";
import { operator } from "../parts/operator_name";
import { useSecondsLeft } from "../parts/seconds_left";
import { useShortcuts } from "../shell/shortcuts";
import { say } from "../text/language";
import { text as captureText } from "../views/capture.text";
import { text } from "../views/enrolment.text";
import { Button } from "./button";
import * as captures from "./captures";
import type { Deed } from "./deed";
import { capturePartOf } from "./profile";

/** What a device captures: the live picture while it does, the result after it. */
export function CaptureStage({ part, deed }: { part: EnrolmentPart; deed: Deed }) {
  const of = capturePartOf(part);
  const capture = captures.shown.value;
  const running = captures.running.value;
  const left = useSecondsLeft(running ? captures.deadline.value : undefined);
  const unsettled = captures.toSettle.value;
  if (!of) return null;
  return (
    <>
      {capture && !running ? <Result capture={capture} /> : <Instructed part={part} />}
      {running && capture && (
        <>
          <LiveView captureId={capture.captureId} modality={capture.modality} running={running} />
          {captures.deadline.value !== undefined && (
            <p class="row countdown">
              <progress max={captures.TIMEOUT_S} value={left} aria-hidden="true" />
              <span>{say(captureText.left1, { n: left })}</span>
            </p>
          )}
        </>
      )}
      {unsettled && captures.isRecorded(unsettled) && (
        <div class="note row" role="status">
          <span>{say(deed.busy ? text.adding : text.notAdded)}</span>
          {!deed.busy && (
            <button type="button" id="add-again" onClick={() => deed.run(() => captures.settle(unsettled))}>
              {say(text.addAgain)}
            </button>
          )}
        </div>
      )}
      <Controls part={part} deed={deed} />
    </>
  );
}

function Instructed({ part }: { part: EnrolmentPart }) {
  const of = capturePartOf(part);
  if (!of) return null;
  const told = instructionFor(of, captures.shown.value, captures.running.value ? frame.value?.live : undefined);
  return (
    <div class={`instruction instruction-${told.tone}`}>
      <GuidancePicture code={told.code} modality={part.modality} />
      <div aria-live="polite" aria-atomic="true">
        <p class="large">{told.words}</p>
        {told.fault && <p>{told.fault}</p>}
      </div>
    </div>
  );
}

/** Start, take it now, again, stop. */
function Controls({ part, deed }: { part: EnrolmentPart; deed: Deed }) {
  const capture = captures.shown.value;
  const running = captures.running.value;
  const able =
    !deed.busy && captures.deviceOf(part) !== undefined && captures.toSettle.value === undefined && operator() !== "";
  const done = part.status === EnrolmentPartStatus.DONE;
  const excepted =
    part.status === EnrolmentPartStatus.EXCEPTED || part.status === EnrolmentPartStatus.AWAITING_APPROVAL;
  const again = capture !== undefined || part.tries.length > 0;
  const start = () => deed.run(() => captures.start(part));
  const retake = () => deed.run(() => captures.retake(part));
  const command = (action: CaptureAction) => deed.run(() => captures.command(action));
  useShortcuts({
    ...(running ? { enter: () => command(CaptureAction.TRIGGER), escape: () => command(CaptureAction.CANCEL) } : {}),
    ...(running || (again && able) ? { r: retake } : {}),
    ...(!running && !again && !excepted && able ? { enter: start } : {}),
    ...(!running && again && !done && !excepted && able ? { enter: retake } : {}),
  });
  return (
    <div class="row controls">
      {!running && !again && !excepted && (
        <Button id="start" look="primary" keyName="Enter" disabled={!able} onClick={start} words={say(text.begin1)} />
      )}
      {running && (
        <Button
          id="take"
          look="primary"
          keyName="Enter"
          disabled={deed.busy}
          onClick={() => command(CaptureAction.TRIGGER)}
          words={say(captureText.take)}
        />
      )}
      {(running || again) && !excepted && (
        <Button
          id="retake"
          {...(!running && !done ? { look: "primary" as const } : {})}
          keyName="R"
          disabled={running ? deed.busy : !able}
          onClick={retake}
          words={say(captureText.retake)}
        />
      )}
      {running && (
        <Button
          id="cancel"
          keyName="Esc"
          disabled={deed.busy}
          onClick={() => command(CaptureAction.CANCEL)}
          words={say(captureText.cancel)}
        />
      )}
    </div>
  );
}
