import { may } from "../gateway/store";
import {
  type CalibrationEntry,
  type CalibrationRecordSummary,
  type CalibrationVerdict,
  CalibrationVerdictOutcome,
} from "../generated/rekam/v1/calibration_pb";
import { Facts, WideTable } from "../parts/facts";
import { sayClocked, sayMoment } from "../parts/moments";
import { say } from "../text/language";
import { WORKSHOP } from "../views/view";
import { Acceptance } from "./acceptance";
import { histories, modulationCurves } from "./curves";
import { HistoryPlot, ModulationPlot } from "./plots";
import { Reports } from "./report";
import { outcomeWords, text } from "./technician.text";
import { sayBounds, sayValue } from "./verdict";

const MOST_HISTORIES = 12;
const TONES: Readonly<Partial<Record<CalibrationVerdictOutcome, string>>> = {
  [CalibrationVerdictOutcome.PASS]: "pill-good",
  [CalibrationVerdictOutcome.FAIL]: "pill-bad",
  [CalibrationVerdictOutcome.UNCERTAIN]: "pill-warn",
};

interface RecordViewProps {
  readonly entry: CalibrationEntry;
  readonly record: CalibrationRecordSummary;
  /** Of the device, for the trends up to this record. */
  readonly entries: readonly CalibrationEntry[];
  readonly inUse: boolean;
  readonly onChange: () => void;
}

/** A record: its verdicts, its plots, whether it is in use, and its report. */
export function RecordView({ entry, record, entries, inUse, onChange }: RecordViewProps) {
  const until = entries.filter((each) => each.sequence <= entry.sequence);
  return (
    <section class="card" aria-labelledby="record-title" id="record" data-calibration={record.calibrationId}>
      <h2 id="record-title" class="row">
        {say(text.resultTitle, { at: sayClocked({ wall: entry.time, quality: entry.clockQuality }) })}
        <span class={`pill ${record.passed ? "pill-good" : "pill-bad"}`}>
          {say(record.passed ? text.passed : text.notPassed)}
        </span>
        {inUse && (
          <span class="pill pill-good" id="in-use">
            {say(text.isInUse)}
          </span>
        )}
      </h2>
      {!inUse && may(...WORKSHOP) && (
        <Acceptance key={record.calibrationId} calibrationId={record.calibrationId} onDone={onChange} />
      )}
      <Facts
        rows={[
          [text.by, entry.operator],
          [text.usedTargets, record.targets.join(", ")],
          [text.due, sayMoment(record.due)],
        ]}
      />
      <Reports calibrationId={record.calibrationId} />
      <Verdicts record={record} />
      <Plots record={record} entries={until} />
    </section>
  );
}

function Verdicts({ record }: { record: CalibrationRecordSummary }) {
  // What was not measured says least, and stands last.
  const last = (each: CalibrationVerdict) => Number(each.outcome === CalibrationVerdictOutcome.NOT_MEASURED);
  const verdicts = record.verdicts.toSorted((a, b) => last(a) - last(b));
  const sources = [...new Set(verdicts.map(sourceOf))];
  return (
    <>
      <h3>{say(text.verdicts)}</h3>
      {record.verdicts.length === 0 ? (
        <p>{say(text.noVerdicts)}</p>
      ) : (
        <WideTable label={say(text.verdicts)}>
          <thead>
            <tr>
              <th scope="col">{say(text.limit)}</th>
              <th scope="col" class="number">
                {say(text.value)}
              </th>
              <th scope="col" class="number">
                {say(text.bounds)}
              </th>
              <th scope="col">{say(text.verdict)}</th>
              <th scope="col" class="number">
                {say(text.source)}
              </th>
            </tr>
          </thead>
          <tbody>
            {verdicts.map((each) => (
              <tr key={each.limit} data-limit={each.limit} data-outcome={CalibrationVerdictOutcome[each.outcome]}>
                <td>
                  <code>{each.limit}</code>
                </td>
                <td class="number">{sayValue(each.value, each.uncertainty, each.unit)}</td>
                <td class="number">{sayBounds(each)}</td>
                <td>
                  <span class={`pill ${TONES[each.outcome] ?? ""}`}>{say(outcomeWords[each.outcome])}</span>
                </td>
                <td class="number">[{sources.indexOf(sourceOf(each)) + 1}]</td>
              </tr>
            ))}
          </tbody>
        </WideTable>
      )}
      {sources.length > 0 && (
        <details>
          <summary>{say(text.sources)}</summary>
          <ol>
            {sources.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ol>
        </details>
      )}
      <details>
        <summary>{say(text.otherValues, { n: record.values.length })}</summary>
        <WideTable label={say(text.otherValues, { n: record.values.length })}>
          <tbody>
            {record.values.map((each) => (
              <tr key={`${each.procedure} ${each.name}`}>
                <th scope="row">
                  {each.procedure}: {each.name}
                </th>
                <td class="number">{sayValue(each.value, each.uncertainty, each.unit)}</td>
              </tr>
            ))}
          </tbody>
        </WideTable>
      </details>
    </>
  );
}

function sourceOf(verdict: CalibrationVerdict): string {
  return verdict.grade === "K" ? `${verdict.source} ${say(text.grade)}` : verdict.source;
}

function Plots({ record, entries }: { record: CalibrationRecordSummary; entries: readonly CalibrationEntry[] }) {
  const curves = modulationCurves(record);
  const trends = histories(entries).slice(0, MOST_HISTORIES);
  return (
    <>
      <h3>{say(text.plots)}</h3>
      {curves.length + trends.length === 0 && <p>{say(text.noPlots)}</p>}
      <div class="plots">
        {curves.map((each) => (
          <ModulationPlot key={each.name} curve={each} />
        ))}
        {trends.map((each) => (
          <HistoryPlot key={each.limit} history={each} />
        ))}
      </div>
    </>
  );
}
