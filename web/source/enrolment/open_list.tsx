import { useState } from "preact/hooks";
import { useLoaded } from "../gateway/hooks";
import { connection, enrolments } from "../gateway/store";
import { EnrolmentState, type EnrolmentSummary } from "../generated/rekam/v1/enrolment_pb";
import { hrefOf } from "../shell/route";
import { say, sayTime } from "../text/language";
import { stateWords, text } from "../views/enrolment.text";
import * as session from "./session";

/** As many as fit on a screen; so many more each time. */
const SHOWN = 12;

/** Enrolments that are under way at this gateway, whoever began them; each can be gone on with here. */
export function OpenList() {
  const [most, setMost] = useState(SHOWN);
  const under = [...enrolments.value.values()]
    .filter((each) => each.state === EnrolmentState.OPEN || each.state === EnrolmentState.PAUSED)
    .sort((one, other) => startedMs(other) - startedMs(one));
  const more = under.length - most;
  return (
    <section class="card" aria-labelledby="under-way">
      <h2 id="under-way">{say(text.open)}</h2>
      {under.length === 0 && <p class="faint">{say(text.noneOpen)}</p>}
      <ul class="open-list">
        {under.slice(0, most).map((each) => (
          <Line key={each.enrolmentId} of={each} />
        ))}
      </ul>
      {more > 0 && (
        <button type="button" id="more" onClick={() => setMost(most + SHOWN)}>
          {say(text.more, { n: Math.min(more, SHOWN) })}
        </button>
      )}
    </section>
  );
}

/** One that is under way; it is asked for, to name the person by the masked reference. */
function Line({ of }: { of: EnrolmentSummary }) {
  const { enrolmentId, operator } = of;
  const live = connection.value.state === "live";
  const loaded = useLoaded((signal) => session.client.getEnrolment({ enrolmentId }, { signal }), [enrolmentId, live]);
  const whole = loaded.value?.enrolment;
  const reference = whole?.reference?.masked ?? say(text.someReference);
  const profile = whole?.profileName ? say(whole.profileName) : of.profileId;
  const time = sayTime(new Date(startedMs(of)));
  return (
    <li>
      <div>
        <strong>{reference}</strong> {profile}
        <br />
        <span class="faint">
          {say(text.openLine, { state: say(stateWords[of.state] ?? text.loading), time, operator })}
        </span>
      </div>
      <a
        class="button"
        href={hrefOf("enrolment", enrolmentId)}
        aria-label={say(text.goOnWith, { reference, profile, time })}
      >
        {say(text.goOn)}
      </a>
    </li>
  );
}

function startedMs(line: EnrolmentSummary): number {
  return Number(line.started?.wall?.seconds ?? 0n) * 1000;
}
