import { useState } from "preact/hooks";
import { EYE_SHAPES, FACE_SHAPE, FINGER_SHAPES, type Shape, WIDTH } from "../capture/person_diagram";
import { useLoaded } from "../gateway/hooks";
import { devices } from "../gateway/store";
import {
  type Enrolment,
  type EnrolmentPart,
  EnrolmentPartStatus,
  EnrolmentState,
} from "../generated/rekam/v1/enrolment_pb";
import { FailureNote } from "../parts/failure_note";
import { operator } from "../parts/operator_name";
import { say, sayNumber } from "../text/language";
import { statusWords, text } from "../views/enrolment.text";
import { OperatorField } from "./begin";
import * as captures from "./captures";
import type { Deed } from "./deed";
import { ReasonDialog } from "./dialogs";
import { capturePartOf, isSettled, listed, scoreOf, UNIT_POSITIONS, unitStates } from "./profile";
import * as session from "./session";

/** Whose enrolment it is, how far it is, and how to leave it. */
export function Aside({ enrolment, deed }: { enrolment: Enrolment; deed: Deed }) {
  const open = enrolment.state === EnrolmentState.OPEN;
  return (
    <section class="card aside" aria-labelledby="view-title">
      <h1 id="view-title">{enrolment.profileName ? say(enrolment.profileName) : enrolment.profileId}</h1>
      <Reference enrolment={enrolment} />
      {enrolment.referenceRemarks.length > 0 && (
        <div class="note note-warn">
          <strong>{say(text.remarks)}</strong>
          {enrolment.referenceRemarks.map((each) => (
            <p key={each.code}>{each.words && say(each.words)}</p>
          ))}
        </div>
      )}
      {operator() === "" && <p class="note note-warn">{say(text.operatorWhy)}</p>}
      {operator() === "" && <OperatorField />}
      {open && <Parts enrolment={enrolment} />}
      <Ways deed={deed} enrolment={enrolment} />
      {open && <SyntheticPerson />}
    </section>
  );
}

/** Masked, as others can see the screen; in full when the operator asks. */
function Reference({ enrolment }: { enrolment: Enrolment }) {
  const [full, setFull] = useState(false);
  const id = enrolment.enrolmentId;
  const loaded = useLoaded(
    async (signal) =>
      full ? session.client.showReference({ enrolmentId: id, operator: operator() }, { signal }) : undefined,
    [id, full],
  );
  const { reference, supplements } = enrolment;
  if (supplements) return <p>{say(text.supplementOf, { id: supplements })}</p>;
  if (!reference) return null;
  const value = full ? loaded.value?.reference?.value : undefined;
  return (
    <>
      <p class="row">
        <strong class="reference">{value ?? reference.masked}</strong>
        <button type="button" class="quiet" disabled={!operator()} onClick={() => setFull(!full)}>
          {say(full ? text.hideReference : text.showReference)}
        </button>
      </p>
      <FailureNote failure={loaded.failure} />
    </>
  );
}

const MARKS: Readonly<Record<EnrolmentPartStatus, string>> = {
  [EnrolmentPartStatus.UNSPECIFIED]: "",
  [EnrolmentPartStatus.OPEN]: "○",
  [EnrolmentPartStatus.BELOW_THRESHOLD]: "!",
  [EnrolmentPartStatus.DONE]: "✓",
  [EnrolmentPartStatus.EXCEPTED]: "×",
  [EnrolmentPartStatus.AWAITING_APPROVAL]: "?",
  [EnrolmentPartStatus.NOT_NEEDED]: "–",
};

function Parts({ enrolment }: { enrolment: Enrolment }) {
  const { main, rest } = listed(enrolment, session.profile.value, session.takesSlaps.value, session.stage.value);
  const done = main.filter(isSettled).length;
  const ready = enrolment.lacks.length === 0;
  const words = say(text.progress, { done, of: main.length });
  return (
    <>
      <p class="row">
        <progress max={main.length} value={done} aria-hidden="true" />
        <span id="progress">{words}</span>
      </p>
      {enrolment.parts.some(capturePartOf) && <Diagram enrolment={enrolment} words={words} />}
      <ol class="part-list" aria-label={say(text.partList)}>
        {main.map((part) => (
          <PartButton key={part.key} part={part} />
        ))}
        <li class="whole-row">
          <button
            type="button"
            data-part={session.REVIEW}
            data-ready={ready}
            aria-current={session.stage.value === session.REVIEW ? "step" : undefined}
            disabled={captures.running.value}
            onClick={() => captures.show(session.REVIEW)}
          >
            <span aria-hidden="true">{ready ? "✓" : "○"}</span>
            <span>{say(text.review)}</span>
            <span class="faint">{say(ready ? text.reviewReady : text.reviewOpen)}</span>
          </button>
        </li>
      </ol>
      {rest.length > 0 && (
        <details>
          <summary>{say(text.otherWays)}</summary>
          <ul class="part-list">
            {rest.map((part) => (
              <PartButton key={part.key} part={part} />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function PartButton({ part }: { part: EnrolmentPart }) {
  const state = say(statusWords[part.status]);
  const score = scoreOf(part);
  const mark = score === undefined && part.status === EnrolmentPartStatus.OPEN; // the mark says it to those who see it
  return (
    <li>
      <button
        type="button"
        data-part={part.key}
        data-status={EnrolmentPartStatus[part.status]}
        aria-current={session.stage.value === part.key ? "step" : undefined}
        disabled={captures.running.value}
        onClick={() => captures.show(part.key)}
      >
        <span aria-hidden="true">{MARKS[part.status]}</span>
        <span>{part.name ? say(part.name) : part.key}</span>
        {score === undefined ? (
          <span class={mark ? "hidden-text" : "faint"}>{state}</span>
        ) : (
          <span class="faint">
            <span class="hidden-text">{state}, </span>
            {say(text.score, { n: sayNumber(score) })}
          </span>
        )}
      </button>
    </li>
  );
}

const UNIT_OF: ReadonlyMap<string, string> = new Map([
  ...Object.entries(UNIT_POSITIONS).map(([unit, position]): [string, string] => [`finger-${position}`, unit]),
  ["iris-1", "right-iris"],
  ["iris-2", "left-iris"],
  ["face", "portrait"],
]);

/** Hands, eyes and face fill as parts are done; the list beside it says the same in words. */
function Diagram({ enrolment, words }: { enrolment: Enrolment; words: string }) {
  const states = unitStates(enrolment, session.profile.value);
  const unitOf = (shape: Shape) =>
    UNIT_OF.get(
      shape.part.kind === "finger"
        ? `finger-${shape.part.position}`
        : shape.part.kind === "iris"
          ? `iris-${shape.part.eye}`
          : "face",
    ) ?? "";
  return (
    <svg
      class="diagram diagram-small"
      viewBox={`0 0 ${WIDTH} 232`}
      role="img"
      aria-label={say(text.diagram, { words })}
    >
      <rect class="palm" x="10" y="112" width="108" height="106" rx="26" />
      <rect class="palm" x={WIDTH - 118} y="112" width="108" height="106" rx="26" />
      <ellipse class="palm" cx="240" cy="94" rx="62" ry="76" />
      {[...FINGER_SHAPES, ...EYE_SHAPES, FACE_SHAPE].map((shape) => {
        const unit = unitOf(shape);
        const state = states.get(unit);
        const [x, y] = [shape.x + shape.width / 2, shape.y + shape.height / 2];
        return (
          <g
            key={unit}
            data-unit={unit}
            data-state={state ?? "unasked"}
            class={`part part-${state ?? "unasked"}`}
            transform={shape.turn ? `rotate(${shape.turn} ${x} ${y})` : undefined}
          >
            <rect x={shape.x} y={shape.y} width={shape.width} height={shape.height} rx={shape.round ?? 6} />
            <text x={x} y={y} transform={shape.turn ? `rotate(${-shape.turn} ${x} ${y})` : undefined}>
              {state === "good" ? "✓" : state === "poor" ? "!" : state === "missing" ? "×" : ""}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

/** Whom synthetic devices draw: only where there are some. */
function SyntheticPerson() {
  if (![...devices.value.values()].some((device) => device.synthetic)) return null;
  return (
    <details>
      <summary id="synthetic-open">{say(text.synthetic)}</summary>
      <p class="field">
        <label for="synthetic-person">{say(text.synthetic)}</label>
        <input
          id="synthetic-person"
          class="short"
          maxLength={15}
          autoComplete="off"
          aria-describedby="synthetic-why"
          value={captures.syntheticPerson.value}
          onInput={(event) => {
            captures.syntheticPerson.value = event.currentTarget.value;
          }}
        />
        <span class="faint" id="synthetic-why">
          {say(text.syntheticWhy)}
        </span>
      </p>
    </details>
  );
}

/** Put aside, give up, back to the list. */
function Ways({ deed, enrolment }: { deed: Deed; enrolment: Enrolment }) {
  const [asks, setAsks] = useState(false);
  const over = session.isOver(enrolment.state);
  const able = !deed.busy && !captures.running.value && operator() !== "";
  return (
    <div class="row ways">
      {enrolment.state === EnrolmentState.OPEN && (
        <button type="button" id="pause" disabled={!able} onClick={() => deed.run(() => session.pause(""))}>
          {say(text.pause)}
        </button>
      )}
      {!over && (
        <button type="button" id="abandon" class="danger" disabled={!able} onClick={() => setAsks(true)}>
          {say(text.abandon)}
        </button>
      )}
      <a class="button" href="#/enrolment" id="leave">
        {say(text.leave)}
      </a>
      {asks && (
        <ReasonDialog
          onBack={() => setAsks(false)}
          onReason={(reason) => {
            setAsks(false);
            deed.run(() => session.abandon(reason));
          }}
        />
      )}
    </div>
  );
}
