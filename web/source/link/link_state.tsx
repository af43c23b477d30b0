import { durationMs } from "@bufbuild/protobuf/wkt";
import type { Loaded } from "../gateway/hooks";
import { link } from "../gateway/store";
import { type GetLinkResponse, type Link, LinkState } from "../generated/rekam/v1/link_pb";
import { sayBytes } from "../parts/bytes";
import { Facts } from "../parts/facts";
import { Loading } from "../parts/loading";
import { sayClocked, sayLength } from "../parts/moments";
import { say, sayNumber } from "../text/language";
import { announcementWords, sideWords, stateWords, text, weaknessWords } from "./link.text";

const TONES: Readonly<Partial<Record<LinkState, string>>> = {
  [LinkState.ONLINE]: "state-good",
  [LinkState.DEGRADED]: "state-warn",
  [LinkState.RECOVERING]: "state-warn",
  [LinkState.OFFLINE]: "state-bad",
};

/** State since when and why, who can mend it, and what an outage has not stopped. */
export function LinkStateCard({ of }: { of: Loaded<GetLinkResponse> }) {
  return (
    <section class="card" aria-labelledby="link-state">
      <h2 id="link-state">{say(text.stateTitle)}</h2>
      <Loading of={of}>
        {(answer) => (
          <>
            {answer.link && <State link={answer.link} state={link.value?.state ?? answer.link.state} />}
            {answer.warnings.map((words) => (
              <p key={words.en} class="note note-warn">
                {say(words)}
              </p>
            ))}
            {answer.link && <Findings link={answer.link} />}
          </>
        )}
      </Loading>
    </section>
  );
}

function State({ link: shown, state }: { link: Link; state: LinkState }) {
  const { problem, outage } = shown;
  const side = problem && sideWords[problem.side];
  return (
    <>
      <p class={`state ${TONES[state] ?? ""}`} id="link-now" data-state={LinkState[state]} role="status">
        {say(stateWords[state])}
      </p>
      {problem?.words && <p class="note note-warn">{say(problem.words)}</p>}
      {state === LinkState.OFFLINE && <p>{say(text.goesOn)}</p>}
      {shown.announced?.words && (
        <p class="note">
          <strong>{say(announcementWords[shown.announced.kind] ?? text.announceTitle)}:</strong>{" "}
          {say(shown.announced.words)}
        </p>
      )}
      <Facts
        rows={[
          [text.since, state !== LinkState.NOT_CONFIGURED && !outage && sayLength(shown.since)],
          [
            text.outageSince,
            outage && say(text.sinceAndFor, { at: sayClocked(outage.since), length: sayLength(outage.duration) }),
          ],
          [text.side, side && say(side)],
          [
            text.meanwhile,
            outage &&
              say(text.meanwhileCounts, {
                captures: sayNumber(Number(outage.captures)),
                enrolments: sayNumber(Number(outage.enrolments)),
              }),
          ],
          [
            text.weak,
            shown.weaknesses
              .flatMap((each) => weaknessWords[each] ?? [])
              .map((each) => say(each))
              .join(", "),
          ],
          [text.centre, shown.centre && <code>{shown.centre}</code>],
          [text.roundTrip, shown.roundTrip && say(text.milliseconds, { n: sayNumber(durationMs(shown.roundTrip)) })],
          [text.loss, shown.loss !== undefined && `${sayNumber(100 * shown.loss)} %`],
          [text.goodput, shown.goodput !== undefined && say(text.perSecond, { size: sayBytes(shown.goodput) })],
        ]}
      />
    </>
  );
}

function Findings({ link: shown }: { link: Link }) {
  if (shown.findings.length === 0) return null;
  return (
    <details>
      <summary>{say(text.findings)}</summary>
      <ul>
        {shown.findings.map((each) => (
          <li key={each.probe}>
            <code>{each.probe}</code>: {say(each.ok ? text.ok : text.notOk)} {each.detail || each.code}
          </li>
        ))}
      </ul>
    </details>
  );
}
