/** Devices in a list to choose from. */
import { leaseOf } from "../devices/standing";
import { leases } from "../gateway/store";
import type { Device } from "../generated/rekam/v1/device_pb";
import { say } from "../text/language";
import { text } from "../views/capture.text";

/** One option a device: its name, and who holds it where somebody does. */
export function DeviceOptions({ of }: { of: readonly Device[] }) {
  return (
    <>
      {of.map((device) => {
        const name = `${device.vendor} ${device.model} ${device.serial}`.trim() || device.deviceId;
        const lease = leaseOf(leases.value.values(), device.deviceId);
        return (
          <option key={device.deviceId} value={device.deviceId}>
            {lease ? say(text.heldBy, { name, holder: lease.holder }) : name}
          </option>
        );
      })}
    </>
  );
}
