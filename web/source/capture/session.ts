/** The person at the desk, what was captured of them, and the capture that runs. */
import { batch, computed, signal } from "@preact/signals";
import { captureClient, deviceClient, idempotencyKey } from "../gateway/clients";
import { failureOf } from "../gateway/failure";
import { captures, devices, takeCapture } from "../gateway/store";
import {
  type Capture,
  CaptureAction,
  CaptureOutcome,
  CaptureState,
  type MissingReason,
} from "../generated/rekam/v1/capture_pb";
import type { Device } from "../generated/rekam/v1/device_pb";
import { kept } from "../kept";
import { ALL_PARTS, devicesFor, fingersOf, isSlap, keyOf, modalityOf, type Part, type PartKey } from "./part";

/** How long a capture waits for a good image before it takes the best: said to the gateway, so that the page can count it down. */
export const TIMEOUT_S = 30;

const KEPT_OF_A_PART = 10;

interface Person {
  /** `transaction_id` of the captures: the gateway compares those of one person with each other. */
  readonly transaction: string;
  /** Captures of each part, the newest first: where a retake recorded nothing, the one before it stands. */
  readonly captured: Readonly<Record<PartKey, readonly string[]>>;
}

function fits(value: unknown): boolean {
  const { transaction, captured } = (value ?? {}) as Partial<Person>;
  return typeof transaction === "string" && Object.values(captured ?? { none: "" }).every(Array.isArray);
}
const store = kept<Person>("person", newPerson(), fits, () => sessionStorage);

function newPerson(): Person {
  return { transaction: `page-${crypto.randomUUID()}`, captured: {} };
}

export const person = signal<Person>(store.read());
person.subscribe((value) => store.write(value));

export const part = signal<Part>(ALL_PARTS.find((each) => keyOf(each) === "finger-2") ?? { kind: "face" });
/** Chosen by hand; empty: the first that is free. */
export const chosenDevice = signal("");
/** The capture that the stage shows; empty while none does. */
export const shownId = signal("");
/** When the capture takes the best image there is (`Date.now`). */
export const deadline = signal<number | undefined>(undefined);

export const shown = computed<Capture | undefined>(() => captures.value.get(shownId.value));
export const running = computed(() => shown.value !== undefined && shown.value.state !== CaptureState.DONE);

export type PartState = "todo" | "running" | "good" | "poor" | "missing";

/** The capture that counts for a part: the one that runs, else the newest that was recorded. */
export function captureOf(of: Part): Capture | undefined {
  const all = (person.value.captured[keyOf(of)] ?? []).flatMap((id) => captures.value.get(id) ?? []);
  return all.find((each) => each.state !== CaptureState.DONE || each.sequence > 0n);
}

/** How a part stands, of this person. */
export function stateOf(of: Part): PartState {
  const capture = captureOf(of);
  if (!capture) return "todo";
  if (capture.state !== CaptureState.DONE) return "running";
  if (capture.outcome === CaptureOutcome.CAPTURED) return "good";
  if (capture.outcome === CaptureOutcome.BELOW_QUALITY) return "poor";
  return capture.outcome === CaptureOutcome.MARKED_MISSING ? "missing" : "todo";
}

/** The part after `of` that is still to be captured with a device that is here. */
export function nextPart(of: Part, order: readonly Part[]): Part | undefined {
  const from = order.findIndex((each) => keyOf(each) === keyOf(of)) + 1;
  const turned = [...order.slice(from), ...order.slice(0, from)];
  return turned.find((each) => stateOf(each) === "todo" && deviceOf(each) !== undefined);
}

/** The device that would capture a part now. */
export function deviceOf(of: Part): Device | undefined {
  const fit = devicesFor(of, devices.value.values());
  return fit.find((device) => device.deviceId === chosenDevice.value) ?? fit[0];
}

/** Begin with somebody else. */
export function nextPerson(): void {
  batch(() => {
    person.value = newPerson();
    shownId.value = "";
    deadline.value = undefined;
  });
}

export function choose(of: Part): void {
  batch(() => {
    part.value = of;
    shownId.value = captureOf(of)?.captureId ?? "";
  });
}

/** Begin to capture a part, the chosen one unless another is named; the capture's id. */
export async function start(of: Part = part.value): Promise<string> {
  const { transaction } = person.value;
  const device = deviceOf(of);
  const missing = missingFingers(of);
  if (device?.synthetic)
    await present(
      device,
      of,
      missing.map((each) => each.position),
    );
  const { capture } = await captureClient.startCapture({
    modality: modalityOf(of),
    ...(of.kind === "finger" ? { position: of.position } : {}),
    ...(of.kind === "iris" ? { eye: of.eye } : {}),
    ...(isSlap(of) ? { missingFingers: missing } : {}),
    deviceId: device?.deviceId ?? "",
    timeout: { seconds: BigInt(TIMEOUT_S) },
    transactionId: transaction,
    holder: "Rekam",
    idempotencyKey: idempotencyKey(),
  });
  if (capture) began(capture, of, transaction);
  return capture?.captureId ?? "";
}

/** Take the capture that is shown now, or stop it. */
export async function command(action: CaptureAction): Promise<void> {
  const capture = await tell(shownId.value, action);
  if (capture) takeCapture(capture);
}

/** Take what is shown again; a capture of an earlier run of the gateway is followed by a new one. */
export async function retake(): Promise<void> {
  const of = part.value;
  const { transaction } = person.value;
  try {
    const capture = await tell(shownId.value, CaptureAction.RETAKE);
    if (capture) began(capture, of, transaction);
  } catch (thrown) {
    if (failureOf(thrown).reason !== "NOT_FOUND") throw thrown;
    await start(of);
  }
}

/** Record that the chosen part cannot be had. */
export async function markMissing(reason: MissingReason): Promise<void> {
  const captureId = running.value ? shownId.value : await start();
  const capture = await tell(captureId, CaptureAction.MARK_MISSING, reason);
  if (capture) takeCapture(capture);
}

/** Ask for what was captured before the page, or the gateway, was started anew; a capture that goes on is shown. */
export async function recall(signal: AbortSignal): Promise<void> {
  for (const captureId of Object.values(person.value.captured).flat()) {
    if (captures.value.has(captureId)) continue;
    try {
      const { capture } = await captureClient.getCapture({ captureId }, { signal });
      if (capture) takeCapture(capture);
    } catch (thrown) {
      if (signal.aborted) return;
      if (failureOf(thrown).reason !== "NOT_FOUND") throw thrown; // one that recorded nothing is forgotten by a restart
    }
  }
  const under = ALL_PARTS.find((each) => stateOf(each) === "running");
  if (under && !shown.value) choose(under);
}

async function tell(captureId: string, action: CaptureAction, missingReason?: MissingReason) {
  const { capture } = await captureClient.commandCapture({
    captureId,
    action,
    ...(missingReason ? { missingReason } : {}),
    idempotencyKey: idempotencyKey(),
  });
  return capture;
}

/** A capture of a part has begun for the person of a transaction: it comes to the stage, whatever was chosen meanwhile. */
function began(capture: Capture, of: Part, transaction: string): void {
  batch(() => {
    takeCapture(capture);
    if (person.value.transaction !== transaction) return;
    part.value = of;
    shownId.value = capture.captureId;
    deadline.value = Date.now() + TIMEOUT_S * 1000;
    const key = keyOf(of);
    const before = (person.value.captured[key] ?? []).filter((id) => id !== capture.captureId);
    person.value = {
      ...person.value,
      captured: { ...person.value.captured, [key]: [capture.captureId, ...before].slice(0, KEPT_OF_A_PART) },
    };
  });
}

/** Fingers of a slap that were marked missing one by one. */
function missingFingers(of: Part) {
  return fingersOf(of).flatMap((finger) => {
    const capture = captureOf(finger);
    const marked = capture?.outcome === CaptureOutcome.MARKED_MISSING;
    return marked && finger.kind === "finger" ? [{ position: finger.position, reason: capture.missingReason }] : [];
  });
}

/** Bring a drawn person before a synthetic device: the same one for all parts, another for the next person. */
async function present(device: Device, of: Part, missing: readonly number[]): Promise<void> {
  const drawn = Number.parseInt(person.value.transaction.replace(/\W|page/g, "").slice(0, 6), 16) % 100_000;
  await deviceClient.presentSynthetic({
    deviceId: device.deviceId,
    person: drawn || 1,
    part:
      of.kind === "finger"
        ? { case: "position", value: of.position }
        : of.kind === "iris"
          ? { case: "eye", value: of.eye }
          : { case: "face", value: true },
    ...(isSlap(of) ? { missingFingers: [...missing] } : {}),
    idempotencyKey: idempotencyKey(),
  });
}
