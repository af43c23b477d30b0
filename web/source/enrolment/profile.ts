/** What a profile asks for next, as the desk has it: pure functions of what the gateway told. */
import type { Part } from "../capture/part";
import { type EyePosition, FingerPosition } from "../generated/rekam/v1/common_pb";
import {
  type Enrolment,
  type EnrolmentException,
  type EnrolmentPart,
  EnrolmentPartKind,
  EnrolmentPartStatus,
  MissingRule,
  type Profile,
  type ProfilePart,
} from "../generated/rekam/v1/enrolment_pb";

const { OPEN, BELOW_THRESHOLD, DONE, EXCEPTED, AWAITING_APPROVAL, NOT_NEEDED } = EnrolmentPartStatus;

/** Positions by the keys of single fingers (ISO/IEC 19794-4, table 6). */
export const UNIT_POSITIONS: Readonly<Record<string, FingerPosition>> = {
  "right-thumb": FingerPosition.RIGHT_THUMB,
  "right-index": FingerPosition.RIGHT_INDEX,
  "right-middle": FingerPosition.RIGHT_MIDDLE,
  "right-ring": FingerPosition.RIGHT_RING,
  "right-little": FingerPosition.RIGHT_LITTLE,
  "left-thumb": FingerPosition.LEFT_THUMB,
  "left-index": FingerPosition.LEFT_INDEX,
  "left-middle": FingerPosition.LEFT_MIDDLE,
  "left-ring": FingerPosition.LEFT_RING,
  "left-little": FingerPosition.LEFT_LITTLE,
};

/** The part as the capture's own rooms know it; undefined of a signature, which no device captures. */
export function capturePartOf(part: EnrolmentPart): Part | undefined {
  switch (part.kind) {
    case EnrolmentPartKind.FINGER:
    case EnrolmentPartKind.SLAP:
      return { kind: "finger", position: part.position };
    case EnrolmentPartKind.IRIS:
      return { kind: "iris", eye: part.eye as EyePosition };
    case EnrolmentPartKind.PORTRAIT:
      return { kind: "face" };
    default:
      return undefined;
  }
}

export function partOf(enrolment: Enrolment, key: string): EnrolmentPart | undefined {
  return enrolment.parts.find((part) => part.key === key);
}

/** The part as the profile asks for it; undefined where the profile was changed since and has it no more. */
export function askedPart(profile: Profile | undefined, key: string): ProfilePart | undefined {
  return profile?.parts.find((part) => part.key === key);
}

/** The single fingers or eyes that a part gives; its own key where it gives itself. */
export function unitsOf(profile: Profile | undefined, key: string): readonly string[] {
  return askedPart(profile, key)?.units ?? [key];
}

/** Those of a part's units that were said to be missing. */
export function exceptionsOf(
  enrolment: Enrolment,
  profile: Profile | undefined,
  key: string,
): readonly EnrolmentException[] {
  const units = unitsOf(profile, key);
  return enrolment.exceptions.filter((each) => units.includes(each.unit));
}

/** Whether a part may be missing; with a reason where the profile is not known, as the gateway has the last word. */
export function missingRuleOf(profile: Profile | undefined, key: string): MissingRule {
  const step = profile?.steps.find((each) => each.alternatives.some((choice) => choice.parts.includes(key)));
  return step?.missing || MissingRule.REASON;
}

/**
 * Key of the part to be captured next, empty where none is.
 *
 * Where the gateway proposes a slap and `slaps` says that a scanner takes one, it is captured until its tries are used
 * up; fingers that it did not show then, and all of them where nothing takes slaps, are captured one by one.
 */
export function nextKey(enrolment: Enrolment, profile: Profile | undefined, slaps: boolean): string {
  const part = partOf(enrolment, enrolment.nextPart);
  if (!part) return "";
  if (part.kind !== EnrolmentPartKind.SLAP || !profile) return part.key;
  if (slaps && (!profile.mostTries || part.tries.length < profile.mostTries)) return part.key;
  const shown = shownBySlaps(enrolment, profile);
  const units = unitsOf(profile, part.key);
  for (const step of profile.steps) {
    const keys = step.alternatives.flatMap((choice) => choice.parts);
    if (!keys.includes(part.key)) continue;
    const single = keys.find((key) => {
      const each = partOf(enrolment, key);
      if (!each || each.kind === EnrolmentPartKind.SLAP || shown.has(key)) return false;
      return (!slaps || units.includes(key)) && isOpen(each);
    });
    if (single) return single;
  }
  return part.key;
}

/** Fingers that slaps gave, each slap done or tried as often as may be. */
function shownBySlaps(enrolment: Enrolment, profile: Profile): ReadonlySet<string> {
  const over = enrolment.parts.filter(
    (part) =>
      part.kind === EnrolmentPartKind.SLAP &&
      (part.status === DONE || (profile.mostTries > 0 && part.tries.length >= profile.mostTries)),
  );
  return new Set(
    over.flatMap((part) => part.tries.filter((each) => each.kept).flatMap((each) => Object.keys(each.scores))),
  );
}

function isOpen(part: EnrolmentPart): boolean {
  return [OPEN, BELOW_THRESHOLD, NOT_NEEDED].includes(part.status) && !part.tries.some((each) => each.passed);
}

export interface Listed {
  /** What this person is to give, in order. */
  readonly main: readonly EnrolmentPart[];
  /** Other ways to the same: fingers one by one, or slaps. */
  readonly rest: readonly EnrolmentPart[];
}

/** The parts as a list fills with them; `shown` is the one on the stage. */
export function listed(enrolment: Enrolment, profile: Profile | undefined, slaps: boolean, shown: string): Listed {
  const due = new Set(
    (profile?.steps ?? []).flatMap((step) => {
      const keys = step.alternatives.flatMap((choice) => choice.parts);
      return keys.some((key) => partOf(enrolment, key)?.status === OPEN) ? keys : [];
    }),
  );
  const isMain = (part: EnrolmentPart) => {
    if (part.key === shown || part.tries.length > 0) return true;
    if ([DONE, BELOW_THRESHOLD, EXCEPTED, AWAITING_APPROVAL].includes(part.status)) return true;
    if (part.kind === EnrolmentPartKind.SLAP) return part.status === OPEN && slaps;
    return part.status === OPEN || (!slaps && due.has(part.key));
  };
  return { main: enrolment.parts.filter(isMain), rest: enrolment.parts.filter((part) => !isMain(part)) };
}

/** Whether a part needs nothing more. */
export function isSettled(part: EnrolmentPart): boolean {
  return [DONE, EXCEPTED, NOT_NEEDED].includes(part.status);
}

export type UnitState = "todo" | "good" | "poor" | "missing";

/** How each finger, eye, portrait and signature that the profile asks for stands. */
export function unitStates(enrolment: Enrolment, profile: Profile | undefined): ReadonlyMap<string, UnitState> {
  const states = new Map<string, UnitState>();
  for (const part of enrolment.parts)
    for (const unit of unitsOf(profile, part.key)) {
      const before = states.get(unit) ?? "todo";
      states.set(unit, better(before, stateIn(part, unit)));
    }
  for (const each of enrolment.exceptions) if (states.has(each.unit)) states.set(each.unit, "missing");
  return states;
}

function stateIn(part: EnrolmentPart, unit: string): UnitState {
  const kept = part.tries.find((each) => each.kept);
  if (part.status === DONE) return !kept || unit in kept.scores || part.key === unit ? "good" : "poor";
  return part.tries.length > 0 ? "poor" : "todo";
}

const ORDER: readonly UnitState[] = ["todo", "poor", "good", "missing"];

function better(one: UnitState, other: UnitState): UnitState {
  return ORDER.indexOf(one) >= ORDER.indexOf(other) ? one : other;
}

const UNTOLD = 255;

/** The lowest score of the try that is kept; undefined where none could be told. */
export function scoreOf(part: EnrolmentPart): number | undefined {
  const kept = part.tries.find((each) => each.kept);
  const told = Object.values(kept?.scores ?? {}).filter((score) => score !== UNTOLD);
  return told.length > 0 ? Math.min(...told) : undefined;
}

/** The part of which a capture is a try. */
export function partOfCapture(enrolment: Enrolment, captureId: string): EnrolmentPart | undefined {
  return enrolment.parts.find((part) => part.tries.some((each) => each.captureId === captureId));
}
