/** How a device stands, for colours and remedies. */
import { CalibrationState } from "../generated/rekam/v1/calibration_pb";
import { type Device, DeviceState } from "../generated/rekam/v1/device_pb";
import { type Lease, LeaseState } from "../generated/rekam/v1/lease_pb";
import type { Words } from "../text/language";
import { stateRemedies } from "./devices.text";

type Tone = "good" | "warn" | "bad" | "plain";

/** The colour of a device's state; the words beside it say the same. */
export function toneOf(state: DeviceState): Tone {
  if (state === DeviceState.FAILED) return "bad";
  if (state === DeviceState.ABSENT || state === DeviceState.RECOVERING) return "warn";
  return state === DeviceState.IDLE ? "good" : "plain";
}

/** The colour of a calibration's state. */
export function calibrationTone(state: CalibrationState): Tone {
  if (state === CalibrationState.VALID) return "good";
  if (state === CalibrationState.FAILED) return "bad";
  const none = state === CalibrationState.UNSPECIFIED || state === CalibrationState.NEVER;
  return none ? "plain" : "warn";
}

/** What is wrong with a device and what to do: the gateway's own words, else ours; undefined where nothing is. */
export function remedyOf(device: Device): Words | undefined {
  return device.problem ?? stateRemedies[device.state];
}

/** Devices that need a person first, then by name. */
export function inOrder(devices: Iterable<Device>): Device[] {
  const rank = (device: Device) => ({ bad: 0, warn: 1, plain: 2, good: 2 })[toneOf(device.state)];
  return [...devices].sort((a, b) => rank(a) - rank(b) || a.deviceId.localeCompare(b.deviceId));
}

/**
 * The lease under which a device is held; undefined while it is free.
 *
 * A device's own word of its holder is as old as the device's last change; the leases tell of each of theirs.
 */
export function leaseOf(leases: Iterable<Lease>, deviceId: string): Lease | undefined {
  return [...leases].find((each) => each.state === LeaseState.HELD && each.deviceIds.includes(deviceId));
}

/** A device as people call it. */
export function nameOf(device: Device): string {
  return `${device.vendor} ${device.model}`.trim() || device.deviceId;
}
