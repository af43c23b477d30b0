import { useState } from "preact/hooks";
import { idempotencyKey } from "../gateway/clients";
import { useAction } from "../gateway/hooks";
import { may } from "../gateway/store";
import type { CalibrationEntry, CalibrationStanding } from "../generated/rekam/v1/calibration_pb";
import { ConfirmButton } from "../parts/confirm_button";
import { WideTable } from "../parts/facts";
import { FailureNote } from "../parts/failure_note";
import { sayClocked } from "../parts/moments";
import { operator } from "../parts/operator_name";
import { say } from "../text/language";
import { WORKSHOP } from "../views/view";
import { calibrationClient } from "./run";
import { procedureWords, text } from "./technician.text";

interface HistoryProps {
  readonly standing: CalibrationStanding;
  readonly entries: readonly CalibrationEntry[];
  readonly onShow: (calibrationId: string) => void;
  readonly onChange: () => void;
}

/** All that is known of a device, the newest first, and the way back to the calibration before. */
export function HistoryCard({ standing, entries, onShow, onChange }: HistoryProps) {
  return (
    <section class="card" aria-labelledby="history-title">
      <h2 id="history-title">{say(text.historyTitle)}</h2>
      {entries.length === 0 ? (
        <p>{say(text.noHistory)}</p>
      ) : (
        <WideTable label={say(text.historyTitle)}>
          <thead>
            <tr>
              <th scope="col">{say(text.when)}</th>
              <th scope="col">{say(text.what)}</th>
              <th scope="col">{say(text.by)}</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <tr key={String(entry.sequence)} data-entry={entry.content.case}>
                <td>{sayClocked({ wall: entry.time, quality: entry.clockQuality })}</td>
                <td>
                  <Content entry={entry} onShow={onShow} />
                </td>
                <td>{entry.operator}</td>
              </tr>
            ))}
          </tbody>
        </WideTable>
      )}
      {standing.calibrationId && may(...WORKSHOP) && <Rollback deviceId={standing.deviceId} onChange={onChange} />}
    </section>
  );
}

function Content({ entry, onShow }: { entry: CalibrationEntry; onShow: (calibrationId: string) => void }) {
  const { content } = entry;
  if (content.case === "record") {
    const { calibrationId, passed, procedures } = content.value;
    const names = procedures.map((each) => (procedureWords[each] ? say(procedureWords[each]) : each)).join(", ");
    return (
      <>
        <p>
          {say(text.measured, { procedures: names })}{" "}
          <span class={`pill ${passed ? "pill-good" : "pill-bad"}`}>{say(passed ? text.passed : text.notPassed)}</span>
        </p>
        <button type="button" class="quiet" data-show={calibrationId} onClick={() => onShow(calibrationId)}>
          {say(text.show)}
        </button>
      </>
    );
  }
  if (content.case !== "decision") return null;
  const { action, calibrationId, reason, objections } = content.value;
  return (
    <>
      <strong>{text.actions[action] ? say(text.actions[action]) : action}</strong> <code>{calibrationId}</code>
      {reason && <p>{reason}</p>}
      {objections.length > 0 && <p class="faint">{say(text.overruled, { objections: objections.join("; ") })}</p>}
    </>
  );
}

function Rollback({ deviceId, onChange }: { deviceId: string; onChange: () => void }) {
  const [reason, setReason] = useState("");
  const rollback = useAction(async () => {
    await calibrationClient.rollbackCalibration({
      deviceId,
      operator: operator(),
      reason: reason.trim(),
      idempotencyKey: idempotencyKey(),
    });
    setReason("");
    onChange();
  });
  return (
    <>
      <div class="fields">
        <label class="field">
          {say(text.rollbackReason)}
          <input
            name="rollback-reason"
            maxLength={1000}
            size={40}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <ConfirmButton
          id="rollback"
          words={say(text.rollback)}
          question={say(text.rollbackSure)}
          danger
          disabled={rollback.busy || !reason.trim() || !operator()}
          onConfirm={() => rollback.run()}
        />
      </div>
      <FailureNote failure={rollback.failure} onClose={rollback.clear} />
    </>
  );
}
