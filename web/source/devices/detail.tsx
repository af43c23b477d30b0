import { deviceClient } from "../gateway/clients";
import { useLoaded } from "../gateway/hooks";
import { leases, may } from "../gateway/store";
import { type CalibrationStanding, CalibrationState } from "../generated/rekam/v1/calibration_pb";
import { type Device, type DeviceDay, type DeviceIncident, DeviceState } from "../generated/rekam/v1/device_pb";
import { LeaseState } from "../generated/rekam/v1/lease_pb";
import { Facts, WideTable } from "../parts/facts";
import { Loading } from "../parts/loading";
import { sayLength, sayMoment } from "../parts/moments";
import { hrefOf } from "../shell/route";
import { say, sayNumber } from "../text/language";
import { DESK, WORKSHOP } from "../views/view";
import {
  calibrationRemedies,
  calibrationWords,
  incidentRemedies,
  incidentWords,
  kindWords,
  stateWords,
  text,
} from "./devices.text";
import { DeviceDeeds } from "./self_test";
import { calibrationTone, leaseOf, nameOf, remedyOf, toneOf } from "./standing";

const count = (value: bigint | undefined) => sayNumber(Number(value ?? 0n));

/** All of one device: how it does, who holds it, what can be done, and what happened to it. */
export function DeviceDetail({ device, standing }: { device: Device; standing: CalibrationStanding | undefined }) {
  const history = useLoaded(
    (signal) => deviceClient.getDeviceHistory({ deviceId: device.deviceId }, { signal }),
    [device.deviceId, device.state === DeviceState.FAILED, device.health?.captures],
  );
  const remedy = remedyOf(device);
  return (
    <section class="card" aria-labelledby="device-name" id="device" data-device={device.deviceId}>
      <h2 id="device-name" class="row">
        {nameOf(device)}
        <span class={`pill pill-${toneOf(device.state)}`}>{say(stateWords[device.state])}</span>
      </h2>
      {remedy && <p class="note note-warn">{say(remedy)}</p>}
      {may(...DESK) && device.state !== DeviceState.ABSENT && (
        <DeviceDeeds key={device.deviceId} deviceId={device.deviceId} onDone={history.reload} />
      )}
      <div class="cards cards-two">
        <div>
          <Identity device={device} />
          <Calibration standing={standing} />
        </div>
        <Health device={device} />
      </div>
      <Loading of={history}>
        {({ days, incidents }) => (
          <>
            <Incidents incidents={incidents} />
            <Days days={days} />
          </>
        )}
      </Loading>
    </section>
  );
}

function Identity({ device }: { device: Device }) {
  const held = leaseOf(leases.value.values(), device.deviceId);
  const queued = [...leases.value.values()].filter(
    (lease) => lease.state === LeaseState.QUEUED && lease.deviceIds.includes(device.deviceId),
  );
  return (
    <Facts
      rows={[
        [
          text.heldBy,
          <span key="holder" id="holder">
            {held
              ? held.reason
                ? say(text.heldFor, { holder: held.holder, reason: held.reason })
                : held.holder
              : say(text.free)}
          </span>,
        ],
        [text.term, held?.expiresAt && say(text.termHint, { at: sayMoment(held.expiresAt) })],
        [text.queue, queued.map((each) => each.holder).join(", ")],
        [text.kind, say(kindWords[device.kind])],
        [text.synthetic, device.synthetic && "✓"],
        [text.name, <code key="id">{device.deviceId}</code>],
        [text.driver, device.driver],
        [text.firmware, device.firmware],
        [
          text.image,
          device.width > 0 &&
            say(text.imageSize, { width: device.width, height: device.height, ppi: sayNumber(device.ppi) }),
        ],
      ]}
    />
  );
}

function Calibration({ standing }: { standing: CalibrationStanding | undefined }) {
  if (!standing || standing.state === CalibrationState.UNSPECIFIED) return null;
  const remedy = calibrationRemedies[standing.state];
  return (
    <>
      <h3>{say(text.calibration)}</h3>
      <p class="row">
        <span class={`pill pill-${calibrationTone(standing.state)}`}>{say(calibrationWords[standing.state])}</span>
        {remedy && <span>{say(remedy)}</span>}
      </p>
      <Facts
        rows={[
          [text.due, standing.due && sayMoment(standing.due)],
          [text.inUse, standing.calibrationId && <code>{standing.calibrationId}</code>],
        ]}
      />
      {may(...WORKSHOP) && <a href={hrefOf("technician", standing.deviceId)}>{say(text.toTechnician)}</a>}
    </>
  );
}

function Health({ device }: { device: Device }) {
  const { health } = device;
  if (!health) return null;
  return (
    <div>
      <h3>{say(text.health)}</h3>
      <Facts
        rows={[
          [text.attached, health.attachedSince && sayMoment(health.attachedSince)],
          [text.uptime, sayLength(health.uptime)],
          [
            text.temperature,
            health.temperatureCelsius !== undefined &&
              say(text.celsius, { n: sayNumber(health.temperatureCelsius, 1) }),
          ],
          [text.captures, count(health.captures)],
          [text.timeouts, count(health.timeouts)],
          [text.resets, count(health.resets)],
          [text.losses, count(health.losses)],
          [text.failures, count(health.failures)],
          [text.badFrames, count(health.badFrames)],
          [text.lastError, health.lastError && `${sayMoment(health.lastErrorTime)}: ${health.lastError}`],
        ]}
      />
    </div>
  );
}

function Incidents({ incidents }: { incidents: readonly DeviceIncident[] }) {
  return (
    <>
      <h3>{say(text.incidents)}</h3>
      {incidents.length === 0 ? (
        <p>{say(text.noIncidents)}</p>
      ) : (
        <ul class="incidents">
          {incidents.slice(0, 20).map((each, index) => {
            const remedy = incidentRemedies[each.kind];
            return (
              <li key={`${each.time?.seconds}-${index}`}>
                {sayMoment(each.time)}: <strong>{say(incidentWords[each.kind])}</strong>
                {each.detail && ` (${each.detail})`}
                {remedy && <span class="faint"> {say(remedy)}</span>}
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}

const COLUMNS = ["captures", "timeouts", "resets", "losses", "failures", "badFrames"] as const;

function Days({ days }: { days: readonly DeviceDay[] }) {
  return (
    <details open={days.length > 0 && days.length <= 7}>
      <summary>{say(text.days)}</summary>
      {days.length === 0 ? (
        <p>{say(text.noDays)}</p>
      ) : (
        <WideTable label={say(text.days)}>
          <thead>
            <tr>
              <th scope="col">{say(text.day)}</th>
              {COLUMNS.map((name) => (
                <th key={name} scope="col" class="number">
                  {say(text[name])}
                </th>
              ))}
              <th scope="col">{say(text.uptime)}</th>
            </tr>
          </thead>
          <tbody>
            {days.map((day) => (
              <tr key={day.date}>
                <td>{day.date}</td>
                {COLUMNS.map((name) => (
                  <td key={name} class="number">
                    {count(day[name])}
                  </td>
                ))}
                <td>{sayLength(day.uptime)}</td>
              </tr>
            ))}
          </tbody>
        </WideTable>
      )}
    </details>
  );
}
