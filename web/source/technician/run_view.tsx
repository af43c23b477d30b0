import { idempotencyKey } from "../gateway/clients";
import { useAction } from "../gateway/hooks";
import { CalibrationCommand, type CalibrationRun, CalibrationRunState } from "../generated/rekam/v1/calibration_pb";
import { ConfirmButton } from "../parts/confirm_button";
import { FailureNote } from "../parts/failure_note";
import { useShortcuts } from "../shell/shortcuts";
import { say } from "../text/language";
import { LivePicture } from "./picture";
import { calibrationClient, type Followed, hasEnded } from "./run";
import { procedureWords, runWords, text } from "./technician.text";

const NAME = { id: "", en: "" };

/** A run as it goes: the step, what to lay and what is wrong with it, the live picture, and what it may be told. */
export function RunView({ runId, followed, onClose }: { runId: string; followed: Followed; onClose: () => void }) {
  const { run, failure, lost } = followed;
  const deed = useAction((command: CalibrationCommand) =>
    calibrationClient.commandCalibration({ runId, command, idempotencyKey: idempotencyKey() }),
  );
  const placing = !lost && run?.state === CalibrationRunState.PLACING && run.instruction !== undefined;
  const goOn = () => deed.run(CalibrationCommand.GO_ON);
  useShortcuts(placing && !deed.busy ? { enter: goOn } : {});
  const ended = run !== undefined && hasEnded(run);
  return (
    <section class="card" aria-labelledby="run-title" id="run" data-state={run ? CalibrationRunState[run.state] : ""}>
      <h2 id="run-title">{say(text.runTitle)}</h2>
      <FailureNote failure={failure ?? deed.failure} onClose={deed.clear} />
      {!run ? !failure && <p role="status">{say(text.preparing)}</p> : <Progress run={run} />}
      {run && !ended && !lost && (
        <div class="run">
          <LivePicture runId={runId} />
          <Guidance run={run} />
        </div>
      )}
      {ended && <Ended run={run} />}
      {run && run.values.length > 0 && <p class="faint">{say(text.measuredSoFar, { n: run.values.length })}</p>}
      <div class="row">
        {run && !ended && !lost && (
          <>
            <button
              type="button"
              class="primary"
              id="go-on"
              aria-keyshortcuts="Enter"
              disabled={!placing || deed.busy}
              onClick={goOn}
            >
              {say(text.goOn)} <kbd>Enter</kbd>
            </button>
            <ConfirmButton
              id="cancel-run"
              words={say(text.cancel)}
              question={say(text.cancelSure)}
              disabled={deed.busy}
              onConfirm={() => deed.run(CalibrationCommand.CANCEL)}
            />
          </>
        )}
        {(ended || lost) && (
          <button type="button" id="close-run" onClick={onClose}>
            {say(text.close)}
          </button>
        )}
      </div>
    </section>
  );
}

function Progress({ run }: { run: CalibrationRun }) {
  const procedure = procedureWords[run.procedure] ?? { ...NAME, id: run.procedure, en: run.procedure };
  const whole = Math.max(1, run.steps);
  const done = hasEnded(run) && run.state === CalibrationRunState.DONE ? whole : Math.max(0, run.step - 1) + run.share;
  return (
    <p class="row">
      <progress max={whole} value={done} aria-hidden="true" />
      <span id="step">
        {run.step > 0
          ? say(text.step, { step: run.step, steps: run.steps, procedure: say(procedure) })
          : say(text.preparing)}
      </span>
    </p>
  );
}

function Guidance({ run }: { run: CalibrationRun }) {
  const measuring = run.state === CalibrationRunState.MEASURING;
  return (
    <div aria-live="polite" class="guidance">
      <p class="large">
        {measuring ? say(text.measuring) : run.instruction ? say(run.instruction) : say(text.preparing)}
      </p>
      {!measuring && run.fault && <p class="note note-warn">{say(run.fault)}</p>}
      {!measuring && run.instruction && !run.fault && <p class="note">{say(text.placed)}</p>}
    </div>
  );
}

function Ended({ run }: { run: CalibrationRun }) {
  const good = run.state === CalibrationRunState.DONE;
  return (
    <div class={`note ${good ? "" : "note-warn"}`} role="status">
      <p>{say(runWords[run.state])}</p>
      {run.fault && <p>{say(run.fault)}</p>}
      {run.reason && <code class="reason">{run.reason}</code>}
      {run.remarks.length > 0 && (
        <>
          <p>{say(text.remarks)}</p>
          <ul>
            {run.remarks.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
