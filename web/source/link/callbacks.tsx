import { useState } from "preact/hooks";
import { clientOf } from "../gateway/clients";
import { useAction, useLoaded } from "../gateway/hooks";
import { type Callback, CallbackService, type Notice, NoticeState } from "../generated/rekam/v1/callback_pb";
import { ConfirmButton } from "../parts/confirm_button";
import { useEvery } from "../parts/every";
import { Facts, WideTable } from "../parts/facts";
import { FailureNote } from "../parts/failure_note";
import { Loading } from "../parts/loading";
import { sayMoment } from "../parts/moments";
import { OperatorName, operator } from "../parts/operator_name";
import { say } from "../text/language";
import { AddCallback } from "./add_callback";
import { noticeWords, purposeWords, text } from "./link.text";

const client = clientOf(CallbackService);
const REFRESH_S = 20;

/** The call-back list, what was sent to whom, and a form for one more. */
export function Callbacks() {
  const [full, setFull] = useState(false);
  const list = useLoaded(
    (signal) => client.listCallbacks({ fullNumbers: full, operator: operator() }, { signal }),
    [full],
  );
  const notices = useLoaded((signal) => client.listNotices({}, { signal }), []);
  const reload = () => {
    list.reload();
    notices.reload();
  };
  // That the list is read goes into the audit trail each time: what is asked for by itself is how the messages stand.
  useEvery(REFRESH_S, notices.reload);
  const states = new Map(notices.value?.notices.toReversed().map((each) => [each.callbackId, each.state]));
  const removal = useAction(async (callbackId: string) => {
    await client.removeCallback({ callbackId, operator: operator() });
    reload();
  });
  return (
    <div class="cards">
      <section class="card" aria-labelledby="callbacks">
        <h2 id="callbacks">{say(text.listTitle)}</h2>
        <OperatorName />
        <label class="check">
          <input type="checkbox" checked={full} onChange={(event) => setFull(event.currentTarget.checked)} />
          {say(text.fullNumbers)}
        </label>
        <FailureNote failure={removal.failure} onClose={removal.clear} />
        <Loading of={list}>
          {({ callbacks }) =>
            callbacks.length === 0 ? (
              <p>{say(text.nobody)}</p>
            ) : (
              <List lines={callbacks} states={states} busy={removal.busy} onRemove={removal.run} />
            )
          }
        </Loading>
      </section>
      <AddCallback onAdded={list.reload} />
      <section class="card" aria-labelledby="notices">
        <h2 id="notices">{say(text.noticesTitle)}</h2>
        <WayOut />
        <Loading of={notices}>
          {({ notices: sent }) =>
            sent.length === 0 ? (
              <p>{say(text.noNotices)}</p>
            ) : (
              <Notices
                notices={sent}
                names={new Map(list.value?.callbacks.map((each) => [each.callbackId, each.name]))}
                onChange={reload}
              />
            )
          }
        </Loading>
      </section>
    </div>
  );
}

interface ListProps {
  readonly lines: readonly Callback[];
  /** Of the latest message to each, by the line's id. */
  readonly states: ReadonlyMap<string, NoticeState>;
  readonly busy: boolean;
  readonly onRemove: (callbackId: string) => void;
}

function List({ lines, states, busy, onRemove }: ListProps) {
  return (
    <WideTable label={say(text.listTitle)}>
      <thead>
        <tr>
          <th scope="col">{say(text.name)}</th>
          <th scope="col">{say(text.phone)}</th>
          <th scope="col">{say(text.purpose)}</th>
          <th scope="col">{say(text.consent)}</th>
          <th scope="col">{say(text.notice)}</th>
          <th scope="col">{say(text.expires)}</th>
          <th scope="col">
            <span class="hidden-text">{say(text.whatToDo)}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={line.callbackId} data-callback={line.callbackId}>
            <td>{line.name}</td>
            <td>{line.phone}</td>
            <td>
              {say(purposeWords[line.purpose] ?? text.purpose)} {line.reference && <code>{line.reference}</code>}
            </td>
            <td>
              {line.consentedAt
                ? say(text.consentBy, { at: sayMoment(line.consentedAt), by: line.consentAskedBy })
                : say(text.noConsent)}
            </td>
            <td>{say(noticeWords[states.get(line.callbackId) ?? line.notice])}</td>
            <td>{sayMoment(line.expiresAt)}</td>
            <td>
              <ConfirmButton
                id={`remove-${line.callbackId}`}
                words={say(text.remove)}
                question={say(text.removeSure, { name: line.name })}
                danger
                disabled={busy}
                onConfirm={() => onRemove(line.callbackId)}
              />
            </td>
          </tr>
        ))}
      </tbody>
    </WideTable>
  );
}

const MENDABLE: ReadonlySet<NoticeState> = new Set([NoticeState.FAILED, NoticeState.UNCERTAIN]);

interface NoticesProps {
  readonly notices: readonly Notice[];
  readonly names: ReadonlyMap<string, string>;
  readonly onChange: () => void;
}

function Notices({ notices, names, onChange }: NoticesProps) {
  const again = useAction(async (noticeId: string) => {
    await client.retryNotice({ noticeId, operator: operator() });
    onChange();
  });
  return (
    <>
      <FailureNote failure={again.failure} onClose={again.clear} />
      <WideTable label={say(text.noticesTitle)}>
        <thead>
          <tr>
            <th scope="col">{say(text.name)}</th>
            <th scope="col">{say(text.state)}</th>
            <th scope="col" class="number">
              {say(text.tries)}
            </th>
            <th scope="col">{say(text.changed)}</th>
            <th scope="col">{say(text.why)}</th>
          </tr>
        </thead>
        <tbody>
          {notices.map((notice) => (
            <tr key={notice.noticeId}>
              <td>{names.get(notice.callbackId) ?? "–"}</td>
              <td>{say(noticeWords[notice.state])}</td>
              <td class="number">{notice.tries}</td>
              <td>{sayMoment(notice.changedAt)}</td>
              <td>
                {notice.reason ||
                  (notice.state === NoticeState.QUEUED && say(text.due, { at: sayMoment(notice.dueAt) }))}
                {MENDABLE.has(notice.state) && (
                  <ConfirmButton
                    words={say(text.sendAgain)}
                    question={say(text.sendAgainSure)}
                    disabled={again.busy}
                    onConfirm={() => again.run(notice.noticeId)}
                  />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
    </>
  );
}

function WayOut() {
  const loaded = useLoaded((signal) => client.getWayOut({}, { signal }), []);
  return (
    <Loading of={loaded}>
      {(way) => (
        <>
          {way.problem && <p class="note note-warn">{say(way.problem)}</p>}
          <Facts
            rows={[
              [text.wayOut, say(text.ways[way.kind] ?? { id: way.kind, en: way.kind })],
              [text.today, way.kind !== "none" && say(text.spent, { n: way.spentToday, of: way.messagesPerDay })],
            ]}
          />
        </>
      )}
    </Loading>
  );
}
