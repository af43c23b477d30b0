import { useState } from "preact/hooks";
import { idempotencyKey } from "../gateway/clients";
import type { Failure } from "../gateway/failure";
import { useAction } from "../gateway/hooks";
import { may } from "../gateway/store";
import { FailureNote } from "../parts/failure_note";
import { operator } from "../parts/operator_name";
import { say } from "../text/language";
import { calibrationClient } from "./run";
import { text } from "./technician.text";

/** What stands against a calibration, where the gateway refused it for that. */
export function objectionsOf(failure: Failure | undefined): string[] {
  if (failure?.reason !== "CALIBRATION_OBJECTED") return [];
  return Object.entries(failure.metadata)
    .filter(([name]) => name.startsWith("objection_"))
    .map(([, objection]) => objection);
}

/** Puts a record into use; what stands against it a supervisor overrules, and says why. */
export function Acceptance({ calibrationId, onDone }: { calibrationId: string; onDone: () => void }) {
  const [reason, setReason] = useState("");
  const accept = useAction(async (why: string) => {
    await calibrationClient.acceptCalibration({
      calibrationId,
      operator: operator(),
      reason: why,
      idempotencyKey: idempotencyKey(),
    });
    onDone();
  });
  const objections = objectionsOf(accept.failure);
  const able = !accept.busy && operator() !== "";
  return (
    <div class="acceptance">
      <p>{say(text.notInUse)}</p>
      <button type="button" class="primary" id="accept" disabled={!able} onClick={() => accept.run("")}>
        {say(text.accept)}
      </button>
      <FailureNote failure={accept.failure} />
      {objections.length > 0 && (
        <div class="note note-warn" id="objections">
          <p>
            <strong>{say(text.objections)}</strong>
          </p>
          <ul>
            {objections.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
          {may("supervisor") ? (
            <form
              class="fields"
              onSubmit={(event) => {
                event.preventDefault();
                if (able && reason.trim()) accept.run(reason.trim());
              }}
            >
              <label class="field">
                {say(text.reason)}
                <input
                  name="overrule-reason"
                  required
                  maxLength={1000}
                  size={40}
                  value={reason}
                  onInput={(event) => setReason(event.currentTarget.value)}
                />
              </label>
              <button type="submit" class="danger" id="overrule" disabled={!able || !reason.trim()}>
                {say(text.overrule)}
              </button>
            </form>
          ) : (
            <p>{say(text.supervisorNeeded)}</p>
          )}
        </div>
      )}
    </div>
  );
}
