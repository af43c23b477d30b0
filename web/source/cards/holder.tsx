import { useState } from "preact/hooks";
import { DeviceOptions } from "../capture/device_options";
import { devicesFor, type Part } from "../capture/part";
import { partWords } from "../capture/part.text";
import { useAction } from "../gateway/hooks";
import { listened, useGone } from "../gateway/listened";
import { devices, may } from "../gateway/store";
import type { LiveQuality } from "../generated/rekam/v1/capture_pb";
import type { HolderCardRead, HolderDecision, VerifyHolderResponse } from "../generated/rekam/v1/card_pb";
import { CardGenuineness, SupervisedReason } from "../generated/rekam/v1/card_pb";
import { FingerPosition } from "../generated/rekam/v1/common_pb";
import { ConfirmButton } from "../parts/confirm_button";
import { Facts } from "../parts/facts";
import { FailureNote } from "../parts/failure_note";
import { OperatorName, operator } from "../parts/operator_name";
import { say, sayNumber } from "../text/language";
import { comparisonWords, supervisedWords, text } from "./cards.text";
import { fitsPin, PinField, ReaderChoice } from "./reader_list";
import { cardClient, type Followed, isReplaced } from "./readers";

interface Progress {
  readonly card: HolderCardRead | undefined;
  readonly live: LiveQuality | undefined;
  readonly decision: HolderDecision | undefined;
}

const NOT_YET: Progress = { card: undefined, live: undefined, decision: undefined };
/** The fingers that a card has most often come first. */
const FINGERS: readonly FingerPosition[] = [2, 7, 1, 6, 3, 8, 4, 9, 5, 10];
const A_FINGER: Part = { kind: "finger", position: FingerPosition.RIGHT_INDEX };

type How =
  | { case: "scannerId"; value: string }
  | { case: "supervised"; value: { reason: SupervisedReason; paper: string } };

/** Whether the card is that of the person at the desk: a live finger against the card's, at most four times. */
export function Holder({ followed }: { followed: Followed }) {
  const [deviceId, setDeviceId] = useState("");
  const [scannerId, setScannerId] = useState("");
  const [position, setPosition] = useState<FingerPosition>(FingerPosition.RIGHT_INDEX);
  const [pin, setPin] = useState("");
  const [progress, setProgress] = useState(NOT_YET);
  const gone = useGone();
  const deed = useAction(async (how: How | undefined) => {
    const request = {
      deviceId,
      position,
      ...(how ? { finger: how } : {}),
      credentials: { pin },
      operator: operator(),
    };
    setPin("");
    setProgress(NOT_YET);
    const answers = listened((signal) => cardClient.verifyHolder(request, { signal }), gone());
    for await (const { event } of answers) setProgress((before) => taken(before, event));
  });
  const able = Boolean(fitsPin(pin) && operator() && !deed.busy);
  const scanners = devicesFor(A_FINGER, devices.value.values());
  const { decision } = progress;
  const stands = decision !== undefined && !isReplaced(decision.cardSerial, followed.readers.values());
  return (
    <div class="cards">
      <section class="card" aria-labelledby="holder-title">
        <h2 id="holder-title">{say(text.holderTitle)}</h2>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (able) deed.run(scannerId ? { case: "scannerId", value: scannerId } : undefined);
          }}
        >
          <OperatorName />
          <div class="fields">
            <ReaderChoice readers={followed.readers.values()} value={deviceId} onChoose={setDeviceId} />
            <label class="field">
              {say(text.finger)}
              <select
                name="holder-finger"
                value={position}
                onChange={(event) => setPosition(Number(event.currentTarget.value))}
              >
                {FINGERS.map((each) => (
                  <option key={each} value={each}>
                    {say(partWords[`finger-${each}`] ?? text.finger)}
                  </option>
                ))}
              </select>
            </label>
            <label class="field">
              {say(text.scanner)}
              <select
                name="holder-scanner"
                value={scannerId}
                onChange={(event) => setScannerId(event.currentTarget.value)}
              >
                <option value="">{say(text.anyReader)}</option>
                <DeviceOptions of={scanners} />
              </select>
            </label>
            <PinField value={pin} onInput={setPin} />
            <button type="submit" class="primary" id="verify-holder" disabled={!able}>
              {say(text.verify)}
            </button>
          </div>
          <p class="faint" id="pin-why">
            {say(text.pinWhy)}
          </p>
        </form>
        <FailureNote failure={deed.failure} onClose={deed.clear} />
        {deed.busy && <Asking progress={progress} position={position} />}
      </section>
      {stands && <Decision decision={decision} />}
      {may("supervisor") && <Supervised unable={!able} onAnswer={(value) => deed.run({ case: "supervised", value })} />}
    </div>
  );
}

function taken(before: Progress, event: VerifyHolderResponse["event"]): Progress {
  switch (event.case) {
    case "card":
      return { ...before, card: event.value };
    case "liveQuality":
      return { ...before, live: event.value };
    case "decision":
      return { ...before, decision: event.value };
    default:
      return before;
  }
}

function Asking({ progress, position }: { progress: Progress; position: FingerPosition }) {
  const { card, live } = progress;
  if (!card) return <p role="status">{say(text.readingCard)}</p>;
  const remark = live?.guidance[0];
  const finger = say(partWords[`finger-${position}`] ?? text.finger);
  return (
    <div class="instruction instruction-plain" aria-live="polite" id="holder-asking">
      <div>
        <p class="large">{remark?.remedy ? say(remark.remedy) : say(text.nowFinger, { finger })}</p>
        <p class="faint">{say(text.triesLeft, { n: card.triesLeft })}</p>
      </div>
      <meter min={0} max={100} low={40} high={60} optimum={100} value={live?.score ?? 0} aria-label={say(text.live)} />
    </div>
  );
}

function Decision({ decision }: { decision: HolderDecision }) {
  const { handsOver } = decision;
  const known = decision.finger !== FingerPosition.UNSPECIFIED;
  return (
    <section class="card" aria-labelledby="decision-title" id="decision" data-hands-over={handsOver}>
      <div class={`instruction instruction-${handsOver ? "good" : "bad"}`} role="status">
        <div>
          <h2 id="decision-title" class="large">
            {say(handsOver ? text.handOver : text.keepIt)}
          </h2>
          {decision.words && <p>{say(decision.words)}</p>}
          <p>{say(text.triesLeft, { n: decision.triesLeft })}</p>
        </div>
      </div>
      {decision.genuineness === CardGenuineness.NOT_GENUINE && (
        <p class="note note-bad" role="alert">
          {say(text.notGenuine)}
        </p>
      )}
      <Facts
        rows={[
          [text.cardSerial, decision.cardSerial],
          [text.matchedFinger, known && handsOver && say(partWords[`finger-${decision.finger}`] ?? text.finger)],
          [text.comparedIn, say(comparisonWords[decision.comparison])],
          [text.cardTries, decision.cardTriesLeft !== undefined && sayNumber(decision.cardTriesLeft)],
        ]}
      />
      {decision.liveness.length > 0 && decision.livenessNote && <p class="faint">{say(decision.livenessNote)}</p>}
    </section>
  );
}

function Supervised(props: {
  unable: boolean;
  onAnswer: (value: { reason: SupervisedReason; paper: string }) => void;
}) {
  const [reason, setReason] = useState<SupervisedReason>(SupervisedReason.FINGERS_NOT_USABLE);
  const [paper, setPaper] = useState("");
  return (
    <section class="card" aria-labelledby="supervised-title">
      <h2 id="supervised-title">{say(text.supervisedTitle)}</h2>
      <div class="fields">
        <label class="field">
          {say(text.reason)}
          <select
            name="supervised-reason"
            value={reason}
            onChange={(event) => setReason(Number(event.currentTarget.value))}
          >
            {Object.entries(supervisedWords).map(([each, words]) => (
              <option key={each} value={each}>
                {say(words)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          {say(text.paper)}
          <input
            name="supervised-paper"
            maxLength={128}
            autoComplete="off"
            value={paper}
            onInput={(event) => setPaper(event.currentTarget.value)}
          />
        </label>
        <ConfirmButton
          id="supervised"
          words={say(text.supervised)}
          question={say(text.supervisedSure)}
          danger
          disabled={props.unable}
          onConfirm={() => props.onAnswer({ reason, paper: paper.trim() })}
        />
      </div>
    </section>
  );
}
