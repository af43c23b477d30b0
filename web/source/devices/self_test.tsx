import { useState } from "preact/hooks";
import { deviceClient, idempotencyKey } from "../gateway/clients";
import { useAction } from "../gateway/hooks";
import type { RunSelfTestResponse } from "../generated/rekam/v1/device_pb";
import { ConfirmButton } from "../parts/confirm_button";
import { FailureNote } from "../parts/failure_note";
import { say } from "../text/language";
import { text } from "./devices.text";

/** Reset and self-test, and what came of them. */
export function DeviceDeeds({ deviceId, onDone }: { deviceId: string; onDone: () => void }) {
  const [steps, setSteps] = useState<readonly RunSelfTestResponse[]>([]);
  const [ended, setEnded] = useState(false);
  const [wasReset, setWasReset] = useState(false);
  const begin = () => {
    setSteps([]);
    setEnded(false);
    setWasReset(false);
    reset.clear();
    test.clear();
  };
  const reset = useAction(async () => {
    begin();
    await deviceClient.resetDevice({ deviceId, idempotencyKey: idempotencyKey() });
    setWasReset(true);
    onDone();
  });
  const test = useAction(async () => {
    begin();
    for await (const step of deviceClient.runSelfTest({ deviceId })) setSteps((before) => [...before, step]);
    setEnded(true);
    onDone();
  });
  const busy = reset.busy || test.busy;
  const good = steps.every((each) => each.passed);
  return (
    <div class="deeds">
      <div class="row">
        <button type="button" id="self-test" disabled={busy} onClick={() => test.run()}>
          {say(text.selfTest)}
        </button>
        <ConfirmButton
          id="reset"
          words={say(text.reset)}
          question={say(text.resetSure)}
          disabled={busy}
          onConfirm={() => reset.run()}
        />
      </div>
      <FailureNote
        failure={reset.failure ?? test.failure}
        onClose={() => {
          reset.clear();
          test.clear();
        }}
      />
      <div role="status">
        {wasReset && <p class="note">{say(text.resetDone)}</p>}
        {test.busy && <p>{say(text.testing)}</p>}
        {ended && <p class={good ? "note" : "note note-warn"}>{say(good ? text.allPassed : text.someFailed)}</p>}
      </div>
      {steps.length > 0 && (
        <ul class="plain-list" id="self-test-steps" data-ended={ended}>
          {steps.map((step) => (
            <li key={step.name}>
              <span class={`pill ${step.passed ? "pill-good" : "pill-bad"}`}>
                {say(step.passed ? text.passed : text.failed)}
              </span>{" "}
              <strong>{step.name}</strong> {step.detail}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
