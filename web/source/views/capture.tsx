import { useState } from "preact/hooks";
import { DeviceOptions } from "../capture/device_options";
import { GuidancePicture } from "../capture/guidance_picture";
import { instructionFor } from "../capture/instruction";
import { LiveView } from "../capture/live_view";
import { MissingReasons } from "../capture/missing_reasons";
import { devicesFor, isSlap, keyOf, modalityOf, nameOf, SINGLE_PARTS, SLAPS } from "../capture/part";
import { PersonDiagram } from "../capture/person_diagram";
import { frame } from "../capture/previews";
import { Result } from "../capture/result";
import * as session from "../capture/session";
import { type Action, useAction, useLoaded } from "../gateway/hooks";
import { connection, devices } from "../gateway/store";
import { CaptureAction, type MissingReason } from "../generated/rekam/v1/capture_pb";
import { ConfirmButton } from "../parts/confirm_button";
import { FailureNote } from "../parts/failure_note";
import { useSecondsLeft } from "../parts/seconds_left";
import { useShortcuts } from "../shell/shortcuts";
import { say } from "../text/language";
import "./capture.css";
import { text } from "./capture.text";
import { DESK, type View } from "./view";

function Capture() {
  const live = connection.value.state === "live";
  // With each connection: another run of the gateway tells nothing of what an earlier one recorded.
  const recalled = useLoaded(
    async (signal) => {
      if (live) await session.recall(signal);
    },
    [live],
  );
  const deed = useAction((act: () => Promise<unknown>) => act());
  return (
    <div class="capture">
      <section class="card" aria-labelledby="view-title">
        <h1 id="view-title">{say(text.title)}</h1>
        <Progress />
        <PersonDiagram />
        <DeviceChoice />
        <NextPerson disabled={deed.busy} />
      </section>
      <section class="card stage" aria-label={say(nameOf(session.part.value))}>
        <Stage />
        <FailureNote failure={deed.failure ?? recalled.failure} onClose={deed.clear} />
        <Controls key={keyOf(session.part.value)} deed={deed} />
      </section>
    </div>
  );
}

function Progress() {
  const done = SINGLE_PARTS.filter((each) => session.stateOf(each) !== "todo" && session.stateOf(each) !== "running");
  return (
    <p class="row">
      <progress max={SINGLE_PARTS.length} value={done.length} aria-hidden="true" />
      <span>{say(text.progress, { done: done.length, of: SINGLE_PARTS.length })}</span>
    </p>
  );
}

function DeviceChoice() {
  const part = session.part.value;
  const fit = devicesFor(part, devices.value.values());
  const used = session.deviceOf(part);
  if (!used) return <p class="note note-warn">{say(text.noDevice, { part: say(nameOf(part)) })}</p>;
  const chosen = fit.some((device) => device.deviceId === session.chosenDevice.value);
  return (
    <>
      <p class="row">
        <label for="device">{say(text.device)}</label>
        <select
          id="device"
          disabled={session.running.value}
          value={chosen ? session.chosenDevice.value : ""}
          onChange={(event) => {
            session.chosenDevice.value = event.currentTarget.value;
          }}
        >
          <option value="">{say(text.automatic)}</option>
          <DeviceOptions of={fit} />
        </select>
      </p>
      {used.synthetic && <p class="faint">{say(text.synthetic)}</p>}
    </>
  );
}

function NextPerson({ disabled }: { disabled: boolean }) {
  const nothing = Object.keys(session.person.value.captured).length === 0;
  return (
    <ConfirmButton
      id="new-person"
      words={say(text.person)}
      question={say(text.personSure)}
      disabled={disabled || nothing || session.running.value}
      onConfirm={session.nextPerson}
    />
  );
}

function Stage() {
  const part = session.part.value;
  const capture = session.shown.value;
  const running = session.running.value;
  const left = useSecondsLeft(running ? session.deadline.value : undefined);
  if (capture && !running) return <Result capture={capture} />;
  const told = instructionFor(part, capture, running ? frame.value?.live : undefined);
  return (
    <>
      <div class={`instruction instruction-${told.tone}`}>
        <GuidancePicture code={told.code} modality={modalityOf(part)} />
        <div aria-live="polite" aria-atomic="true">
          <p class="large">{told.words}</p>
          {told.fault && <p>{told.fault}</p>}
        </div>
      </div>
      {running && capture && (
        <>
          <LiveView captureId={capture.captureId} modality={capture.modality} running={running} />
          {session.deadline.value !== undefined && (
            <p class="row countdown">
              <progress max={session.TIMEOUT_S} value={left} aria-hidden="true" />
              <span>{say(text.left1, { n: left })}</span>
            </p>
          )}
        </>
      )}
    </>
  );
}

type Deed = Action<[act: () => Promise<unknown>]>;

function Controls({ deed }: { deed: Deed }) {
  const [asksWhy, setAsksWhy] = useState(false);
  const part = session.part.value;
  const capture = session.shown.value;
  const running = session.running.value;
  const next = session.nextPart(part, isSlap(part) ? SLAPS : SINGLE_PARTS);
  const able = session.deviceOf(part) !== undefined && !deed.busy;

  const start = () => deed.run(() => session.start());
  const command = (action: CaptureAction) => deed.run(() => session.command(action));
  const retake = () => deed.run(() => session.retake());
  const goOn = () => {
    if (next) session.choose(next);
    start();
  };
  const why = () => setAsksWhy(true);
  const because = (reason: MissingReason) => {
    setAsksWhy(false);
    deed.run(() => session.markMissing(reason));
  };
  const ended = capture !== undefined && !running;

  useShortcuts({
    ...(running ? { enter: () => command(CaptureAction.TRIGGER), escape: () => command(CaptureAction.CANCEL) } : {}),
    ...(running || (ended && able) ? { r: retake } : {}),
    ...(!capture && able ? { enter: start } : {}),
    ...(ended && next && able ? { enter: goOn } : {}),
    ...(running || able ? { m: why } : {}),
  });

  return (
    <div class="row controls">
      {!capture && (
        <Button id="start" primary disabled={!able} words={say(text.start)} keyName="Enter" onClick={start} />
      )}
      {ended && next && (
        <Button
          id="next"
          primary
          disabled={!able}
          keyName="Enter"
          onClick={goOn}
          words={say(text.next, { part: say(nameOf(next)) })}
        />
      )}
      {ended && !next && <strong>{say(text.allDone)}</strong>}
      {running && (
        <Button
          id="take"
          primary
          disabled={deed.busy}
          words={say(text.take)}
          keyName="Enter"
          onClick={() => command(CaptureAction.TRIGGER)}
        />
      )}
      {capture && (
        <Button id="retake" disabled={deed.busy || !able} words={say(text.retake)} keyName="R" onClick={retake} />
      )}
      <Button id="missing" disabled={!able} words={say(text.missing)} keyName="M" onClick={why} />
      {running && (
        <Button
          id="cancel"
          disabled={deed.busy}
          words={say(text.cancel)}
          keyName="Esc"
          onClick={() => command(CaptureAction.CANCEL)}
        />
      )}
      {asksWhy && <MissingReasons part={part} onReason={because} onBack={() => setAsksWhy(false)} />}
    </div>
  );
}

interface ButtonProps {
  readonly id: string;
  readonly words: string;
  readonly keyName: string;
  readonly disabled: boolean;
  readonly primary?: boolean;
  readonly onClick: () => void;
}

function Button({ id, words, keyName, disabled, primary, onClick }: ButtonProps) {
  return (
    <button
      type="button"
      id={id}
      aria-keyshortcuts={keyName}
      class={primary ? "primary" : ""}
      disabled={disabled}
      onClick={onClick}
    >
      {words} <kbd>{keyName}</kbd>
    </button>
  );
}

export const capture: View = { name: "capture", title: text.title, roles: DESK, component: Capture };
