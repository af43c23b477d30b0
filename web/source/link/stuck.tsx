import { clientOf } from "../gateway/clients";
import { useLoaded } from "../gateway/hooks";
import { type EnrolmentStanding, OutboxService } from "../generated/rekam/v1/outbox_pb";
import { useEvery } from "../parts/every";
import { WideTable } from "../parts/facts";
import { Loading } from "../parts/loading";
import { sayLength } from "../parts/moments";
import { say } from "../text/language";
import { text } from "./link.text";

const client = clientOf(OutboxService);
/** They stand for days. */
const REFRESH_S = 300;
const PAGE = 1000;
/** Those that have waited longest come first, so that what lies beyond is hardly stuck. */
const MOST_PAGES = 5;

async function stuck(signal: AbortSignal): Promise<readonly EnrolmentStanding[]> {
  const found: EnrolmentStanding[] = [];
  let pageToken = "";
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await client.listStatuses({ pageSize: PAGE, pageToken }, { signal });
    found.push(...answer.standings.filter((each) => each.stuck));
    pageToken = answer.nextPageToken;
    if (!pageToken) break;
  }
  return found;
}

/** Enrolments that stand longer than usual, or want a person, and what the office can do. */
export function StuckEnrolments() {
  const loaded = useLoaded(stuck, []);
  useEvery(REFRESH_S, loaded.reload);
  return (
    <section class="card" aria-labelledby="stuck">
      <h2 id="stuck">{say(text.stuckTitle)}</h2>
      <Loading of={loaded}>
        {(standings) =>
          standings.length === 0 ? (
            <p>{say(text.nothingStuck)}</p>
          ) : (
            <WideTable label={say(text.stuckTitle)}>
              <thead>
                <tr>
                  <th scope="col">{say(text.enrolment)}</th>
                  <th scope="col">{say(text.state)}</th>
                  <th scope="col">{say(text.lasted)}</th>
                  <th scope="col">{say(text.whatToDo)}</th>
                </tr>
              </thead>
              <tbody>
                {standings.map((each) => (
                  <tr key={each.enrolmentId}>
                    <td>
                      <code>{each.enrolmentId}</code>
                    </td>
                    <td>
                      {each.name && say(each.name)}
                      {each.conflicts > 0 && <p class="faint">{say(text.conflicts, { n: each.conflicts })}</p>}
                    </td>
                    <td>{sayLength(each.lasted)}</td>
                    <td>{each.advice && say(each.advice)}</td>
                  </tr>
                ))}
              </tbody>
            </WideTable>
          )
        }
      </Loading>
    </section>
  );
}
