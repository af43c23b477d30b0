import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { pending, sitterOf, toSettle, unknownId } from "../source/enrolment/captures";
import {
  exceptionsOf,
  listed,
  missingRuleOf,
  nextKey,
  scoreOf,
  UNIT_POSITIONS,
  unitStates,
} from "../source/enrolment/profile";
import { birthDateDiffers, nikFault, withoutBlanks } from "../source/enrolment/reference";
import * as session from "../source/enrolment/session";
import { begun, isWritten, MOST_POINTS, moved, NOTHING_WRITTEN, PAD, pointCount } from "../source/enrolment/strokes";
import { forget, takeCapture } from "../source/gateway/store";
import { CaptureSchema, CaptureState } from "../source/generated/rekam/v1/capture_pb";
import {
  type Enrolment,
  EnrolmentExceptionSchema,
  EnrolmentPartKind,
  EnrolmentPartStatus,
  EnrolmentSchema,
  MissingRule,
  ProfileSchema,
} from "../source/generated/rekam/v1/enrolment_pb";

const { FINGER, SLAP, PORTRAIT } = EnrolmentPartKind;
const { OPEN, DONE, NOT_NEEDED, BELOW_THRESHOLD } = EnrolmentPartStatus;

const SLAP_UNITS: Readonly<Record<string, readonly string[]>> = {
  "right-four": ["right-index", "right-middle", "right-ring", "right-little"],
  "left-four": ["left-index", "left-middle", "left-ring", "left-little"],
  "two-thumbs": ["right-thumb", "left-thumb"],
};
const SINGLES = Object.keys(UNIT_POSITIONS);
const KEYS = ["portrait", ...Object.keys(SLAP_UNITS), ...SINGLES];
const kindOf = (key: string) => (key === "portrait" ? PORTRAIT : key in SLAP_UNITS ? SLAP : FINGER);

const PROFILE = create(ProfileSchema, {
  profileId: "p",
  mostTries: 2,
  steps: [
    { alternatives: [{ parts: ["portrait"] }], required: true, missing: MissingRule.NEVER },
    {
      alternatives: [{ parts: Object.keys(SLAP_UNITS) }, { parts: SINGLES }],
      required: true,
      missing: MissingRule.SUPERVISOR,
    },
  ],
  parts: KEYS.map((key) => ({ key, kind: kindOf(key), units: [...(SLAP_UNITS[key] ?? [key])] })),
});

interface Stands {
  status: EnrolmentPartStatus;
  tries?: { kept: boolean; passed: boolean; scores: Record<string, number> }[];
}

/** Slaps are proposed, single fingers are not needed, unless `stands` says otherwise. */
function enrolmentWith(nextPart: string, stands: Readonly<Record<string, Stands>> = {}): Enrolment {
  return create(EnrolmentSchema, {
    enrolmentId: "e",
    version: 1n,
    profileId: "p",
    nextPart,
    parts: KEYS.map((key) => {
      const { status, tries } = stands[key] ?? { status: SINGLES.includes(key) ? NOT_NEEDED : OPEN };
      return {
        key,
        kind: kindOf(key),
        status,
        tries: (tries ?? []).map((each, at) => ({ captureId: `${key}-${at}`, ...each })),
      };
    }),
  });
}

const keys = (parts: readonly { key: string }[]) => parts.map((part) => part.key);

beforeEach(() => {
  forget();
  session.leave();
  pending.value = {};
});

test("a NIK of good shape is taken, and each fault is named", () => {
  const good = "3174056505850001";
  assert.equal(nikFault(good), undefined);
  assert.equal(nikFault("3174053102850001"), undefined); // 31 February: a NIK is lifelong
  const faults = [
    ["31740565058500O1", "not_digits"],
    ["317405650585000", "length"],
    ["1074056505850001", "province"],
    ["9774056505850001", "province"],
    ["3174053205850001", "day"],
    ["3174054005850001", "day"],
    ["3174057205850001", "day"],
    ["3174056513850001", "month"],
    ["3174056500850001", "month"],
    ["3174056505850000", "serial"],
  ];
  for (const [text, fault] of faults) assert.equal(nikFault(text ?? ""), fault, text);
  assert.equal(withoutBlanks(" 3174 0565-0585.0001 "), good);
});

test("a birth date that differs is noticed, of women as of men; half a date or half a NIK is not", () => {
  assert.equal(birthDateDiffers("3174056505850001", "1985-05-25"), false);
  assert.equal(birthDateDiffers("3174052505850001", "1985-05-25"), false);
  assert.equal(birthDateDiffers("3174052505850001", "1985-05-26"), true);
  assert.equal(birthDateDiffers("3174052505850001", "1985-06-25"), true);
  assert.equal(birthDateDiffers("3174052505850001", "1986-05-25"), true);
  assert.equal(birthDateDiffers("3174052505850001", ""), false);
  assert.equal(birthDateDiffers("317405250585", "1999-01-01"), false);
});

test("slaps come one after the other where a scanner takes them", () => {
  assert.equal(nextKey(enrolmentWith("portrait"), PROFILE, true), "portrait");
  assert.equal(nextKey(enrolmentWith("right-four"), PROFILE, true), "right-four");
  assert.equal(nextKey(enrolmentWith(""), PROFILE, true), "");
});

test("fingers come one by one where nothing takes slaps", () => {
  assert.equal(nextKey(enrolmentWith("right-four"), PROFILE, false), "right-thumb");
  const tried = { kept: true, passed: true, scores: { "right-thumb": 70 } };
  const thumb = { "right-thumb": { status: NOT_NEEDED, tries: [tried] } };
  assert.equal(nextKey(enrolmentWith("right-four", thumb), PROFILE, false), "right-index");
});

test("of a slap whose tries are used up, the fingers that it did not show are captured alone", () => {
  const scores = { "right-index": 60, "right-middle": 61, "right-little": 50 };
  const tries = [
    { kept: false, passed: false, scores },
    { kept: true, passed: false, scores },
  ];
  const slap = (made: typeof tries) =>
    enrolmentWith("right-four", { "right-four": { status: BELOW_THRESHOLD, tries: made } });
  assert.equal(nextKey(slap(tries.slice(1)), PROFILE, true), "right-four");
  assert.equal(nextKey(slap(tries), PROFILE, true), "right-ring");
});

test("the list shows what this desk can take, the other ways apart", () => {
  const here = listed(enrolmentWith("portrait"), PROFILE, true, "portrait");
  assert.deepEqual(keys(here.main), ["portrait", ...Object.keys(SLAP_UNITS)]);
  assert.deepEqual(keys(here.rest), SINGLES);
  const there = listed(enrolmentWith("portrait"), PROFILE, false, "portrait");
  assert.deepEqual(keys(there.main), ["portrait", ...SINGLES]);
  assert.deepEqual(keys(there.rest), Object.keys(SLAP_UNITS));
});

test("fingers fill by the slap that gives them, but not the one that it did not show or that is missing", () => {
  const scores = { "right-index": 60, "right-middle": 61, "right-little": 50 };
  const enrolment = enrolmentWith("left-four", {
    "right-four": { status: DONE, tries: [{ kept: true, passed: true, scores }] },
  });
  const states = unitStates(enrolment, PROFILE);
  assert.equal(states.get("right-index"), "good");
  assert.equal(states.get("right-ring"), "poor");
  assert.equal(states.get("left-index"), "todo");
  assert.equal(states.has("signature"), false);
  assert.equal(scoreOf(enrolment.parts.find((part) => part.key === "right-four") ?? assert.fail()), 50);
  const amputated = create(EnrolmentSchema, {
    ...enrolment,
    exceptions: [create(EnrolmentExceptionSchema, { unit: "right-ring" })],
  });
  assert.equal(unitStates(amputated, PROFILE).get("right-ring"), "missing");
  assert.deepEqual(
    exceptionsOf(amputated, PROFILE, "right-four").map((each) => each.unit),
    ["right-ring"],
  );
});

test("whether a part may be missing is its step's to say", () => {
  assert.equal(missingRuleOf(PROFILE, "portrait"), MissingRule.NEVER);
  assert.equal(missingRuleOf(PROFILE, "left-ring"), MissingRule.SUPERVISOR);
  assert.equal(missingRuleOf(undefined, "portrait"), MissingRule.REASON);
});

test("an older answer of the same enrolment changes nothing; another enrolment takes its place", () => {
  session.take(create(EnrolmentSchema, { enrolmentId: "e", version: 5n }));
  session.chosen.value = "portrait";
  session.take(create(EnrolmentSchema, { enrolmentId: "e", version: 4n }));
  assert.equal(session.enrolment.value?.version, 5n);
  assert.equal(session.chosen.value, "portrait");
  session.take(create(EnrolmentSchema, { enrolmentId: "f", version: 1n }));
  assert.deepEqual([session.enrolment.value?.enrolmentId, session.chosen.value], ["f", ""]);
});

const settled = () => toSettle.value?.captureId ?? "";

test("a capture of before a reload is asked for, and added when it has ended; one of another enrolment waits", () => {
  session.take(create(EnrolmentSchema, { enrolmentId: "e", version: 1n }));
  pending.value = { e: { captureId: "c", part: "portrait" }, f: { captureId: "d", part: "portrait" } };
  assert.equal(unknownId.value, "c");
  takeCapture(create(CaptureSchema, { captureId: "c", state: CaptureState.CAPTURING }));
  assert.deepEqual([unknownId.value, settled()], ["", ""]);
  takeCapture(create(CaptureSchema, { captureId: "d", state: CaptureState.DONE }));
  assert.equal(settled(), "");
  takeCapture(create(CaptureSchema, { captureId: "c", state: CaptureState.DONE }));
  assert.equal(settled(), "c");
});

const BOX = { left: 100, top: 50, width: PAD.width / 2, height: PAD.height / 2 };
const at = (clientX: number, clientY: number, timeStamp: number, pressure = 0.5) => ({
  clientX,
  clientY,
  timeStamp,
  pressure,
});

test("a stroke keeps place, pressure and time, in pixels of the pad", () => {
  const down = begun(NOTHING_WRITTEN, at(110, 60, 1000, 0.25), BOX);
  const drawn = moved(down, [at(160, 60, 1008, 0.75), at(5000, 60, 1004, 7)], BOX);
  assert.deepEqual(drawn.strokes, [
    [
      { x: 20, y: 20, elapsedMs: 0, pressure: 0.25 },
      { x: 120, y: 20, elapsedMs: 8, pressure: 0.75 },
      { x: PAD.width, y: 20, elapsedMs: 8, pressure: 1 }, // time never goes back, nothing lies beside the pad
    ],
  ]);
  const second = begun(drawn, at(110, 70, 2000), BOX);
  assert.equal(second.strokes.length, 2);
  assert.equal(second.strokes[1]?.[0]?.elapsedMs, 1000);
});

test("a dot is no signature, and a pad that is full takes no more", () => {
  const down = begun(NOTHING_WRITTEN, at(110, 60, 0), BOX);
  assert.equal(isWritten(down), false);
  assert.equal(isWritten(moved(down, [at(160, 60, 8)], BOX)), true);
  assert.equal(moved(NOTHING_WRITTEN, [at(160, 60, 8)], BOX), NOTHING_WRITTEN);
  const many = moved(
    down,
    Array.from({ length: MOST_POINTS + 10 }, (_, index) => at(110, 60, index)),
    BOX,
  );
  assert.equal(pointCount(many), MOST_POINTS);
  assert.equal(begun(many, at(110, 60, 1e6), BOX), many);
});

test("synthetic devices draw one person for an enrolment: the one that was asked for, else one of its own", () => {
  assert.deepEqual(sitterOf("any", "42"), { person: 42 });
  assert.deepEqual(sitterOf("any", " 0 "), { person: 0 });
  assert.deepEqual(sitterOf("any", "42/11"), { person: 42, placement: 11 });
  const own = sitterOf("5f0c-1", "");
  for (const asked of ["no number", "100000", "42/", "-1"]) assert.deepEqual(sitterOf("5f0c-1", asked), own);
  assert.ok(own.person >= 1 && own.person <= 99_999);
  assert.notDeepEqual(sitterOf("5f0c-2", ""), own);
});
