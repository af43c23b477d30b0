import { Code } from "@connectrpc/connect";
import { useEffect, useRef } from "preact/hooks";
import { Aside } from "../enrolment/aside";
import { Begin } from "../enrolment/begin";
import * as captures from "../enrolment/captures";
import type { Deed } from "../enrolment/deed";
import { EndStage } from "../enrolment/end_stage";
import { OpenList } from "../enrolment/open_list";
import { PartStage } from "../enrolment/part_stage";
import { ReviewStage } from "../enrolment/review_stage";
import * as session from "../enrolment/session";
import { useAction, useLoaded } from "../gateway/hooks";
import { connection, enrolments } from "../gateway/store";
import { type Enrolment as EnrolmentMessage, EnrolmentState } from "../generated/rekam/v1/enrolment_pb";
import { FailureNote } from "../parts/failure_note";
import { operator } from "../parts/operator_name";
import { route } from "../shell/route";
import { say } from "../text/language";
import "./capture.css";
import "./enrolment.css";
import { text } from "./enrolment.text";
import { DESK, type View } from "./view";

function Enrolment() {
  const live = connection.value.state === "live";
  const profiles = useLoaded(
    async (signal) => {
      const answer = await session.client.listProfiles({}, { signal });
      session.profiles.value = answer.profiles;
      return answer;
    },
    [live],
  );
  const enrolmentId = route.value.rest[0] ?? "";
  if (profiles.failure?.cause.code === Code.Unimplemented)
    return (
      <section class="card" aria-labelledby="view-title">
        <h1 id="view-title">{say(text.title)}</h1>
        <p class="note">{say(text.notHere)}</p>
      </section>
    );
  if (enrolmentId) return <Person key={enrolmentId} enrolmentId={enrolmentId} live={live} />;
  return (
    <>
      <h1 id="view-title">{say(text.title)}</h1>
      <div class="enrolment-view enrolment-begin">
        <Begin loaded={profiles} />
        <OpenList />
      </div>
    </>
  );
}

/** The enrolment of the address: the gateway holds it, and this page follows it. */
function Person({ enrolmentId, live }: { enrolmentId: string; live: boolean }) {
  const version = enrolments.value.get(enrolmentId)?.version ?? 0n;
  const known = session.enrolment.value?.enrolmentId === enrolmentId ? session.enrolment.value : undefined;
  // Asked when it comes to the desk and after a lost connection; and where another front end changed it.
  const loaded = useLoaded((signal) => session.look(enrolmentId, signal), [enrolmentId, live]);
  useLoaded(
    async (signal) => (known && version > known.version ? session.look(enrolmentId, signal) : known),
    [version, known !== undefined && version > known.version],
  );
  const deed = useAction((act: () => Promise<unknown>) => act());
  useCaptures(deed, live);
  const unanswered = deed.failure !== undefined && deed.failure.reason === "";
  useEffect(() => {
    if (live && unanswered) deed.clear(); // it answers again: what stands is shown
  }, [live]);
  useEffect(() => () => session.leave(), [enrolmentId]);
  if (!known)
    return (
      <section class="card" aria-labelledby="view-title">
        <h1 id="view-title">{say(text.title)}</h1>
        {!loaded.failure && <p>{say(text.loading)}</p>}
        <FailureNote failure={loaded.failure} />
        {loaded.failure && (
          <div class="row">
            <button type="button" onClick={loaded.reload}>
              {say(text.retry)}
            </button>
            <a class="button" href="#/enrolment">
              {say(text.leave)}
            </a>
          </div>
        )}
      </section>
    );
  return (
    <div class="enrolment-view enrolment" data-state={EnrolmentState[known.state]}>
      <Aside enrolment={known} deed={deed} />
      <section class="card stage" aria-label={say(text.title)}>
        <FailureNote failure={deed.failure} onClose={deed.clear} />
        <Stage enrolment={known} deed={deed} />
      </section>
    </div>
  );
}

function Stage({ enrolment, deed }: { enrolment: EnrolmentMessage; deed: Deed }) {
  if (session.isOver(enrolment.state)) return <EndStage enrolment={enrolment} deed={deed} />;
  if (enrolment.state === EnrolmentState.PAUSED)
    return (
      <>
        <p class="note" role="status">
          {say(text.pausedNote)}
        </p>
        <div class="row controls">
          <button
            type="button"
            id="resume"
            class="primary"
            disabled={deed.busy || operator() === ""}
            onClick={() => deed.run(() => session.resume())}
          >
            {say(text.resume)}
          </button>
        </div>
      </>
    );
  const part = session.part.value;
  if (!part) return <ReviewStage enrolment={enrolment} deed={deed} />;
  return <PartStage key={part.key} enrolment={enrolment} part={part} deed={deed} />;
}

/** Captures that the page lost sight of are asked for, those that ended are added, as soon as there is a connection. */
function useCaptures(deed: Deed, live: boolean): void {
  const unknown = captures.unknownId.value;
  useLoaded(
    async (signal) => {
      if (live && unknown) await captures.recall(unknown, signal);
    },
    [live, unknown],
  );
  // After a reload its part is shown, whichever would be next.
  const waiting = captures.waitingPart.value;
  useEffect(() => {
    if (waiting) session.stayAt(waiting);
  }, [waiting]);
  const ended = captures.toSettle.value;
  const due = live && !deed.busy && operator() !== "" && session.enrolment.value?.state === EnrolmentState.OPEN;
  const tried = useRef("");
  useEffect(() => {
    if (!live) tried.current = ""; // once more with each connection; in between by hand
    if (!due || !ended || tried.current === ended.captureId) return;
    tried.current = ended.captureId;
    deed.run(() => captures.settle(ended));
  }, [live, due, ended?.captureId]);
}

export const enrolment: View = { name: "enrolment", title: text.title, roles: DESK, component: Enrolment };
