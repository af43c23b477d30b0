import { useState } from "preact/hooks";
import { clientOf } from "../gateway/clients";
import { useAction, useLoaded } from "../gateway/hooks";
import { link } from "../gateway/store";
import { LinkService, type MonthAvailability, type Outage } from "../generated/rekam/v1/link_pb";
import { WideTable } from "../parts/facts";
import { FailureNote } from "../parts/failure_note";
import { Loading } from "../parts/loading";
import { sayClocked, sayLength, secondsOf } from "../parts/moments";
import { say, sayNumber } from "../text/language";
import { causeWords, text } from "./link.text";

const client = clientOf(LinkService);

/** Every outage, the newest first, and how much of each month packets could leave. */
export function History() {
  return (
    <div class="cards">
      <Availability />
      <Outages />
    </div>
  );
}

function Outages() {
  const state = link.value?.state;
  const newest = useLoaded((signal) => client.listOutages({ limit: 20 }, { signal }), [state]);
  const [before, setBefore] = useState<{ outages: readonly Outage[]; nextPage: string } | undefined>(undefined);
  const older = useAction(async (page: string) => {
    const { outages, nextPage } = await client.listOutages({ limit: 50, page });
    setBefore((kept) => ({ outages: [...(kept?.outages ?? []), ...outages], nextPage }));
  });
  return (
    <section class="card" aria-labelledby="outages">
      <h2 id="outages">{say(text.historyTitle)}</h2>
      <Loading of={newest}>
        {({ outages, nextPage }) => {
          const next = before ? before.nextPage : nextPage;
          // After a new outage the first page moves on: one that stands in both is shown once.
          const shown = new Map([...outages, ...(before?.outages ?? [])].map((each) => [each.outageId, each]));
          if (shown.size === 0) return <p>{say(text.noOutages)}</p>;
          return (
            <>
              <WideTable label={say(text.historyTitle)}>
                <thead>
                  <tr>
                    <th scope="col">{say(text.from)}</th>
                    <th scope="col">{say(text.until)}</th>
                    <th scope="col">{say(text.duration)}</th>
                    <th scope="col">{say(text.cause)}</th>
                    <th scope="col">{say(text.recorded)}</th>
                  </tr>
                </thead>
                <tbody>{[...shown.values()].map(outageRow)}</tbody>
              </WideTable>
              <FailureNote failure={older.failure} onClose={older.clear} />
              {next && (
                <button type="button" disabled={older.busy} onClick={() => older.run(next)}>
                  {say(text.older)}
                </button>
              )}
            </>
          );
        }}
      </Loading>
    </section>
  );
}

function outageRow(outage: Outage) {
  const ended = !outage.ended
    ? say(text.goesOnStill)
    : outage.endedBy === "unwatched"
      ? say(text.unwatched, { at: sayClocked(outage.ended) })
      : sayClocked(outage.ended);
  return (
    <tr key={outage.outageId} data-outage={outage.outageId}>
      <td>{sayClocked(outage.since)}</td>
      <td>{ended}</td>
      <td>{sayLength(outage.duration)}</td>
      <td>{say(causeWords[outage.problem?.cause ?? 0] ?? causeWords[0])}</td>
      <td>
        {say(text.meanwhileCounts, {
          captures: sayNumber(Number(outage.captures)),
          enrolments: sayNumber(Number(outage.enrolments)),
        })}
      </td>
    </tr>
  );
}

function Availability() {
  const loaded = useLoaded((signal) => client.getAvailability({ months: 12 }, { signal }), []);
  return (
    <section class="card" aria-labelledby="availability">
      <h2 id="availability">{say(text.availabilityTitle)}</h2>
      <Loading of={loaded}>
        {({ months }) => (
          <WideTable label={say(text.availabilityTitle)}>
            <thead>
              <tr>
                <th scope="col">{say(text.month)}</th>
                <th scope="col" class="number">
                  {say(text.availability)}
                </th>
                <th scope="col">{say(text.observed)}</th>
                <th scope="col">{say(text.degraded)}</th>
                <th scope="col" class="number">
                  {say(text.outages)}
                </th>
              </tr>
            </thead>
            <tbody>{sinceObserved(months).map(monthRow)}</tbody>
          </WideTable>
        )}
      </Loading>
      <p class="faint">{say(text.availabilityNote)}</p>
    </section>
  );
}

/** The newest first, as they come, without those before the first that was observed. */
function sinceObserved(months: readonly MonthAvailability[]): readonly MonthAvailability[] {
  const oldest = months.findLastIndex((each) => (secondsOf(each.observed) ?? 0) > 0);
  return months.slice(0, Math.max(1, oldest + 1));
}

function monthRow(month: MonthAvailability) {
  const { availability } = month;
  const observed = secondsOf(month.observed) ?? 0;
  const doubtful = observed > 0 ? (100 * (secondsOf(month.doubtful) ?? 0)) / observed : 0;
  return (
    <tr key={`${month.year}-${month.month}`}>
      <td>
        {month.year}-{String(month.month).padStart(2, "0")}
      </td>
      <td class="number">
        {availability === undefined ? say(text.notObserved) : `${sayNumber(100 * availability, 2)} %`}
        {doubtful >= 1 && <span class="faint"> {say(text.doubtful, { n: sayNumber(doubtful) })}</span>}
      </td>
      <td>
        {observed > 0 ? sayLength(month.observed) : "–"}{" "}
        {observed > 0 && <span class="faint">({sayNumber(100 * month.observedShare, 1)} %)</span>}
      </td>
      <td>{(secondsOf(month.degraded) ?? 0) > 0 ? sayLength(month.degraded) : "–"}</td>
      <td class="number">{month.outages}</td>
    </tr>
  );
}
