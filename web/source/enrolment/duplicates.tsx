import type { Action } from "../gateway/hooks";
import { type DuplicateHit, DuplicateRule, type Enrolment } from "../generated/rekam/v1/enrolment_pb";
import { say, sayNumber, sayTime } from "../text/language";
import { text } from "../views/enrolment.text";
import type { Deed } from "./deed";
import { Approval } from "./dialogs";
import * as session from "./session";

/** Whether this person was recorded before: by whom and when, never whose data. */
export function Duplicates(props: { enrolment: Enrolment; search: Action<[]>; deed: Deed }) {
  const { enrolment, search, deed } = props;
  const found = enrolment.duplicates;
  const rule = session.profile.value?.duplicates;
  const doubtful = found !== undefined && (found.hits.length > 0 || found.notChecked !== undefined);
  return (
    <section aria-labelledby="duplicates" id="duplicates-found" data-hits={found ? found.hits.length : -1}>
      <h3 id="duplicates">{say(text.duplicates)}</h3>
      <div aria-live="polite">
        {search.busy && <p>{say(text.searching)}</p>}
        {search.failure?.reason === "DUPLICATES_UNAVAILABLE" && (
          <p class="note note-warn">
            {say(search.failure.words)} {say(text.searchUnavailable)}
          </p>
        )}
        {found?.notChecked && <p class="note note-warn">{say(found.notChecked)}</p>}
        {found && !doubtful && <p class="note note-good">{say(text.notFound)}</p>}
        {found && !found.current && !search.busy && <p class="note note-warn">{say(text.stale)}</p>}
      </div>
      {found && found.hits.length > 0 && <Hits hits={found.hits} />}
      {found?.approvedBy && <p>{say(text.approvedBy, { name: found.approvedBy })}</p>}
      <div class="row">
        {!search.busy && (!found?.current || search.failure) && (
          <button type="button" id="search" disabled={deed.busy} onClick={() => search.run()}>
            {say(found ? text.searchAgain : text.search)}
          </button>
        )}
        {doubtful && rule === DuplicateRule.SUPERVISOR && !found.approvedBy && (
          <Approval
            what={say(text.duplicates)}
            onApprove={(supervisor) => deed.run(() => session.approve(session.DUPLICATES, supervisor))}
          />
        )}
      </div>
    </section>
  );
}

function Hits({ hits }: { hits: readonly DuplicateHit[] }) {
  return (
    <div class="note note-bad duplicate-warning" role="alert">
      <p class="large-words">{say(text.found)}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{say(text.hitWhen)}</th>
            <th scope="col">{say(text.hitWho)}</th>
            <th scope="col">{say(text.hitWhere)}</th>
            <th scope="col">{say(text.hitStrength)}</th>
            <th scope="col">{say(text.hitWhich)}</th>
          </tr>
        </thead>
        <tbody>
          {hits.map((hit) => (
            <tr key={hit.enrolmentId} data-hit={hit.enrolmentId}>
              <td>{moment(hit.recordedAt)}</td>
              <td>{hit.operator}</td>
              <td>{hit.gatewayId || say(text.hitHere)}</td>
              <td>
                {hit.strength && say(hit.strength)} ({say(text.hitScore, { n: sayNumber(hit.score, 1) })})
                {hit.exchanged && <p>{say(text.exchanged)}</p>}
              </td>
              <td>
                <code>{hit.enrolmentId}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** RFC 3339, as the page's language writes it; as it is where it is none. */
function moment(text: string): string {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : sayTime(at);
}
