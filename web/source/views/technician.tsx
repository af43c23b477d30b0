import { calibrationWords, kindWords } from "../devices/devices.text";
import { calibrationTone, nameOf } from "../devices/standing";
import { useLoaded } from "../gateway/hooks";
import { devices } from "../gateway/store";
import { type CalibrationStanding, CalibrationState } from "../generated/rekam/v1/calibration_pb";
import { useEvery } from "../parts/every";
import { Loading } from "../parts/loading";
import { hrefOf, route } from "../shell/route";
import { Bench } from "../technician/bench";
import { calibrationClient } from "../technician/run";
import { say } from "../text/language";
import "./technician.css";
import { text } from "./technician.text";
import { type View, WORKSHOP } from "./view";

const REFRESH_S = 60;
/** Devices that a technician has to see to come first. */
const RANK: Readonly<Partial<Record<CalibrationState, number>>> = {
  [CalibrationState.FAILED]: 0,
  [CalibrationState.OVERDUE]: 1,
  [CalibrationState.CHANGED]: 2,
  [CalibrationState.DUE_SOON]: 3,
};
const LAST = 4;

function Technician() {
  const attached = [...devices.value.keys()].join();
  const loaded = useLoaded((signal) => calibrationClient.listCalibrations({}, { signal }), [attached]);
  useEvery(REFRESH_S, loaded.reload);
  const asked = route.value.rest[0];
  return (
    <>
      <h1 id="view-title">{say(text.title)}</h1>
      <Loading of={loaded}>
        {({ standings }) => {
          const sorted = standings.toSorted((a, b) => (RANK[a.state] ?? LAST) - (RANK[b.state] ?? LAST));
          const chosen = asked === undefined ? sorted[0] : sorted.find((each) => each.deviceId === asked);
          if (sorted.length === 0) return <p class="note">{say(text.none)}</p>;
          return (
            <div class="devices">
              <Choice standings={sorted} chosen={chosen} />
              {chosen ? (
                <Bench key={chosen.deviceId} standing={chosen} onChange={loaded.reload} />
              ) : (
                <p class="note">{say(text.gone)}</p>
              )}
            </div>
          );
        }}
      </Loading>
    </>
  );
}

interface ChoiceProps {
  readonly standings: readonly CalibrationStanding[];
  readonly chosen: CalibrationStanding | undefined;
}

function Choice({ standings, chosen }: ChoiceProps) {
  return (
    <nav aria-label={say(text.choose)}>
      <ul class="device-links">
        {standings.map((standing) => {
          const device = devices.value.get(standing.deviceId);
          return (
            <li key={standing.deviceId}>
              <a
                href={hrefOf("technician", standing.deviceId)}
                aria-current={standing === chosen ? "true" : undefined}
                data-bench={standing.deviceId}
              >
                <strong>{device ? nameOf(device) : standing.deviceId}</strong>
                <br />
                <span class="faint">
                  {say(kindWords[standing.kind])} {device?.serial}
                </span>
                <br />
                <span class={`pill pill-${calibrationTone(standing.state)}`}>
                  {say(calibrationWords[standing.state])}
                </span>
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

export const technician: View = { name: "technician", title: text.title, roles: WORKSHOP, component: Technician };
