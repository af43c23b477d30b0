import type { TargetedInputEvent } from "preact";
import { useState } from "preact/hooks";
import { clientOf } from "../gateway/clients";
import { useLoaded } from "../gateway/hooks";
import { devices } from "../gateway/store";
import { type AuditEntry, AuditService } from "../generated/rekam/v1/audit_pb";
import { WideTable } from "../parts/facts";
import { Loading } from "../parts/loading";
import { sayClocked } from "../parts/moments";
import { say, sayNumber } from "../text/language";
import { eventWords, text } from "./audit.text";
import { type Filter, isBackwards, NO_FILTER, PAGE, requestFor } from "./query";

const client = clientOf(AuditService);

/** Ends of the pages before the one that is shown, the newest first; undefined is the trail's own end. */
type Pages = readonly (bigint | undefined)[];
const FIRST: Pages = [undefined];

/** Entries, the newest first, page by page, as the filter has them. */
export function Trail() {
  const [filter, setFilter] = useState(NO_FILTER);
  const [pages, setPages] = useState(FIRST);
  const until = pages.at(-1);
  const loaded = useLoaded(
    async (signal) => {
      const entries: AuditEntry[] = [];
      for await (const answer of client.queryAudit(requestFor(filter, until), { signal }))
        entries.push(...answer.entries);
      return entries;
    },
    [filter, until],
  );
  const show = (asked: Filter) => {
    setFilter(asked);
    setPages(FIRST);
    // The same filter at the same page asks anew: there may be newer entries.
    if (asked === filter && until === undefined) loaded.reload();
  };
  return (
    <section class="card" aria-labelledby="trail">
      <h2 id="trail">{say(text.trail)}</h2>
      <FilterForm onShow={show} />
      <Loading of={loaded}>
        {(entries) => {
          const shown = entries.slice(0, PAGE);
          const next = entries[PAGE]?.sequence;
          return (
            <>
              {shown.length === 0 ? <p id="no-entries">{say(text.none)}</p> : <Entries entries={shown} />}
              <div class="row">
                <button
                  type="button"
                  id="newest"
                  disabled={loaded.loading}
                  onClick={() => (pages.length > 1 ? setPages(FIRST) : loaded.reload())}
                >
                  {say(text.newest)}
                </button>
                <button
                  type="button"
                  id="newer"
                  disabled={pages.length < 2 || loaded.loading}
                  onClick={() => setPages(pages.slice(0, -1))}
                >
                  {say(text.newer)}
                </button>
                <button
                  type="button"
                  id="older"
                  disabled={next === undefined || loaded.loading}
                  onClick={() => next !== undefined && setPages([...pages, next])}
                >
                  {say(text.older)}
                </button>
                <span class="faint">{say(text.readsAreKept)}</span>
              </div>
            </>
          );
        }}
      </Loading>
    </section>
  );
}

function FilterForm({ onShow }: { onShow: (filter: Filter) => void }) {
  const [typed, setTyped] = useState(NO_FILTER);
  const backwards = isBackwards(typed);
  const given = (name: keyof Filter) => ({
    name: `audit-${name}`,
    autoComplete: "off",
    value: typed[name],
    onInput: (event: TargetedInputEvent<HTMLInputElement>) => setTyped({ ...typed, [name]: event.currentTarget.value }),
  });
  return (
    <form
      aria-label={say(text.filter)}
      onSubmit={(event) => {
        event.preventDefault();
        if (!backwards) onShow(typed);
      }}
    >
      <div class="fields">
        <label class="field">
          {say(text.from)}
          <input type="datetime-local" {...given("from")} />
        </label>
        <label class="field">
          {say(text.to)}
          <input type="datetime-local" {...given("to")} />
        </label>
        <label class="field">
          {say(text.event)}
          <input
            type="text"
            list="audit-events"
            maxLength={100}
            placeholder={say(text.eventHint)}
            {...given("event")}
          />
        </label>
        <label class="field">
          {say(text.actor)}
          <input type="text" maxLength={100} {...given("actor")} />
        </label>
        <label class="field">
          {say(text.device)}
          <input type="text" list="audit-devices" maxLength={200} {...given("device")} />
        </label>
        <datalist id="audit-events">
          {Object.entries(eventWords).map(([event, words]) => (
            <option key={event} value={event} label={say(words)} />
          ))}
        </datalist>
        <datalist id="audit-devices">
          {[...devices.value.keys()].map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
        <div class="row">
          <button type="submit" class="primary" id="audit-show" disabled={backwards}>
            {say(text.show)}
          </button>
          <button
            type="button"
            onClick={() => {
              setTyped(NO_FILTER);
              onShow(NO_FILTER);
            }}
          >
            {say(text.clear)}
          </button>
        </div>
      </div>
      {backwards && (
        <p class="note note-warn" role="alert">
          {say(text.backwards)}
        </p>
      )}
    </form>
  );
}

function Entries({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <WideTable label={say(text.trail)}>
      <thead>
        <tr>
          <th scope="col" class="number">
            {say(text.number)}
          </th>
          <th scope="col">{say(text.time)}</th>
          <th scope="col">{say(text.event)}</th>
          <th scope="col">{say(text.who)}</th>
          <th scope="col">{say(text.about)}</th>
          <th scope="col">{say(text.outcome)}</th>
        </tr>
      </thead>
      <tbody>{entries.map(entryRow)}</tbody>
    </WideTable>
  );
}

function entryRow(entry: AuditEntry) {
  const words = eventWords[entry.event];
  return (
    <tr key={String(entry.sequence)} data-sequence={String(entry.sequence)} data-event={entry.event}>
      <td class="number">{sayNumber(Number(entry.sequence))}</td>
      <td>{sayClocked(entry.time)}</td>
      <td>
        {words && <div>{say(words)}</div>}
        <code class="reason">{entry.event}</code>
      </td>
      <td>
        {entry.operator || entry.peer}
        {entry.operator && <div class="faint">{entry.peer}</div>}
      </td>
      <td class="breaks">
        {entry.deviceId && <div>{entry.deviceId}</div>}
        {entry.objectId && (
          <div class="faint">
            {entry.objectKind} {entry.objectId}
          </div>
        )}
      </td>
      <td>
        <span class={`pill ${entry.outcome === "OK" || entry.outcome === "CAPTURED" ? "pill-good" : ""}`}>
          {entry.outcome}
        </span>{" "}
        {entry.reason && <code class="reason">{entry.reason}</code>}{" "}
        {entry.count !== undefined && say(text.count, { n: sayNumber(Number(entry.count)) })}
        {entry.shiftMs !== undefined && say(text.shift, { n: sayNumber(Number(entry.shiftMs) / 1000, 1) })}
      </td>
    </tr>
  );
}
