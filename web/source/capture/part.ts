/** The parts of a person that are captured one at a time, or as a slap. */
import { leaseOf } from "../devices/standing";
import { leases } from "../gateway/store";
import { EyePosition, FingerPosition, Modality } from "../generated/rekam/v1/common_pb";
import { type Device, DeviceKind, DeviceState } from "../generated/rekam/v1/device_pb";
import type { Words } from "../text/language";
import { partWords } from "./part.text";

export type Part =
  | { readonly kind: "finger"; readonly position: FingerPosition }
  | { readonly kind: "iris"; readonly eye: EyePosition }
  | { readonly kind: "face" };

/** E.g. "finger-2"; for keys of maps and elements. */
export type PartKey = string;

export function keyOf(part: Part): PartKey {
  if (part.kind === "finger") return `finger-${part.position}`;
  return part.kind === "iris" ? `iris-${part.eye}` : "face";
}

const finger = (position: FingerPosition): Part => ({ kind: "finger", position });
const iris = (eye: EyePosition): Part => ({ kind: "iris", eye });

export const RIGHT_FINGERS: readonly Part[] = [
  FingerPosition.RIGHT_THUMB,
  FingerPosition.RIGHT_INDEX,
  FingerPosition.RIGHT_MIDDLE,
  FingerPosition.RIGHT_RING,
  FingerPosition.RIGHT_LITTLE,
].map(finger);

export const LEFT_FINGERS: readonly Part[] = [
  FingerPosition.LEFT_THUMB,
  FingerPosition.LEFT_INDEX,
  FingerPosition.LEFT_MIDDLE,
  FingerPosition.LEFT_RING,
  FingerPosition.LEFT_LITTLE,
].map(finger);

export const EYES: readonly Part[] = [iris(EyePosition.RIGHT), iris(EyePosition.LEFT)];
export const FACE: Part = { kind: "face" };
export const SLAPS: readonly Part[] = [
  FingerPosition.RIGHT_FOUR,
  FingerPosition.LEFT_FOUR,
  FingerPosition.TWO_THUMBS,
].map(finger);

/** In the order in which a desk takes them. */
export const SINGLE_PARTS: readonly Part[] = [...RIGHT_FINGERS, ...LEFT_FINGERS, ...EYES];
export const ALL_PARTS: readonly Part[] = [...SLAPS, ...SINGLE_PARTS, FACE];

const SLAP_FINGERS: ReadonlyMap<FingerPosition, readonly FingerPosition[]> = new Map([
  [FingerPosition.RIGHT_FOUR, [2, 3, 4, 5]],
  [FingerPosition.LEFT_FOUR, [7, 8, 9, 10]],
  [FingerPosition.TWO_THUMBS, [1, 6]],
]);

/** The single fingers of a slap; none of anything else. */
export function fingersOf(part: Part): readonly Part[] {
  return part.kind === "finger" ? (SLAP_FINGERS.get(part.position) ?? []).map(finger) : [];
}

export function isSlap(part: Part): boolean {
  return part.kind === "finger" && SLAP_FINGERS.has(part.position);
}

export function nameOf(part: Part): Words {
  return partWords[keyOf(part)] ?? { id: keyOf(part), en: keyOf(part) };
}

export function modalityOf(part: Part): Modality {
  if (part.kind === "finger") return Modality.FINGER;
  return part.kind === "iris" ? Modality.IRIS : Modality.FACE;
}

/** What captures it. */
export function deviceKindOf(part: Part): DeviceKind {
  if (part.kind === "iris") return DeviceKind.IRIS_CAMERA;
  if (part.kind === "face") return DeviceKind.PORTRAIT_CAMERA;
  return isSlap(part) ? DeviceKind.SLAP_SCANNER : DeviceKind.FINGERPRINT_SCANNER;
}

/** Attached, and no person is needed to mend it. */
export function isUsable(device: Device): boolean {
  return device.state !== DeviceState.ABSENT && device.state !== DeviceState.FAILED;
}

/** The usable devices for a part, free ones first, as the leases say: a device's own word of its holder may be old. */
export function devicesFor(part: Part, devices: Iterable<Device>): Device[] {
  const isHeld = (device: Device) => leaseOf(leases.value.values(), device.deviceId) !== undefined;
  return [...devices]
    .filter((device) => device.kind === deviceKindOf(part) && isUsable(device))
    .sort((one, other) => Number(isHeld(one)) - Number(isHeld(other)));
}
