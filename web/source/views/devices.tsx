import { DeviceDetail } from "../devices/detail";
import { calibrationWords, kindWords, stateWords, text } from "../devices/devices.text";
import { calibrationTone, inOrder, nameOf, toneOf } from "../devices/standing";
import { clientOf, deviceClient } from "../gateway/clients";
import { useLoaded } from "../gateway/hooks";
import { devices as attached } from "../gateway/store";
import { CalibrationService, CalibrationState } from "../generated/rekam/v1/calibration_pb";
import { useEvery } from "../parts/every";
import { FailureNote } from "../parts/failure_note";
import { hrefOf, route } from "../shell/route";
import { say } from "../text/language";
import "./devices.css";
import { ALL, type View } from "./view";

const calibrationClient = clientOf(CalibrationService);
const REFRESH_S = 60;

function Devices() {
  const shown = inOrder(attached.value.values());
  const ids = shown.map((device) => `${device.deviceId} ${device.calibrationId}`).join();
  const listed = useLoaded((signal) => deviceClient.listDevices({}, { signal }), [ids]);
  const calibrations = useLoaded((signal) => calibrationClient.listCalibrations({}, { signal }), [ids]);
  useEvery(REFRESH_S, () => {
    listed.reload();
    calibrations.reload();
  });
  const standings = new Map(calibrations.value?.standings.map((each) => [each.deviceId, each]));
  const asked = route.value.rest[0];
  const chosen = asked === undefined ? shown[0] : attached.value.get(asked);
  return (
    <>
      <h1 id="view-title">{say(text.title)}</h1>
      <FailureNote failure={listed.failure ?? calibrations.failure} />
      {listed.value?.problems.map((problem) => (
        <div class="note note-warn" key={problem.driver + problem.detail}>
          <strong>
            {say(text.problems)}: {problem.driver}
          </strong>
          <p>{problem.detail}</p>
          <p>{say(text.driverRemedy)}</p>
        </div>
      ))}
      {shown.length === 0 && <p class="note">{say(text.none)}</p>}
      <div class="devices">
        <nav aria-label={say(text.choose)}>
          <ul class="device-links">
            {shown.map((device) => {
              const standing = standings.get(device.deviceId);
              return (
                <li key={device.deviceId}>
                  <a
                    href={hrefOf("devices", device.deviceId)}
                    aria-current={device === chosen ? "true" : undefined}
                    data-device-link={device.deviceId}
                  >
                    <strong>{nameOf(device)}</strong>
                    <br />
                    <span class="faint">
                      {say(kindWords[device.kind])} {device.serial}
                    </span>
                    <br />
                    <span class={`pill pill-${toneOf(device.state)}`}>{say(stateWords[device.state])}</span>{" "}
                    {standing && standing.state > CalibrationState.NEVER && (
                      <span class={`pill pill-${calibrationTone(standing.state)}`}>
                        {say(text.calibration)}: {say(calibrationWords[standing.state])}
                      </span>
                    )}
                  </a>
                </li>
              );
            })}
          </ul>
        </nav>
        {chosen ? (
          <DeviceDetail key={chosen.deviceId} device={chosen} standing={standings.get(chosen.deviceId)} />
        ) : (
          asked !== undefined && <p class="note">{say(text.gone)}</p>
        )}
      </div>
    </>
  );
}

export const devices: View = { name: "devices", title: text.title, roles: ALL, component: Devices };
