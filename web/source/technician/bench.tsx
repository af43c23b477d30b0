import { useState } from "preact/hooks";
import { calibrationRemedies, calibrationWords } from "../devices/devices.text";
import { calibrationTone } from "../devices/standing";
import { useLoaded } from "../gateway/hooks";
import { may } from "../gateway/store";
import {
  type CalibrationEntry,
  type CalibrationRecordSummary,
  type CalibrationStanding,
  CalibrationState,
} from "../generated/rekam/v1/calibration_pb";
import { Facts } from "../parts/facts";
import { Loading } from "../parts/loading";
import { sayMoment } from "../parts/moments";
import { OperatorName } from "../parts/operator_name";
import { say } from "../text/language";
import { WORKSHOP } from "../views/view";
import { HistoryCard } from "./history";
import { RecordView } from "./record_view";
import { calibrationClient, noteEnd, useRun } from "./run";
import { RunView } from "./run_view";
import { StartForm } from "./start";
import { text } from "./technician.text";
import { sayFigure } from "./verdict";

/** One device on the bench: how it stands, a run, its latest result, its history. */
export function Bench({ standing, onChange }: { standing: CalibrationStanding; onChange: () => void }) {
  const { deviceId } = standing;
  const [followed, setFollowed] = useState("");
  const [shown, setShown] = useState("");
  const runId = followed || standing.runId;
  const history = useLoaded(
    (signal) => calibrationClient.getCalibrationHistory({ deviceId, limit: 200 }, { signal }),
    [deviceId],
  );
  const changed = () => {
    history.reload();
    onChange();
  };
  const run = useRun(runId, (ended) => {
    noteEnd(ended);
    // It is shown until it is closed, though the gateway no longer counts it as under way.
    setFollowed(ended.runId);
    if (ended.calibrationId) setShown(ended.calibrationId);
    changed();
  });
  return (
    <div class="cards">
      <Standing standing={standing} />
      {runId ? (
        <RunView runId={runId} followed={run} onClose={() => setFollowed("")} />
      ) : standing.attached && may(...WORKSHOP) ? (
        <StartForm deviceId={deviceId} onStarted={(started) => setFollowed(started.runId)} />
      ) : (
        !standing.attached && <p class="note">{say(text.detached)}</p>
      )}
      <Loading of={history}>
        {({ entries, standing: newest }) => {
          const now = newest ?? standing;
          const found = recordOf(entries, shown) ?? recordOf(entries, now.latestId);
          return (
            <>
              {found && (
                <RecordView
                  {...found}
                  entries={entries}
                  inUse={found.record.calibrationId === now.calibrationId}
                  onChange={changed}
                />
              )}
              <HistoryCard standing={now} entries={entries} onShow={setShown} onChange={changed} />
            </>
          );
        }}
      </Loading>
    </div>
  );
}

function recordOf(
  entries: readonly CalibrationEntry[],
  calibrationId: string,
): { entry: CalibrationEntry; record: CalibrationRecordSummary } | undefined {
  for (const entry of entries)
    if (entry.content.case === "record" && entry.content.value.calibrationId === calibrationId)
      return { entry, record: entry.content.value };
  return undefined;
}

function Standing({ standing }: { standing: CalibrationStanding }) {
  // Who reads this is the technician: nobody else need be asked for a first calibration.
  const remedy = standing.state === CalibrationState.NEVER ? undefined : calibrationRemedies[standing.state];
  return (
    <section class="card" aria-label={say(text.state)}>
      {may(...WORKSHOP) && <OperatorName />}
      <p class="row">
        <span class={`pill pill-${calibrationTone(standing.state)}`} id="standing">
          {say(text.state)}: {say(calibrationWords[standing.state])}
        </span>
        {remedy && <span>{say(remedy)}</span>}
      </p>
      <Facts
        rows={[
          [text.due, standing.due && sayMoment(standing.due)],
          [text.inUse, standing.calibrationId && <code>{standing.calibrationId}</code>],
          [text.latest, standing.latestId && <code>{standing.latestId}</code>],
          [text.dueBecause, standing.dueReason],
        ]}
      />
      {standing.dueEvidence.length > 0 && (
        <ul>
          {standing.dueEvidence.map(({ name, value, bound, unit }) => (
            <li key={name}>
              {say(text.evidence, {
                name,
                value: sayFigure(value),
                bound: sayFigure(bound),
                unit: unit === "1" ? "" : unit,
              })}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
