/** The enrolment at this desk: as the gateway last told it, and the calls that change it. */
import { batch, computed, signal } from "@preact/signals";
import { devicesFor, SLAPS } from "../capture/part";
import { clientOf } from "../gateway/clients";
import { failureOf } from "../gateway/failure";
import { once } from "../gateway/once";
import { devices } from "../gateway/store";
import type { MissingReason } from "../generated/rekam/v1/capture_pb";
import type { Sex } from "../generated/rekam/v1/enrolment_pb";
import {
  type Enrolment,
  type EnrolmentPart,
  EnrolmentService,
  EnrolmentState,
  type Profile,
} from "../generated/rekam/v1/enrolment_pb";
import { operator } from "../parts/operator_name";
import { nextKey, partOf } from "./profile";
import type { PenStroke } from "./strokes";

export const client = clientOf(EnrolmentService);

export const profiles = signal<readonly Profile[]>([]);
export const enrolment = signal<Enrolment | undefined>(undefined);
/** Key of the part that was chosen by hand, or `REVIEW`; empty: whatever is next. */
export const chosen = signal("");

/** In the place of a part's key: all is looked over, and sealed. */
export const REVIEW = "review";
/** In the place of a part's key, where duplicates are approved. */
export const DUPLICATES = "duplicates";

export const profile = computed<Profile | undefined>(() =>
  profiles.value.find((each) => each.profileId === enrolment.value?.profileId),
);

/** Whether several fingers can be captured at once here. */
export const takesSlaps = computed(() => {
  const [slap] = SLAPS;
  return slap !== undefined && devicesFor(slap, devices.value.values()).length > 0;
});

/** Keep a part on the stage when it is done, so that what came of it is seen before the next begins. */
export function stayAt(key: string): void {
  chosen.value = key;
}

/** Key of the next part, empty where none is left. */
export const next = computed(() => (enrolment.value ? nextKey(enrolment.value, profile.value, takesSlaps.value) : ""));

/** Key of what is on the stage: a part, or `REVIEW`. */
export const stage = computed(() => chosen.value || next.value || REVIEW);

export const part = computed<EnrolmentPart | undefined>(() =>
  enrolment.value ? partOf(enrolment.value, stage.value) : undefined,
);

export function isOver(state: EnrolmentState): boolean {
  return state === EnrolmentState.SEALED || state === EnrolmentState.ABANDONED;
}

/** Put an enrolment on the desk as it was answered; an older answer of the same one changes nothing. */
export function take(answered: Enrolment | undefined): void {
  if (!answered) return;
  const before = enrolment.value;
  if (before?.enrolmentId === answered.enrolmentId && before.version > answered.version) return;
  batch(() => {
    if (before?.enrolmentId !== answered.enrolmentId) chosen.value = "";
    enrolment.value = answered;
  });
}

/** Whose enrolment is on the desk; empty where nobody's is. */
const deskNow = () => enrolment.value?.enrolmentId ?? "";

/** Take in an answer that was asked for when `desk` was on it: not where somebody else is by now, or nobody. */
function takeAt(desk: string, answered: Enrolment | undefined): void {
  if (deskNow() === desk || deskNow() === answered?.enrolmentId) take(answered);
}

/** Nobody is at the desk. */
export function leave(): void {
  batch(() => {
    enrolment.value = undefined;
    chosen.value = "";
  });
}

/** Ask how an enrolment stands. */
export async function look(enrolmentId: string, abort?: AbortSignal): Promise<Enrolment | undefined> {
  const desk = deskNow();
  const answer = await client.getEnrolment({ enrolmentId }, abort ? { signal: abort } : {});
  takeAt(desk, answer.enrolment);
  return answer.enrolment;
}

export interface Begun {
  readonly profileId: string;
  readonly nik: string;
  readonly applicationNumber: string;
  readonly birthDate: string;
  readonly sex: Sex;
}

/** Begin an enrolment; the same once more, after an answer that did not come, begins no second one. */
export async function begin(asked: Begun): Promise<Enrolment> {
  const answered = await done(`begin/${Object.values(asked).join("/")}/${operator()}`, (idempotencyKey) =>
    client.createEnrolment({ ...asked, operator: operator(), idempotencyKey }),
  );
  if (!answered) throw new Error("CreateEnrolment answered no enrolment");
  return answered;
}

interface Usual {
  readonly enrolmentId: string;
  readonly operator: string;
  readonly seenVersion: bigint;
  readonly idempotencyKey: string;
}
type Answer = Promise<{ readonly enrolment?: Enrolment | undefined }>;

export const resume = () => change("resume", (usual) => client.resumeEnrolment(usual));
export const pause = (reason: string) => change("pause", (usual) => client.pauseEnrolment({ ...usual, reason }));
export const abandon = (reason: string) =>
  change(`abandon/${reason}`, (usual) => client.abandonEnrolment({ ...usual, reason }));
export const seal = () => change("seal", (usual) => client.sealEnrolment(usual));
export const checkDuplicates = () =>
  change("duplicates", ({ seenVersion: _, ...usual }) => client.checkDuplicate(usual));

/** Add a capture that was recorded. It undoes nothing, and must not be lost for what another front end did. */
export const addCapture = (captureId: string) =>
  change(`capture/${captureId}`, ({ seenVersion: _, ...usual }) => client.addCapture({ ...usual, captureId }));

export const removeCapture = (captureId: string, reason: string) =>
  change(`remove/${captureId}`, (usual) => client.removeCapture({ ...usual, captureId, reason }));

export interface Missing {
  readonly part: string;
  readonly reason: MissingReason;
  readonly detail: string;
  readonly approver: string;
  /** JPEG; empty for none. */
  readonly photo: Uint8Array;
}
export const addException = (missing: Missing) =>
  change(
    `exception/${missing.part}/${missing.reason}/${missing.detail}/${missing.approver}/${missing.photo.length}`,
    (usual) => client.addException({ ...usual, ...missing }),
  );

export const withdrawException = (unit: string) =>
  change(`withdraw/${unit}`, (usual) => client.withdrawException({ ...usual, part: unit }));

export const approve = (key: string, supervisor: string) =>
  change(`approve/${key}/${supervisor}`, ({ operator: _, ...usual }) =>
    client.approvePart({ ...usual, part: key, supervisor }),
  );

export const addPortrait = (image: Uint8Array) =>
  change(`portrait/${digest(image)}`, (usual) => client.addPortrait({ ...usual, image }));

export const addSignature = (image: Uint8Array, strokes: readonly PenStroke[]) =>
  change(`signature/${digest(image)}`, (usual) =>
    client.addSignature({ ...usual, image, strokes: strokes.map((points) => ({ points: [...points] })) }),
  );

/** Begin the enrolment of what a broken device could not give. */
export async function supplement(enrolmentId: string): Promise<Enrolment | undefined> {
  return done(`supplement/${enrolmentId}`, (idempotencyKey) =>
    client.supplementEnrolment({ enrolmentId, operator: operator(), idempotencyKey }),
  );
}

/** Change the enrolment on the desk; where another front end did so before, it is looked at again. */
async function change(deed: string, call: (usual: Usual) => Answer): Promise<void> {
  const { enrolmentId, version } = enrolment.value ?? { enrolmentId: "", version: 0n };
  try {
    await done(`${enrolmentId}/${version}/${deed}`, (idempotencyKey) =>
      call({ enrolmentId, operator: operator(), seenVersion: version, idempotencyKey }),
    );
  } catch (thrown) {
    if (LOOK_AGAIN.has(failureOf(thrown).reason)) await look(enrolmentId);
    throw thrown;
  }
}

const LOOK_AGAIN: ReadonlySet<string> = new Set(["VERSION_CONFLICT", "ENROLMENT_INCOMPLETE", "ENROLMENT_NOT_OPEN"]);

/** Do a deed once, and put what is answered on the desk. */
async function done(deed: string, call: (idempotencyKey: string) => Answer): Promise<Enrolment | undefined> {
  const desk = deskNow();
  const { enrolment: answered } = await once(deed, call);
  takeAt(desk, answered);
  return answered;
}

/** Of an image, to tell whether a deed is the same one again (FNV-1a). */
function digest(image: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const each of image) hash = Math.imul(hash ^ each, 0x01000193);
  return `${image.length}-${hash >>> 0}`;
}
