import { useState } from "preact/hooks";
import { leaseOf } from "../devices/standing";
import { idempotencyKey } from "../gateway/clients";
import { useAction, useLoaded } from "../gateway/hooks";
import { leases } from "../gateway/store";
import type { CalibrationRun, CalibrationStep, PlanCalibrationResponse } from "../generated/rekam/v1/calibration_pb";
import { FailureNote } from "../parts/failure_note";
import { Loading } from "../parts/loading";
import { operator } from "../parts/operator_name";
import { say } from "../text/language";
import { calibrationClient, noteStart, type Unfinished, unfinishedOf } from "./run";
import { procedureWords, text } from "./technician.text";

/** As the API bounds it. */
const MOST_TARGET_BYTES = 200_000;

/** The plan of a device, from which the technician takes what is to be measured, and begins. */
export function StartForm({ deviceId, onStarted }: { deviceId: string; onStarted: (run: CalibrationRun) => void }) {
  const plan = useLoaded((signal) => calibrationClient.planCalibration({ deviceId }, { signal }), [deviceId]);
  return (
    <section class="card" aria-labelledby="start-title">
      <h2 id="start-title">{say(text.startTitle)}</h2>
      <Loading of={plan}>
        {(planned) => <Form key={deviceId} deviceId={deviceId} plan={planned} onStarted={onStarted} />}
      </Loading>
    </section>
  );
}

interface FormProps {
  readonly deviceId: string;
  readonly plan: PlanCalibrationResponse;
  readonly onStarted: (run: CalibrationRun) => void;
}

function Form({ deviceId, plan, onStarted }: FormProps) {
  const names = plan.steps.map((each) => each.procedure);
  const [wanted, setWanted] = useState<ReadonlySet<string>>(new Set(names));
  const [files, setFiles] = useState<readonly File[]>([]);
  const [temperature, setTemperature] = useState("");
  const [unattended, setUnattended] = useState(false);
  const resumable = unfinishedOf(deviceId);
  const tooLarge = files.find((each) => each.size > MOST_TARGET_BYTES);
  const holder = leaseOf(leases.value.values(), deviceId)?.holder;
  const start = useAction(async (resumed: Unfinished | undefined) => {
    const chosen = wanted.size === names.length ? [] : names.filter((each) => wanted.has(each));
    const procedures = resumed ? [...resumed.procedures] : chosen;
    const targets = await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
    const { run } = await calibrationClient.startCalibration({
      deviceId,
      procedures,
      targets,
      operator: operator(),
      ...(temperature ? { temperatureCelsius: Number(temperature) } : {}),
      unattended,
      resumeRunId: resumed?.runId ?? "",
      idempotencyKey: idempotencyKey(),
    });
    if (!run) return;
    noteStart(run, procedures);
    onStarted(run);
  });
  const waits = start.busy || !operator() || tooLarge !== undefined;
  const unable = waits || wanted.size === 0;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!unable) start.run(undefined);
      }}
    >
      <p>{plan.standard ? say(text.standard, { standard: plan.standard }) : say(text.noStandard)}</p>
      <fieldset class="choice procedures">
        <legend>{say(text.procedures)}</legend>
        <div class="row">
          <button type="button" class="quiet" onClick={() => setWanted(new Set(names))}>
            {say(text.all)}
          </button>
          <button type="button" class="quiet" id="no-procedures" onClick={() => setWanted(new Set())}>
            {say(text.nothing)}
          </button>
        </div>
        <div class="procedure-list">
          {plan.steps.map((step) => (
            <Procedure
              key={step.procedure}
              step={step}
              checked={wanted.has(step.procedure)}
              onChange={(checked) => {
                const next = new Set(wanted);
                if (checked) next.add(step.procedure);
                else next.delete(step.procedure);
                setWanted(next);
              }}
            />
          ))}
        </div>
      </fieldset>
      <div class="fields">
        <label class="field">
          {say(text.temperature)}
          <input
            type="number"
            name="temperature"
            min={-40}
            max={85}
            step={0.1}
            value={temperature}
            onInput={(event) => setTemperature(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          {say(text.targets)}
          <input
            type="file"
            name="targets"
            accept=".toml"
            multiple
            onChange={(event) => setFiles([...(event.currentTarget.files ?? [])])}
          />
        </label>
      </div>
      <p class="faint">{say(text.targetsWhy)}</p>
      {tooLarge && (
        <p class="note note-warn" role="alert">
          {say(text.targetTooLarge, { name: tooLarge.name })}
        </p>
      )}
      <label class="check">
        <input
          type="checkbox"
          id="unattended"
          checked={unattended}
          onChange={(event) => setUnattended(event.currentTarget.checked)}
        />
        {say(text.unattended)}
      </label>
      {holder && <p class="note note-warn">{say(text.busyWith, { holder })}</p>}
      <FailureNote failure={start.failure} onClose={start.clear} />
      <div class="row">
        <button type="submit" class="primary" id="start-calibration" disabled={unable}>
          {say(text.start)}
        </button>
        {resumable && (
          <>
            <button type="button" id="resume" disabled={waits} onClick={() => start.run(resumable)}>
              {say(text.resume, { run: resumable.runId })}
            </button>
            <span class="faint">{say(text.resumeWhy)}</span>
          </>
        )}
      </div>
    </form>
  );
}

interface ProcedureProps {
  readonly step: CalibrationStep;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

function Procedure({ step, checked, onChange }: ProcedureProps) {
  const words = procedureWords[step.procedure];
  const targets = [...new Set(step.views.flatMap((view) => view.target || []))];
  return (
    <div>
      <label class="check">
        <input
          type="checkbox"
          data-procedure={step.procedure}
          checked={checked}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
        <span>
          {words && say(words)} <code class="reason">{step.procedure}</code>
        </span>
      </label>
      <details>
        <summary class="faint">
          {targets.length > 0 ? say(text.target, { target: targets.join(", ") }) : say(text.noTarget)}
        </summary>
        <ul>
          {step.views.map((view) => (
            <li key={view.name}>{view.instruction ? say(view.instruction) : view.name}</li>
          ))}
        </ul>
      </details>
    </div>
  );
}
