import { useState } from "preact/hooks";
import { useAction, useLoaded } from "../gateway/hooks";
import { may } from "../gateway/store";
import type { ListCardProfilesResponse } from "../generated/rekam/v1/card_pb";
import type { EnrolmentStanding } from "../generated/rekam/v1/outbox_pb";
import { kept } from "../kept";
import { useEvery } from "../parts/every";
import { FailureNote } from "../parts/failure_note";
import { Loading } from "../parts/loading";
import { sayClocked } from "../parts/moments";
import { OperatorName, operator } from "../parts/operator_name";
import { hrefOf } from "../shell/route";
import { say } from "../text/language";
import { choose, clear, draftOf, trimmed, write } from "./biodata";
import { BiodataForm } from "./biodata_form";
import { jobWords, text } from "./cards.text";
import { isBusyWithCard, type Making, makeable, making, personalise, shareOf } from "./job";
import { ReaderChoice } from "./reader_list";
import { cardClient, type Followed } from "./readers";
import { ready } from "./ready";
import { WaitingJobs } from "./waiting";

const profileKept = kept<string>("card-profile", "", (value) => typeof value === "string");
const REFRESH_S = 60;

/** Makes the card of somebody whom the centre called unique, and goes on with cards that were not finished. */
export function Make({ followed }: { followed: Followed }) {
  const made = making.value;
  const [deviceId, setDeviceId] = useState("");
  const profiles = useLoaded((signal) => cardClient.listCardProfiles({}, { signal }), []);
  const listed = useLoaded((signal) => ready(may("supervisor"), signal), [made?.running]);
  useEvery(REFRESH_S, listed.reload);
  const reader = <ReaderChoice readers={followed.readers.values()} value={deviceId} onChoose={setDeviceId} />;
  return (
    <div class="cards">
      {made ? (
        <Progress made={made} />
      ) : (
        <section class="card" aria-labelledby="make-title">
          <h2 id="make-title">{say(text.makeTitle)}</h2>
          <OperatorName />
          <Loading of={listed}>
            {({ standings, done }) => (
              <Loading of={profiles}>
                {(known) => (
                  <Form standings={standings} done={done} known={known} deviceId={deviceId} reader={reader} />
                )}
              </Loading>
            )}
          </Loading>
        </section>
      )}
      <WaitingJobs deviceId={deviceId} running={made?.running ?? false} />
    </div>
  );
}

interface FormProps {
  readonly standings: readonly EnrolmentStanding[];
  /** Enrolments that have a card. */
  readonly done: ReadonlySet<string>;
  readonly known: ListCardProfilesResponse;
  readonly deviceId: string;
  readonly reader: preact.ComponentChildren;
}

function Form({ standings, done, known, deviceId, reader }: FormProps) {
  const [enrolmentId, setEnrolmentId] = useState("");
  const [name, setName] = useState(profileKept.read());
  const given = draftOf(enrolmentId);
  const [replacementReason, setReplacement] = useState("");
  const profiles = makeable(known.profiles);
  const profile = profiles.find((each) => each.name === name) ?? profiles[0];
  const deed = useAction(async () => {
    if (!profile) return;
    const card = {
      enrolmentId,
      profile: profile.name,
      biodata: trimmed(given),
      replacementReason: again ? replacementReason.trim() : "",
    };
    profileKept.write(profile.name);
    await personalise(card, deviceId, () => clear(enrolmentId));
  });
  const again = done.has(enrolmentId);
  const whole = enrolmentId && profile && given.name.trim() && (!again || replacementReason.trim());
  const able = whole && operator() && !deed.busy;
  if (standings.length === 0) return <p>{say(text.nobodyReady)}</p>;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (able) deed.run();
      }}
    >
      {known.problems.map((each) => (
        <p key={each.file} class="note note-warn">
          {say(text.profileFile, { file: each.file, problem: each.problem })}
        </p>
      ))}
      <div class="fields">
        <label class="field">
          {say(text.whom)}
          <select
            name="card-enrolment"
            value={enrolmentId}
            onChange={(event) => {
              choose(event.currentTarget.value);
              setEnrolmentId(event.currentTarget.value);
            }}
          >
            <option value="">{say(text.choose)}</option>
            {standings.map((each) => (
              <option key={each.enrolmentId} value={each.enrolmentId}>
                {say(done.has(each.enrolmentId) ? text.hasCard : text.since, {
                  enrolment: each.enrolmentId,
                  at: sayClocked(each.since?.noted),
                })}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          {say(text.profile)}
          <select name="card-profile" value={profile?.name} onChange={(event) => setName(event.currentTarget.value)}>
            {profiles.map((each) => (
              <option key={each.name} value={each.name}>
                {each.title ? say(each.title) : each.name}
              </option>
            ))}
          </select>
        </label>
        {reader}
      </div>
      {!profile && <p class="note note-warn">{say(text.noProfile)}</p>}
      {profile?.testKeys && <p class="note note-warn">{say(text.testKeys)}</p>}
      <BiodataForm given={given} onChange={(changed) => write(enrolmentId, changed)} />
      {again && (
        <label class="field">
          {say(text.replacement)}
          <input
            name="card-replacement"
            maxLength={200}
            autoComplete="off"
            value={replacementReason}
            onInput={(event) => setReplacement(event.currentTarget.value)}
          />
        </label>
      )}
      <FailureNote failure={deed.failure} onClose={deed.clear} />
      <p>
        <button type="submit" class="primary" id="make-card" disabled={!able}>
          {say(text.make)}
        </button>
      </p>
    </form>
  );
}

/** A job as it goes, and how its card ended. */
function Progress({ made }: { made: Making }) {
  const { progress, result, failure, running } = made;
  const words = progress
    ? say(text.stepOf, {
        state: say(jobWords[progress.state]),
        file: progress.file || "–",
        step: progress.step,
        steps: progress.steps,
      })
    : say(made.job ? jobWords[made.job.state] : text.putBlank);
  return (
    <section class="card" aria-labelledby="making-title" id="making" data-state={stateOf(made)}>
      <h2 id="making-title">{say(text.makeTitle)}</h2>
      <p class="faint breaks">{made.job?.jobId ? say(text.ofJob, { job: made.job.jobId }) : made.enrolmentId}</p>
      {(running || progress) && (
        <p class="row">
          <progress max={1} value={shareOf(made)} aria-hidden="true" />
          <span role="status" id="making-step">
            {words}
          </span>
        </p>
      )}
      {running && (
        <p class="instruction instruction-plain large">{say(isBusyWithCard(made) ? text.dontTake : text.putBlank)}</p>
      )}
      {made.joining && <p class="note note-warn">{say(text.again)}</p>}
      <FailureNote failure={failure} />
      {result && (
        <div class={`note ${result.done ? "" : "note-warn"}`} role="status">
          <p>{say(result.done ? text.done : text.spoiled, { serial: result.serial })}</p>
          {result.outOfUse && <p>{say(text.outOfUse)}</p>}
          {result.reason && <code class="reason">{result.reason}</code>}
        </div>
      )}
      {!running && (
        <p class="row">
          {result?.done && (
            <a class="button" id="to-holder" href={hrefOf("cards", "holder")}>
              {say(text.toHolder)}
            </a>
          )}
          <button
            type="button"
            id="close-making"
            onClick={() => {
              making.value = undefined;
            }}
          >
            {say(text.close)}
          </button>
        </p>
      )}
    </section>
  );
}

function stateOf(made: Making): string {
  if (made.running) return "running";
  if (made.result) return made.result.done ? "done" : "spoiled";
  return "failed";
}
