/** Captures for the enrolment on the desk: begun, followed, and added once they are recorded. */
import { batch, computed, signal } from "@preact/signals";
import { devicesFor } from "../capture/part";
import { captureClient, deviceClient, idempotencyKey } from "../gateway/clients";
import { failureOf } from "../gateway/failure";
import { captures, devices, takeCapture } from "../gateway/store";
import { type Capture, CaptureAction, CaptureOutcome, CaptureState } from "../generated/rekam/v1/capture_pb";
import { FingerPosition, Modality } from "../generated/rekam/v1/common_pb";
import type { Device } from "../generated/rekam/v1/device_pb";
import { type EnrolmentPart, EnrolmentPartKind } from "../generated/rekam/v1/enrolment_pb";
import { kept } from "../kept";
import { operator } from "../parts/operator_name";
import { askedPart, capturePartOf, exceptionsOf, UNIT_POSITIONS } from "./profile";
import * as session from "./session";

/** How long a capture waits for a good image before it takes the best. */
export const TIMEOUT_S = 30;
/** A finger may lie on the glass still, or another front end's capture be ending. */
const WAIT_S = 10;
const HOLDER = "Rekam";

interface Pending {
  readonly captureId: string;
  readonly part: string;
}
type ByEnrolment = Readonly<Record<string, Pending>>;

const pendingKept = kept<ByEnrolment>(
  "enrolment-captures",
  {},
  (value) => Object.values(value ?? { none: {} }).every((each) => typeof (each as Pending).captureId === "string"),
  () => sessionStorage,
);
/** Captures that were begun and are not added yet, by enrolment; kept, so that a reload in between loses nothing. */
export const pending = signal<ByEnrolment>(pendingKept.read());
pending.subscribe((value) => pendingKept.write(value));

/** The capture that ended last on the stage, and its part: its result is shown until something else is. */
const ended = signal<{ readonly part: string; readonly captureId: string }>({ part: "", captureId: "" });
/** When the capture takes the best image there is (`Date.now`); not known of one that was begun before a reload. */
export const deadline = signal<number | undefined>(undefined);
/** Devices chosen by hand, by their kind. */
export const chosenDevices = signal<ReadonlyMap<number, string>>(new Map());

const mine = computed(() => pending.value[session.enrolment.value?.enrolmentId ?? ""]);

/** Key of the part whose capture is not added yet; empty where there is none. */
export const waitingPart = computed(() => mine.value?.part ?? "");

/** Id of the capture that the stage shows; empty where the part has none. */
export const shownId = computed(() => {
  const key = session.stage.value;
  if (mine.value?.part === key) return mine.value.captureId;
  if (ended.value.part === key) return ended.value.captureId;
  const part = session.part.value;
  return part ? part.captureId || (part.tries.at(-1)?.captureId ?? "") : "";
});
export const shown = computed<Capture | undefined>(() => captures.value.get(shownId.value));
export const running = computed(() => {
  const capture = mine.value ? captures.value.get(mine.value.captureId) : undefined;
  return capture !== undefined && capture.state !== CaptureState.DONE;
});

/** The capture that ended and waits to be settled: added, or let go where it recorded nothing. */
export const toSettle = computed<Capture | undefined>(() => {
  const capture = mine.value ? captures.value.get(mine.value.captureId) : undefined;
  return capture?.state === CaptureState.DONE ? capture : undefined;
});

/** A capture that is shown, or waited for, and of which this page knows nothing yet. */
export const unknownId = computed(() => {
  const wanted = mine.value?.captureId ?? shownId.value;
  return wanted && !captures.value.has(wanted) ? wanted : "";
});

/** The device that would capture a part now. */
export function deviceOf(part: EnrolmentPart): Device | undefined {
  const of = capturePartOf(part);
  if (!of) return undefined;
  const fit = devicesFor(of, devices.value.values());
  return fit.find((device) => device.deviceId === chosenDevices.value.get(device.kind)) ?? fit[0];
}

/** Show a part, or `session.REVIEW`; empty: whatever is next. */
export function show(key: string): void {
  batch(() => {
    session.chosen.value = key;
    ended.value = { part: "", captureId: "" };
  });
}

/** Begin to capture a part. */
export async function start(part: EnrolmentPart): Promise<void> {
  const of = capturePartOf(part);
  const enrolment = session.enrolment.value;
  if (!of || !enrolment) return;
  const device = deviceOf(part);
  const missing = exceptionsOf(enrolment, session.profile.value, part.key);
  if (device?.synthetic) await present(device, part, missingPositions(part));
  const asked = askedPart(session.profile.value, part.key);
  const threshold = asked?.thresholds[part.key];
  const isSlap = part.kind === EnrolmentPartKind.SLAP;
  const { capture } = await captureClient.startCapture({
    modality: part.modality,
    position: part.position,
    eye: part.eye,
    ...(threshold === undefined ? {} : { minQuality: threshold }),
    ...(isSlap
      ? {
          fingerThresholds: Object.entries(asked?.thresholds ?? {}).map(([unit, minQuality]) => ({
            position: positionOf(unit),
            minQuality,
          })),
          missingFingers: missing.map((each) => ({ position: positionOf(each.unit), reason: each.reason })),
        }
      : {}),
    deviceId: device?.deviceId ?? "",
    timeout: { seconds: BigInt(TIMEOUT_S) },
    wait: { seconds: BigInt(WAIT_S) },
    transactionId: enrolment.enrolmentId,
    operator: operator(),
    holder: HOLDER,
    idempotencyKey: idempotencyKey(),
  });
  if (capture) began(enrolment.enrolmentId, part, capture);
}

/** Capture a part again: as another try; in the place of the capture before where that one is in a mix-up. */
export async function retake(part: EnrolmentPart): Promise<void> {
  if (running.value) return command(CaptureAction.RETAKE);
  const enrolment = session.enrolment.value;
  const before = captures.value.get(shownId.value);
  const doubted = enrolment?.warnings.some((each) => !each.approvedBy && each.captureIds.includes(shownId.value));
  if (!before || !enrolment || !doubted) return start(part);
  const device = devices.value.get(before.deviceId);
  if (device?.synthetic) await present(device, part, missingPositions(part));
  try {
    const { capture } = await captureClient.commandCapture({
      captureId: before.captureId,
      action: CaptureAction.RETAKE,
      idempotencyKey: idempotencyKey(),
    });
    if (capture) began(enrolment.enrolmentId, part, capture);
  } catch (thrown) {
    if (failureOf(thrown).reason !== "NOT_FOUND") throw thrown; // of an earlier run of the gateway
    await session.removeCapture(before.captureId, "retake");
    await start(part);
  }
}

/** Take it now, begin again, stop: of the capture that runs. */
export async function command(action: CaptureAction): Promise<void> {
  const captureId = mine.value?.captureId ?? "";
  const { capture } = await captureClient.commandCapture({ captureId, action, idempotencyKey: idempotencyKey() });
  if (capture) takeCapture(capture);
  if (action === CaptureAction.RETAKE) deadline.value = Date.now() + TIMEOUT_S * 1000;
}

/** Whether anything was recorded that can be added. */
export function isRecorded(capture: Capture): boolean {
  return capture.outcome === CaptureOutcome.CAPTURED || capture.outcome === CaptureOutcome.BELOW_QUALITY;
}

const UNFIT: ReadonlySet<string> = new Set([
  "CAPTURE_CHANGED",
  "CAPTURE_OF_ANOTHER_ENROLMENT",
  "CAPTURE_UNFIT",
  "CAPTURE_UNKNOWN",
  "ENROLMENT_UNKNOWN",
  "ERASED",
  "EXCEPTION_REFUSED",
  "NOT_FOUND",
  "PART_UNKNOWN",
]);

/** Add the capture that ended, or let it go where it recorded nothing. */
export async function settle(capture: Capture): Promise<void> {
  if (isRecorded(capture)) {
    try {
      await session.addCapture(capture.captureId);
    } catch (thrown) {
      // Where the gateway did not answer, or cannot write, it is tried again; another "no" would be told again.
      if (UNFIT.has(failureOf(thrown).reason)) letGo(capture);
      throw thrown;
    }
  }
  letGo(capture);
}

/** Ask for a capture that the page knows nothing of: it was loaded anew, or the gateway was. */
export async function recall(captureId: string, signal: AbortSignal): Promise<void> {
  try {
    const { capture } = await captureClient.getCapture({ captureId }, { signal });
    if (capture) takeCapture(capture);
  } catch (thrown) {
    if (failureOf(thrown).reason !== "NOT_FOUND") throw thrown;
    forget(captureId); // it recorded nothing before the gateway stopped
  }
}

/** Whom synthetic devices are shown: the number of a drawn person, "42", or with how it is placed, "42/11". */
const shownKept = kept<string>(
  "synthetic-person",
  "",
  (value) => typeof value === "string",
  () => sessionStorage,
);
export const syntheticPerson = signal(shownKept.read());
syntheticPerson.subscribe((value) => shownKept.write(value));
const MOST_PERSON = 99_999;

export interface Sitter {
  readonly person: number;
  /** Always this placement of the finger, or sitting of the eye; absent: another each time. */
  readonly placement?: number;
}

/** The same drawn person for all parts of an enrolment: the one that was asked for, else one of the enrolment's own. */
export function sitterOf(enrolmentId: string, asked: string): Sitter {
  const [, person, placement] = /^(\d{1,5})(?:\/(\d{1,9}))?$/.exec(asked.trim()) ?? [];
  if (person !== undefined)
    return { person: Number(person), ...(placement === undefined ? {} : { placement: Number(placement) }) };
  let hash = 7;
  for (const each of enrolmentId) hash = (hash * 31 + each.charCodeAt(0)) % MOST_PERSON;
  return { person: hash + 1 };
}

async function present(device: Device, part: EnrolmentPart, missing: readonly FingerPosition[]): Promise<void> {
  await deviceClient.presentSynthetic({
    deviceId: device.deviceId,
    ...sitterOf(session.enrolment.value?.enrolmentId ?? "", syntheticPerson.value),
    part:
      part.modality === Modality.FACE
        ? { case: "face", value: true }
        : part.modality === Modality.IRIS
          ? { case: "eye", value: part.eye }
          : { case: "position", value: part.position },
    ...(part.kind === EnrolmentPartKind.SLAP ? { missingFingers: [...missing] } : {}),
    idempotencyKey: idempotencyKey(),
  });
}

/** A capture has begun for an enrolment, which may have left the desk meanwhile: it is added when it comes back. */
function began(enrolmentId: string, part: EnrolmentPart, capture: Capture): void {
  batch(() => {
    takeCapture(capture);
    if (session.enrolment.value?.enrolmentId === enrolmentId) {
      session.chosen.value = part.key;
      ended.value = { part: "", captureId: "" };
      deadline.value = Date.now() + TIMEOUT_S * 1000;
    }
    pending.value = { ...pending.value, [enrolmentId]: { captureId: capture.captureId, part: part.key } };
  });
}

function letGo(capture: Capture): void {
  const was = Object.values(pending.value).find((each) => each.captureId === capture.captureId);
  if (!was) return;
  batch(() => {
    ended.value = was;
    forget(capture.captureId);
  });
}

function forget(captureId: string): void {
  pending.value = Object.fromEntries(Object.entries(pending.value).filter(([, each]) => each.captureId !== captureId));
}

function missingPositions(part: EnrolmentPart): readonly FingerPosition[] {
  const enrolment = session.enrolment.value;
  return enrolment ? exceptionsOf(enrolment, session.profile.value, part.key).map((each) => positionOf(each.unit)) : [];
}

function positionOf(unit: string): FingerPosition {
  return UNIT_POSITIONS[unit] ?? FingerPosition.UNSPECIFIED;
}
