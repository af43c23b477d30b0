import { useLoaded } from "../gateway/hooks";
import { enrolments } from "../gateway/store";
import { EnrolmentState, type EnrolmentSummary } from "../generated/rekam/v1/enrolment_pb";
import { FailureNote } from "../parts/failure_note";
import { hrefOf } from "../shell/route";
import { say, sayTime } from "../text/language";
import { stateWords, text } from "../views/enrolment.text";
import * as session from "./session";

/** As many as fit on a screen; each is asked for, to name the person by the masked reference. */
const SHOWN = 12;

/** Enrolments that are under way at this gateway, whoever began them; each can be gone on with here. */
export function OpenList() {
  const under = [...enrolments.value.values()]
    .filter((each) => each.state === EnrolmentState.OPEN || each.state === EnrolmentState.PAUSED)
    .sort((one, other) => startedMs(other) - startedMs(one));
  const shown = under.slice(0, SHOWN);
  const loaded = useLoaded(
    async (signal) => {
      const answers = await Promise.all(
        shown.map(({ enrolmentId }) => session.client.getEnrolment({ enrolmentId }, { signal })),
      );
      return new Map(answers.map(({ enrolment }) => [enrolment?.enrolmentId ?? "", enrolment]));
    },
    [shown.map((each) => each.enrolmentId).join()],
  );
  return (
    <section class="card" aria-labelledby="under-way">
      <h2 id="under-way">{say(text.open)}</h2>
      <FailureNote failure={loaded.failure} />
      {under.length === 0 && <p class="faint">{say(text.noneOpen)}</p>}
      <ul class="open-list">
        {shown.map((each) => {
          const whole = loaded.value?.get(each.enrolmentId);
          const reference = whole?.reference?.masked ?? say(text.someReference);
          const profile = whole?.profileName ? say(whole.profileName) : each.profileId;
          const time = sayTime(new Date(startedMs(each)));
          return (
            <li key={each.enrolmentId}>
              <div>
                <strong>{reference}</strong> {profile}
                <br />
                <span class="faint">
                  {say(text.openLine, {
                    state: say(stateWords[each.state] ?? text.loading),
                    time,
                    operator: each.operator,
                  })}
                </span>
              </div>
              <a
                class="button"
                href={hrefOf("enrolment", each.enrolmentId)}
                aria-label={say(text.goOnWith, { reference, profile, time })}
              >
                {say(text.goOn)}
              </a>
            </li>
          );
        })}
      </ul>
      {under.length > SHOWN && <p class="faint">{say(text.more, { n: under.length - SHOWN })}</p>}
    </section>
  );
}

function startedMs(line: EnrolmentSummary): number {
  return Number(line.started?.wall?.seconds ?? 0n) * 1000;
}
